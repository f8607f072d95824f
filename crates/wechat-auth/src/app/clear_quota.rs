use serde::Serialize;

use crate::{ApiError, AppId, AppToken, Endpoint, Origin, Reply, Request, request};

/// Puts the account's daily call counters back to zero (重置 API 调用次数).
///
/// Ten times a month and account, shared with [`ClearQuotaByAppSecret`](super::ClearQuotaByAppSecret) and
/// with the button in the console. Counters are exact to about one percent only. When the token endpoint
/// itself is exhausted there may be no token to ask with: then use the other one.
///
/// # Refusals worth knowing
/// 40013 (appid unknown, or not the token's account), 48006 (this month's clearings are used up), 40001,
/// 40014, 42001 (the app token is not valid any more).
///
/// # Source
/// Official documentation, `clearQuota` (documented).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClearQuota {
    appid: AppId,
}

impl ClearQuota {
    /// For this account, which must be the app token's.
    pub fn new(appid: AppId) -> Self {
        Self { appid }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    appid: &'a str,
}

impl Endpoint for ClearQuota {
    type Token = AppToken;
    type Response = ();

    fn request(&self, to: &Origin) -> Request {
        let body = Body {
            appid: self.appid.as_str(),
        };
        Request::post_json(to.api(), "/cgi-bin/clear_quota", &[], request::json(&body))
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<(), ApiError> {
        Reply::read(&response).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{advised, answered, sent};
    use crate::{Advice, Credential};

    fn clear() -> ClearQuota {
        ClearQuota::new(AppId::new("wx0123456789abcdef").unwrap())
    }

    #[test]
    fn the_appid_goes_in_the_body_and_the_token_in_the_query() {
        let uri = "https://api.weixin.qq.com/cgi-bin/clear_quota";
        let body = r#"{"appid":"wx0123456789abcdef"}"#;
        assert_eq!(sent(&clear()), ["POST", uri, "application/json", body]);

        let request = AppToken::new("70_a").authorize(clear().request(&Origin::wechat()));
        let http = request.into_http().unwrap();
        assert_eq!(http.uri().query(), Some("access_token=70_a"));
    }

    #[test]
    fn a_cleared_quota_is_told_from_one_that_cannot_be_cleared() {
        assert_eq!(answered(&clear(), r#"{"errcode":0,"errmsg":"ok"}"#), Ok(()));
        let used_up = r#"{"errcode":48006,"errmsg":"forbid to clear quota because of reaching the limit rid: 6aac005a-01bfdbee-79769285"}"#;
        assert_eq!(advised(&clear(), used_up), Advice::WaitForQuota);
        let foreign = r#"{"errcode":40013,"errmsg":"invalid appid"}"#;
        assert_eq!(advised(&clear(), foreign), Advice::FixConfig);
    }
}
