use std::collections::BTreeSet;

use http::HeaderValue;

// ANCHOR: multipart
/// A `multipart/form-data` body with one file in it, and the content type that names its boundary.
///
/// `field`, `file_name` and `content_is` must be free of quotes and line ends.
pub(crate) fn one_file(
    field: &str,
    file_name: &str,
    content_is: &str,
    content: &[u8],
) -> (HeaderValue, Vec<u8>) {
    let boundary = boundary(content);
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{file_name}\"\r\n\
         Content-Type: {content_is}\r\n\r\n"
    );
    let body = [
        head.as_bytes(),
        content,
        format!("\r\n--{boundary}--\r\n").as_bytes(),
    ]
    .concat();
    let content_type = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"));
    // The boundary is plain ASCII, which a header always takes.
    let plain = HeaderValue::from_static("multipart/form-data");
    (content_type.unwrap_or(plain), body)
}

const STEM: &[u8] = b"wechat-mini-sdk-";
const DIGITS: usize = 8;

/// A boundary that does not occur in the content: the first number that does not. One pass finds them all,
/// so that a file made of boundaries costs no more than any other.
fn boundary(content: &[u8]) -> String {
    let occurring: BTreeSet<u32> = content
        .windows(STEM.len() + DIGITS)
        .filter_map(|window| window.strip_prefix(STEM))
        .filter_map(|digits| u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok())
        .collect();
    let free = (0..u32::MAX).find(|number| !occurring.contains(number));
    format!(
        "{}{:08x}",
        String::from_utf8_lossy(STEM),
        free.unwrap_or(u32::MAX)
    )
}
// ANCHOR_END: multipart

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_never_occurs_in_the_content() {
        let mut content = Vec::new();
        for taken in 0..40 {
            let chosen = boundary(&content);
            assert_eq!(chosen, format!("wechat-mini-sdk-{taken:08x}"));
            assert!(!content.windows(chosen.len()).any(|w| w == chosen.as_bytes()));
            content.extend_from_slice(format!("\r\n--{chosen}--\r\n").as_bytes());
        }
    }

    #[test]
    fn a_file_made_of_boundaries_is_read_once() {
        let content: String = (0..40_000).map(|n| format!("wechat-mini-sdk-{n:08x}")).collect();
        assert_eq!(boundary(content.as_bytes()), "wechat-mini-sdk-00009c40");
    }

    #[test]
    fn the_body_is_what_the_standard_says() {
        let (content_type, body) = one_file("media", "猫.png", "image/png", b"\x89PNG");
        assert_eq!(
            content_type,
            "multipart/form-data; boundary=wechat-mini-sdk-00000000"
        );
        let expected = "--wechat-mini-sdk-00000000\r\n\
            Content-Disposition: form-data; name=\"media\"; filename=\"猫.png\"\r\n\
            Content-Type: image/png\r\n\r\n";
        let expected = [
            expected.as_bytes(),
            b"\x89PNG\r\n--wechat-mini-sdk-00000000--\r\n",
        ];
        assert_eq!(body, expected.concat());
    }
}
