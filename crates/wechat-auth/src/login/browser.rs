use core::fmt;

use super::digest::Digest;
use crate::Secret;

/// What ties a login to the browser that began it: a random value kept in a cookie, whose hash the
/// pending login remembers. A callback that somebody else's browser brings does not have it.
///
/// Set the cookie `HttpOnly`, `SameSite=Lax` (the callback is a navigation that comes from WeChat, so
/// `Strict` would hide it), `Secure` and with a `__Host-` name where the site is https, for as long as
/// [`LOGIN_LIFE`](super::LOGIN_LIFE). Put the [`LoginId`](super::LoginId) into the cookie's name: then
/// two logins in two tabs of one browser do not overwrite each other's.
#[derive(Clone, PartialEq, Eq)]
pub struct BrowserNonce(Secret);

impl BrowserNonce {
    pub(super) fn new(nonce: String) -> Self {
        Self(nonce.into())
    }

    /// What the browser sent back, whatever it is. A cookie that is not there is the empty text, and
    /// belongs to no login.
    pub fn from_cookie(value: &str) -> Self {
        Self(value.into())
    }

    /// The cookie's value: 32 characters of `[0-9a-f]`.
    pub fn cookie_value(&self) -> &str {
        self.0.expose()
    }

    pub(super) fn digest(&self) -> Digest {
        Digest::of(self.0.expose())
    }
}

impl fmt::Debug for BrowserNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserNonce([redacted])")
    }
}
