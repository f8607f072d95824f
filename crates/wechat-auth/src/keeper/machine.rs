use core::fmt;
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::dice::Dice;
use super::ledger::Ledger;
use super::sending::Want;
use super::table::{self, Fetching, Happening, Life, Stage, Verdict, verdict};
use super::{Action, AttemptId, Event, Fetch, FetchError, Kept, Policy};
use crate::{Grant, Origin, Tick};

/// A fresh token can be refused for a while; after so long it is tried again.
///
/// # Source
/// A report from the field: refused at once, the same token was accepted about 30 s later (observed).
pub(super) const SETTLING: Duration = Duration::from_secs(30);
pub(super) const DAY: Duration = Duration::from_secs(86_400);
/// A token refused before it is so old counts against the next fetch, and so does one refused on trial;
/// one that lives so long on trial is good.
pub(super) const SETTLED: Duration = Duration::from_secs(120);
/// Events that nobody drained are dropped beyond this, oldest first.
const EVENTS: usize = 32;
/// What a driver has, past `until`, to report before its attempt is taken for forgotten.
const GRACE: Duration = Duration::from_secs(1);

/// Keeps one token alive: see the [module](super).
///
/// - **Asking**: [`poll`](Self::poll) says what to do now; [`wake_at`](Self::wake_at) when to ask again
///   although nothing happened.
/// - **Telling**: [`handle`](Self::handle) takes the outcome of a fetch, [`reject`](Self::reject) a
///   call's report that WeChat refused a token.
/// - **Wanting**: [`force_refresh`](Self::force_refresh), for a token that leaked.
/// - **Looking**: [`fresh`](Self::fresh), [`usable`](Self::usable), [`trouble`](Self::trouble), and
///   [`poll_event`](Self::poll_event) for what happened.
/// - **Surviving**: [`snapshot`](Self::snapshot) and [`restore`](Self::restore).
///
/// Methods may be called in any order and any number of times: what is out of place is ignored. A clock
/// that steps back is taken to stand still.
#[derive(Clone)]
pub struct Keeper<F: Fetch> {
    pub(super) fetch: F,
    pub(super) origin: Origin,
    pub(super) policy: Policy,
    pub(super) dice: Dice,
    pub(super) now: Tick,
    pub(super) held: Option<Held<F::Token>>,
    pub(super) phase: Phase,
    pub(super) want: Want,
    pub(super) last_send: Option<Tick>,
    pub(super) forced: VecDeque<Tick>,
    /// Failures in a row since the last rotation.
    pub(super) failures: u32,
    /// Fetches in a row that their callers gave up.
    pub(super) abandoned: u32,
    /// Young tokens refused in a row.
    pub(super) strikes: u32,
    pub(super) ledger: Ledger,
    /// When tokens were refused long before their time, within the last day.
    pub(super) early_refusals: VecDeque<Tick>,
    /// What the wall clock said at a point of our scale: Unix seconds.
    pub(super) wall: Option<(Tick, u64)>,
    pub(super) broke: bool,
    pub(super) events: VecDeque<Event>,
    pub(super) trouble: Option<FetchError>,
    pub(super) next_attempt: u64,
    pub(super) next_token: u64,
}

/// The token, and what is known against it.
#[derive(Clone)]
pub(super) struct Held<T> {
    pub(super) kept: Arc<Kept<T>>,
    /// When the request that first brought it was sent.
    pub(super) since: Tick,
    /// Its end by age. What may have been minted in the dark brings only `usable_until` nearer.
    pub(super) ends: Tick,
    /// While it is good, no fetch starts before.
    pub(super) spared_until: Tick,
    pub(super) standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Standing<At = Tick> {
    /// WeChat never refused it.
    Good,
    /// WeChat refused it.
    Refused { at: At, then: Then<At> },
    /// It is served again, since WeChat may have settled. After a while without another refusal it is
    /// good.
    OnTrial { since: At },
}

/// What comes after a refusal, besides another token, which ends the matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Then<At = Tick> {
    /// Asking. If that brings the same token, a rest, asking again, and a trial.
    Ask,
    /// Asking. If that brings the same token, another one is demanded.
    Demand,
    /// Serving it again from then on, without asking.
    TryAt(At),
}

