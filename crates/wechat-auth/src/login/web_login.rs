use core::fmt;
use core::time::Duration;

use zeroize::Zeroizing;

use super::authorize_url::{Link, Popup};
use super::{
    AuthorizeUrl, BrowserNonce, InvalidReturnTo, LoginError, PendingLogin, RedirectUri, ReturnTo, Scope,
    state,
};
use crate::{Account, BaseUrl, Origin};

/// How long a login may take, from the link to the callback: ten minutes, as long as WeChat keeps a
/// code at most.
pub const LOGIN_LIFE: Duration = Duration::from_secs(600);

/// Clocks of the machines behind one site may differ by this much.
const CLOCK_SKEW: u64 = 60;

/// One entry point to the application through WeChat: which account, what is asked for, and where
/// the browser comes back to. Pure configuration: build it once and share it.
#[derive(Clone, Debug)]
pub struct WebLogin {
    pub(super) account: Account,
    pub(super) scope: Scope,
    pub(super) redirect_uri: RedirectUri,
    origin: Origin,
    popup: Popup,
    pub(super) allowed: Vec<BaseUrl>,
}

impl WebLogin {
    /// A login at WeChat's own pages, which returns to local paths only.
    pub fn new(account: Account, scope: Scope, redirect_uri: RedirectUri) -> Self {
        Self {
            account,
            scope,
            redirect_uri,
            origin: Origin::wechat(),
            popup: Popup::AsUsual,
            allowed: Vec::new(),
        }
    }

    /// The same, with WeChat's pages elsewhere, such as at the emulator.
    #[must_use]
    pub fn with_origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// The same, with the consent page shown even where WeChat could skip it (`forcePopup`). Without
    /// effect on the QR page.
    #[must_use]
    pub fn with_force_popup(self) -> Self {
        let popup = Popup::Forced;
        Self { popup, ..self }
    }

    /// The same, with these as the only places beside local paths to return to. A base with a path
    /// stands for what lies below that path. They are compared as text: a scheme, host and port must
    /// be written as here.
    #[must_use]
    pub fn with_return_to(self, allowed: impl IntoIterator<Item = BaseUrl>) -> Self {
        let allowed = allowed.into_iter().collect();
        Self { allowed, ..self }
    }

    /// What the user is asked for.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// The account users log in to.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Where the browser comes back to.
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// Checks where a user wants to go after the login, such as a `next=` parameter.
    ///
    /// # Errors
    /// [`InvalidReturnTo`] for everything that is neither a path of this site nor on the allow-list.
    pub fn return_to(&self, text: &str) -> Result<ReturnTo, InvalidReturnTo> {
        ReturnTo::parse(text, &self.allowed)
    }

    /// Begins a login: send the browser to `url` with `browser` in a cookie, and keep `pending`.
    ///
    /// `entropy` is 32 bytes from the operating system's generator, never used before: half becomes
    /// the state, half the browser's nonce. `now_unix` is in seconds.
    pub fn begin(&self, entropy: [u8; 32], now_unix: u64, request: Begin) -> Begun {
        let entropy = Zeroizing::new(entropy);
        let (state, nonce) = entropy.split_at(16);
        let state = Zeroizing::new(state::plain(state));
        let browser = BrowserNonce::new(state::plain(nonce));
        Begun {
            url: self.authorize_url(&state),
            pending: PendingLogin::new(self, &state, &browser, expiry(now_unix), request),
            browser,
        }
    }

    pub(super) fn authorize_url(&self, state: &str) -> AuthorizeUrl {
        AuthorizeUrl::new(&Link {
            open: self.origin.open(),
            appid: self.account.appid(),
            redirect_uri: &self.redirect_uri,
            scope: self.scope,
            state: Some(state),
            popup: self.popup,
        })
    }
}

pub(super) fn expiry(now_unix: u64) -> u64 {
    now_unix.saturating_add(LOGIN_LIFE.as_secs())
}

/// Whether a login is over. One that ends later than any login begun now could is over too: the clock
/// was moved back since it began, and nobody knows how long ago that was.
pub(super) fn in_time(expires_at: u64, now_unix: u64) -> Result<(), LoginError> {
    if now_unix < expires_at && expires_at <= expiry(now_unix).saturating_add(CLOCK_SKEW) {
        Ok(())
    } else {
        Err(LoginError::Expired)
    }
}

/// What the application wants to find again after the login.
#[derive(Clone, Default)]
pub struct Begin {
    pub(super) return_to: ReturnTo,
    pub(super) data: String,
}

