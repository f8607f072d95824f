use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

use wechat_auth::app::{GetTicket, TicketType};
use wechat_auth::keeper::{
    ClassicApp, Fetch, InvalidSnapshot, Keeper, Snapshot, StableApp, TicketFetch, UserRenewal,
};
use wechat_auth::login::{CodeGrant, UserToken};
use wechat_auth::{Account, AppId, AppToken, Credential, Endpoint, Grant, NoToken, Origin};

use super::colour::Colour;
use super::{Async, Blocking, Nothing, TokenSource};
use crate::{CallError, Clock, Limits, MonotonicClock, Transport, TransportError, blocking};

/// A way to WeChat: a transport, where WeChat is, and a clock. Cheap to clone; everything made from it
/// shares them.
pub struct Client<T, C, K> {
    pub(super) transport: Arc<T>,
    pub(super) clock: Arc<C>,
    origin: Origin,
    limits: Limits,
    colour: PhantomData<K>,
}

impl<T: Transport> Client<T, MonotonicClock, Async> {
    /// To the real WeChat, by the machine's clock.
    pub fn new(transport: T) -> Self {
        Self::over(transport)
    }
}

impl<T: blocking::Transport> Client<T, MonotonicClock, Blocking> {
    /// To the real WeChat, by the machine's clock.
    pub fn new(transport: T) -> Self {
        Self::over(transport)
    }
}

impl<T, K> Client<T, MonotonicClock, K> {
    fn over(transport: T) -> Self {
        Self {
            transport: Arc::new(transport),
            clock: Arc::new(MonotonicClock::new()),
            origin: Origin::wechat(),
            limits: Limits::default(),
            colour: PhantomData,
        }
    }
}

/// In both colours.
impl<T, C: Clock, K> Client<T, C, K> {
    /// The same, to another place: the emulator, a disaster-recovery host, a proxy.
    #[must_use]
    pub fn with_origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// The same, by another clock.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> Client<T, D, K> {
        Client {
            transport: self.transport,
            clock: Arc::new(clock),
            origin: self.origin,
            limits: self.limits,
            colour: PhantomData,
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
    pub fn stable_token(&self, account: Account) -> TokenSource<StableApp, T, C, Nothing, K> {
        self.keep(StableApp::new(account))
    }

    /// An account's app token by `cgi-bin/token`: for one machine only, and none other that fetches
    /// for the same account.
    pub fn classic_token(&self, account: Account) -> TokenSource<ClassicApp, T, C, Nothing, K> {
        self.keep(ClassicApp::new(account))
    }

    /// A JS-SDK or card ticket, asked for with the app token that `app` keeps.
    #[allow(clippy::type_complexity, reason = "it says which source stands on which")]
    pub fn ticket<F, U>(
        &self,
        kind: TicketType,
        app: &TokenSource<F, T, C, U, K>,
    ) -> TokenSource<TicketFetch, T, C, TokenSource<F, T, C, U, K>, K>
    where
        F: Fetch<Token = AppToken>,
    {
        let fetch = TicketFetch::new(GetTicket::new(kind));
        TokenSource::new(
            self.clone(),
            Keeper::new(fetch, self.origin.clone(), seed()),
            app.clone(),
        )
    }

    /// A user token that a login of `appid` brought, renewed by its refresh token from now on. The life
    /// in `token` is what is left of it now, as `exchange` gives it.
    pub fn user_token(
        &self,
        appid: &AppId,
        token: Grant<UserToken>,
    ) -> TokenSource<UserRenewal, T, C, Nothing, K> {
        let fetch = UserRenewal::new(appid, &token.token);
        let keeper = self.keeper(fetch).holding(token, self.clock.now());
        TokenSource::new(self.clone(), keeper, Nothing)
    }

    /// A token by other rules, or from elsewhere, such as a central server.
    pub fn keep<F: Fetch<Needs = NoToken>>(&self, fetch: F) -> TokenSource<F, T, C, Nothing, K> {
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
    ) -> Result<TokenSource<F, T, C, Nothing, K>, InvalidSnapshot> {
        let (now, unix_millis) = (self.clock.now(), self.clock.unix_millis());
        let keeper = Keeper::restore(fetch, self.origin.clone(), seed(), snapshot, now, unix_millis)?;
        Ok(TokenSource::new(self.clone(), keeper, Nothing))
    }

    fn keeper<F: Fetch>(&self, fetch: F) -> Keeper<F> {
        let mut keeper = Keeper::new(fetch, self.origin.clone(), seed());
        keeper.set_wall_clock(self.clock.now(), self.clock.unix_millis() / 1000);
        keeper
    }
}

/// With futures.
impl<T: Transport, C: Clock> Client<T, C, Async> {
    /// Spends a login's code. It is never sent twice: after a transport error WeChat may have taken it,
    /// and the user must log in again. The life that comes back counts from now: the time that the
    /// exchange took is taken off.
    ///
    /// # Errors
    /// [`CallError`]; the code is gone in any case.
    pub async fn exchange(&self, grant: CodeGrant) -> Result<Grant<UserToken>, CallError> {
        self.spend(grant).await
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
}

/// With threads.
impl<T: blocking::Transport, C: Clock> Client<T, C, Blocking> {
    /// Spends a login's code. It is never sent twice: after a transport error WeChat may have taken it,
    /// and the user must log in again. The life that comes back counts from now: the time that the
    /// exchange took is taken off.
    ///
    /// # Errors
    /// [`CallError`]; the code is gone in any case.
    pub fn exchange(&self, grant: CodeGrant) -> Result<Grant<UserToken>, CallError> {
        Blocking::run(self.spend(grant))
    }

    /// Makes a call that needs no token, once.
    ///
    /// # Errors
    /// [`CallError`].
    // By value, so that a code, which is one, cannot be sent twice.
    #[allow(clippy::needless_pass_by_value, reason = "what is sent once is given away")]
    pub fn send<E>(&self, endpoint: E) -> Result<E::Response, CallError>
    where
        E: Endpoint<Token = NoToken>,
    {
        Blocking::run(self.once(&endpoint, &NoToken))
    }
}

#[allow(private_bounds, reason = "all its methods are private")]
impl<T, C: Clock, K: Colour<T>> Client<T, C, K> {
    async fn spend(&self, grant: CodeGrant) -> Result<Grant<UserToken>, CallError> {
        let sent = self.clock.now();
        let Grant { token, expires_in } = self.once(&grant, &NoToken).await?;
        let took = self.clock.now().since(sent);
        let expires_in = expires_in.saturating_sub(took);
        Ok(Grant { token, expires_in })
    }

    pub(super) async fn once<E: Endpoint>(
        &self,
        endpoint: &E,
        with: &E::Token,
    ) -> Result<E::Response, CallError> {
        let request = with.authorize(endpoint.request(&self.origin)).into_http();
        let request = request.map_err(TransportError::from)?;
        let response = K::send(&self.transport, request, self.limits).await?;
        let (head, body) = response.into_parts();
        Ok(endpoint.parse(http::Response::from_parts(head, &body))?)
    }
}

impl<T, C, K> fmt::Debug for Client<T, C, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

impl<T, C, K> Clone for Client<T, C, K> {
    fn clone(&self) -> Self {
        Self {
            transport: Arc::clone(&self.transport),
            clock: Arc::clone(&self.clock),
            origin: self.origin.clone(),
            limits: self.limits,
            colour: PhantomData,
        }
    }
}

/// Spreads the waits of several machines; nothing secret depends on it.
fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}
