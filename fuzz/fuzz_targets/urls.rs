//! The three kinds of address that an application takes from a configuration or from a user: what is
//! accepted leads where it says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wechat_auth::login::{Begin, RedirectUri, Scope, WebLogin};
use wechat_auth::{Account, BaseUrl};

const LISTED: [&str; 3] = [
    "https://shop.example",
    "http://localhost:3000",
    "https://big.example/shop",
];

fuzz_target!(|text: &str| {
    let account = || Account::new("wx0123456789abcdef", "appsecret").unwrap();
    let callback_at = RedirectUri::parse("https://shop.example/cb").unwrap();
    let listed = LISTED.map(|base| BaseUrl::parse(base).unwrap());
    let login = WebLogin::new(account(), Scope::UserInfo, callback_at).with_return_to(listed);

    if let Ok(to) = login.return_to(text) {
        assert_eq!(to.as_str(), text);
        let seen = as_browsers_read(text);
        let local = seen.starts_with('/') && !seen.starts_with("//");
        let below = |base: &&str| {
            let rest = seen.strip_prefix(base);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        };
        assert!(local || LISTED.iter().any(below), "an open redirect: {text:?}");
    }

    if let Ok(base) = BaseUrl::parse(text) {
        assert!(
            base.is_https() || base.is_loopback(),
            "plain http to another machine: {text:?}"
        );
        assert_eq!(BaseUrl::parse(base.as_str()).as_ref(), Ok(&base));
        assert!(!base.as_str().contains(['?', '#']) && !base.authority().contains('@'));
        assert!(!base.authority().is_empty());
    }

    if let Ok(uri) = RedirectUri::parse(text) {
        assert_eq!(uri.as_str(), text);
        let url = WebLogin::new(account(), Scope::Login, uri)
            .begin([0; 32], 0, Begin::new())
            .url;
        let url = url.as_str();
        assert!(url.ends_with("#wechat_redirect") && url.is_ascii(), "{url}");
        for once in ["&state=", "&scope=", "&redirect_uri=", "#"] {
            assert_eq!(url.matches(once).count(), 1, "{once} in {url}");
        }
    }
});

/// Browsers cut blanks and control characters off the ends, drop tabs and line ends anywhere, and take
/// `\` for `/`.
fn as_browsers_read(text: &str) -> String {
    text.trim_matches(|c: char| c <= ' ')
        .chars()
        .filter(|c| !matches!(c, '\t' | '\r' | '\n'))
        .map(|c| if c == '\\' { '/' } else { c })
        .collect()
}
