use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use wechat_auth::app::{GetTicket, TicketType};
use wechat_auth::keeper::{
    ClassicApp, Fetch, InvalidSnapshot, Keeper, Snapshot, StableApp, TicketFetch, UserRenewal,
};
use wechat_auth::login::{CodeGrant, UserToken};
use wechat_auth::{Account, AppId, AppToken, Credential, Endpoint, Grant, NoToken, Origin};

use crate::source::{Nothing, Upstream};
use crate::{CallError, Clock, Limits, MonotonicClock, TokenSource, Transport, TransportError};

/// A way to WeChat: a transport, where WeChat is, and a clock. Cheap to clone; everything made from it
/// shares them.
pub struct Client<T, C = MonotonicClock> {
    pub(crate) transport: Arc<T>,
    pub(crate) clock: Arc<C>,
    pub(crate) origin: Origin,
    limits: Limits,
}

impl<T: Transport> Client<T> {
    /// To the real WeChat, by the machine's clock.
    pub fn new(transport: T) -> Self {
        Self {
            transport: Arc::new(transport),
            clock: Arc::new(MonotonicClock::new()),
            origin: Origin::wechat(),
            limits: Limits::default(),
        }
    }
}

impl<T: Transport, C: Clock> Client<T, C> {
    /// The same, to another place: the emulator, a disaster-recovery host, a proxy.
    #[must_use]
    pub fn with_origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// The same, by another clock.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> Client<T, D> {
        Client {
            transport: self.transport,
            clock: Arc::new(clock),
            origin: self.origin,
            limits: self.limits,
        }
    }

    /// The same, with other limits for the calls made with it. Fetches of tokens have the deadline of
    /// their [`Policy`](wechat_auth::keeper::Policy).
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Where WeChat is.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// An account's app token by `stable_token`: the default, and safe on any number of machines.
    pub fn stable_token(&self, account: Account) -> TokenSource<StableApp, T, C> {
        self.keep(StableApp::new(account))
    }

    /// An account's app token by `cgi-bin/token`: for one machine only, and none other that fetches
    /// for the same account.
    pub fn classic_token(&self, account: Account) -> TokenSource<ClassicApp, T, C> {
        self.keep(ClassicApp::new(account))
    }

    /// A JS-SDK or card ticket, asked for with the app token that `app` keeps.
    pub fn ticket<F, U>(
        &self,
        kind: TicketType,
        app: &TokenSource<F, T, C, U>,
    ) -> TokenSource<TicketFetch, T, C, TokenSource<F, T, C, U>>
    where
        F: Fetch<Token = AppToken>,
        TokenSource<F, T, C, U>: Upstream<AppToken> + Clone,
    {
        let fetch = TicketFetch::new(GetTicket::new(kind));
        TokenSource::new(
            self.clone(),
            Keeper::new(fetch, self.origin.clone(), seed()),
            app.clone(),
        )
    }

    /// A user token that a login of `appid` brought, renewed by its refresh token from now on. The life
    /// in `token` is what is left of it now, as [`exchange`](Self::exchange) gives it.
    pub fn user_token(&self, appid: &AppId, token: Grant<UserToken>) -> TokenSource<UserRenewal, T, C> {
        let fetch = UserRenewal::new(appid, &token.token);
        let keeper = self.keeper(fetch).holding(token, self.clock.now());
        TokenSource::new(self.clone(), keeper, Nothing)
    }

    /// A token by other rules, or from elsewhere, such as a central server.
    pub fn keep<F: Fetch<Needs = NoToken>>(&self, fetch: F) -> TokenSource<F, T, C> {
        TokenSource::new(self.clone(), self.keeper(fetch), Nothing)
    }

    /// The same, going on where a [`snapshot`](TokenSource::snapshot) ends: a clean restart makes no
    /// fetch.
    ///
    /// # Errors
    /// [`InvalidSnapshot`]; go on with [`keep`](Self::keep).
    pub fn restore<F: Fetch<Needs = NoToken>>(
        &self,
        fetch: F,
        snapshot: &Snapshot,
    ) -> Result<TokenSource<F, T, C>, InvalidSnapshot> {
        let (now, unix_millis) = (self.clock.now(), self.clock.unix_millis());
        let keeper = Keeper::restore(fetch, self.origin.clone(), seed(), snapshot, now, unix_millis)?;
        Ok(TokenSource::new(self.clone(), keeper, Nothing))
    }

    fn keeper<F: Fetch>(&self, fetch: F) -> Keeper<F> {
        let mut keeper = Keeper::new(fetch, self.origin.clone(), seed());
        keeper.set_wall_clock(self.clock.now(), self.clock.unix_millis() / 1000);
        keeper
    }

    /// Spends a login's code. It is never sent twice: after a transport error WeChat may have taken it,
    /// and the user must log in again. The life that comes back counts from now: the time that the
    /// exchange took is taken off.
    ///
    /// # Errors
    /// [`CallError`]; the code is gone in any case.
    pub async fn exchange(&self, grant: CodeGrant) -> Result<Grant<UserToken>, CallError> {
        let sent = self.clock.now();
        let Grant { token, expires_in } = self.send(grant).await?;
        let took = self.clock.now().since(sent);
        let expires_in = expires_in.saturating_sub(took);
        Ok(Grant { token, expires_in })
    }

    /// Makes a call that needs no token, once.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn send<E>(&self, endpoint: E) -> Result<E::Response, CallError>
    where
        E: Endpoint<Token = NoToken>,
    {
        self.once(&endpoint, &NoToken).await
    }

    pub(crate) async fn once<E: Endpoint>(
        &self,
        endpoint: &E,
        with: &E::Token,
    ) -> Result<E::Response, CallError> {
        let request = with.authorize(endpoint.request(&self.origin)).into_http();
        let request = request.map_err(TransportError::from)?;
        let response = self.transport.send(request, self.limits).await?;
        Ok(endpoint.parse(borrowed(&response))?)
    }
}

impl<T, C> fmt::Debug for Client<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

impl<T, C> Clone for Client<T, C> {
    fn clone(&self) -> Self {
        Self {
            transport: Arc::clone(&self.transport),
            clock: Arc::clone(&self.clock),
            origin: self.origin.clone(),
            limits: self.limits,
        }
    }
}

/// The same answer over a borrowed body, as the core reads it.
pub(crate) fn borrowed(response: &http::Response<Vec<u8>>) -> http::Response<&[u8]> {
    let mut view = http::Response::new(response.body().as_slice());
    *view.status_mut() = response.status();
    *view.version_mut() = response.version();
    *view.headers_mut() = response.headers().clone();
    view
}

/// Spreads the waits of several machines; nothing secret depends on it.
fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}
