use crate::wire::{Reply, Speaker};
use crate::{Account, ApiError, AppToken, Endpoint, Grant, NoToken, Origin, Request};

/// Fetches the app token the classic way (获取接口调用凭据): every fetch makes a new token and starts the
/// end of the one before it, which WeChat accepts for about five more minutes.
///
/// At most 2000 fetches a day and account (200 for a sandbox account); a life of 7200 s today, which may
/// become shorter. Two systems that fetch for the same account end each other's tokens: prefer
/// [`GetStableAccessToken`](super::GetStableAccessToken), whose tokens are a family of their own. An
/// answer that got lost may have made a token all the same.
///
/// # Refusals worth knowing
/// 40013 (appid unknown), 40125 and here also 40001 (appsecret wrong), 40164 and 61004 (address not on
/// the allow-list), 40243 (appsecret frozen), 45009 (the day's fetches are used up), 50004 and 50007
/// (account barred or frozen), 89503 (an administrator must confirm the address), 89506 and 89507 (an
/// administrator refused it), -1 (busy).
///
/// # Source
/// Official documentation, `getAccessToken`: parameters, fields, limits (documented). Its older text and
/// its newer one disagree whether the old token ends at once or after five minutes; reports from the
/// field say five minutes (assumed). Answers carry no `errcode` on success (observed).
///
/// ```
/// use wechat_auth::{Account, Endpoint, Origin, app::GetAccessToken};
///
/// let fetch = GetAccessToken::new(Account::new("wx1", "s3cret")?);
/// let request = fetch.request(&Origin::wechat());
/// assert_eq!(request.place(), "https://api.weixin.qq.com/cgi-bin/token");
///
/// let answer = http::Response::new(br#"{"access_token":"70_abc","expires_in":7200}"#.as_slice());
/// assert_eq!(fetch.parse(answer).unwrap().token.secret().expose(), "70_abc");
/// # Ok::<(), wechat_auth::InvalidAccount>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetAccessToken {
    account: Account,
}

impl GetAccessToken {
    /// For this account.
    pub fn new(account: Account) -> Self {
        Self { account }
    }

    /// The account.
    pub fn account(&self) -> &Account {
        &self.account
    }
}

impl Endpoint for GetAccessToken {
    type Token = NoToken;
    type Response = Grant<AppToken>;

    fn request(&self, to: &Origin) -> Request {
        let query = [
            ("grant_type", "client_credential"),
            ("appid", self.account.appid().as_str()),
            ("secret", self.account.secret().expose()),
        ];
        Request::get(to.api(), "/cgi-bin/token", &query)
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<Self::Response, ApiError> {
        grant(&response)
    }
}

/// The answer of both endpoints that hand out an app token.
pub(super) fn grant(response: &http::Response<&[u8]>) -> Result<Grant<AppToken>, ApiError> {
    let reply = Reply::read_as(response, Speaker::TokenEndpoint)?;
    Ok(Grant {
        token: AppToken::new(reply.secret("access_token")?),
        expires_in: reply.expires_in()?,
    })
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::Advice;
    use crate::app::testing::{SECRET, account, advised, answered, missed, sent};

    #[test]
    fn the_request_is_a_get_with_its_parameters_in_the_documented_order() {
        let uri = format!(
            "https://api.weixin.qq.com/cgi-bin/token?grant_type=client_credential\
             &appid=wx0123456789abcdef&secret={SECRET}"
        );
        assert_eq!(sent(&GetAccessToken::new(account())), ["GET", &uri, "", ""]);
    }

    #[test]
    fn a_secret_with_reserved_characters_arrives_unharmed() {
        let account = Account::new("wx1", "a&b=c%+#").unwrap();
        let [_, uri, ..] = sent(&GetAccessToken::new(account));
        assert!(uri.ends_with("&secret=a%26b%3Dc%25%2B%23"), "{uri}");
    }

    #[test]
    fn the_token_and_its_life_are_read() {
        let grant = answered(
            &GetAccessToken::new(account()),
            r#"{"access_token":"70_a-B_c","expires_in":7200}"#,
        );
        let grant = grant.unwrap();
        assert_eq!(grant.token, AppToken::new("70_a-B_c"));
        assert_eq!(grant.expires_in, Duration::from_secs(7200));
    }

    #[test]
    fn a_token_without_a_life_or_a_life_without_a_token_is_not_served() {
        let fetch = GetAccessToken::new(account());
        assert_eq!(missed(&fetch, r#"{"expires_in":7200}"#), "access_token");
        assert_eq!(
            missed(&fetch, r#"{"access_token":"","expires_in":7200}"#),
            "access_token"
        );
        assert_eq!(missed(&fetch, r#"{"access_token":"70_a"}"#), "expires_in");
        assert_eq!(
            missed(&fetch, r#"{"access_token":"70_a","expires_in":0}"#),
            "expires_in"
        );
    }

    #[test]
    fn a_refused_credential_is_the_accounts_fault_and_not_a_tokens() {
        let fetch = GetAccessToken::new(account());
        for code in [40001, 40013, 40125, 40243] {
            let body = format!(r#"{{"errcode":{code},"errmsg":"invalid credential"}}"#);
            assert_eq!(advised(&fetch, &body), Advice::FixConfig, "{code}");
        }
    }

    #[test]
    fn debug_of_the_endpoint_and_of_its_answer_show_no_secret() {
        let fetch = GetAccessToken::new(account());
        let grant = answered(&fetch, r#"{"access_token":"70_T0KEN","expires_in":7200}"#).unwrap();
        let shown = format!("{fetch:?} {:?} {grant:?}", fetch.request(&Origin::wechat()));
        assert!(!shown.contains(SECRET) && !shown.contains("T0KEN"), "{shown}");
    }
}
