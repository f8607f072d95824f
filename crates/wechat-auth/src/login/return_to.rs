use core::fmt;

use super::percent;
use crate::BaseUrl;

/// Where a user goes after the login: a path of this site, or a URL on the allow-list of
/// [`WebLogin`](super::WebLogin). Nothing else: an open redirect behind a login page is what phishing
/// mails link to.
///
/// Obtained from [`WebLogin::return_to`](super::WebLogin::return_to); the default is `/`.
#[derive(Clone, PartialEq, Eq)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// The longest one accepted, in bytes.
    pub const MAX_LEN: usize = 1024;

    pub(super) fn parse(text: &str, allowed: &[BaseUrl]) -> Result<Self, InvalidReturnTo> {
        if text.len() > Self::MAX_LEN {
            return Err(InvalidReturnTo::TooLong);
        }
        // Browsers drop tabs and line ends, and read a backslash as a slash: after that, text that
        // looked local need not be.
        if !percent::is_written_plainly(text) {
            return Err(InvalidReturnTo::Characters);
        }
        let path = if text.starts_with('/') {
            local(text)?
        } else {
            let below = allowed.iter().find_map(|base| below(text, base));
            below.ok_or(InvalidReturnTo::NotAllowed)?
        };
        if climbs(path) {
            return Err(InvalidReturnTo::DotSegment);
        }
        Ok(Self(text.to_owned()))
    }

    /// The path or URL, for a `Location` header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ReturnTo {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl fmt::Debug for ReturnTo {
    /// Shows the place and not the query, which is the application's own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.split(['?', '#']).next().unwrap_or_default())
    }
}

/// The path itself, unless a browser (or a proxy that decodes it first) would read a host in it.
fn local(path: &str) -> Result<&str, InvalidReturnTo> {
    let first = path.split('/').nth(1).unwrap_or_default();
    let first = percent::decode(first).unwrap_or_default();
    if path.starts_with("//") || matches!(first.first(), Some(b'/' | b'\\')) {
        Err(InvalidReturnTo::NotAllowed)
    } else {
        Ok(path)
    }
}

/// What follows `base` in `text`, when `base` ends where a host or a path segment does.
fn below<'a>(text: &'a str, base: &BaseUrl) -> Option<&'a str> {
    let rest = text.strip_prefix(base.as_str())?;
    (rest.is_empty() || rest.starts_with(['/', '?', '#'])).then_some(rest)
}

/// Whether the path has a `.` or `..` segment, in any spelling: it could leave the allowed prefix, or
/// become `//host` in the hands of something that tidies paths.
fn climbs(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.split('/')
        .filter_map(percent::decode)
        .any(|segment| matches!(&*segment, b"." | b".."))
}

