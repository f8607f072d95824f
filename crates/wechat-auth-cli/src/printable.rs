//! What may reach a terminal: other people's words (a nickname, an error message) may hold anything, and
//! some of it moves the cursor, renames the window or turns the line around.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with every character that does something, other than being seen, written as `\u{…}`: it is
/// one line, and it stays the way it reads.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    escaped(text, |c, out| {
        let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
    })
}

/// The same for a JSON document, whose strings know `\uXXXX`.
pub(crate) fn json(document: &str) -> Cow<'_, str> {
    escaped(document, |c, out| {
        let mut units = [0; 2];
        for unit in c.encode_utf16(&mut units) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    })
}

fn escaped(text: &str, escape: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            escape(c, &mut out);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Control characters, line and paragraph separators, and those that change the writing direction. The
/// joiners stay: emoji are made with them.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_is_shown_instead_of_done() {
        assert_eq!(line("\u{1b}[2J小明\r\n"), "\\u{1b}[2J小明\\u{d}\\u{a}");
        assert_eq!(line("abc\u{202e}fed\u{9b}"), "abc\\u{202e}fed\\u{9b}");
    }

    #[test]
    fn what_is_seen_stays() {
        for plain in ["小明", "🦊👩‍🚀", "<b>\\\"&", ""] {
            assert!(matches!(line(plain), Cow::Borrowed(same) if same == plain));
        }
    }

    #[test]
    fn json_stays_the_same_document() {
        let value = serde_json::json!({"nickname": "\u{14}\u{9b}\u{202e}🦊\\\"\u{7f}"});
        let document = value.to_string();
        let shown = json(&document);
        assert!(!shown.contains(acts), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
