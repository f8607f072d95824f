//! The cookie that ties a login to the browser that began it.

use http::header::{COOKIE, HeaderMap, HeaderValue};
use wechat_auth::BaseUrl;
use wechat_auth::login::{BrowserNonce, LOGIN_LIFE, LoginId, RedirectUri};

/// Logins that one browser can have open at once. Every cookie travels with every request, and a browser
/// that is made to begin many must not end with headers that no server takes.
const MOST: usize = 8;

/// What the value ends with once the browser has had its answer.
const ANSWERED: &str = ".answered";

/// How the cookies of one site look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    /// `__Host-` and `Secure`: no subdomain and no plain-text page can set or overwrite it.
    Https,
    /// Plain `http` on this machine, where browsers take neither.
    Loopback,
}

/// Plain `http` beyond this machine: the cookie could be read and replaced on the way.
#[derive(Debug)]
pub(crate) struct PlainHttp;

/// What a browser brought back for one login. It may be anything.
#[derive(Debug)]
pub(crate) struct BindingCookie {
    nonce: BrowserNonce,
    answered: bool,
}

impl Site {
    pub(crate) fn of(redirect_uri: &RedirectUri) -> Result<Self, PlainHttp> {
        if redirect_uri.as_str().starts_with("https:") {
            return Ok(Self::Https);
        }
        let authority = redirect_uri.as_str().split('/').nth(2).unwrap_or_default();
        let authority = authority.split('?').next().unwrap_or_default();
        let base = BaseUrl::parse(&format!("http://{authority}"));
        base.map(|_| Self::Loopback).map_err(|_| PlainHttp)
    }

    /// Binds a login to the browser, and drops the browser's oldest ones where there are too many.
    pub(crate) fn bind(self, id: &LoginId, nonce: &BrowserNonce, sent: &HeaderMap) -> Vec<HeaderValue> {
        let new = self.set(&self.name(id), nonce.cookie_value(), LOGIN_LIFE.as_secs());
        // Browsers send older cookies first.
        let names: Vec<_> = pairs(sent)
            .filter_map(|(name, _)| core::str::from_utf8(name).ok())
            .filter(|name| name.starts_with(self.prefix()))
            .collect();
        let surplus = (names.len() + 1).saturating_sub(MOST);
        let dropped = names.iter().take(surplus).map(|name| self.set(name, "", 0));
        std::iter::once(new).chain(dropped).flatten().collect()
    }

    /// Notes in the browser that it has had its answer, in the same headers as that answer: from now on the
    /// same callback leads to the same place, and brings no session.
    pub(crate) fn note_answered(self, id: &LoginId, cookie: &BindingCookie) -> Option<HeaderValue> {
        let value = format!("{}{ANSWERED}", cookie.nonce.cookie_value());
        self.set(&self.name(id), &value, LOGIN_LIFE.as_secs())
    }

    pub(crate) fn read(self, headers: &HeaderMap, id: &LoginId) -> BindingCookie {
        let name = self.name(id);
        let value = pairs(headers).find(|(key, _)| *key == name.as_bytes());
        let value = value.and_then(|(_, value)| core::str::from_utf8(value).ok());
        let value = value.unwrap_or_default();
        let nonce = value.strip_suffix(ANSWERED);
        BindingCookie {
            nonce: BrowserNonce::from_cookie(nonce.unwrap_or(value)),
            answered: nonce.is_some(),
        }
    }

    fn name(self, id: &LoginId) -> String {
        let start = id.as_str().get(..16).unwrap_or_default();
        format!("{}{start}", self.prefix())
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Https => "__Host-wechat-login-",
            Self::Loopback => "wechat-login-",
        }
    }

    fn set(self, name: &str, value: &str, max_age_s: u64) -> Option<HeaderValue> {
        let secure = match self {
            Self::Https => "; Secure",
            Self::Loopback => "",
        };
        let line = format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}");
        let mut line = HeaderValue::try_from(line).ok()?;
        line.set_sensitive(true);
        Some(line)
    }
}

