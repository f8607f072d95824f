use serde::Serialize;

use super::access_token::grant;
use crate::{Account, ApiError, AppToken, Endpoint, Grant, NoToken, Origin, Request, request};

/// Fetches the stable app token (获取稳定版接口调用凭据): the same token at every ask, until the last 300 s
/// of its life. Asking is idempotent, so any number of machines may ask, each for itself.
///
/// The answer's `expires_in` is the *remaining* life, such as 345 s. Inside the last 300 s an ask makes a
/// new token, and both work for five minutes. 10 000 asks a minute and 500 000 a day; forced ones 20 a
/// day, at least 30 s apart. Tokens of this family and those of [`GetAccessToken`](super::GetAccessToken)
/// do not touch each other.
///
/// # Refusals worth knowing
/// 40013 (appid unknown), 40125 and here also 40001 (appsecret wrong), 40164 and 61004 (address not on
/// the allow-list), 40243 (appsecret frozen), 45009 (the day's asks are used up), 45011 (too fast), 89503
/// (an administrator must confirm the address), 89506 and 89507 (an administrator refused it), -1 (busy).
///
/// # Source
/// Official documentation, `getStableAccessToken`: parameters, fields, modes, limits (documented). That
/// the two families are apart, and what a forced ask within 30 s or the 21st of a day answers: assumed.
///
/// ```
/// use wechat_auth::{Account, Endpoint, Origin, app::GetStableAccessToken};
///
/// let ask = GetStableAccessToken::new(Account::new("wx1", "s3cret")?);
/// let request = ask.request(&Origin::wechat());
/// assert_eq!(request.place(), "https://api.weixin.qq.com/cgi-bin/stable_token");
///
/// let answer = http::Response::new(br#"{"access_token":"70_abc","expires_in":345}"#.as_slice());
/// assert_eq!(ask.parse(answer).unwrap().expires_in.as_secs(), 345);
/// # Ok::<(), wechat_auth::InvalidAccount>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetStableAccessToken {
    account: Account,
    refresh: Refresh,
}

/// Whether a token that still works is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refresh {
    Normal,
    Force,
}

impl GetStableAccessToken {
    /// For this account: the current token, or a new one in the last 300 s of its life.
    pub fn new(account: Account) -> Self {
        Self {
            account,
            refresh: Refresh::Normal,
        }
    }

    /// A new token now, and the end of the current one: for a token that leaked, or that WeChat keeps
    /// handing out although it refuses it. 20 a day, at least 30 s apart; sooner, the ask does not refresh.
    #[must_use = "the ask is forced only when this value is the one that is sent"]
    pub fn force_refresh(self) -> Self {
        Self {
            refresh: Refresh::Force,
            ..self
        }
    }

    /// The account.
    pub fn account(&self) -> &Account {
        &self.account
    }
}

/// `force_refresh` is written only where it is meant: absent is WeChat's default, and so the dangerous
/// word stands in no ordinary request, where a proxy or a reader of a capture would stumble over it.
#[derive(Serialize)]
struct Body<'a> {
    grant_type: &'static str,
    appid: &'a str,
    secret: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    force_refresh: Option<bool>,
}

impl Endpoint for GetStableAccessToken {
    type Token = NoToken;
    type Response = Grant<AppToken>;

    fn request(&self, to: &Origin) -> Request {
        let body = Body {
            grant_type: "client_credential",
            appid: self.account.appid().as_str(),
            secret: self.account.secret().expose(),
            force_refresh: match self.refresh {
                Refresh::Normal => None,
                Refresh::Force => Some(true),
            },
        };
        Request::post_json(to.api(), "/cgi-bin/stable_token", &[], request::json(&body))
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<Self::Response, ApiError> {
        grant(&response)
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::Advice;
    use crate::app::testing::{SECRET, account, advised, answered, missed, sent};

    const URI: &str = "https://api.weixin.qq.com/cgi-bin/stable_token";

    #[test]
    fn a_normal_ask_does_not_mention_force() {
        let body = format!(
            r#"{{"grant_type":"client_credential","appid":"wx0123456789abcdef","secret":"{SECRET}"}}"#
        );
        let ask = GetStableAccessToken::new(account());
        assert_eq!(sent(&ask), ["POST", URI, "application/json", &body]);
    }

    #[test]
    fn a_forced_ask_says_so_as_a_boolean() {
        let body = format!(
            r#"{{"grant_type":"client_credential","appid":"wx0123456789abcdef","secret":"{SECRET}","force_refresh":true}}"#
        );
        let ask = GetStableAccessToken::new(account()).force_refresh();
        assert_eq!(sent(&ask), ["POST", URI, "application/json", &body]);
    }

    #[test]
    fn the_remaining_life_is_taken_as_it_is() {
        let ask = GetStableAccessToken::new(account());
        let grant = answered(&ask, r#"{"access_token":"70_a","expires_in":345}"#).unwrap();
        assert_eq!(grant.token, AppToken::new("70_a"));
        assert_eq!(grant.expires_in, Duration::from_secs(345));
    }

    #[test]
    fn an_answer_without_a_believable_life_is_not_served() {
        let ask = GetStableAccessToken::new(account());
        for life in ["0", "-1", "null", "\"abc\"", "1000000000000"] {
            let body = format!(r#"{{"access_token":"70_a","expires_in":{life}}}"#);
            assert_eq!(missed(&ask, &body), "expires_in", "{life}");
        }
    }

    #[test]
    fn refusals_say_who_must_act() {
        let ask = GetStableAccessToken::new(account()).force_refresh();
        for (code, advice) in [
            (-1, Advice::RetryLater),
            (40001, Advice::FixConfig),
            (40125, Advice::FixConfig),
            (40164, Advice::AskOperator),
            (45009, Advice::WaitForQuota),
            (45011, Advice::SlowDown),
            (89503, Advice::AskOperator),
        ] {
            let body = format!(r#"{{"errcode":{code},"errmsg":"no rid: 6aac005a-01bfdbee-79769285"}}"#);
            assert_eq!(advised(&ask, &body), advice, "{code}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let ask = GetStableAccessToken::new(account()).force_refresh();
        let shown = format!("{ask:?} {:?}", ask.request(&Origin::wechat()));
        assert!(!shown.contains(SECRET), "{shown}");
    }
}
