use core::net::IpAddr;

use serde::Serialize;

use crate::{ApiError, AppToken, Endpoint, Origin, Reply, Request, Rid, Secret, request};

/// Asks what WeChat recorded of one request (查询 rid 信息), by the number that its refusal carried: see
/// [`Refusal::rid`](crate::Refusal::rid).
///
/// Of this account's own requests only, for seven days, and not of calls below `/sns/`.
///
/// # Refusals worth knowing
/// 76001 (no such rid), 76002 (malformed), 76003 (another account's), 76004 (older than seven days, which
/// one page gives as 76001), 40001, 40014, 42001 (the app token is not valid any more).
///
/// # Source
/// Official documentation, `getRidInfo` (documented).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetRidInfo {
    rid: Rid,
}

impl GetRidInfo {
    /// For the request with this number.
    pub fn new(rid: Rid) -> Self {
        Self { rid }
    }
}

/// What WeChat recorded of one request. What was sent and answered may hold tokens and secrets, and is
/// shown by nothing.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RidInfo {
    /// When the request arrived, in Unix seconds.
    pub invoke_time: u64,
    /// How long WeChat worked on it, in milliseconds.
    pub cost_in_ms: u64,
    /// The request's query string, often with a token in it.
    pub request_url: Secret,
    /// The request's body.
    pub request_body: Secret,
    /// WeChat's answer.
    pub response_body: Secret,
    /// The address the request came from; `None` where it does not read as one.
    pub client_ip: Option<IpAddr>,
}

#[derive(Serialize)]
struct Body<'a> {
    rid: &'a str,
}

impl Endpoint for GetRidInfo {
    type Token = AppToken;
    type Response = RidInfo;

    fn request(&self, to: &Origin) -> Request {
        let body = Body {
            rid: self.rid.as_str(),
        };
        Request::post_json(to.api(), "/cgi-bin/openapi/rid/get", &[], request::json(&body))
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<RidInfo, ApiError> {
        let reply = Reply::read(&response)?;
        let recorded = reply.object("request");
        let recorded = recorded.ok_or(ApiError::malformed("missing object", "request"))?;
        Ok(RidInfo {
            invoke_time: recorded.u64("invoke_time")?,
            cost_in_ms: recorded.u64("cost_in_ms")?,
            request_url: recorded.text_or_empty("request_url").into(),
            request_body: recorded.text_or_empty("request_body").into(),
            response_body: recorded.text_or_empty("response_body").into(),
            client_ip: recorded.text_or_empty("client_ip").trim().parse().ok(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Advice;
    use crate::app::testing::{advised, answered, missed, sent};

    fn ask() -> GetRidInfo {
        GetRidInfo::new(Rid::parse("617682e0-09059ac5-34a8e2ea").unwrap())
    }

    #[test]
    fn the_rid_goes_in_the_body() {
        let uri = "https://api.weixin.qq.com/cgi-bin/openapi/rid/get";
        let body = r#"{"rid":"617682e0-09059ac5-34a8e2ea"}"#;
        assert_eq!(sent(&ask()), ["POST", uri, "application/json", body]);
    }

    #[test]
    fn the_record_is_read_and_its_secrets_stay_hidden() {
        let body = r#"{"errcode":0,"errmsg":"ok","request":{"invoke_time":1635156704,"cost_in_ms":30,
            "request_url":"access_token=50_T0KEN","request_body":"{\"secret\":\"T0KEN\"}",
            "response_body":"{\"errcode\":45009,\"access_token\":\"T0KEN\"}","client_ip":"113.57.1.2"}}"#;
        let info = answered(&ask(), body).unwrap();
        assert_eq!((info.invoke_time, info.cost_in_ms), (1_635_156_704, 30));
        assert_eq!(info.request_url.expose(), "access_token=50_T0KEN");
        assert_eq!(info.request_body.expose(), r#"{"secret":"T0KEN"}"#);
        assert!(info.response_body.expose().starts_with(r#"{"errcode":45009"#));
        assert_eq!(info.client_ip, Some("113.57.1.2".parse().unwrap()));
        assert!(!format!("{info:?}").contains("T0KEN"));
    }

    #[test]
    fn a_record_may_lack_bodies_and_address_but_not_its_time() {
        let body = r#"{"errcode":0,"request":{"invoke_time":1,"cost_in_ms":2,"client_ip":"?"}}"#;
        let info = answered(&ask(), body).unwrap();
        assert!(info.request_body.is_empty());
        assert_eq!(info.client_ip, None);
        assert_eq!(
            missed(&ask(), r#"{"errcode":0,"request":{"cost_in_ms":2}}"#),
            "invoke_time"
        );
        assert_eq!(missed(&ask(), r#"{"errcode":0,"errmsg":"ok"}"#), "request");
    }

    #[test]
    fn an_unknown_rid_is_the_callers_to_mend() {
        for code in [76001, 76002, 76003, 76004] {
            let body = format!(r#"{{"errcode":{code},"errmsg":"rid not found"}}"#);
            assert_eq!(advised(&ask(), &body), Advice::FixCall, "{code}");
        }
    }
}
