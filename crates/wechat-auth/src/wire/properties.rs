//! What holds for every answer, however hostile.

use core::error::Error;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Reply, Speaker};
use crate::ApiError;

fn response(status: u16, body: &[u8]) -> http::Response<&[u8]> {
    let builder = http::Response::builder().status(status);
    builder.body(body).unwrap()
}

/// Bytes that come close to being an answer of WeChat's, and are damaged in its manner.
fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"{".to_vec()),
        Just(b"}".to_vec()),
        Just(b"\"".to_vec()),
        Just(b"\\".to_vec()),
        Just(b"\\\"".to_vec()),
        Just(b"\\ud83d".to_vec()),
        Just(b"\\u".to_vec()),
        Just(b",\"".to_vec()),
        Just(b"\":".to_vec()),
        Just(b"[".to_vec()),
        Just(b"]".to_vec()),
        Just(b"{\"errcode\":".to_vec()),
        Just(b"{\"errmsg\":\"".to_vec()),
        Just(b" rid: ".to_vec()),
        Just(b"6aac005a-01bfdbee-79769285".to_vec()),
        Just(b"requestIP: ::ffff:1.2.3.4".to_vec()),
        Just(b"hint: [".to_vec()),
        Just(b"40164".to_vec()),
        Just(b"-1e9".to_vec()),
        Just("\u{feff}字😀".as_bytes().to_vec()),
        vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let refusal = nearly_json().prop_map(|inside| {
        let inside = String::from_utf8_lossy(&inside).into_owned();
        serde_json::to_vec(&serde_json::json!({ "errcode": 40164, "errmsg": inside })).unwrap()
    });
    prop_oneof![vec(any::<u8>(), 0..200), nearly_json(), refusal]
}

/// A string of JSON the way WeChat sends it: quotes and backslashes escaped, control characters raw.
fn sloppily_quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Everything that can be read off an error: itself, and the chain of its sources.
fn shown(error: &ApiError) -> String {
    let mut all = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        all += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    all
}

proptest! {
    /// No bytes and no status make reading panic; nor does any accessor on what was read.
    #[test]
    fn reading_is_total(status in 100_u16..=999, body in any_body()) {
        for speaker in [Speaker::Api, Speaker::TokenEndpoint] {
            match Reply::read_as(&response(status, &body), speaker) {
                Err(error) => drop(shown(&error)),
                Ok(reply) => {
                    let _ = (reply.text("a"), reply.secret("a"), reply.u64("a"), reply.expires_in());
                    let _ = (reply.text_or_empty("a"), reply.strings("a"), reply.object("a"), reply.flag("a"));
                }
            }
        }
    }

    /// Profile texts arrive as they were sent when the JSON is right.
    #[test]
    fn well_formed_text_arrives_unharmed(text in any::<String>(), key in "[a-z]{1,8}") {
        let body = serde_json::to_vec(&serde_json::json!({ key.clone(): text })).unwrap();
        let reply = Reply::read(&response(200, &body)).unwrap();
        prop_assert_eq!(reply.text_or_empty(&key), text);
    }

    /// And when control characters stand in them raw: mending one field harms no other.
    #[test]
    fn text_with_raw_control_characters_arrives_unharmed(
        texts in vec(prop_oneof![any::<String>(), "[\u{0}-\u{1f}\"\\\\,}\\] a]{0,12}"], 2),
    ) {
        let (a, b) = (sloppily_quoted(&texts[0]), sloppily_quoted(&texts[1]));
        let body = format!("{{\"raw\":\"\u{1}\",\"a\":{a},\"b\":{b}}}");
        let reply = Reply::read(&response(200, body.as_bytes())).unwrap();
        prop_assert_eq!(reply.text_or_empty("a"), &texts[0]);
        prop_assert_eq!(reply.text_or_empty("b"), &texts[1]);
    }

    /// Broken bytes in one text leave the other fields alone.
    #[test]
    fn broken_bytes_in_a_nickname_leave_the_openid_alone(
        nickname in vec(any::<u8>().prop_filter("ends the text", |b| !matches!(b, b'"' | b'\\')), 0..20),
    ) {
        let body = [b"{\"nickname\":\"", nickname.as_slice(), b"\",\"openid\":\"oA\"}"].concat();
        let reply = Reply::read(&response(200, &body)).unwrap();
        prop_assert_eq!(reply.text("openid"), Ok("oA"));
    }

    /// A secret that is echoed anywhere in an answer is in no error, however that error is printed.
    #[test]
    fn no_error_shows_a_secret_that_is_echoed(
        secret in "[A-Za-z0-9_-]{20,120}",
        before in "[ -~]{0,12}",
        after in "[ -~]{0,12}",
        code in prop_oneof![Just(-1), Just(40001), Just(40164), Just(61004), Just(0), any::<i64>()],
        status in prop_oneof![Just(200_u16), Just(500), 200_u16..600],
        place in 0..8,
    ) {
        let echo = format!("{before}{secret}{after}");
        let json = match place {
            0 => serde_json::json!({ "errcode": code, "errmsg": echo }),
            1 => serde_json::json!({ "errcode": code, "errmsg": format!("no rid: {secret} hint: [{secret}] requestIP: {secret}") }),
            2 => serde_json::json!({ "errcode": echo, "errmsg": echo }),
            3 => serde_json::json!({ "errcode": code, "errmsg": "no", "access_token": echo, &echo: echo }),
            4 => serde_json::json!({ "base_resp": { "errcode": code, "errmsg": echo } }),
            5 => serde_json::json!({ "access_token": echo, "expires_in": echo, "ticket": [secret] }),
            _ => serde_json::json!([echo]),
        };
        let body = match place {
            6 => format!("<html>{echo}"),
            7 => format!("{{\"errcode\":{code},\"errmsg\":\"{secret}\u{1}{echo}"),
            _ => json.to_string(),
        };
        for speaker in [Speaker::Api, Speaker::TokenEndpoint] {
            let errors = match Reply::read_as(&response(status, body.as_bytes()), speaker) {
                Err(error) => vec![error],
                Ok(reply) => {
                    let debug = format!("{reply:?} {:?}", reply.secret("access_token"));
                    prop_assert!(!debug.contains(&secret));
                    let number = reply.u64("access_token").err();
                    [reply.secret("ticket").err(), reply.expires_in().err(), number].into_iter().flatten().collect()
                }
            };
            for error in errors {
                prop_assert!(!shown(&error).contains(&secret), "{}", shown(&error));
            }
        }
    }
}
