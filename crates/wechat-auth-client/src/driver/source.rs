use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use wechat_auth::keeper::{Event, Fetch, FetchError, ForceRefused, Keeper, Kept, Outcome, Snapshot, TokenId};
use wechat_auth::{Endpoint, Reply, Request};

use super::colour::Colour;
use super::shared::{Leader, Shared, Step};
use super::{Async, Blocking, Client, Upstream};
use crate::blocking::Stop;
use crate::error::Against;
use crate::sync::EventListener;
use crate::{CallError, Clock, Limits, TokenError, Transport, TransportError, blocking};

/// One token, kept alive for any number of callers. Cheap to clone: clones share the token.
///
/// Nothing runs in the background. The first caller who finds that it is time fetches, the others wait
/// for that one fetch or go on with the old token; a caller that is cancelled or panics hands over to the
/// next. Run `keep_fresh` to stay ahead of the callers.
pub struct TokenSource<F: Fetch, T, C, U, K> {
    inner: Arc<Inner<F, T, C, U, K>>,
}

struct Inner<F: Fetch, T, C, U, K> {
    client: Client<T, C, K>,
    upstream: U,
    shared: Shared<F, C>,
}

/// With futures.
impl<F, T, C, U> TokenSource<F, T, C, U, Async>
where
    F: Fetch + Send,
    F::Token: Send + Sync,
    T: Transport,
    C: Clock,
    U: Upstream<F::Needs>,
{
    /// A token that WeChat is expected to accept: at once while one is held, after one fetch otherwise.
    ///
    /// Dropping the future is safe at any point.
    ///
    /// # Errors
    /// [`TokenError`] when there is none to be had: it says why, who must act, and when the next try
    /// is. A held token that is still usable is never given up for it.
    pub async fn token(&self) -> Result<Arc<Kept<F::Token>>, TokenError> {
        match self.fresh() {
            Some(kept) => Ok(kept),
            None => self.obtain().await,
        }
    }

    /// Makes a call with the token. When WeChat refuses the token, that one is dropped, and the call
    /// repeated once with the next.
    ///
    /// # Errors
    /// [`CallError`]. A call that brought no answer may have been carried out: it is not repeated.
    pub async fn call<E>(&self, endpoint: &E) -> Result<E::Response, CallError>
    where
        E: Endpoint<Token = F::Token>,
    {
        self.perform(endpoint).await
    }

    /// Fetches ahead of the callers for as long as the future is polled; it never completes. The
    /// application spawns it where it likes, or not at all: everything works without it.
    pub async fn keep_fresh(&self) {
        self.stay_ahead(|| false).await;
    }
}

/// With threads.
impl<F, T, C, U> TokenSource<F, T, C, U, Blocking>
where
    F: Fetch + Send,
    F::Token: Send + Sync,
    T: blocking::Transport,
    C: Clock,
    U: Upstream<F::Needs>,
{
    /// A token that WeChat is expected to accept: at once while one is held, after one fetch otherwise.
    /// A thread that waits for another's fetch holds no lock.
    ///
    /// # Errors
    /// [`TokenError`] when there is none to be had: it says why, who must act, and when the next try
    /// is. A held token that is still usable is never given up for it.
    pub fn token(&self) -> Result<Arc<Kept<F::Token>>, TokenError> {
        match self.fresh() {
            Some(kept) => Ok(kept),
            None => Blocking::run(self.obtain()),
        }
    }

    /// Makes a call with the token. When WeChat refuses the token, that one is dropped, and the call
    /// repeated once with the next.
    ///
    /// # Errors
    /// [`CallError`]. A call that brought no answer may have been carried out: it is not repeated.
    pub fn call<E>(&self, endpoint: &E) -> Result<E::Response, CallError>
    where
        E: Endpoint<Token = F::Token>,
    {
        Blocking::run(self.perform(endpoint))
    }

    /// Fetches ahead of the callers until `stop` says so: at once while it waits, after the fetch that is
    /// under way otherwise. The application gives it a thread, or not: everything works without it.
    pub fn keep_fresh(&self, stop: &Stop) {
        stop.wakes(self.inner.shared.changed());
        Blocking::run(self.stay_ahead(|| stop.is_stopped()));
    }
}

