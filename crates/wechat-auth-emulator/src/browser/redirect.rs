//! The address a browser is sent back to.

use http::HeaderValue;
use http::uri::Authority;
use serde::{Deserialize, Serialize};

/// More than any real address needs, and little enough to remember a thousand of.
const MAX_BYTES: usize = 2_048;

/// An absolute http or https address, ready to get parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RedirectUri {
    /// Up to the fragment, in characters that may stand in a header.
    before_fragment: String,
    /// With its `#`, or empty.
    fragment: String,
    host: String,
    authority: String,
}

/// Why a redirect_uri is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRedirectUri {
    TooLong,
    /// Still percent-encoded after decoding once.
    EncodedTwice,
    /// Not absolute, or neither http nor https.
    NotHttp,
    /// No host, a user name, or characters that cannot stand there.
    Malformed,
}

impl RedirectUri {
    /// Reads the decoded value of the parameter.
    pub(crate) fn read(text: &str) -> Result<Self, NoRedirectUri> {
        if text.len() > MAX_BYTES {
            return Err(NoRedirectUri::TooLong);
        }
        let lower = text.to_ascii_lowercase();
        if lower.starts_with("http%3a") || lower.starts_with("https%3a") {
            return Err(NoRedirectUri::EncodedTwice);
        }
        let scheme = ["http://", "https://"]
            .into_iter()
            .find(|scheme| lower.starts_with(scheme));
        let scheme = scheme.ok_or(NoRedirectUri::NotHttp)?;
        if text
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '\\')
        {
            return Err(NoRedirectUri::Malformed);
        }
        let (before_fragment, fragment) = text.find('#').map_or((text, ""), |at| text.split_at(at));
        let after_scheme = before_fragment.get(scheme.len()..).unwrap_or_default();
        let authority = after_scheme.split(['/', '?']).next().unwrap_or_default();
        let parsed: Authority = authority.parse().map_err(|_| NoRedirectUri::Malformed)?;
        if parsed.host().is_empty() || authority.contains('@') {
            return Err(NoRedirectUri::Malformed);
        }
        Ok(Self {
            before_fragment: visible_ascii(before_fragment),
            fragment: visible_ascii(fragment),
            host: parsed.host().to_ascii_lowercase(),
            authority: authority.to_ascii_lowercase(),
        })
    }

    /// Whether it leads to `domain`: a host, or a host with a port. A parent domain and
    /// its children are different domains.
    pub(crate) fn is_at(&self, domain: &str) -> bool {
        let domain = domain.to_ascii_lowercase();
        self.authority == domain || self.host == domain
    }

    /// For a reader: where the browser will go.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The address with these parameters after the ones it has, and before its fragment.
    pub(crate) fn location(&self, params: &[(&str, &str)]) -> HeaderValue {
        let mut added = form_urlencoded::Serializer::new(String::new());
        let added = added.extend_pairs(params).finish();
        let base = &self.before_fragment;
        let joint = match base.contains('?') {
            _ if added.is_empty() => "",
            false => "?",
            true if base.ends_with(['?', '&']) => "",
            true => "&",
        };
        let location = format!("{base}{joint}{added}{}", self.fragment);
        // Every part is visible ASCII by now, which is what a header may hold.
        HeaderValue::try_from(location).unwrap_or(HeaderValue::from_static("/"))
    }
}

/// Percent-encodes what cannot stand in a header, and leaves the rest as it is.
fn visible_ascii(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            0x21..=0x7e => out.push(char::from(byte)),
            // Writing to a String cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(uri: &str) -> String {
        let uri = RedirectUri::read(uri).unwrap();
        uri.location(&[("code", "C"), ("state", "S")])
            .to_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn parameters_join_whatever_the_address_already_has() {
        assert_eq!(location("http://a.cn"), "http://a.cn?code=C&state=S");
        assert_eq!(
            location("http://a.cn/cb?x=1"),
            "http://a.cn/cb?x=1&code=C&state=S"
        );
        assert_eq!(location("http://a.cn/cb?"), "http://a.cn/cb?code=C&state=S");
        assert_eq!(
            location("http://a.cn/cb?x=1&"),
            "http://a.cn/cb?x=1&code=C&state=S"
        );
        assert_eq!(
            location("HTTP://a.cn/#/route"),
            "HTTP://a.cn/?code=C&state=S#/route"
        );
        assert_eq!(
            location("http://a.cn/登录"),
            "http://a.cn/%E7%99%BB%E5%BD%95?code=C&state=S"
        );
    }

    #[test]
    fn an_address_without_parameters_to_add_stays_as_it_is() {
        let uri = RedirectUri::read("http://a.cn/cb?x=1").unwrap();
        assert_eq!(uri.location(&[]), "http://a.cn/cb?x=1");
    }

    #[test]
    fn what_is_no_absolute_http_address_is_refused() {
        use NoRedirectUri::{EncodedTwice, Malformed, NotHttp, TooLong};
        for (uri, why) in [
            ("/callback", NotHttp),
            ("javascript:alert(1)", NotHttp),
            ("ftp://a.cn/", NotHttp),
            ("http%3A%2F%2Fa.cn", EncodedTwice),
            ("http://", Malformed),
            ("http:///path", Malformed),
            ("http://user@a.cn/", Malformed),
            ("http://a.cn/\r\nSet-Cookie: x", Malformed),
            ("http://a.cn\\@b.cn/", Malformed),
        ] {
            assert_eq!(RedirectUri::read(uri), Err(why), "{uri}");
        }
        let long = format!("http://a.cn/{}", "x".repeat(MAX_BYTES));
        assert_eq!(RedirectUri::read(&long), Err(TooLong));
    }

    #[test]
    fn a_domain_is_exactly_one_host() {
        let uri = RedirectUri::read("http://App.example.com:8080/cb").unwrap();
        assert!(uri.is_at("app.example.com") && uri.is_at("app.example.com:8080"));
        assert!(!uri.is_at("example.com") && !uri.is_at("app.example.com:80"));
    }
}
