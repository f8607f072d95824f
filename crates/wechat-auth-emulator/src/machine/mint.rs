//! Where every token, openid, code and rid comes from: one seed.
//!
//! A value is a hash of the seed, of what the value is for, and of a counter that
//! belongs to that purpose. So a token depends on how many of its own kind came
//! before it and on nothing else: an unrelated request in between changes no
//! golden value.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::secret::Secret;
use super::time::Millis;

/// A classic app token as seen: 136 characters, a decimal counter, `_`, then text.
const CLASSIC_TOKEN_LEN: usize = 136;
/// A stable app token as seen: the same form, 157 characters.
const STABLE_TOKEN_LEN: usize = 157;
/// User and refresh tokens as seen: 110 characters.
const USER_TOKEN_LEN: usize = 110;
/// A ticket as seen: 86 characters.
const TICKET_LEN: usize = 86;
/// A code as seen: 32 letters and digits.
const CODE_LEN: usize = 32;
/// An openid or unionid: `o` and 27 more characters.
const OPENID_LEN: usize = 28;
/// The tokens people see today start somewhere around here.
const FIRST_GENERATION: u64 = 70;

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Mint {
    seed: u64,
}

impl Mint {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed }
    }

    pub(crate) fn classic_token(&self, appid: &str, nth: u64) -> String {
        self.counted(&["classic", appid], nth, CLASSIC_TOKEN_LEN)
    }

    pub(crate) fn stable_token(&self, appid: &str, nth: u64) -> String {
        self.counted(&["stable", appid], nth, STABLE_TOKEN_LEN)
    }

    pub(crate) fn user_token(&self, nth: u64) -> String {
        self.counted(&["user"], nth, USER_TOKEN_LEN)
    }

    pub(crate) fn refresh_token(&self, nth: u64) -> String {
        self.counted(&["refresh"], nth, USER_TOKEN_LEN)
    }

    pub(crate) fn ticket(&self, kind: &str, appid: &str, nth: u64) -> String {
        self.text(&["ticket", kind, appid], nth, TICKET_LEN)
    }

    /// 32 characters of `[0-9A-Za-z]`.
    pub(crate) fn code(&self, nth: u64) -> String {
        self.alphanumeric(&["code"], nth, CODE_LEN)
    }

    /// An appsecret: 32 hex digits.
    pub(crate) fn secret(&self, appid: &str, nth: u64) -> Secret {
        let digits = HEXLOWER.encode(&self.block(&["secret", appid], nth, 0));
        Secret::from(digits.chars().take(32).collect::<String>())
    }

    /// The hidden field of one consent page: 32 characters of `[0-9A-Za-z]`.
    pub(crate) fn nonce(&self, nth: u64) -> String {
        self.alphanumeric(&["nonce"], nth, CODE_LEN)
    }

    /// The same user is the same openid in one app, whatever happened before.
    pub(crate) fn openid(&self, appid: &str, user: &str) -> String {
        self.o_id(&["openid", appid, user])
    }

    /// What a snapshot user's app is told instead of the openid.
    pub(crate) fn virtual_openid(&self, appid: &str, user: &str) -> String {
        self.o_id(&["virtual openid", appid, user])
    }

    /// The same user is the same unionid in every app.
    pub(crate) fn unionid(&self, user: &str) -> String {
        self.o_id(&["unionid", user])
    }

    pub(crate) fn virtual_unionid(&self, user: &str) -> String {
        self.o_id(&["virtual unionid", user])
    }

    /// Three groups of eight hex digits, the first being the request's Unix time.
    pub(crate) fn rid(&self, now: Millis, nth: u64) -> String {
        let time = u32::try_from(now.unix_s()).unwrap_or(u32::MAX);
        let random = HEXLOWER.encode(&self.block(&["rid"], nth, 0));
        let mut groups = random.chars();
        let second: String = groups.by_ref().take(8).collect();
        let third: String = groups.take(8).collect();
        format!("{time:08x}-{second}-{third}")
    }

    /// A random number for the `nth` throw of one purpose.
    pub(crate) fn dice(&self, purpose: &[&str], which: u64, nth: u64) -> u32 {
        let [a, b, c, d, ..] = self.block(purpose, which, nth);
        u32::from_be_bytes([a, b, c, d])
    }

    fn counted(&self, purpose: &[&str], nth: u64, length: usize) -> String {
        let mut token = format!("{}_", FIRST_GENERATION.saturating_add(nth));
        let rest = length.saturating_sub(token.len());
        token.push_str(&self.text(purpose, nth, rest));
        token
    }

    fn o_id(&self, purpose: &[&str]) -> String {
        format!("o{}", self.text(purpose, 0, OPENID_LEN - 1))
    }

    /// `length` characters of `[A-Za-z0-9_-]`.
    fn text(&self, purpose: &[&str], nth: u64, length: usize) -> String {
        const OF_ONE_BLOCK: usize = 43;
        let blocks = length.div_ceil(OF_ONE_BLOCK);
        let mut text = String::with_capacity(blocks.saturating_mul(OF_ONE_BLOCK));
        for index in 0..blocks as u64 {
            BASE64URL_NOPAD.encode_append(&self.block(purpose, nth, index), &mut text);
        }
        text.truncate(length);
        text
    }

    fn alphanumeric(&self, purpose: &[&str], nth: u64, length: usize) -> String {
        const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        self.block(purpose, nth, 0)
            .iter()
            .filter_map(|byte| ALPHABET.get(usize::from(*byte) % ALPHABET.len()))
            .map(|letter| char::from(*letter))
            .take(length)
            .collect()
    }

    fn block(&self, purpose: &[&str], nth: u64, index: u64) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        for part in purpose {
            // The length first, or ("ab", "c") and ("a", "bc") would be one purpose.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.update(nth.to_be_bytes());
        hash.update(index.to_be_bytes());
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINT: Mint = Mint::new(7);

    fn is_url_safe(text: &str) -> bool {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    }

    #[test]
    fn shapes_are_those_seen_on_the_wire() {
        for (token, length) in [
            (MINT.classic_token("wx1", 0), 136),
            (MINT.stable_token("wx1", 0), 157),
            (MINT.user_token(0), 110),
            (MINT.refresh_token(0), 110),
        ] {
            assert_eq!(token.len(), length);
            assert!(token.starts_with("70_") && is_url_safe(&token));
        }
        let ticket = MINT.ticket("jsapi", "wx1", 0);
        assert!(ticket.len() == 86 && is_url_safe(&ticket));
        let code = MINT.code(0);
        assert!(code.len() == 32 && code.bytes().all(|b| b.is_ascii_alphanumeric()));
        for id in [MINT.openid("wx1", "a"), MINT.unionid("a")] {
            assert!(id.len() == 28 && id.starts_with('o') && is_url_safe(&id));
        }
    }

    #[test]
    fn the_first_group_of_a_rid_is_the_time_in_hex() {
        let rid = MINT.rid(Millis::from_unix_s(1_635_156_704), 0);
        assert_eq!(rid.len(), 26);
        assert!(rid.starts_with("617682e0-"));
    }

    #[test]
    fn one_seed_gives_one_value_and_another_seed_another() {
        assert_eq!(MINT.code(3), Mint::new(7).code(3));
        assert_ne!(MINT.code(3), Mint::new(8).code(3));
        assert_ne!(MINT.code(3), MINT.code(4));
        assert_ne!(MINT.openid("ab", "c"), MINT.openid("a", "bc"));
    }
}