/// In both colours.
impl<F: Fetch, T, C: Clock, U, K> TokenSource<F, T, C, U, K> {
    /// The token, if nobody needs to ask for another yet. One clock read and one atomic load.
    pub fn fresh(&self) -> Option<Arc<Kept<F::Token>>> {
        self.inner.shared.fresh()
    }

    /// A call with the token `id` was refused as "token not valid" (40001, 40014): drop it, if it is
    /// still the one that is held. `call` does this by itself.
    pub fn reject(&self, id: TokenId) {
        self.inner.shared.change(|keeper, now| keeper.reject(now, id));
    }

    /// A call with the token `id` was refused as "token expired" (42001): as [`reject`](Self::reject),
    /// but there is no use in trying it again later. `call` does this by itself.
    pub fn expire(&self, id: TokenId) {
        self.inner.shared.change(|keeper, now| keeper.expire(now, id));
    }

    pub(super) fn set_aside(&self, id: TokenId, against: Against) {
        match against {
            Against::NotValid => self.reject(id),
            Against::Expired => self.expire(id),
        }
    }

    /// Why the last fetch failed, while none has succeeded since. A usable token is served meanwhile,
    /// so this is what an alarm should watch.
    pub fn trouble(&self) -> Option<FetchError> {
        self.inner.shared.lock().trouble().cloned()
    }

    /// What happened since the last call, oldest first: for metrics, logs, alarms, and saving a
    /// [`snapshot`](Self::snapshot). The newest 32 wait for whoever asks late.
    pub fn poll_event(&self) -> Option<Event> {
        self.inner.shared.lock().poll_event()
    }

    /// Asks for another token although the held one is good: for one that leaked. The next caller
    /// fetches it; until then the held one is served. Twice, 30 s apart, ends a stable token at once.
    ///
    /// # Errors
    /// [`ForceRefused`]; nothing changes.
    pub fn force_refresh(&self) -> Result<(), ForceRefused> {
        self.inner.shared.change(Keeper::force_refresh)
    }

    /// What to keep across a restart, for [`Client::restore`]. It holds the token: store it as you store
    /// the appsecret.
    pub fn snapshot(&self) -> Snapshot {
        let clock = &self.inner.client.clock;
        let keeper = self.inner.shared.lock();
        keeper.snapshot(clock.now(), clock.unix_millis())
    }

    pub(super) fn new(client: Client<T, C, K>, keeper: Keeper<F>, upstream: U) -> Self {
        let shared = Shared::new(Arc::clone(&client.clock), keeper);
        let inner = Inner {
            client,
            upstream,
            shared,
        };
        Self {
            inner: Arc::new(inner),
        }
    }
}

/// The loop itself.
#[allow(private_bounds, reason = "all its methods are private")]
impl<F: Fetch, T, C: Clock, U: Upstream<F::Needs>, K: Colour<T>> TokenSource<F, T, C, U, K> {
    pub(super) async fn obtain(&self) -> Result<Arc<Kept<F::Token>>, TokenError> {
        let shared = &self.inner.shared;
        if let Some(kept) = shared.fresh() {
            return Ok(kept);
        }
        loop {
            let changed = shared.listen();
            match shared.step() {
                Step::Done(done) => return done,
                Step::Wait(at_most) => self.wait(changed, at_most).await,
                Step::Fetch(leader) => {
                    drop(changed);
                    self.fetch(leader).await;
                }
            }
        }
    }