impl BindingCookie {
    pub(crate) fn nonce(&self) -> &BrowserNonce {
        &self.nonce
    }

    pub(crate) fn is_answered(&self) -> bool {
        self.answered
    }
}

/// The cookies of a request, as bytes: another application's, with letters of any kind in them, must not
/// hide ours.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    let lines = headers.get_all(COOKIE).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| {
            let pair = pair.trim_ascii();
            let at = pair.iter().position(|byte| *byte == b'=')?;
            Some((pair.get(..at)?, pair.get(at + 1..)?))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wechat_auth::login::Callback;

    fn id() -> LoginId {
        Callback::from_query("state=x").unwrap().login_id()
    }

    fn headers(lines: &[&[u8]]) -> HeaderMap {
        let lines = lines.iter().map(|line| HeaderValue::from_bytes(line).unwrap());
        lines.map(|line| (COOKIE, line)).collect()
    }

    #[test]
    fn https_gets_a_host_cookie_and_plain_http_is_for_this_machine() {
        let site = |uri: &str| Site::of(&RedirectUri::parse(uri).unwrap());
        assert_eq!(site("https://shop.example/cb").unwrap(), Site::Https);
        for loopback in [
            "http://127.0.0.1:8080/cb",
            "http://localhost/cb",
            "http://[::1]:80/cb?x",
        ] {
            assert_eq!(site(loopback).unwrap(), Site::Loopback);
        }
        for elsewhere in [
            "http://shop.example/cb",
            "http://127.0.0.1.shop.example/cb",
            "http://192.168.1.2/cb",
            "http://shop.example?http://localhost/",
        ] {
            assert!(site(elsewhere).is_err(), "{elsewhere}");
        }
    }

    #[test]
    fn the_cookie_has_every_attribute_that_binds_it() {
        let nonce = BrowserNonce::from_cookie("00ff");
        let name = &id().to_string()[..16];
        let https = Site::Https.bind(&id(), &nonce, &HeaderMap::new());
        let expected =
            format!("__Host-wechat-login-{name}=00ff; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(https, [expected.as_str()]);
        let http = Site::Loopback.bind(&id(), &nonce, &HeaderMap::new());
        let expected = format!("wechat-login-{name}=00ff; Path=/; Max-Age=600; HttpOnly; SameSite=Lax");
        assert_eq!(http, [expected.as_str()]);
    }

    #[test]
    fn the_cookie_is_found_among_any_others() {
        let name = Site::Https.name(&id());
        let ours = format!("{name}=00ff.answered");
        let sent = headers(&[b"x; =; ;;a=b;\xe5\xb0\x8f=\xff;", b"", ours.as_bytes(), b"z=1"]);
        let cookie = Site::Https.read(&sent, &id());
        assert_eq!(cookie.nonce().cookie_value(), "00ff");
        assert!(cookie.is_answered());
        for other in [
            "",
            "wechat-login-0=x",
            &format!("x{name}=1"),
            &name,
            &format!("{name} =1"),
        ] {
            let cookie = Site::Https.read(&headers(&[other.as_bytes()]), &id());
            assert_eq!(cookie.nonce().cookie_value(), "", "{other}");
        }
    }

    #[test]
    fn a_browser_keeps_eight_logins_and_drops_its_oldest() {
        let line: Vec<_> = (0..11).map(|n| format!("__Host-wechat-login-{n}=1")).collect();
        let sent = headers(&[b"other=1", line.join("; ").as_bytes()]);
        let set = Site::Https.bind(&id(), &BrowserNonce::from_cookie("2"), &sent);
        let dropped: Vec<_> = set[1..].iter().map(|line| line.to_str().unwrap()).collect();
        assert_eq!(dropped.len(), 4);
        for (n, line) in dropped.into_iter().enumerate() {
            assert!(
                line.starts_with(&format!("__Host-wechat-login-{n}=; Path=/; Max-Age=0")),
                "{line}"
            );
        }
    }
}