impl Begin {
    /// The longest data, in bytes: enough for a key to more.
    pub const MAX_DATA: usize = 256;

    /// Nothing: back to `/`, no data.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with a place to return to.
    #[must_use]
    pub fn with_return_to(self, return_to: ReturnTo) -> Self {
        Self { return_to, ..self }
    }

    /// The same, with data of the application's own. It stays on our side and never goes to WeChat.
    ///
    /// # Errors
    /// [`InvalidData`] for more than [`MAX_DATA`](Self::MAX_DATA) bytes, and for control characters.
    pub fn with_data(self, data: impl Into<String>) -> Result<Self, InvalidData> {
        let data = checked_data(data.into())?;
        Ok(Self { data, ..self })
    }
}

pub(super) fn checked_data(data: String) -> Result<String, InvalidData> {
    if data.len() > Begin::MAX_DATA {
        Err(InvalidData::TooLong)
    } else if data.contains(char::is_control) {
        Err(InvalidData::ControlCharacter)
    } else {
        Ok(data)
    }
}

impl fmt::Debug for Begin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begin")
            .field("return_to", &self.return_to)
            .finish_non_exhaustive()
    }
}

/// Why data was refused.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidData {
    /// More than 256 bytes.
    #[error("a login carries at most 256 bytes of data: keep the rest in a store, and its key here")]
    TooLong,
    /// A control character.
    #[error("a login's data must be text without control characters: encode it first")]
    ControlCharacter,
}

/// A login that has begun.
#[must_use = "the login begins when a browser is sent to the url, with the cookie"]
#[derive(Debug)]
pub struct Begun {
    /// Where to send the browser.
    pub url: AuthorizeUrl,
    /// What to keep until it comes back, under [`PendingLogin::id`].
    pub pending: PendingLogin,
    /// What to put into the browser's cookie.
    pub browser: BrowserNonce,
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, login, state_in};
    use super::*;

    #[test]
    fn half_of_the_entropy_is_the_state_and_half_the_cookie() {
        let mut entropy = [0xab; 32];
        entropy[16..].fill(0x01);
        let begun = login().begin(entropy, NOW, Begin::new());
        assert_eq!(state_in(begun.url.as_str()), "ab".repeat(16));
        assert_eq!(begun.browser.cookie_value(), "01".repeat(16));
        assert_eq!(begun.pending.expires_at(), NOW + 600);
    }

    #[test]
    fn the_url_follows_the_configuration() {
        let origin = Origin::single(BaseUrl::parse("http://127.0.0.1:8787").unwrap());
        let login = login().with_origin(origin).with_force_popup();
        let begun = login.begin([0; 32], NOW, Begin::new());
        assert_eq!(
            begun.url.as_str(),
            "http://127.0.0.1:8787/connect/oauth2/authorize?appid=wx1\
             &redirect_uri=https%3A%2F%2Fshop.example%2Fcb&response_type=code&scope=snsapi_userinfo\
             &state=00000000000000000000000000000000&forcePopup=true#wechat_redirect"
        );
    }

    #[test]
    fn a_login_is_over_after_ten_minutes_and_when_the_clock_went_back() {
        let ends = expiry(NOW);
        assert_eq!(in_time(ends, NOW), Ok(()));
        assert_eq!(in_time(ends, NOW + 599), Ok(()));
        assert_eq!(in_time(ends, NOW + 600), Err(LoginError::Expired));
        assert_eq!(in_time(ends, u64::MAX), Err(LoginError::Expired));
        // Another machine of the same site, a minute behind.
        assert_eq!(in_time(ends, NOW - 60), Ok(()));
        assert_eq!(in_time(ends, NOW - 61), Err(LoginError::Expired));
        assert_eq!(in_time(ends, 0), Err(LoginError::Expired));
        assert_eq!(in_time(u64::MAX, u64::MAX), Err(LoginError::Expired));
        assert_eq!(in_time(0, 0), Err(LoginError::Expired));
    }

    #[test]
    fn data_is_bounded_text() {
        assert!(Begin::new().with_data("购".repeat(85)).is_ok());
        assert_eq!(
            Begin::new().with_data("x".repeat(257)).unwrap_err(),
            InvalidData::TooLong
        );
        assert_eq!(
            Begin::new().with_data("a\0").unwrap_err(),
            InvalidData::ControlCharacter
        );
    }
}
