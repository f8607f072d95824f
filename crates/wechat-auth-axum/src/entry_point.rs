use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use http::Uri;
use wechat_auth::login::{SealKeys, WebLogin};
use wechat_auth_client::{Client, Clock, MonotonicClock, Transport};

use crate::answers::Answers;
use crate::cookie::{PlainHttp, Site};
use crate::keeping::Keeping;
use crate::{LoginStore, MemoryStore, routes};

/// One way into the application through WeChat: an account, a scope, the address where a login begins, and
/// the one where it comes back. An application may have any number of them, each with a callback path of its
/// own: a callback that arrives at another's is refused.
///
/// The paths are those that reach this application: behind a proxy, it must pass the path of the redirect
/// URI through as it is. `Host` and `X-Forwarded-…` are never looked at.
pub struct EntryPoint<T, C = MonotonicClock, K = MemoryStore> {
    pub(crate) client: Client<T, C>,
    pub(crate) login: WebLogin,
    pub(crate) begin_path: Arc<str>,
    pub(crate) callback_path: String,
    pub(crate) site: Site,
    pub(crate) keeping: Keeping<K>,
    pub(crate) answers: Answers,
    pub(crate) clock: Arc<dyn Clock>,
}

impl<T, C> EntryPoint<T, C>
where
    T: Transport + 'static,
    C: Clock + 'static,
{
    /// An entry point that begins at `begin_path` and comes back to the path of the login's redirect URI.
    /// Its logins wait in a [`MemoryStore`].
    ///
    /// # Errors
    /// [`InvalidEntryPoint`], where something cannot work or would not be safe.
    pub fn new(client: Client<T, C>, login: WebLogin, begin_path: &str) -> Result<Self, InvalidEntryPoint> {
        let site = Site::of(login.redirect_uri()).map_err(|PlainHttp| InvalidEntryPoint::PlainHttp)?;
        let uri: Uri = login
            .redirect_uri()
            .as_str()
            .parse()
            .map_err(|_| InvalidEntryPoint::CallbackPath)?;
        let callback_path = uri.path();
        if callback_path == "/" || !is_a_path(callback_path) {
            return Err(InvalidEntryPoint::CallbackPath);
        }
        if begin_path == callback_path || !is_a_path(begin_path) {
            return Err(InvalidEntryPoint::BeginPath);
        }
        Ok(Self {
            callback_path: callback_path.to_owned(),
            begin_path: begin_path.into(),
            client,
            login,
            site,
            keeping: Keeping::Store(MemoryStore::default()),
            answers: Answers::new(),
            clock: Arc::new(MonotonicClock::new()),
        })
    }
}

impl<T, C, K> EntryPoint<T, C, K>
where
    T: Transport + 'static,
    C: Clock + 'static,
    K: LoginStore,
{
    /// The same, with its logins in another store.
    #[must_use]
    pub fn with_store<L: LoginStore>(self, store: L) -> EntryPoint<T, C, L> {
        EntryPoint {
            client: self.client,
            login: self.login,
            begin_path: self.begin_path,
            callback_path: self.callback_path,
            site: self.site,
            keeping: Keeping::Store(store),
            answers: self.answers,
            clock: self.clock,
        }
    }

    /// The same, with its logins kept nowhere: they travel in the state, under a seal that every machine
    /// with these keys opens. Where the user wants to go travels along, and is forgotten when it has more
    /// than [`SEALED_PAYLOAD_MAX`](wechat_auth::login::SEALED_PAYLOAD_MAX) bytes.
    ///
    /// What it costs is single use: each process remembers the logins it finished and exchanges none of
    /// their codes again, but another one, or the same after a restart, would send a repeated code to
    /// WeChat, which refuses it with 40163.
    #[must_use]
    pub fn sealed(self, keys: SealKeys) -> Self {
        let keeping = Keeping::Sealed(keys);
        Self { keeping, ..self }
    }

    /// The same, by another clock.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        let clock = Arc::new(clock);
        Self { clock, ..self }
    }

    /// The two addresses, to be merged into the application's router at its root.
    ///
    /// `welcome` is the application's handler for a login that succeeded: it extracts
    /// [`LoggedIn`](crate::LoggedIn), and whatever else it needs, and begins a session of the application's
    /// own. It runs once for each login, in a task of its own, so a browser that hangs up leaves nothing
    /// half done. Whatever success it answers with becomes a redirect (303) with the same headers, cookies
    /// among them, to [`LoggedIn::return_to`](crate::LoggedIn::return_to); a body is dropped, because no
    /// page should stand at an address that holds a code. Its redirects and errors are passed on.
    ///
    /// `sorry` answers everything else: it extracts [`LoginFailure`](crate::LoginFailure).
    /// [`failure_page`](crate::failure_page) is one that is ready to use.
    ///
    /// Both see the request without its query: the code is in there, and it is nobody's business.
    ///
    /// # Panics
    /// Merging routers panics, in axum, where two of them have the same path.
    pub fn router<S, W, WX, F, FX>(self, welcome: W, sorry: F) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
        W: Handler<WX, S>,
        F: Handler<FX, S>,
        WX: 'static,
        FX: 'static,
    {
        routes::of(Arc::new(self), welcome, sorry)
    }

    pub(crate) fn now_unix(&self) -> u64 {
        self.clock.unix_millis() / 1000
    }
}

/// Whether axum routes it as it is, and a link to it stays on this site.
fn is_a_path(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"{}?#\\\"<>".contains(&byte);
    path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(plain)
        && !path.split('/').any(|segment| segment.starts_with([':', '*']))
}

impl<T, C, K> fmt::Debug for EntryPoint<T, C, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntryPoint")
            .field("login", &self.login)
            .field("begin_path", &self.begin_path)
            .finish_non_exhaustive()
    }
}

/// Why an entry point cannot be.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEntryPoint {
    /// Plain `http` beyond this machine.
    #[error(
        "the redirect URI is plain http, where anybody on the way reads the code and replaces the cookie: \
         use https, or a loopback host while trying things out"
    )]
    PlainHttp,
    /// The redirect URI has no path, or one that cannot be routed.
    #[error("the redirect URI needs a path of its own, such as /wechat/callback, without {{, }}, * and :")]
    CallbackPath,
    /// The address where logins begin is no path, cannot be routed, or is the callback's.
    #[error(
        "the begin path must be a path such as /login, without a query, {{, }}, * and :, and not the \
         callback's"
    )]
    BeginPath,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_plain_and_of_this_site() {
        for good in ["/", "/login", "/wx/a-b_c~d/%E4%BD%A0", "/a:b/c*"] {
            assert!(is_a_path(good), "{good}");
        }
        for bad in [
            "",
            "login",
            "//evil.example",
            "/a?b",
            "/a#b",
            "/{a}",
            "/:a",
            "/*a",
            "/a b",
            "/\\evil",
            "/登录",
        ] {
            assert!(!is_a_path(bad), "{bad}");
        }
    }
}
