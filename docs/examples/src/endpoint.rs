// ANCHOR: endpoint
use wechat_auth::{ApiError, AppToken, Endpoint, Origin, Reply, Request};

/// Whether somebody follows the account. The type says that it takes an app token: with a user token
/// the call does not compile.
struct Follows {
    openid: String,
}

impl Endpoint for Follows {
    type Token = AppToken;
    type Response = bool;

    fn request(&self, to: &Origin) -> Request {
        Request::get(to.api(), "/cgi-bin/user/info", &[("openid", &self.openid)])
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<bool, ApiError> {
        Ok(Reply::read(&response)?.u64("subscribe")? == 1)
    }
}
// ANCHOR_END: endpoint

#[test]
fn it_runs() {
    let follows = Follows {
        openid: "oABC".into(),
    };
    let request = follows.request(&Origin::wechat()).into_http().unwrap();
    assert_eq!(request.uri().query(), Some("openid=oABC"));
    let reply = http::Response::new(br#"{"subscribe":1,"openid":"oABC"}"#.as_slice());
    assert_eq!(follows.parse(reply), Ok(true));
}