/// Why a place to return to was refused. It is usually attacker's text: go to `/` instead, or show an
/// error, and do not print it.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReturnTo {
    /// Neither a path of this site, nor on the allow-list.
    #[error("the place to return to is neither a path of this site nor on the allow-list")]
    NotAllowed,
    /// Blanks, control characters, backslashes, `"`, `<`, `>` or characters beyond ASCII.
    #[error("the place to return to must be printable ASCII without blanks, \\, \", < and >")]
    Characters,
    /// A `.` or `..` segment.
    #[error("the place to return to must not have . or .. segments")]
    DotSegment,
    /// More than 1024 bytes.
    #[error("the place to return to has more than 1024 bytes")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allowed() -> Vec<BaseUrl> {
        [
            "https://shop.example",
            "http://localhost:3000",
            "https://big.example/shop",
        ]
        .map(|base| BaseUrl::parse(base).unwrap())
        .into()
    }

    fn parse(text: &str) -> Result<String, InvalidReturnTo> {
        ReturnTo::parse(text, &allowed()).map(|to| to.as_str().to_owned())
    }

    #[test]
    fn local_paths_and_listed_origins_are_accepted_as_written() {
        for ok in [
            "/",
            "/basket?item=7#top",
            "/search?q=../..&u=//evil.example",
            "/%E4%BD%A0/.well-known/a..b",
            "/redirect/https://x",
            "/?",
            "/#",
            "https://shop.example",
            "https://shop.example/a",
            "https://shop.example?x",
            "https://shop.example#x",
            "http://localhost:3000/a",
            "https://big.example/shop/a",
        ] {
            assert_eq!(parse(ok).as_deref(), Ok(ok));
        }
    }

    #[test]
    fn what_a_browser_would_take_elsewhere_is_refused() {
        for (bad, why) in [
            ("", InvalidReturnTo::NotAllowed),
            ("basket", InvalidReturnTo::NotAllowed),
            ("//evil.example", InvalidReturnTo::NotAllowed),
            ("///evil.example", InvalidReturnTo::NotAllowed),
            ("/%2Fevil.example", InvalidReturnTo::NotAllowed),
            ("/%5cevil.example", InvalidReturnTo::NotAllowed),
            ("/\\evil.example", InvalidReturnTo::Characters),
            ("\\\\evil.example", InvalidReturnTo::Characters),
            ("/\t/evil.example", InvalidReturnTo::Characters),
            ("\t//evil.example", InvalidReturnTo::Characters),
            ("/\r\nSet-Cookie: a=b", InvalidReturnTo::Characters),
            ("/a b", InvalidReturnTo::Characters),
            ("/\"onload=", InvalidReturnTo::Characters),
            ("/<b>", InvalidReturnTo::Characters),
            ("/é", InvalidReturnTo::Characters),
            ("/.//evil.example", InvalidReturnTo::DotSegment),
            ("/a/..//evil.example", InvalidReturnTo::DotSegment),
            ("/%2e%2E/a", InvalidReturnTo::DotSegment),
            ("https://big.example/shop/../admin", InvalidReturnTo::DotSegment),
            ("https://big.example/shopping", InvalidReturnTo::NotAllowed),
            ("https://big.example/", InvalidReturnTo::NotAllowed),
            ("https://shop.example.evil.com/", InvalidReturnTo::NotAllowed),
            ("https://shop.example@evil.com/", InvalidReturnTo::NotAllowed),
            ("https://shop.example:8443/", InvalidReturnTo::NotAllowed),
            (
                "https://evil.com/https://shop.example",
                InvalidReturnTo::NotAllowed,
            ),
            ("http://shop.example/", InvalidReturnTo::NotAllowed),
            ("HTTPS://shop.example/", InvalidReturnTo::NotAllowed),
            ("https:/shop.example/", InvalidReturnTo::NotAllowed),
            ("javascript:alert(1)", InvalidReturnTo::NotAllowed),
            ("data:text/html,x", InvalidReturnTo::NotAllowed),
        ] {
            assert_eq!(parse(bad), Err(why), "{bad}");
        }
        assert_eq!(
            parse(&format!("/{}", "x".repeat(1024))),
            Err(InvalidReturnTo::TooLong)
        );
    }

    #[test]
    fn debug_stops_before_the_query() {
        assert_eq!(
            format!("{:?}", ReturnTo::parse("/a?ticket=S3CRET#S3CRET", &[])),
            "Ok(/a)"
        );
    }

    proptest! {
        /// Whatever is accepted starts with one slash and neither a second one nor a backslash, or
        /// with an allowed origin that ends there.
        #[test]
        fn nothing_accepted_leads_elsewhere(
            head in prop::sample::select(vec![
                "", "/", "//", "/\\", "/%2f", "\t/", "https://shop.example", "http://localhost:3000",
                "https://big.example/shop", "https:", "//shop.example", "/.", "/..", "/%2e",
            ]),
            tail in r"[/\\.@:?#%\t\n a-c2fF5e]{0,12}|.{0,12}",
        ) {
            let text = format!("{head}{tail}");
            if let Ok(to) = parse(&text) {
                prop_assert_eq!(&to, &text);
                // As a browser reads it: blanks around and controls within go, backslashes turn.
                let seen: String = text
                    .trim_matches(|c: char| c <= ' ')
                    .chars()
                    .filter(|c| !matches!(c, '\t' | '\r' | '\n'))
                    .map(|c| if c == '\\' { '/' } else { c })
                    .collect();
                let local = seen.starts_with('/') && !seen.starts_with("//");
                let listed = allowed().iter().any(|base| {
                    let rest = seen.strip_prefix(base.as_str());
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
                });
                prop_assert!(local || listed, "{}", text);
            }
        }
    }
}
