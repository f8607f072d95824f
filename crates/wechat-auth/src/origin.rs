use core::fmt;
use std::sync::Arc;

/// Where WeChat is: the hosts that requests and browsers are sent to.
///
/// The default is WeChat itself. Point it at the emulator, at a disaster-recovery host
/// (`api2.weixin.qq.com`, `sh.api.weixin.qq.com` …) or at a corporate proxy instead.
///
/// ```
/// use wechat_auth::{BaseUrl, Origin};
///
/// let real = Origin::wechat();
/// assert_eq!(real.api().as_str(), "https://api.weixin.qq.com");
///
/// let emulator = Origin::single(BaseUrl::parse("http://127.0.0.1:8787")?);
/// assert_eq!(emulator.open().as_str(), "http://127.0.0.1:8787");
///
/// let fallback = Origin::wechat().with_api(BaseUrl::parse("https://api2.weixin.qq.com")?);
/// assert_eq!(fallback.api().as_str(), "https://api2.weixin.qq.com");
/// # Ok::<(), wechat_auth::InvalidBaseUrl>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    api: BaseUrl,
    open: BaseUrl,
    mp: BaseUrl,
}

impl Origin {
    /// WeChat's public hosts.
    ///
    /// # Source
    /// Official account documentation, "API host names" (documented).
    pub fn wechat() -> Self {
        Self {
            api: BaseUrl::known("https://api.weixin.qq.com"),
            open: BaseUrl::known("https://open.weixin.qq.com"),
            mp: BaseUrl::known("https://mp.weixin.qq.com"),
        }
    }

    /// Everything at one place, as the emulator serves it.
    pub fn single(base: BaseUrl) -> Self {
        Self {
            api: base.clone(),
            open: base.clone(),
            mp: base,
        }
    }

    /// The same, with another host for server-to-server calls.
    #[must_use]
    pub fn with_api(self, api: BaseUrl) -> Self {
        Self { api, ..self }
    }

    /// The same, with another host for the pages a browser is sent to.
    #[must_use]
    pub fn with_open(self, open: BaseUrl) -> Self {
        Self { open, ..self }
    }

    /// The same, with another host for the authorisation pages of third-party platforms.
    #[must_use]
    pub fn with_mp(self, mp: BaseUrl) -> Self {
        Self { mp, ..self }
    }

    /// Server-to-server calls; `https://api.weixin.qq.com` by default.
    pub fn api(&self) -> &BaseUrl {
        &self.api
    }

    /// Pages a browser is sent to; `https://open.weixin.qq.com` by default.
    pub fn open(&self) -> &BaseUrl {
        &self.open
    }

    /// Authorisation pages of third-party platforms; `https://mp.weixin.qq.com` by default.
    pub fn mp(&self) -> &BaseUrl {
        &self.mp
    }
}

impl Default for Origin {
    fn default() -> Self {
        Self::wechat()
    }
}

/// A scheme, a host and perhaps a path prefix; no query, no fragment, no user name, no trailing slash.
///
/// Plain `http` is for loopback only, because half of WeChat's secrets travel in query strings;
/// [`parse_insecure`](Self::parse_insecure) is the door for a network that is trusted otherwise.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Arc<str>);

impl BaseUrl {
    /// Reads `https://host[:port][/prefix]`, or `http://` where the host is loopback.
    ///
    /// # Errors
    /// [`InvalidBaseUrl`] says which part is wrong. It does not repeat the text.
    pub fn parse(text: &str) -> Result<Self, InvalidBaseUrl> {
        let base = Self::parse_insecure(text)?;
        if base.is_https() || base.is_loopback() {
            Ok(base)
        } else {
            Err(InvalidBaseUrl::PlainHttp)
        }
    }

    /// Reads the same, and lets plain `http` go anywhere: appsecret and tokens then cross that
    /// network readable by everybody on the way.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), without [`InvalidBaseUrl::PlainHttp`].
    pub fn parse_insecure(text: &str) -> Result<Self, InvalidBaseUrl> {
        let text = text.trim_end_matches('/');
        if text.len() > 512 {
            return Err(InvalidBaseUrl::TooLong);
        }
        if text.contains('#') {
            return Err(InvalidBaseUrl::Surplus);
        }
        let uri: http::Uri = text.parse().map_err(|_| InvalidBaseUrl::NotAUrl)?;
        if !matches!(uri.scheme_str(), Some("https" | "http")) {
            return Err(InvalidBaseUrl::Scheme);
        }
        let authority = uri.authority().ok_or(InvalidBaseUrl::NotAUrl)?;
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(InvalidBaseUrl::Surplus);
        }
        if authority.host().is_empty() {
            return Err(InvalidBaseUrl::NotAUrl);
        }
        Ok(Self(text.into()))
    }

    fn known(text: &str) -> Self {
        Self(text.into())
    }

    /// The text, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// Host and port, as written.
    pub fn authority(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }

    /// Whether the host names this machine: `localhost`, `*.localhost`, `127.0.0.0/8` or `[::1]`.
    pub fn is_loopback(&self) -> bool {
        is_loopback_authority(self.authority())
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `host[:port]` names this machine.
pub(crate) fn is_loopback_authority(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || host.parse::<core::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Why a base URL was refused.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBaseUrl {
    /// It does not read as `https://host[:port][/prefix]`.
    #[error("not a base URL: write it as https://host[:port][/prefix]")]
    NotAUrl,
    /// The scheme is neither `https` nor `http`.
    #[error("the scheme of a base URL must be https, or http on loopback")]
    Scheme,
    /// A user name, a query or a fragment, which a base URL cannot have.
    #[error("a base URL has no user name, query or fragment")]
    Surplus,
    /// Plain `http` to another machine.
    #[error("plain http would show the appsecret to the network: use https, or a loopback host")]
    PlainHttp,
    /// More than 512 bytes.
    #[error("a base URL has at most 512 bytes")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        for ok in [
            "http://127.0.0.1:1",
            "http://localhost",
            "http://[::1]:8787/x",
            "http://wx.localhost:80/",
        ] {
            assert!(BaseUrl::parse(ok).is_ok(), "{ok}");
        }
        for far in [
            "http://example.com",
            "http://10.0.0.1",
            "http://localhost.evil.com",
        ] {
            assert_eq!(BaseUrl::parse(far), Err(InvalidBaseUrl::PlainHttp), "{far}");
            assert!(BaseUrl::parse_insecure(far).is_ok());
        }
    }

    #[test]
    fn a_base_url_is_only_a_place() {
        for (bad, why) in [
            ("", InvalidBaseUrl::NotAUrl),
            ("api.weixin.qq.com", InvalidBaseUrl::Scheme),
            ("/cgi-bin", InvalidBaseUrl::Scheme),
            ("ftp://host", InvalidBaseUrl::Scheme),
            ("https://user:pw@host", InvalidBaseUrl::Surplus),
            ("https://host?x=1", InvalidBaseUrl::Surplus),
            ("https://host#x", InvalidBaseUrl::Surplus),
            ("https://ho st", InvalidBaseUrl::NotAUrl),
        ] {
            assert_eq!(BaseUrl::parse(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn the_prefix_stays_and_the_last_slash_goes() {
        let base = BaseUrl::parse("https://proxy.example/wechat/").unwrap();
        assert_eq!(base.as_str(), "https://proxy.example/wechat");
        assert_eq!(base.authority(), "proxy.example");
    }
}
