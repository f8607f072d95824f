use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use event_listener::{Event, EventListener};
use wechat_auth::keeper::{
    Action, AttemptId, Event as KeeperEvent, Fetch, FetchError, ForceRefused, Keeper, Kept, Outcome,
    Snapshot, TokenId,
};
use wechat_auth::{Advice, Credential, Endpoint, NoToken, Reply, Request, Tick};

use crate::client::borrowed;
use crate::{CallError, Client, Clock, Limits, MonotonicClock, TokenError, Transport, TransportError};

/// One token, kept alive for any number of callers. Cheap to clone: clones share the token.
///
/// Nothing runs in the background. The first caller who finds that it is time fetches, the others wait
/// for that one fetch or go on with the old token; a caller that is cancelled hands over to the next.
/// Run [`keep_fresh`](Self::keep_fresh) to stay ahead of the callers.
pub struct TokenSource<F: Fetch, T, C = MonotonicClock, U = Nothing> {
    shared: Arc<Shared<F, T, C, U>>,
}

struct Shared<F: Fetch, T, C, U> {
    client: Client<T, C>,
    upstream: U,
    keeper: Mutex<Keeper<F>>,
    /// The token while it is fresh: read without the lock.
    fresh: ArcSwapOption<Kept<F::Token>>,
    changed: Event,
}

impl<F, T, C, U> TokenSource<F, T, C, U>
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
            None => self.fetched().await,
        }
    }

    /// The token, if nobody needs to ask for another yet. One clock read and one atomic load.
    pub fn fresh(&self) -> Option<Arc<Kept<F::Token>>> {
        let fresh = self.shared.fresh.load();
        let kept = fresh.as_ref()?;
        (self.shared.now() < kept.fresh_until()).then(|| Arc::clone(kept))
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
        let kept = self.token().await?;
        match self.call_with(endpoint, &kept).await {
            Err(error) if error.is_about_the_token() => {
                let next = self.token().await?;
                if next.id() == kept.id() {
                    return Err(error);
                }
                self.call_with(endpoint, &next).await
            }
            done => done,
        }
    }

    async fn call_with<E>(&self, endpoint: &E, kept: &Kept<F::Token>) -> Result<E::Response, CallError>
    where
        E: Endpoint<Token = F::Token>,
    {
        let done = self.shared.client.once(endpoint, kept).await;
        if done.as_ref().is_err_and(CallError::is_about_the_token) {
            self.reject(kept.id());
        }
        done
    }

    /// A call with the token `id` was refused as "token not valid" (40001, 40014, 42001): drop it, if
    /// it is still the one that is held. [`call`](Self::call) does this by itself.
    pub fn reject(&self, id: TokenId) {
        let shared = &*self.shared;
        let mut keeper = shared.lock();
        keeper.reject(shared.now(), id);
        shared.publish(keeper);
    }

    /// Why the last fetch failed, while none has succeeded since. A usable token is served meanwhile,
    /// so this is what an alarm should watch.
    pub fn trouble(&self) -> Option<FetchError> {
        self.shared.lock().trouble().cloned()
    }

    /// What happened since the last call, oldest first: for metrics, logs, alarms, and saving a
    /// [`snapshot`](Self::snapshot). The newest 32 wait for whoever asks late.
    pub fn poll_event(&self) -> Option<KeeperEvent> {
        self.shared.lock().poll_event()
    }

    /// Asks for another token although the held one is good: for one that leaked. The next caller
    /// fetches it; until then the held one is served. Twice, 30 s apart, ends a stable token at once.
    ///
    /// # Errors
    /// [`ForceRefused`]; nothing changes.
    pub fn force_refresh(&self) -> Result<(), ForceRefused> {
        let shared = &*self.shared;
        let mut keeper = shared.lock();
        let demanded = keeper.force_refresh(shared.now());
        shared.publish(keeper);
        demanded
    }

    /// What to keep across a restart, for [`Client::restore`]. It holds the token: store it as you store
    /// the appsecret.
    pub fn snapshot(&self) -> Snapshot {
        let clock = &self.shared.client.clock;
        let keeper = self.shared.lock();
        keeper.snapshot(clock.now(), clock.unix_millis())
    }

    /// Fetches ahead of the callers for as long as the future is polled; it never completes. The
    /// application spawns it where it likes, or not at all: everything works without it.
    pub async fn keep_fresh(&self) {
        /// Waking up for nothing now and then is cheap, and heals a clock that was set.
        const LONGEST: Duration = Duration::from_secs(3600);
        loop {
            let changed = self.shared.changed.listen();
            // An error is kept in `trouble`, and the keeper knows when to try again.
            let _ = self.fetched().await;
            let wake_at = self.shared.lock().wake_at();
            let wait = wake_at.since(self.shared.now()).min(LONGEST);
            self.shared.wait(changed, wait).await;
        }
    }

    async fn fetched(&self) -> Result<Arc<Kept<F::Token>>, TokenError> {
        let shared = &*self.shared;
        loop {
            // Before asking: what changes after the answer must be heard.
            let changed = shared.changed.listen();
            let (now, action) = shared.poll();
            match action {
                Action::Ready(kept) => return Ok(kept),
                Action::Failed { error, retry_at } => {
                    let retry_in = (retry_at != Tick::MAX).then(|| retry_at.since(now));
                    return Err(TokenError { error, retry_in });
                }
                Action::Wait { until } => shared.wait(changed, until.since(now)).await,
                Action::Send {
                    attempt,
                    request,
                    until,
                    ..
                } => {
                    drop(changed);
                    let done = false;
                    Leader {
                        shared,
                        attempt,
                        done,
                    }
                    .fetch(request, until)
                    .await;
                }
            }
        }
    }
}

