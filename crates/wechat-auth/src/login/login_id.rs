use core::fmt;

use super::digest::Digest;

/// A login's name: the SHA-256 of its state, as 64 characters of `[0-9a-f]`.
///
/// It is no secret: whoever knows it cannot make up the state. Use it as the key in a store, as a
/// part of the cookie's name, and in logs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoginId(String);

impl LoginId {
    pub(super) fn of_state(state: &str) -> Self {
        Digest::of(state).into()
    }

    /// 64 characters of `[0-9a-f]`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Digest> for LoginId {
    fn from(digest: Digest) -> Self {
        Self(digest.to_hex())
    }
}

impl fmt::Debug for LoginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for LoginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
