use core::fmt;

use super::percent;

/// Where WeChat sends the browser back to: an absolute `http` or `https` URL of the application.
///
/// Its host must be the one configured in the console, exactly: a parent domain does not stand for
/// its sub-domains. Give every entry point its own path, so that one's callback is never taken for
/// another's.
///
/// ```
/// use wechat_auth::login::{InvalidRedirectUri, RedirectUri};
///
/// let uri = RedirectUri::parse("https://shop.example/wechat/callback")?;
/// assert_eq!(uri.as_str(), "https://shop.example/wechat/callback");
/// assert_eq!(RedirectUri::parse("/callback"), Err(InvalidRedirectUri::NotAbsolute));
/// # Ok::<(), InvalidRedirectUri>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// The longest one accepted, in bytes.
    pub const MAX_LEN: usize = 512;

    /// Checks the text.
    ///
    /// # Errors
    /// [`InvalidRedirectUri`] says what is wrong with it, and does not repeat it.
    pub fn parse(text: &str) -> Result<Self, InvalidRedirectUri> {
        if text.len() > Self::MAX_LEN {
            return Err(InvalidRedirectUri::TooLong);
        }
        if !percent::is_written_plainly(text) {
            return Err(InvalidRedirectUri::Characters);
        }
        if text.contains('#') {
            return Err(InvalidRedirectUri::Fragment);
        }
        if !text.contains("://") || text.starts_with('/') {
            return Err(InvalidRedirectUri::NotAbsolute);
        }
        let uri: http::Uri = text.parse().map_err(|_| InvalidRedirectUri::NotAUrl)?;
        if !matches!(uri.scheme_str(), Some("https" | "http")) {
            return Err(InvalidRedirectUri::Scheme);
        }
        let authority = uri.authority().ok_or(InvalidRedirectUri::NoHost)?;
        if authority.as_str().contains('@') {
            return Err(InvalidRedirectUri::UserInfo);
        }
        if authority.host().is_empty() {
            return Err(InvalidRedirectUri::NoHost);
        }
        let has_port = authority.as_str().len() > authority.host().len();
        if has_port && authority.port().is_none() {
            return Err(InvalidRedirectUri::NotAUrl);
        }
        if uri.query().is_some_and(names_ours) {
            return Err(InvalidRedirectUri::Reserved);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text, as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether the query has a parameter that WeChat will add: the callback would then have it twice.
fn names_ours(query: &str) -> bool {
    query.split('&').any(|pair| {
        let key = pair.split('=').next().unwrap_or_default();
        matches!(percent::decode(key).as_deref(), Some(b"code" | b"state"))
    })
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a redirect URI was refused.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRedirectUri {
    /// No scheme and host in front.
    #[error("the redirect URI must be absolute: write it as https://host/path")]
    NotAbsolute,
    /// It does not read as a URL.
    #[error("the redirect URI does not read as https://host[:port]/path")]
    NotAUrl,
    /// The scheme is neither `https` nor `http`.
    #[error("the scheme of the redirect URI must be https or http")]
    Scheme,
    /// Nothing between the slashes.
    #[error("the redirect URI has no host")]
    NoHost,
    /// `user@` in front of the host.
    #[error("the redirect URI must not have a user name")]
    UserInfo,
    /// A `#`, after which WeChat would put its parameters out of the server's sight.
    #[error("the redirect URI must not have a fragment")]
    Fragment,
    /// Blanks, control characters, backslashes or characters beyond ASCII.
    #[error(
        "the redirect URI must be printable ASCII without blanks and backslashes: percent-encode the rest"
    )]
    Characters,
    /// `code` or `state` in its own query, where WeChat adds its own.
    #[error("the redirect URI must not have a parameter named code or state: wechat adds these")]
    Reserved,
    /// More than 512 bytes.
    #[error("the redirect URI has more than 512 bytes")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_console_can_hold_is_accepted() {
        for ok in [
            "https://shop.example/cb",
            "http://localhost",
            "http://127.0.0.1:8080/callback",
            "http://[::1]:8080/callback",
            "https://shop.example/cb?entry=7&x",
            "https://shop.example/%E4%BD%A0",
        ] {
            assert_eq!(RedirectUri::parse(ok).unwrap().as_str(), ok);
        }
    }

    #[test]
    fn each_mistake_has_its_own_error() {
        let long = format!("https://shop.example/{}", "x".repeat(512));
        for (bad, why) in [
            ("", InvalidRedirectUri::NotAbsolute),
            ("shop.example/cb", InvalidRedirectUri::NotAbsolute),
            ("//shop.example/cb", InvalidRedirectUri::NotAbsolute),
            ("/cb?next=http://x", InvalidRedirectUri::NotAbsolute),
            ("ftp://shop.example", InvalidRedirectUri::Scheme),
            ("weixin://shop.example", InvalidRedirectUri::Scheme),
            ("https://u:p@shop.example/", InvalidRedirectUri::UserInfo),
            ("https://:443/", InvalidRedirectUri::NoHost),
            ("https://shop.example:99999/", InvalidRedirectUri::NotAUrl),
            ("https://shop.example/#/route", InvalidRedirectUri::Fragment),
            ("https://shop.example/a b", InvalidRedirectUri::Characters),
            ("https://shop.example\\evil", InvalidRedirectUri::Characters),
            ("https://shop.example/\"x", InvalidRedirectUri::Characters),
            ("https://shop.example/ü", InvalidRedirectUri::Characters),
            ("https://shop.example/\n", InvalidRedirectUri::Characters),
            ("https://shop.example/?a=1&state=2", InvalidRedirectUri::Reserved),
            ("https://shop.example/?%63ode=2", InvalidRedirectUri::Reserved),
            (&long, InvalidRedirectUri::TooLong),
        ] {
            assert_eq!(RedirectUri::parse(bad), Err(why), "{bad}");
        }
    }
}