impl<F: Fetch, T, C, U> TokenSource<F, T, C, U> {
    pub(crate) fn new(client: Client<T, C>, keeper: Keeper<F>, upstream: U) -> Self {
        let fresh = ArcSwapOption::new(keeper.fresh().cloned());
        let shared = Shared {
            client,
            upstream,
            keeper: Mutex::new(keeper),
            fresh,
            changed: Event::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl<F: Fetch, T, C, U> Shared<F, T, C, U> {
    /// The keeper is consistent between its calls, so a panic elsewhere takes nothing from it.
    fn lock(&self) -> MutexGuard<'_, Keeper<F>> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets readers and waiters see what changed.
    fn publish(&self, keeper: MutexGuard<'_, Keeper<F>>) {
        self.fresh.store(keeper.fresh().cloned());
        drop(keeper);
        self.changed.notify(usize::MAX);
    }
}

impl<F: Fetch, T: Transport, C: Clock, U> Shared<F, T, C, U> {
    fn now(&self) -> Tick {
        self.client.clock.now()
    }

    fn poll(&self) -> (Tick, Action<F::Token>) {
        let mut keeper = self.lock();
        let now = self.now();
        let action = keeper.poll(now);
        // Time alone can have made a token fresh: one that was set aside and is served again.
        if self.fresh.load().is_none() && keeper.fresh().is_some() {
            self.fresh.store(keeper.fresh().cloned());
        }
        (now, action)
    }

    fn handle(&self, attempt: AttemptId, outcome: Outcome<'_>) {
        let mut keeper = self.lock();
        keeper.handle(self.now(), attempt, outcome);
        self.publish(keeper);
    }

    async fn wait(&self, changed: EventListener, at_most: Duration) {
        let mut changed = pin!(changed);
        let mut timer = pin!(self.client.transport.sleep(at_most));
        poll_fn(|cx| {
            let told = changed.as_mut().poll(cx).is_ready();
            if told || timer.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
    }
}

/// The caller who fetches. Dropped before it is done, it hands over.
struct Leader<'a, F: Fetch, T: Transport, C: Clock, U> {
    shared: &'a Shared<F, T, C, U>,
    attempt: AttemptId,
    done: bool,
}

impl<F, T, C, U> Leader<'_, F, T, C, U>
where
    F: Fetch,
    T: Transport,
    C: Clock,
    U: Upstream<F::Needs>,
{
    async fn fetch(mut self, request: Request, until: Tick) {
        let answer = self.answer(request, until).await;
        self.done = true;
        match answer {
            Ok(response) => self
                .shared
                .handle(self.attempt, Outcome::Response(borrowed(&response))),
            Err(outcome) => self.shared.handle(self.attempt, outcome),
        }
    }

    /// The answer to the request, authorised by what it needs. When that is refused, the next one is
    /// tried, once.
    async fn answer(
        &self,
        request: Request,
        until: Tick,
    ) -> Result<http::Response<Vec<u8>>, Outcome<'static>> {
        let upstream = &self.shared.upstream;
        let (authorized, by) = upstream.authorize(request.clone()).await.map_err(no_credential)?;
        let response = self.send(authorized, until).await?;
        match by {
            Some(id) if refuses_the_token(&response) => {
                upstream.reject(id);
                match upstream.authorize(request).await.map_err(no_credential)? {
                    (_, again) if again == by => Ok(response),
                    (authorized, _) => self.send(authorized, until).await,
                }
            }
            _ => Ok(response),
        }
    }

    async fn send(&self, request: Request, until: Tick) -> Result<http::Response<Vec<u8>>, Outcome<'static>> {
        let request = request
            .into_http()
            .map_err(|invalid| TransportError::from(invalid).outcome())?;
        let limits = Limits::within(until.since(self.shared.now()));
        let sent = self.shared.client.transport.send(request, limits).await;
        sent.map_err(|error| error.outcome())
    }
}

impl<F: Fetch, T: Transport, C: Clock, U> Drop for Leader<'_, F, T, C, U> {
    fn drop(&mut self) {
        if !self.done {
            self.shared.handle(self.attempt, Outcome::Abandoned);
        }
    }
}

fn no_credential(error: TokenError) -> Outcome<'static> {
    Outcome::NoCredential(error.error)
}

