//! Percent-encoding as WeChat's link check wants it, and decoding as browsers write it.

/// Everything but RFC 3986's unreserved characters becomes `%XX`.
pub(super) fn encode_into(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend([byte >> 4, byte & 15].map(|digit| match digit {
                0..=9 => char::from(b'0' + digit),
                _ => char::from(b'A' + digit - 10),
            }));
        }
    }
}

/// Whether a URL has only characters that every browser leaves as they are: printable ASCII, without
/// the backslash (read as a slash) and without what breaks out of quotes and tags.
pub(super) fn is_written_plainly(url: &str) -> bool {
    url.bytes()
        .all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>'))
}

/// One key or value of a query; `None` for a `%` without two digits.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            plain => plain,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_decodes_to_itself() {
        let text = "https://a.example/ü?x=1&y=+%20~_-.";
        let mut encoded = String::new();
        encode_into(&mut encoded, text);
        assert_eq!(
            encoded,
            "https%3A%2F%2Fa.example%2F%C3%BC%3Fx%3D1%26y%3D%2B%2520~_-."
        );
        assert_eq!(decode(&encoded).unwrap(), text.as_bytes());
    }

    #[test]
    fn a_percent_sign_without_two_digits_does_not_decode() {
        for bad in ["%", "%4", "%4g", "%%41", "a%+1", "%é"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
