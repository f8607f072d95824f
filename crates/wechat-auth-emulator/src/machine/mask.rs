//! Texts of requests and replies without their secrets.

use serde_json::Value;

/// Bytes kept of each text of a request.
pub(super) const KEPT_BYTES: usize = 4_096;
/// What is looked for in queries and bodies, and never kept.
const SECRETS: [&str; 10] = [
    "secret",
    "appsecret",
    "access_token",
    "refresh_token",
    "code",
    "js_code",
    "component_appsecret",
    "component_access_token",
    "ticket",
    "token",
];
/// What stands in the names of headers whose values are never shown: `authorization`,
/// `proxy-authorization`, `cookie`, `x-api-key`, `x-csrf-token` and their like.
const TELLING: [&str; 5] = ["auth", "cookie", "key", "secret", "token"];
const MASK: &str = "***";

/// A query without the values of secrets.
pub(crate) fn masked_query(query: &str) -> String {
    let mask = |pair: &str| match pair.split_once('=') {
        // A name may be written with escapes; one that decodes to a secret's name is one.
        Some((name, _)) if is_secret(&decoded(name)) => format!("{name}={MASK}"),
        _ => pair.to_owned(),
    };
    shortened(query.split('&').map(mask).collect::<Vec<_>>().join("&"))
}

/// The value of a header, which is not shown where the name says what it is.
pub(crate) fn masked_header(name: &str, value: &str) -> String {
    match TELLING.iter().any(|telling| name.contains(telling)) || is_secret(name) {
        true => MASK.to_owned(),
        false => masked_link(value),
    }
}

/// A link without the values of secrets.
pub(crate) fn masked_link(link: &str) -> String {
    match link.split_once('?') {
        Some((before, query)) => format!("{before}?{}", masked_query(query)),
        None => link.to_owned(),
    }
}

/// A body that is not a JSON object is only measured: there is no telling what is in it.
pub(crate) fn masked_body(body: &[u8]) -> String {
    if body.is_empty() {
        return String::new();
    }
    match serde_json::from_slice(body) {
        Ok(mut value @ Value::Object(_)) => {
            mask(&mut value);
            shortened(value.to_string())
        }
        _ => format!("[{} bytes that are not a JSON object]", body.len()),
    }
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if is_secret(name) {
                    *value = Value::from(MASK);
                } else {
                    mask(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

fn is_secret(name: &str) -> bool {
    SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

fn decoded(name: &str) -> String {
    let first = form_urlencoded::parse(name.as_bytes()).next();
    first.map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// At most [`KEPT_BYTES`] of a text, cut at a character.
pub(crate) fn shortened(mut text: String) -> String {
    let mut end = text.len().min(KEPT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_however_they_are_written() {
        assert_eq!(
            masked_query("grant_type=x&appid=wx1&secret=abc&%73ecret=abc&access_token=abc"),
            "grant_type=x&appid=wx1&secret=***&%73ecret=***&access_token=***"
        );
        assert_eq!(
            masked_body(br#"{"appid":"wx1","secret":"abc"}"#),
            r#"{"appid":"wx1","secret":"***"}"#
        );
        assert_eq!(
            masked_body(br#"{"a":[{"Secret":"abc"}]}"#),
            r#"{"a":[{"Secret":"***"}]}"#
        );
        assert_eq!(
            masked_body(b"secret=abc"),
            "[10 bytes that are not a JSON object]"
        );
        assert_eq!(masked_body(b""), "");
    }

    #[test]
    fn headers_that_carry_secrets_are_masked_and_links_in_others() {
        for name in [
            "authorization",
            "proxy-authorization",
            "cookie",
            "x-api-key",
            "secret",
        ] {
            assert_eq!(masked_header(name, "abc"), "***", "{name}");
        }
        assert_eq!(masked_header("user-agent", "abc"), "abc");
        assert_eq!(
            masked_header("referer", "http://a.cn/cb?code=abc&state=S"),
            "http://a.cn/cb?code=***&state=S"
        );
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        assert!(masked_query(&"€".repeat(10_000)).len() <= KEPT_BYTES);
    }
}