fn refuses_the_token(response: &http::Response<Vec<u8>>) -> bool {
    Reply::read(&borrowed(response)).is_err_and(|error| error.advice() == Advice::NewToken)
}

/// What authorises the fetch itself: [`Nothing`], or another token's source.
pub trait Upstream<N>: Send + Sync + sealed::Sealed {
    /// The request with what it needs, and which token that was.
    fn authorize(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<(Request, Option<TokenId>), TokenError>> + Send;

    /// That token was refused.
    fn reject(&self, id: TokenId);
}

/// The fetch needs no other token.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Upstream<NoToken> for Nothing {
    async fn authorize(&self, request: Request) -> Result<(Request, Option<TokenId>), TokenError> {
        Ok((request, None))
    }

    fn reject(&self, _: TokenId) {}
}

impl<N, F, T, C, U> Upstream<N> for TokenSource<F, T, C, U>
where
    N: Credential,
    F: Fetch<Token = N> + Send,
    N: Send + Sync,
    T: Transport,
    C: Clock,
    U: Upstream<F::Needs>,
{
    async fn authorize(&self, request: Request) -> Result<(Request, Option<TokenId>), TokenError> {
        let kept = self.token().await?;
        Ok((kept.authorize(request), Some(kept.id())))
    }

    fn reject(&self, id: TokenId) {
        TokenSource::reject(self, id);
    }
}

mod sealed {
    use wechat_auth::keeper::Fetch;

    pub trait Sealed {}
    impl Sealed for super::Nothing {}
    impl<F: Fetch, T, C, U> Sealed for super::TokenSource<F, T, C, U> {}
}

impl<F: Fetch, T, C, U> Clone for TokenSource<F, T, C, U> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<F: Fetch, T, C, U> fmt::Debug for TokenSource<F, T, C, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenSource").field(&*self.shared.lock()).finish()
    }
}
