use std::sync::{Arc, PoisonError};
use std::time::Duration;

use wechat_auth::keeper::{Action, AttemptId, Fetch, Keeper, Kept, Outcome};
use wechat_auth::{Request, Tick};

use crate::sync::{ArcSwapOption, Event, EventListener, Mutex, MutexGuard};
use crate::{Clock, TokenError};

/// What all callers of one source share: the keeper behind its lock, and what of it is seen from outside.
pub(crate) struct Shared<F: Fetch, C> {
    clock: Arc<C>,
    keeper: Mutex<Keeper<F>>,
    /// The token while it is fresh: read without the lock.
    fresh: ArcSwapOption<Kept<F::Token>>,
    changed: Arc<Event>,
}

/// What a caller who wants a token does next.
pub(crate) enum Step<'a, F: Fetch, C: Clock> {
    Done(Result<Arc<Kept<F::Token>>, TokenError>),
    /// Wait until something changed, or for so long.
    Wait(Duration),
    Fetch(Leader<'a, F, C>),
}

impl<F: Fetch, C: Clock> Shared<F, C> {
    pub(crate) fn new(clock: Arc<C>, keeper: Keeper<F>) -> Self {
        Self {
            clock,
            fresh: ArcSwapOption::new(keeper.fresh().cloned()),
            keeper: Mutex::new(keeper),
            changed: Arc::new(Event::new()),
        }
    }

    pub(crate) fn fresh(&self) -> Option<Arc<Kept<F::Token>>> {
        let fresh = self.fresh.load();
        let kept = fresh.as_ref()?;
        (self.clock.now() < kept.fresh_until()).then(|| Arc::clone(kept))
    }

    /// Hears every change from now on. Listen first and look afterwards: a change between the two would
    /// be missed otherwise.
    pub(crate) fn listen(&self) -> EventListener {
        self.changed.listen()
    }

    /// What wakes those who wait.
    pub(crate) fn changed(&self) -> &Arc<Event> {
        &self.changed
    }

    pub(crate) fn step(&self) -> Step<'_, F, C> {
        let (now, action) = self.poll();
        match action {
            Action::Ready(kept) => Step::Done(Ok(kept)),
            Action::Failed { error, retry_at } => {
                let retry_in = (retry_at != Tick::MAX).then(|| retry_at.since(now));
                Step::Done(Err(TokenError { error, retry_in }))
            }
            Action::Wait { until } => Step::Wait(until.since(now)),
            Action::Send {
                attempt,
                request,
                until,
                ..
            } => Step::Fetch(Leader {
                shared: self,
                attempt,
                request,
                until,
                reported: false,
            }),
        }
    }

    fn poll(&self) -> (Tick, Action<F::Token>) {
        let mut keeper = self.lock();
        let now = self.clock.now();
        let action = keeper.poll(now);
        // Time alone can have made a token fresh: one that was set aside and is served again.
        if self.fresh.load().is_none() && keeper.fresh().is_some() {
            self.fresh.store(keeper.fresh().cloned());
        }
        (now, action)
    }

    /// How long until the keeper has something new to say although nothing happened.
    pub(crate) fn until_wake(&self) -> Duration {
        let keeper = self.lock();
        keeper.wake_at().since(self.clock.now())
    }

    /// Changes the keeper, and lets readers and waiters see what came of it.
    pub(crate) fn change<O>(&self, change: impl FnOnce(&mut Keeper<F>, Tick) -> O) -> O {
        let mut keeper = self.lock();
        let done = change(&mut keeper, self.clock.now());
        self.fresh.store(keeper.fresh().cloned());
        drop(keeper);
        self.changed.notify(usize::MAX);
        done
    }
}

impl<F: Fetch, C> Shared<F, C> {
    /// The keeper is consistent between its calls, so a panic elsewhere takes nothing from it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Keeper<F>> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The caller who fetches. Dropped before it has reported, it hands over.
pub(crate) struct Leader<'a, F: Fetch, C: Clock> {
    shared: &'a Shared<F, C>,
    attempt: AttemptId,
    request: Request,
    until: Tick,
    reported: bool,
}

impl<F: Fetch, C: Clock> Leader<'_, F, C> {
    /// What to send, before it is authorised by what it needs.
    pub(crate) fn request(&self) -> Request {
        self.request.clone()
    }

    /// What is left of the time for it.
    pub(crate) fn time_left(&self) -> Duration {
        self.until.since(self.shared.clock.now())
    }

    pub(crate) fn report(mut self, outcome: Outcome<'_>) {
        self.reported = true;
        self.handle(outcome);
    }

    fn handle(&self, outcome: Outcome<'_>) {
        self.shared
            .change(|keeper, now| keeper.handle(now, self.attempt, outcome));
    }
}

impl<F: Fetch, C: Clock> Drop for Leader<'_, F, C> {
    fn drop(&mut self) {
        if !self.reported {
            self.handle(Outcome::Abandoned);
        }
    }
}
