use core::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::callback::Answer;
use super::state::{self, SEALED_FRAME, SEALED_V1};
use super::web_login::{expiry, in_time};
use super::{AuthorizeUrl, BrowserNonce, Callback, CodeGrant, LoginError, LoginId, WebLogin};

mod key;

pub use key::{SealKey, SealKeys, WeakSealKey};

/// Logins for servers that keep nothing: what would be remembered travels in the state itself, under a
/// seal that only the keys of this site make.
///
/// The state is at most 128 characters of `[A-Z2-7]`, opens for ten minutes, and only in the browser
/// that began (by the same cookie) and for the same account, redirect URI and scope. Its payload is
/// **signed and not encrypted**: the browser and WeChat can read it.
///
/// What cannot be had without memory is *single use*. The same callback opens again until its time is
/// over, so clear the cookie with the answer to the first one: then nothing opens it. A reload that
/// comes before the cookie is gone is stopped by WeChat, which spends a code once and answers 40163.
impl WebLogin {
    /// Begins a login that needs no store: send the browser to `url` with `browser` in a cookie.
    ///
    /// `entropy` is 32 bytes from the operating system's generator, never used before; `now_unix` is
    /// in seconds. `payload` comes back from [`open_sealed`](Self::open_sealed) as it is. If it says
    /// where to go next, ask [`return_to`](Self::return_to) there about it.
    ///
    /// # Errors
    /// [`PayloadTooLong`] for more than [`SEALED_PAYLOAD_MAX`] bytes.
    pub fn begin_sealed(
        &self,
        keys: &SealKeys,
        entropy: [u8; 32],
        now_unix: u64,
        payload: &str,
    ) -> Result<BegunSealed, PayloadTooLong> {
        let payload_len = u8::try_from(payload.len()).map_err(|_| PayloadTooLong)?;
        if payload.len() > SEALED_PAYLOAD_MAX {
            return Err(PayloadTooLong);
        }
        let entropy = Zeroizing::new(entropy);
        let (nonce, browser) = entropy.split_at(16);
        let browser = BrowserNonce::new(state::plain(browser));
        let body = Body {
            payload_len,
            expires_at: expiry(now_unix).min(EXPIRY_MAX),
            nonce: nonce.first_chunk().copied().unwrap_or_default(),
            payload: payload.as_bytes(),
        };
        let mut sealed = body.write();
        let seal = self
            .seal(&keys.current, &sealed, &browser)
            .finalize()
            .into_bytes();
        sealed.extend(seal.iter().take(SEAL_LEN));
        let state = BASE32_NOPAD.encode(&sealed);
        Ok(BegunSealed {
            url: self.authorize_url(&state),
            id: LoginId::of_state(&state),
            browser,
        })
    }

    /// Judges a callback whose state was sealed, and gives its code out to be exchanged. `now_unix` is
    /// in seconds.
    ///
    /// # Errors
    /// [`LoginError::StateMangled`], [`SealDoesNotOpen`](LoginError::SealDoesNotOpen),
    /// [`Expired`](LoginError::Expired) and [`Refused`](LoginError::Refused), in this order. A wrong
    /// browser and a wrong entry point do not open the seal, which is all that can be said then.
    pub fn open_sealed(
        &self,
        keys: &SealKeys,
        callback: &Callback,
        browser: &BrowserNonce,
        now_unix: u64,
    ) -> Result<Opened, LoginError> {
        let state = callback.state.expose();
        let Some((expires_at, payload)) = self.open(keys, state, browser) else {
            let issued = state::mended(state);
            let mangled = issued.is_some_and(|issued| self.open(keys, &issued, browser).is_some());
            return Err(if mangled {
                LoginError::StateMangled
            } else {
                LoginError::SealDoesNotOpen
            });
        };
        in_time(expires_at, now_unix)?;
        match &callback.answer {
            Answer::Code(code) => Ok(Opened {
                grant: CodeGrant::new(self.account.clone(), code.clone()),
                payload,
            }),
            Answer::Refused => Err(LoginError::Refused),
        }
    }

    fn open(&self, keys: &SealKeys, state: &str, browser: &BrowserNonce) -> Option<(u64, String)> {
        let sealed = BASE32_NOPAD.decode(state.as_bytes()).ok()?;
        let (body, seal) = sealed.split_at_checked(sealed.len().checked_sub(SEAL_LEN)?)?;
        let opens = |key| self.seal(key, body, browser).verify_truncated_left(seal).is_ok();
        if !keys.all().any(opens) {
            return None;
        }
        let body = Body::read(body)?;
        let payload = core::str::from_utf8(body.payload).ok()?.to_owned();
        Some((body.expires_at, payload))
    }

    /// The seal covers the state's body, the entry point and the browser; each part with its length,
    /// so that no two ways of cutting them read alike.
    fn seal(&self, key: &SealKey, body: &[u8], browser: &BrowserNonce) -> Hmac<Sha256> {
        let mut mac = key.mac();
        for part in [
            body,
            self.account.appid().as_str().as_bytes(),
            self.redirect_uri.as_str().as_bytes(),
            self.scope.as_str().as_bytes(),
            browser.digest().as_bytes(),
        ] {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

/// The longest payload of a sealed state, in bytes: what 128 characters leave.
pub const SEALED_PAYLOAD_MAX: usize = 48;

/// HMAC-SHA256 cut to 128 bits: nobody guesses that in ten minutes, online.
const SEAL_LEN: usize = 16;
/// Six bytes of Unix seconds: nine million years.
const EXPIRY_MAX: u64 = (1 << 48) - 1;

/// The payload has more than [`SEALED_PAYLOAD_MAX`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed state carries at most 48 bytes: shorten the payload, or keep pending logins in a store")]
pub struct PayloadTooLong;

/// A login that has begun and is remembered by nobody.
#[must_use = "the login begins when a browser is sent to the url, with the cookie"]
#[derive(Debug)]
pub struct BegunSealed {
    /// Where to send the browser.
    pub url: AuthorizeUrl,
    /// The login's name, as a part of the cookie's.
    pub id: LoginId,
    /// What to put into the browser's cookie.
    pub browser: BrowserNonce,
}

/// A sealed login whose callback is genuine. It may have been opened before: clear the cookie.
#[must_use = "the user is not logged in before the code is exchanged"]
pub struct Opened {
    /// The code, to be exchanged.
    pub grant: CodeGrant,
    /// What [`WebLogin::begin_sealed`] was given.
    pub payload: String,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}

/// What the seal covers of the state itself.
struct Body<'a> {
    payload_len: u8,
    expires_at: u64,
    nonce: [u8; 8],
    payload: &'a [u8],
}

impl<'a> Body<'a> {
    fn write(&self) -> Vec<u8> {
        let [_, _, expires_at @ ..] = self.expires_at.to_be_bytes();
        let mut out = Vec::with_capacity(SEALED_FRAME + self.payload.len());
        out.extend([SEALED_V1, self.payload_len]);
        out.extend(expires_at);
        out.extend(self.nonce);
        out.extend(self.payload);
        out
    }

    fn read(body: &'a [u8]) -> Option<Self> {
        let (&[SEALED_V1, payload_len], rest) = body.split_first_chunk()? else {
            return None;
        };
        let (&[a, b, c, d, e, f], rest) = rest.split_first_chunk()?;
        let (&nonce, payload) = rest.split_first_chunk()?;
        (payload.len() == usize::from(payload_len)).then_some(Self {
            payload_len,
            expires_at: u64::from_be_bytes([0, 0, a, b, c, d, e, f]),
            nonce,
            payload,
        })
    }
}

#[cfg(test)]
mod tests;
