//! Broken JSON, made readable.

/// What a backslash before a quote is taken for: an escaped quote as JSON has it, or, where it looks so,
/// the last character of a text that was cut off inside a multi-byte character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BackslashQuote {
    IsAQuote,
    MayClose,
}

/// The same JSON with what WeChat lets slip into profile texts made harmless: broken UTF-8 becomes
/// U+FFFD, a raw control character inside a string becomes its escape, and a backslash that escapes
/// nothing becomes a backslash.
pub(super) fn mended(body: &[u8], quote: BackslashQuote) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let mut out = String::with_capacity(text.len() + 16);
    let mut in_string = false;
    let mut rest = &*text;
    while let Some(c) = rest.chars().next() {
        let used = match c {
            '\\' if in_string => {
                let (written, used) = escape(rest, quote);
                out.push_str(written);
                used
            }
            '\u{0}'..='\u{1f}' if in_string => {
                let code = c as u32;
                out.push_str("\\u00");
                out.extend([code >> 4, code & 15].map(|digit| char::from_digit(digit, 16).unwrap_or('0')));
                1
            }
            _ => {
                in_string ^= c == '"';
                out.push(c);
                c.len_utf8()
            }
        };
        rest = rest.get(used..).unwrap_or_default();
    }
    out.into_bytes()
}

/// What to write for the backslash that `rest` starts with, and how many bytes of `rest` that covers.
fn escape(rest: &str, quote: BackslashQuote) -> (&str, usize) {
    const LONE: (&str, usize) = ("\\\\", 1);
    const UNPAIRED: (&str, usize) = ("\\ufffd", 6);
    let kept = |len: usize| (rest.get(..len).unwrap_or_default(), len);
    let after = |len: usize| rest.get(len..).unwrap_or_default();
    match rest.as_bytes().get(1) {
        Some(b'"') if quote == BackslashQuote::MayClose && closes(after(2)) => LONE,
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => kept(2),
        Some(b'u') => match (code_unit(rest), code_unit(after(6))) {
            (None, _) => LONE,
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => kept(12),
            (Some(0xd800..=0xdfff), _) => UNPAIRED,
            (Some(_), _) => kept(6),
        },
        _ => LONE,
    }
}

/// Whether a string's end would make sense before `after`: the object or list ends, or its next part
/// follows.
fn closes(after: &str) -> bool {
    let after = after.trim_start();
    let next_part = after.strip_prefix(',').map(str::trim_start);
    after.starts_with(['}', ']']) || next_part.is_some_and(|part| part.starts_with('"'))
}

/// The value of the `\uXXXX` that `text` starts with.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    // The parser alone would take a sign for a digit.
    let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use crate::Reply;

    fn success(body: impl AsRef<[u8]>) -> Reply {
        Reply::read(&http::Response::new(body.as_ref())).unwrap()
    }

    #[test]
    fn raw_control_characters_stay_in_the_text() {
        let reply = success(b"{\"nickname\":\"a\x14b\x07\",\"province\":\"\n61.151\",\"city\":\"\\b\"}");
        assert_eq!(reply.text("nickname"), Ok("a\u{14}b\u{7}"));
        assert_eq!(reply.text("province"), Ok("\n61.151"));
        assert_eq!(reply.text("city"), Ok("\u{8}"));
    }

    #[test]
    fn broken_utf8_becomes_replacement_characters() {
        let reply = success(b"{\"nickname\":\"\xc4\xe3x\",\"openid\":\"oA\"}");
        assert_eq!(reply.text("nickname"), Ok("\u{fffd}\u{fffd}x"));
        assert_eq!(reply.text("openid"), Ok("oA"));
        assert_eq!(success(b"{\"a\":\"x\xe4\xb8\"}").text("a"), Ok("x\u{fffd}"));
    }

    #[test]
    fn a_lone_backslash_before_the_closing_quote_belongs_to_the_text() {
        for body in [
            r#"{"city":"y?v\","openid":"oA"}"#,
            r#"{"openid":"oA","city":"y?v\"}"#,
            r#"{"openid":"oA","city":"y?v\" , "x":1}"#,
            r#"{"openid":"oA","privilege":["y?v\"],"city":"y?v\"}"#,
        ] {
            let reply = success(body);
            assert_eq!(reply.text("city"), Ok("y?v\\"), "{body}");
            assert_eq!(reply.text("openid"), Ok("oA"), "{body}");
        }
    }

    #[test]
    fn an_escaped_quote_that_looks_like_an_end_stays_a_quote() {
        let body = b"{\"nickname\":\"say \\\"hi\\\"} \x14\",\"openid\":\"oA\"}";
        let reply = success(body);
        assert_eq!(reply.text("nickname"), Ok("say \"hi\"} \u{14}"));
        assert_eq!(reply.text("openid"), Ok("oA"));
    }

    #[test]
    fn a_backslash_that_escapes_nothing_is_a_backslash() {
        for (raw, text) in [
            (r"a\qb", r"a\qb"),
            (r"a\u12", r"a\u12"),
            (r"a\u+123", r"a\u+123"),
            (r"a\u中文字符", r"a\u中文字符"),
            (r"\x14", r"\x14"),
        ] {
            let reply = success(format!(r#"{{"nickname":"{raw}"}}"#));
            assert_eq!(reply.text("nickname"), Ok(text));
        }
    }

    #[test]
    fn half_of_a_surrogate_pair_becomes_a_replacement_character() {
        for (raw, text) in [
            (r"\ud83d", "\u{fffd}"),
            (r"\ude00x", "\u{fffd}x"),
            (r"\ud83d\u0041", "\u{fffd}A"),
            (r"\ud83d\ud83d\ude00", "\u{fffd}😀"),
            (r"\ud83d\n", "\u{fffd}\n"),
        ] {
            let reply = success(format!(r#"{{"nickname":"{raw}"}}"#));
            assert_eq!(reply.text("nickname"), Ok(text), "{raw}");
        }
    }

    #[test]
    fn escaped_slashes_are_slashes() {
        let reply = success(r#"{"headimgurl":"http:\/\/wx.qlogo.cn\/mmopen\/0"}"#);
        assert_eq!(reply.text("headimgurl"), Ok("http://wx.qlogo.cn/mmopen/0"));
    }
}
