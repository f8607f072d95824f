use core::fmt;

use serde::{Deserialize, Serialize};

use super::callback::Answer;
use super::digest::Digest;
use super::web_login::in_time;
use super::{Begin, BrowserNonce, Callback, CodeGrant, LoginError, LoginId, RedirectUri, ReturnTo, Scope};
use super::{WebLogin, state};
use crate::AppId;

mod record;

pub use record::InvalidPending;

/// A login that waits for its callback: what the server remembers of it.
///
/// Keep it under its [`id`](Self::id) in a store or, encrypted and authenticated, in a cookie. It holds
/// hashes only: whoever reads the store can finish nobody's login.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "record::Record", try_from = "record::Record")]
pub struct PendingLogin {
    appid: AppId,
    scope: Scope,
    redirect_uri: RedirectUri,
    /// Of the state.
    id: Digest,
    /// Of the browser's nonce.
    browser: Digest,
    expires_at: u64,
    /// As the application asked for it; judged again on the way out.
    return_to: String,
    data: String,
    fate: Fate,
}

/// What became of the login.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    /// A code was redeemed; its hash tells the same callback from another.
    Spent(Digest),
    Refused,
}

/// What a genuine callback calls for.
#[must_use = "the user is not logged in before the code is exchanged"]
#[derive(Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// The first arrival: exchange the code, after the pending login was stored again.
    Exchange(CodeGrant),
    /// The same callback once more (a reload, the back button, WeChat's web view asking twice): answer
    /// as the first time, and exchange nothing.
    Repeated,
}

impl PendingLogin {
    pub(super) fn new(
        login: &WebLogin,
        state: &str,
        browser: &BrowserNonce,
        expires_at: u64,
        request: Begin,
    ) -> Self {
        Self {
            appid: login.account.appid().clone(),
            scope: login.scope,
            redirect_uri: login.redirect_uri.clone(),
            id: Digest::of(state),
            browser: browser.digest(),
            expires_at,
            return_to: request.return_to.as_str().to_owned(),
            data: request.data,
            fate: Fate::Open,
        }
    }

    /// Judges a callback and, if it is genuine and the first, gives its code out to be exchanged.
    ///
    /// Store the pending login again **before** the exchange is sent, and let one callback of a login in
    /// at a time (a lock, a transaction, compare-and-set): what stops a second exchange is what the
    /// store says.
    ///
    /// `now_unix` is in seconds.
    ///
    /// # Errors
    /// [`LoginError`], in the order of its variants: state, browser, entry point, time, and only then
    /// what the callback brings. On an error nothing changes, but that a genuine refusal is remembered:
    /// no forged callback can spend or spoil a login.
    pub fn redeem(
        &mut self,
        login: &WebLogin,
        callback: &Callback,
        browser: &BrowserNonce,
        now_unix: u64,
    ) -> Result<Redeemed, LoginError> {
        self.belongs(callback.state.expose())?;
        if browser.digest() != self.browser {
            return Err(LoginError::OtherBrowser);
        }
        self.begun_by(login)?;
        in_time(self.expires_at, now_unix)?;
        match (self.fate, &callback.answer) {
            (Fate::Open, Answer::Code(code)) => {
                self.fate = Fate::Spent(Digest::of(code.expose()));
                let grant = CodeGrant::new(login.account.clone(), code.clone());
                Ok(Redeemed::Exchange(grant))
            }
            (Fate::Open, Answer::Refused) => {
                self.fate = Fate::Refused;
                Err(LoginError::Refused)
            }
            (Fate::Spent(first), Answer::Code(code)) if first == Digest::of(code.expose()) => {
                Ok(Redeemed::Repeated)
            }
            (Fate::Spent(_), _) => Err(LoginError::AlreadyRedeemed),
            (Fate::Refused, _) => Err(LoginError::Refused),
        }
    }

    fn belongs(&self, state: &str) -> Result<(), LoginError> {
        if Digest::of(state) == self.id {
            return Ok(());
        }
        match state::mended(state) {
            Some(issued) if Digest::of(&issued) == self.id => Err(LoginError::StateMangled),
            _ => Err(LoginError::ForeignState),
        }
    }

    fn begun_by(&self, login: &WebLogin) -> Result<(), LoginError> {
        if self.appid != *login.account.appid() {
            Err(LoginError::OtherAppId)
        } else if self.redirect_uri != login.redirect_uri {
            Err(LoginError::OtherRedirectUri)
        } else if self.scope != login.scope {
            Err(LoginError::OtherScope)
        } else {
            Ok(())
        }
    }

    /// The login's name, and its key in a store.
    pub fn id(&self) -> LoginId {
        self.id.into()
    }

    /// When the login ends, in Unix seconds.
    pub fn expires_at(&self) -> u64 {
        self.expires_at
    }

    /// Whether the login can no longer be finished and may be forgotten. So is one that ends later than
    /// a login begun now: the clock was moved back.
    pub fn is_expired(&self, now_unix: u64) -> bool {
        in_time(self.expires_at, now_unix).is_err()
    }

    /// Where to send the user afterwards. The allow-list is asked again, so what was begun under an
    /// older list, or slipped into the store, leads to `/` and never elsewhere.
    pub fn return_to(&self, login: &WebLogin) -> ReturnTo {
        login.return_to(&self.return_to).unwrap_or_default()
    }

    /// What the application gave to [`Begin::with_data`].
    pub fn data(&self) -> &str {
        &self.data
    }

    /// The longest text that [`encode`](Self::encode) writes and [`decode`](Self::decode) reads, in
    /// bytes: sealed and in base64, it still fits into a cookie.
    pub const MAX_ENCODED: usize = 2560;

    /// Writes the login down, as one line of JSON with a version in it.
    pub fn encode(&self) -> String {
        // A flat record of strings and one number always serialises.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`encode`](Self::encode) wrote, and refuses everything else. It cannot tell who wrote
    /// it: that is for the store, or for the cookie's seal.
    ///
    /// # Errors
    /// [`InvalidPending`]. Whatever the text, treat it as no login at all: the user starts again.
    pub fn decode(text: &str) -> Result<Self, InvalidPending> {
        record::read(text)
    }
}

impl fmt::Debug for PendingLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fate = match self.fate {
            Fate::Open => "open",
            Fate::Spent(_) => "spent",
            Fate::Refused => "refused",
        };
        f.debug_struct("PendingLogin")
            .field("id", &self.id())
            .field("appid", &self.appid)
            .field("scope", &self.scope)
            .field("expires_at", &self.expires_at)
            .field("fate", &fate)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