impl<At> Standing<At> {
    /// The same on another scale of time.
    pub(super) fn map<To>(self, to: impl Fn(At) -> To) -> Standing<To> {
        match self {
            Self::Good => Standing::Good,
            Self::OnTrial { since } => Standing::OnTrial { since: to(since) },
            Self::Refused { at, then } => Standing::Refused {
                at: to(at),
                then: match then {
                    Then::Ask => Then::Ask,
                    Then::Demand => Then::Demand,
                    Then::TryAt(at) => Then::TryAt(to(at)),
                },
            },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Idle {
        not_before: Tick,
    },
    InFlight {
        attempt: AttemptId,
        sent: Tick,
        until: Tick,
    },
    BackingOff {
        retry_at: Tick,
    },
    Stopped {
        retry_at: Tick,
    },
}

impl Phase {
    pub(super) const fn stage(self) -> Stage {
        match self {
            Self::Idle { .. } => Stage::Idle,
            Self::InFlight { .. } => Stage::InFlight,
            Self::BackingOff { .. } => Stage::BackingOff,
            Self::Stopped { .. } => Stage::Stopped,
        }
    }
}

impl<F: Fetch> Keeper<F> {
    /// A keeper that holds nothing yet. `seed` spreads its waits: give each instance another one, from a
    /// source of randomness.
    pub fn new(fetch: F, origin: Origin, seed: u64) -> Self {
        let policy = fetch.policy();
        Self {
            fetch,
            origin,
            policy,
            dice: Dice::new(seed),
            now: Tick::ZERO,
            held: None,
            phase: Phase::Idle {
                not_before: Tick::ZERO,
            },
            want: Want::Any,
            last_send: None,
            forced: VecDeque::new(),
            failures: 0,
            abandoned: 0,
            strikes: 0,
            ledger: Ledger::default(),
            early_refusals: VecDeque::new(),
            wall: None,
            broke: false,
            events: VecDeque::new(),
            trouble: None,
            next_attempt: 0,
            next_token: 0,
        }
    }

    /// The same, by other rules.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// The same, holding a token whose request was sent at `sent`: how a user token enters after login.
    #[must_use]
    pub fn holding(mut self, grant: Grant<F::Token>, sent: Tick) -> Self {
        self.take(sent, grant.token, sent.after(grant.expires_in));
        self
    }

    /// Tells what the wall clock says at `now`, in Unix seconds. Only waiting for WeChat's next day needs
    /// it; without it a used-up quota is looked at again every hour.
    pub fn set_wall_clock(&mut self, now: Tick, unix: u64) {
        self.wall = Some((now, unix));
    }

    /// What to do now.
    pub fn poll(&mut self, now: Tick) -> Action<F::Token> {
        self.settle(now);
        self.watch_budget();
        match verdict(self.life(), self.fetching()) {
            Verdict::Ready => self
                .usable()
                .or_else(|| self.doubtful())
                .cloned()
                .map_or_else(|| self.fail(), Action::Ready),
            Verdict::Send => self.send(),
            Verdict::Wait => Action::Wait {
                until: self.wake_at(),
            },
            Verdict::WaitOrFail => match self.wake_at() {
                until if until <= self.now.after(self.policy.patience) => Action::Wait { until },
                _ => self.fail(),
            },
            Verdict::Fail => self.fail(),
        }
    }

    /// When [`poll`](Self::poll) would say something new although nothing else happened.
    /// [`Tick::MAX`] means never.
    pub fn wake_at(&self) -> Tick {
        let stale = self.fresh().map_or(Tick::ZERO, |kept| kept.fresh_until);
        match (self.phase, self.trial_at()) {
            (Phase::Idle { .. }, Some(trial_at)) => trial_at,
            (Phase::Idle { .. }, None) => self.next_send().max(stale),
            (Phase::InFlight { until, .. }, trial_at) => {
                until.after(GRACE).min(trial_at.unwrap_or(Tick::MAX))
            }
            (Phase::BackingOff { retry_at } | Phase::Stopped { retry_at }, trial_at) => {
                retry_at.max(stale).min(trial_at.unwrap_or(Tick::MAX))
            }
        }
    }

    /// The token, when nobody needs to ask again yet: what a driver publishes for lock-free reading.
    pub fn fresh(&self) -> Option<&Arc<Kept<F::Token>>> {
        let fresh = |kept: &&Arc<Kept<_>>| self.now < kept.fresh_until && self.want == Want::Any;
        self.usable().filter(fresh)
    }

    /// The token, when WeChat is expected to accept it.
    pub fn usable(&self) -> Option<&Arc<Kept<F::Token>>> {
        let held = self.unrefused()?;
        (self.now < held.kept.usable_until).then_some(&held.kept)
    }

    /// The token that may have been replaced in the dark: the last resort, since it may as well not have
    /// been.
    fn doubtful(&self) -> Option<&Arc<Kept<F::Token>>> {
        let held = self.unrefused()?;
        (held.kept.usable_until <= self.now && self.now < held.ends).then_some(&held.kept)
    }

    pub(super) fn unrefused(&self) -> Option<&Held<F::Token>> {
        let refused = |held: &&Held<_>| matches!(held.standing, Standing::Refused { .. });
        self.held.as_ref().filter(|held| !refused(held))
    }

    /// Why the last fetch failed, while it has not succeeded since. A usable token is served all the
    /// same, so this is where an alarm looks.
    pub fn trouble(&self) -> Option<&FetchError> {
        self.trouble.as_ref()
    }

    /// What happened since the last call, oldest first; `None` when that was all.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(super) fn happened(&mut self, event: Event) {
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Lets time pass: what lapsed lapses, and what was to wait until now is due.
    pub(super) fn settle(&mut self, now: Tick) {
        self.now = self.now.max(now);
        match self.held.as_mut().map(|held| &mut held.standing) {
            Some(Standing::Refused {
                then: Then::TryAt(at),
                ..
            }) if *at <= self.now => {
                let since = *at;
                self.try_again(since);
            }
            Some(standing @ Standing::OnTrial { .. }) => {
                if let Standing::OnTrial { since } = *standing
                    && self.now.since(since) >= SETTLED
                {
                    *standing = Standing::Good;
                }
            }
            _ => {}
        }
        if let Phase::InFlight { sent, until, .. } = self.phase
            && until.after(GRACE) <= self.now
        {
            self.lapsed(sent, until.after(GRACE));
        }
        if let Phase::BackingOff { retry_at } | Phase::Stopped { retry_at } = self.phase
            && retry_at <= self.now
        {
            self.enter(Happening::Due, retry_at);
        }
    }

    /// Moves on as the table says. `when` is the earliest next send.
    pub(super) fn enter(&mut self, happening: Happening, when: Tick) {
        let to = table::next(self.phase.stage(), happening);
        debug_assert!(to.is_some(), "{happening:?} cannot happen in {:?}", self.phase);
        self.phase = match to {
            Some(Stage::Idle) => Phase::Idle { not_before: when },
            Some(Stage::BackingOff) => Phase::BackingOff { retry_at: when },
            Some(Stage::Stopped) => Phase::Stopped { retry_at: when },
            Some(Stage::InFlight) | None => self.phase,
        };
    }

    fn life(&self) -> Life {
        match &self.held {
            None => Life::Nothing,
            Some(_) if self.fresh().is_some() => Life::Fresh,
            Some(_) if self.usable().is_some() => Life::Stale,
            Some(_) if self.doubtful().is_some() => Life::Doubtful,
            Some(_) => Life::Dead,
        }
    }

    fn fetching(&self) -> Fetching {
        match self.phase {
            Phase::InFlight { .. } => Fetching::InFlight,
            Phase::BackingOff { .. } => Fetching::BackingOff,
            Phase::Stopped { .. } => Fetching::Stopped,
            Phase::Idle { .. } if self.trial_at().is_some() || self.now < self.next_send() => {
                Fetching::Resting
            }
            Phase::Idle { .. } => Fetching::Idle,
        }
    }

    /// When the refused token is served once more, if it is to be.
    fn trial_at(&self) -> Option<Tick> {
        match self.held.as_ref()?.standing {
            Standing::Refused {
                then: Then::TryAt(at),
                ..
            } => Some(at),
            _ => None,
        }
    }

    fn fail(&self) -> Action<F::Token> {
        let error = match &self.trouble {
            _ if self.broke => FetchError::BudgetSpent,
            Some(error) => error.clone(),
            None => FetchError::TokenRefused,
        };
        let retry_at = self.wake_at();
        Action::Failed { error, retry_at }
    }
}

impl<F: Fetch> fmt::Debug for Keeper<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper")
            .field("phase", &self.phase)
            .field(
                "held",
                &self.held.as_ref().map(|held| (held.kept.id, held.standing)),
            )
            .field("trouble", &self.trouble)
            .finish_non_exhaustive()
    }
}
