use serde::Serialize;

use crate::wire::{Reply, Speaker};
use crate::{Account, ApiError, Endpoint, NoToken, Origin, Request, request};

/// Puts the account's daily call counters back to zero, without a token (使用 AppSecret 重置 API
/// 调用次数): the way out when the fetches of tokens are used up as well.
///
/// Ten times a month and account, shared with [`ClearQuota`](super::ClearQuota) and with the button in the
/// console.
///
/// # Refusals worth knowing
/// 40013 (appid unknown), 40125 and here also 40001 (appsecret wrong), 41002 and 41004 (a parameter did
/// not arrive), 48006 (this month's clearings are used up), -1 (busy).
///
/// # Source
/// Official documentation, `clearQuotaByAppSecret` (documented). One page puts the parameters into the
/// query, another into the body with a sample that shows a query: this endpoint sends them in both
/// (assumed to be accepted).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClearQuotaByAppSecret {
    account: Account,
}

impl ClearQuotaByAppSecret {
    /// For this account.
    pub fn new(account: Account) -> Self {
        Self { account }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    appid: &'a str,
    appsecret: &'a str,
}

impl Endpoint for ClearQuotaByAppSecret {
    type Token = NoToken;
    type Response = ();

    fn request(&self, to: &Origin) -> Request {
        let body = Body {
            appid: self.account.appid().as_str(),
            appsecret: self.account.secret().expose(),
        };
        let query = [("appid", body.appid), ("appsecret", body.appsecret)];
        Request::post_json(to.api(), "/cgi-bin/clear_quota/v2", &query, request::json(&body))
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<(), ApiError> {
        Reply::read_as(&response, Speaker::TokenEndpoint).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Advice;
    use crate::app::testing::{SECRET, account, advised, answered, sent};

    #[test]
    fn the_parameters_go_in_the_query_and_in_the_body() {
        let uri = format!(
            "https://api.weixin.qq.com/cgi-bin/clear_quota/v2?appid=wx0123456789abcdef&appsecret={SECRET}"
        );
        let body = format!(r#"{{"appid":"wx0123456789abcdef","appsecret":"{SECRET}"}}"#);
        let clear = ClearQuotaByAppSecret::new(account());
        assert_eq!(sent(&clear), ["POST", &uri, "application/json", &body]);
    }

    #[test]
    fn refusals_say_who_must_act() {
        let clear = ClearQuotaByAppSecret::new(account());
        assert_eq!(answered(&clear, r#"{"errcode":0,"errmsg":"ok"}"#), Ok(()));
        for (code, advice) in [
            (40001, Advice::FixConfig),
            (40125, Advice::FixConfig),
            (48006, Advice::WaitForQuota),
        ] {
            let body = format!(r#"{{"errcode":{code},"errmsg":"no"}}"#);
            assert_eq!(advised(&clear, &body), advice, "{code}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let clear = ClearQuotaByAppSecret::new(account());
        let shown = format!("{clear:?} {:?}", clear.request(&Origin::wechat()));
        assert!(!shown.contains(SECRET), "{shown}");
    }
}
