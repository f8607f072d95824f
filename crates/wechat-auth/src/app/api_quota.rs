use serde::Serialize;

use crate::{ApiError, AppToken, Endpoint, Origin, Reply, Request, request};

/// Asks how many calls of one API the account has left today (查询 API 调用额度).
///
/// # Refusals worth knowing
/// 76021 (no such API), 76022 (the API is not the token's account's to ask about, such as every `/sns/`
/// path), 76003 (the path is malformed), 40001, 40014, 42001 (the app token is not valid any more).
///
/// # Source
/// Official documentation, `getApiQuota` (documented).
///
/// ```
/// use wechat_auth::{Endpoint, app::GetApiQuota};
///
/// let ask = GetApiQuota::new("/cgi-bin/message/custom/send")?;
/// let answer = br#"{"errcode":0,"errmsg":"ok","quota":{"daily_limit":100,"used":1,"remain":99}}"#;
/// assert_eq!(ask.parse(http::Response::new(answer)).unwrap().quota.remain, 99);
/// # Ok::<(), wechat_auth::app::InvalidApiPath>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetApiQuota {
    cgi_path: String,
}

impl GetApiQuota {
    /// For the API at this path, such as `/cgi-bin/message/custom/send`: with its leading slash, without
    /// host and query, at most 256 bytes.
    ///
    /// # Errors
    /// [`InvalidApiPath`] for anything else.
    pub fn new(cgi_path: impl Into<String>) -> Result<Self, InvalidApiPath> {
        let cgi_path = cgi_path.into();
        let a_path = cgi_path.starts_with('/') && !cgi_path.starts_with("//") && cgi_path.len() <= 256;
        let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'"' | b'\\');
        if a_path && cgi_path.bytes().all(plain) {
            Ok(Self { cgi_path })
        } else {
            Err(InvalidApiPath)
        }
    }
}

/// What is no API's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an API path: write it as /cgi-bin/message/custom/send, without host and query")]
pub struct InvalidApiPath;

/// What is left of an API.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiQuota {
    /// Today, by Beijing's calendar.
    pub quota: DailyQuota,
    /// How fast the account may call; `None` where WeChat says nothing about it.
    pub rate_limit: Option<RateLimit>,
    /// How fast a third-party platform may call on the account's behalf; `None` as above.
    pub component_rate_limit: Option<RateLimit>,
}

/// Calls of one day. WeChat counts to about one percent.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DailyQuota {
    /// Calls allowed in a day.
    pub daily_limit: u64,
    /// Calls made today.
    pub used: u64,
    /// Calls left today.
    pub remain: u64,
}

/// So many calls in so long a time.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Calls allowed in one period.
    pub call_count: u64,
    /// The period's length in seconds.
    pub refresh_second: u64,
}

#[derive(Serialize)]
struct Body<'a> {
    cgi_path: &'a str,
}

impl Endpoint for GetApiQuota {
    type Token = AppToken;
    type Response = ApiQuota;

    fn request(&self, to: &Origin) -> Request {
        let body = Body {
            cgi_path: &self.cgi_path,
        };
        Request::post_json(to.api(), "/cgi-bin/openapi/quota/get", &[], request::json(&body))
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<ApiQuota, ApiError> {
        let reply = Reply::read(&response)?;
        let quota = reply.object("quota");
        let quota = quota.ok_or(ApiError::malformed("missing object", "quota"))?;
        Ok(ApiQuota {
            quota: DailyQuota {
                daily_limit: quota.u64("daily_limit")?,
                used: quota.u64("used")?,
                remain: quota.u64("remain")?,
            },
            rate_limit: rate_limit(&reply, "rate_limit"),
            component_rate_limit: rate_limit(&reply, "component_rate_limit"),
        })
    }
}

/// A by-product: one that does not read must not hide the daily quota.
fn rate_limit(reply: &Reply, field: &str) -> Option<RateLimit> {
    let limit = reply.object(field)?;
    Some(RateLimit {
        call_count: limit.u64("call_count").ok()?,
        refresh_second: limit.u64("refresh_second").ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Advice;
    use crate::app::testing::{advised, answered, missed, sent};

    fn ask() -> GetApiQuota {
        GetApiQuota::new("/cgi-bin/message/custom/send").unwrap()
    }

    #[test]
    fn the_path_goes_in_the_body() {
        let uri = "https://api.weixin.qq.com/cgi-bin/openapi/quota/get";
        let body = r#"{"cgi_path":"/cgi-bin/message/custom/send"}"#;
        assert_eq!(sent(&ask()), ["POST", uri, "application/json", body]);
    }

    #[test]
    fn what_is_no_path_is_refused_before_it_is_asked() {
        for bad in [
            "",
            "cgi-bin/token",
            "https://api.weixin.qq.com/cgi-bin/token",
            "//api.weixin.qq.com/cgi-bin/token",
            "/cgi-bin/token?access_token=T",
            "/cgi-bin/token\n",
            "/cgi bin",
            "/接口",
        ] {
            assert_eq!(GetApiQuota::new(bad), Err(InvalidApiPath), "{bad}");
        }
        assert_eq!(
            GetApiQuota::new(format!("/{}", "x".repeat(256))),
            Err(InvalidApiPath)
        );
    }

    #[test]
    fn all_parts_are_read() {
        let body = r#"{"errcode":0,"errmsg":"ok","quota":{"daily_limit":500000,"used":12,"remain":499988},
            "rate_limit":{"call_count":1000000,"refresh_second":60},
            "component_rate_limit":{"call_count":"100","refresh_second":"60"}}"#;
        let expected = ApiQuota {
            quota: DailyQuota {
                daily_limit: 500_000,
                used: 12,
                remain: 499_988,
            },
            rate_limit: Some(RateLimit {
                call_count: 1_000_000,
                refresh_second: 60,
            }),
            component_rate_limit: Some(RateLimit {
                call_count: 100,
                refresh_second: 60,
            }),
        };
        assert_eq!(answered(&ask(), body), Ok(expected));
    }

    #[test]
    fn rate_limits_may_be_absent_or_empty_and_the_quota_may_not() {
        let body = r#"{"errcode":0,"quota":{"daily_limit":1,"used":0,"remain":1},"rate_limit":{}}"#;
        let quota = answered(&ask(), body).unwrap();
        assert_eq!((quota.rate_limit, quota.component_rate_limit), (None, None));
        assert_eq!(missed(&ask(), r#"{"errcode":0,"errmsg":"ok"}"#), "quota");
        assert_eq!(
            missed(&ask(), r#"{"errcode":0,"quota":{"daily_limit":1,"used":0}}"#),
            "remain"
        );
    }

    #[test]
    fn an_unknown_path_is_the_callers_to_mend() {
        for code in [76003, 76021, 76022] {
            let body = format!(r#"{{"errcode":{code},"errmsg":"cgi_path not found"}}"#);
            assert_eq!(advised(&ask(), &body), Advice::FixCall, "{code}");
        }
    }
}
