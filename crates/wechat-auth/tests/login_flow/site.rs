//! The application of these tests, and what they share.

use wechat_auth::login::{
    Begin, Begun, BrowserNonce, Callback, LoginError, PendingLogin, Redeemed, RedirectUri, Scope, WebLogin,
};
use wechat_auth::{Account, Request};

pub(crate) const NOW: u64 = 1_750_000_000;

pub(crate) const TOKEN: &str = r#"{"access_token":"A","expires_in":7200,"refresh_token":"R","openid":"oABC","scope":"snsapi_userinfo","unionid":"u1"}"#;

/// An application with one entry point, which keeps every pending login in writing.
pub(crate) struct Site {
    pub(crate) login: WebLogin,
}

/// One browser's login, as the site and the browser remember it.
pub(crate) struct Visit {
    pub(crate) state: String,
    pub(crate) cookie: String,
    pub(crate) key: String,
    pub(crate) stored: String,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::at("https://shop.example/callback")
    }

    pub(crate) fn at(redirect_uri: &str) -> Self {
        let account = Account::new("wx1", "APPSECRET").unwrap();
        let redirect_uri = RedirectUri::parse(redirect_uri).unwrap();
        Self {
            login: WebLogin::new(account, Scope::UserInfo, redirect_uri),
        }
    }

    pub(crate) fn click(&self, return_to: &str, seed: u8) -> Visit {
        let return_to = self.login.return_to(return_to).unwrap();
        let request = Begin::new()
            .with_return_to(return_to)
            .with_data("cart=1")
            .unwrap();
        let Begun {
            url,
            pending,
            browser,
        } = self.login.begin([seed; 32], NOW, request);
        Visit {
            state: state_in(url.as_str()).to_owned(),
            cookie: browser.cookie_value().to_owned(),
            key: pending.id().as_str().to_owned(),
            stored: pending.encode(),
        }
    }

    pub(crate) fn comes_back(&self, visit: &mut Visit, code: &str, at: u64) -> Result<Redeemed, LoginError> {
        let callback = Callback::from_query(&format!("code={code}&state={}", visit.state)).unwrap();
        self.redeem(visit, &callback, at)
    }

    pub(crate) fn redeem(
        &self,
        visit: &mut Visit,
        callback: &Callback,
        at: u64,
    ) -> Result<Redeemed, LoginError> {
        let mut pending = visit.pending();
        let browser = BrowserNonce::from_cookie(&visit.cookie);
        let result = pending.redeem(&self.login, callback, &browser, at);
        visit.stored = pending.encode();
        result
    }
}

impl Visit {
    pub(crate) fn pending(&self) -> PendingLogin {
        PendingLogin::decode(&self.stored).unwrap()
    }
}

pub(crate) fn state_in(url: &str) -> &str {
    let rest = url.split("&state=").nth(1).unwrap();
    rest.split(['&', '#']).next().unwrap()
}

pub(crate) fn exchanges(result: &Result<Redeemed, LoginError>) -> bool {
    matches!(result, Ok(Redeemed::Exchange(_)))
}

pub(crate) fn reply(body: &str) -> http::Response<&[u8]> {
    http::Response::new(body.as_bytes())
}

pub(crate) fn target(request: Request) -> String {
    request.into_http().unwrap().uri().to_string()
}
