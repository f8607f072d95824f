//! The shapes of the states this crate hands out, and what browsers make of them.

use data_encoding::{BASE32_NOPAD, HEXLOWER};

/// Length of a plain state: 16 bytes in lower-case hexadecimal.
const PLAIN_LEN: usize = 32;
/// First byte of a sealed state, its version. Base32 writes it as `W`, which no plain state starts with.
pub(super) const SEALED_V1: u8 = 0xb1;
/// What a sealed state has around its payload: version, length, expiry, nonce and seal.
pub(super) const SEALED_FRAME: usize = 1 + 1 + 6 + 8 + 16;

pub(super) fn plain(entropy: &[u8]) -> String {
    HEXLOWER.encode(entropy)
}

/// The state as it was handed out, when this one is the same with its case changed or with text
/// appended, as web views and mail programs do; `None` when there is nothing to mend.
pub(super) fn mended(state: &str) -> Option<String> {
    let issued = plain_of(state).or_else(|| sealed_of(state))?;
    (issued != state).then_some(issued)
}

fn plain_of(state: &str) -> Option<String> {
    let head = state.get(..PLAIN_LEN)?;
    let hex = head.bytes().all(|b| b.is_ascii_hexdigit());
    hex.then(|| head.to_ascii_lowercase())
}

fn sealed_of(state: &str) -> Option<String> {
    // Eight characters are five whole bytes: enough to read version and length.
    let head = state.get(..8)?.to_ascii_uppercase();
    let head = BASE32_NOPAD.decode(head.as_bytes()).ok()?;
    let [SEALED_V1, payload_len, ..] = *head else {
        return None;
    };
    let len = BASE32_NOPAD.encode_len(SEALED_FRAME + usize::from(payload_len));
    Some(state.get(..len)?.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_appended_text_are_seen_through_and_nothing_else_is() {
        let state = plain(&[0xab; 16]);
        assert_eq!(mended(&state), None);
        assert_eq!(mended(&state.to_uppercase()).as_deref(), Some(&*state));
        assert_eq!(
            mended(&format!("{state}#wechat_redirect")).as_deref(),
            Some(&*state)
        );
        assert_eq!(mended(&state[1..]), None);
        assert_eq!(mended(&format!("x{state}")), None);
        let sealed = |version: u8| BASE32_NOPAD.encode(&[[version, 0].as_slice(), &[0; 30]].concat());
        let (ours, other) = (sealed(SEALED_V1), sealed(SEALED_V1 + 1));
        assert_eq!(mended(&ours.to_lowercase()).as_deref(), Some(&*ours));
        assert_eq!(mended(&other.to_lowercase()), None);
        assert_eq!(mended("über-lange Zeichenkette, die keine ist"), None);
    }
}