    async fn stay_ahead(&self, stopped: impl Fn() -> bool) {
        let shared = &self.inner.shared;
        loop {
            let changed = shared.listen();
            if stopped() {
                return;
            }
            match shared.step() {
                Step::Fetch(leader) => self.fetch(leader).await,
                // An error is kept in `trouble`, and the keeper knows when to try again.
                Step::Done(_) | Step::Wait(_) => self.wait(changed, shared.until_wake()).await,
            }
        }
    }

    async fn wait(&self, changed: EventListener, at_most: Duration) {
        /// Waking up for nothing now and then is cheap, and heals a clock that was set.
        const LONGEST: Duration = Duration::from_secs(3600);
        let Client { transport, clock, .. } = &self.inner.client;
        K::wait(transport, &**clock, changed, at_most.min(LONGEST)).await;
    }

    async fn fetch(&self, leader: Leader<'_, F, C>) {
        match self.answer(&leader).await {
            Ok(response) => {
                let (head, body) = response.into_parts();
                leader.report(Outcome::Response(http::Response::from_parts(head, &body)));
            }
            Err(outcome) => leader.report(outcome),
        }
    }

    /// The answer to the leader's request, authorised by what it needs. When that is refused, the next
    /// one is tried, once.
    async fn answer(&self, leader: &Leader<'_, F, C>) -> Result<http::Response<Vec<u8>>, Outcome<'static>> {
        let upstream = &self.inner.upstream;
        let (request, by) = upstream
            .authorize(leader.request())
            .await
            .map_err(no_credential)?;
        let response = self.send(leader, request).await?;
        match (by, against_the_token(&response)) {
            (Some(id), Some(against)) => {
                upstream.set_aside(id, against);
                match upstream
                    .authorize(leader.request())
                    .await
                    .map_err(no_credential)?
                {
                    (_, again) if again == by => Ok(response),
                    (request, _) => self.send(leader, request).await,
                }
            }
            _ => Ok(response),
        }
    }

    async fn send(
        &self,
        leader: &Leader<'_, F, C>,
        request: Request,
    ) -> Result<http::Response<Vec<u8>>, Outcome<'static>> {
        let request = request
            .into_http()
            .map_err(|invalid| TransportError::from(invalid).outcome())?;
        let limits = Limits::within(leader.time_left());
        let sent = K::send(&self.inner.client.transport, request, limits).await;
        sent.map_err(|error| error.outcome())
    }

    async fn perform<E>(&self, endpoint: &E) -> Result<E::Response, CallError>
    where
        E: Endpoint<Token = F::Token>,
    {
        let kept = self.obtain().await?;
        match self.perform_with(endpoint, &kept).await {
            Err(error) if error.against_the_token().is_some() => {
                let next = self.obtain().await?;
                if next.id() == kept.id() {
                    return Err(error);
                }
                self.perform_with(endpoint, &next).await
            }
            done => done,
        }
    }

    async fn perform_with<E>(&self, endpoint: &E, kept: &Kept<F::Token>) -> Result<E::Response, CallError>
    where
        E: Endpoint<Token = F::Token>,
    {
        let done = self.inner.client.once(endpoint, &**kept).await;
        if let Some(against) = done.as_ref().err().and_then(CallError::against_the_token) {
            self.set_aside(kept.id(), against);
        }
        done
    }
}

fn no_credential(error: TokenError) -> Outcome<'static> {
    Outcome::NoCredential(error.error)
}

/// Neither version nor headers say anything about that.
fn against_the_token(response: &http::Response<Vec<u8>>) -> Option<Against> {
    let mut view = http::Response::new(response.body().as_slice());
    *view.status_mut() = response.status();
    Against::said_by(&Reply::read(&view).err()?)
}

impl<F: Fetch, T, C, U, K> Clone for TokenSource<F, T, C, U, K> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<F: Fetch, T, C, U, K> fmt::Debug for TokenSource<F, T, C, U, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keeper = self.inner.shared.lock();
        f.debug_tuple("TokenSource").field(&*keeper).finish()
    }
}
