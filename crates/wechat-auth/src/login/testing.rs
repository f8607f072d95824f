//! What the unit tests of this module share.

use super::{Callback, OpenId, RedirectUri, Scope, UserKind, UserToken, UserTokenParts, WebLogin};
use crate::{Account, Endpoint, NoToken, Origin, Request, Secret};

pub(super) const NOW: u64 = 1_750_000_000;

pub(super) fn login() -> WebLogin {
    login_at("https://shop.example/cb")
}

pub(super) fn login_at(redirect_uri: &str) -> WebLogin {
    let account = Account::new("wx1", "APPSECRET").unwrap();
    WebLogin::new(
        account,
        Scope::UserInfo,
        RedirectUri::parse(redirect_uri).unwrap(),
    )
}

/// The state in an authorize URL.
pub(super) fn state_in(url: &str) -> &str {
    let rest = url.split("&state=").nth(1).unwrap();
    rest.split(['&', '#']).next().unwrap()
}

pub(super) fn callback(code: &str, state: &str) -> Callback {
    Callback::from_query(&format!("code={code}&state={state}")).unwrap()
}

pub(super) fn token(openid: &str) -> UserToken {
    UserToken::from_parts(UserTokenParts {
        access_token: Secret::from("ACCESS"),
        refresh_token: Secret::from("REFRESH"),
        openid: OpenId::new(openid).unwrap(),
        unionid: None,
        scope: "snsapi_userinfo".into(),
        kind: UserKind::Person,
    })
}

pub(super) fn answer<E: Endpoint>(endpoint: &E, body: &str) -> Result<E::Response, crate::ApiError> {
    endpoint.parse(http::Response::new(body.as_bytes()))
}

pub(super) fn target(request: Request) -> String {
    request.into_http().unwrap().uri().to_string()
}

pub(super) fn sent<E: Endpoint<Token = NoToken>>(endpoint: &E) -> String {
    target(endpoint.request(&Origin::wechat()))
}
