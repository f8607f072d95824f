use crate::{ApiError, AppToken, Endpoint, Origin, Reply, Request};

/// Asks for the addresses that `api.weixin.qq.com` answers from (获取微信 API 服务器 IP), for a firewall
/// that lets requests out.
///
/// The answer is a list of addresses and CIDR blocks, never an empty one. WeChat changes it without
/// notice: ask again every day.
///
/// # Refusals worth knowing
/// 40001, 40014, 42001 (the app token is not valid any more), 40013 (appid unknown).
///
/// # Source
/// Official documentation, `getApiDomainIp` (documented); a made-up token is refused with 40001
/// (observed).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GetApiDomainIp;

impl GetApiDomainIp {
    /// The question; it has no parts.
    pub const fn new() -> Self {
        Self
    }
}

impl Endpoint for GetApiDomainIp {
    type Token = AppToken;
    type Response = Vec<String>;

    fn request(&self, to: &Origin) -> Request {
        Request::get(to.api(), "/cgi-bin/get_api_domain_ip", &[])
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<Vec<String>, ApiError> {
        ip_list(&response)
    }
}

/// The answer of both endpoints that list WeChat's addresses. An empty list is no answer: a firewall
/// written from it would cut WeChat off.
pub(super) fn ip_list(response: &http::Response<&[u8]>) -> Result<Vec<String>, ApiError> {
    let list = Reply::read(response)?.strings("ip_list");
    if list.is_empty() {
        Err(ApiError::malformed("no addresses", "ip_list"))
    } else {
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Advice;
    use crate::app::testing::{advised, answered, missed, sent};

    #[test]
    fn the_request_has_no_parts() {
        let uri = "https://api.weixin.qq.com/cgi-bin/get_api_domain_ip";
        assert_eq!(sent(&GetApiDomainIp::new()), ["GET", uri, "", ""]);
    }

    #[test]
    fn addresses_and_blocks_are_read_in_order() {
        let list = answered(
            &GetApiDomainIp::new(),
            r#"{"ip_list":["101.89.47.18","182.254.0.0/16"]}"#,
        );
        assert_eq!(list.unwrap(), ["101.89.47.18", "182.254.0.0/16"]);
    }

    #[test]
    fn an_empty_or_missing_list_is_no_answer() {
        let ask = GetApiDomainIp::new();
        for body in [
            "{}",
            r#"{"ip_list":[]}"#,
            r#"{"ip_list":"1.2.3.4"}"#,
            r#"{"ip_list":null}"#,
        ] {
            assert_eq!(missed(&ask, body), "ip_list", "{body}");
        }
        let refused = r#"{"errcode":40001,"errmsg":"invalid credential","ip_list":[]}"#;
        assert_eq!(advised(&ask, refused), Advice::NewToken);
    }
}
