use super::api_domain_ip::ip_list;
use crate::{ApiError, AppToken, Endpoint, Origin, Request};

/// Asks for the addresses that WeChat pushes messages and events from (获取微信推送服务器 IP), for a
/// firewall that lets requests in.
///
/// The answer is a list of addresses and CIDR blocks, never an empty one. WeChat changes it without
/// notice: ask again every day. An address proves nothing by itself: check the push's signature too.
///
/// # Refusals worth knowing
/// 40001, 40014, 42001 (the app token is not valid any more), 40013 (appid unknown).
///
/// # Source
/// Official documentation, `getCallbackIp` (documented). One table there calls the list a string; it is an
/// array.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GetCallbackIp;

impl GetCallbackIp {
    /// The question; it has no parts.
    pub const fn new() -> Self {
        Self
    }
}

impl Endpoint for GetCallbackIp {
    type Token = AppToken;
    type Response = Vec<String>;

    fn request(&self, to: &Origin) -> Request {
        Request::get(to.api(), "/cgi-bin/getcallbackip", &[])
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<Vec<String>, ApiError> {
        ip_list(&response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{answered, missed, sent};

    #[test]
    fn the_request_has_no_parts() {
        let uri = "https://api.weixin.qq.com/cgi-bin/getcallbackip";
        assert_eq!(sent(&GetCallbackIp::new()), ["GET", uri, "", ""]);
    }

    #[test]
    fn the_list_is_read_and_an_empty_one_is_no_answer() {
        let ask = GetCallbackIp::new();
        let list = answered(&ask, r#"{"ip_list":["127.0.0.1","127.0.0.0/24"]}"#);
        assert_eq!(list.unwrap(), ["127.0.0.1", "127.0.0.0/24"]);
        assert_eq!(missed(&ask, r#"{"ip_list":[]}"#), "ip_list");
    }
}
