use core::fmt;
use core::mem;
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use super::dice::Dice;
use super::table::{Fetching, Life, Verdict, verdict};
use super::{Action, Ask, AttemptId, Fetch, FetchError, Force, Issue, Kept, Policy, TokenId};
use crate::{Grant, Origin, Tick};

/// A fresh token can be refused for a while; after so long it is tried again.
///
/// # Source
/// A report from the field: refused at once, the same token was accepted about 30 s later (observed).
pub(super) const SETTLING: Duration = Duration::from_secs(30);
/// A token refused before it is so old counts against the next fetch.
const SETTLED: Duration = Duration::from_secs(120);
/// The longest wait between fetches that refused tokens cause: 720 a day at most, of 2000.
const STRIKE_MAX: Duration = Duration::from_secs(120);
/// WeChat allows 20 forced refreshes in a day; the machine leaves half of them to people.
const FORCED_A_DAY: usize = 10;
/// Forced refreshes closer than this do nothing.
const FORCED_SPACING: Duration = Duration::from_secs(30);
pub(super) const DAY: Duration = Duration::from_secs(86_400);
/// What a driver has, past `until`, to report before its attempt is taken for forgotten.
const GRACE: Duration = Duration::from_secs(1);

/// Keeps one token alive: see the [module](super).
///
/// - **Asking**: [`poll`](Self::poll) says what to do now; [`wake_at`](Self::wake_at) when to ask again
///   although nothing happened.
/// - **Telling**: [`handle`](Self::handle) takes the outcome of a fetch, [`reject`](Self::reject) a
///   call's report that WeChat refused a token.
/// - **Looking**: [`fresh`](Self::fresh), [`usable`](Self::usable), [`trouble`](Self::trouble).
///
/// Methods may be called in any order and any number of times: what is out of place is ignored. A clock
/// that steps back is taken to stand still.
pub struct Keeper<F: Fetch> {
    pub(super) fetch: F,
    pub(super) origin: Origin,
    pub(super) policy: Policy,
    pub(super) dice: Dice,
    pub(super) now: Tick,
    pub(super) held: Option<Held<F::Token>>,
    pub(super) phase: Phase,
    pub(super) want: Ask,
    pub(super) last_send: Option<Tick>,
    pub(super) forced: VecDeque<Tick>,
    /// Failures in a row since the last rotation.
    pub(super) failures: u32,
    /// Young tokens refused in a row.
    pub(super) strikes: u32,
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
    pub(super) standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// WeChat never refused it.
    Good,
    /// WeChat refused it first at `first`; at `trial_at` it is served once more without asking.
    Refused { first: Tick, trial_at: Option<Tick> },
    /// Refused once, and served again: WeChat may have settled.
    OnTrial { first: Tick },
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
            want: Ask::Normal,
            last_send: None,
            forced: VecDeque::new(),
            failures: 0,
            strikes: 0,
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

    /// What to do now.
    pub fn poll(&mut self, now: Tick) -> Action<F::Token> {
        self.settle(now);
        match verdict(self.life(), self.fetching()) {
            Verdict::Ready => self.usable().cloned().map_or_else(|| self.fail(), Action::Ready),
            Verdict::Send => self.send(),
            Verdict::Wait => Action::Wait {
                until: self.wake_at(),
            },
            Verdict::Fail => self.fail(),
        }
    }

    /// A call with the token `id` was answered with "token rejected" (40001, 40014, 42001): drop that
    /// token, and only that one. A report that arrives after the token was replaced is about the past,
    /// and is ignored; so is the second of a thousand reports of the same token.
    pub fn reject(&mut self, now: Tick, id: TokenId) {
        self.settle(now);
        let Some(held) = self.held.as_mut().filter(|held| held.kept.id == id) else {
            return;
        };
        let age = self.now.since(held.since);
        let ask_at = match (held.standing, self.policy.issue) {
            (Standing::Refused { .. }, _) => return,
            // It may not have settled yet. Asking would mint, so only time can tell.
            (Standing::Good, Issue::Mints { .. }) if age < SETTLING => {
                let first = self.now;
                let trial_at = Some(first.after(SETTLING));
                held.standing = Standing::Refused { first, trial_at };
                return;
            }
            // It may not have settled yet, and asking at once would bring the same one.
            (Standing::Good, Issue::Repeats { .. }) if age < SETTLING => {
                let first = self.now;
                held.standing = Standing::Refused {
                    first,
                    trial_at: None,
                };
                first.after(SETTLING)
            }
            (Standing::Good, _) => {
                let first = self.now;
                held.standing = Standing::Refused {
                    first,
                    trial_at: None,
                };
                self.now
            }
            // Refused again, and more than `SETTLING` later: asking in the normal way brings it again.
            (Standing::OnTrial { first }, issue) => {
                held.standing = Standing::Refused {
                    first,
                    trial_at: None,
                };
                if issue
                    == (Issue::Repeats {
                        force: Force::Limited,
                    })
                {
                    self.want = Ask::Force;
                }
                self.now
            }
        };
        self.strikes = if age < SETTLED {
            self.strikes.saturating_add(1)
        } else {
            0
        };
        let ask_at = ask_at.max(self.spaced_by(strike_delay(self.strikes)));
        if let Phase::Idle { not_before } = &mut self.phase {
            *not_before = ask_at;
        }
    }

    /// When [`poll`](Self::poll) would say something new although nothing else happened.
    /// [`Tick::MAX`] means never.
    pub fn wake_at(&self) -> Tick {
        let stale = self.usable().map_or(Tick::ZERO, |kept| kept.fresh_until);
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
        self.usable().filter(|kept| self.now < kept.fresh_until)
    }

    /// The token, when WeChat is expected to accept it.
    pub fn usable(&self) -> Option<&Arc<Kept<F::Token>>> {
        let held = self.held.as_ref()?;
        let accepted = !matches!(held.standing, Standing::Refused { .. });
        (accepted && self.now < held.kept.usable_until).then_some(&held.kept)
    }

    /// Why the last fetch failed, while it has not succeeded since. A usable token is served all the
    /// same, so this is where an alarm looks.
    pub fn trouble(&self) -> Option<&FetchError> {
        self.trouble.as_ref()
    }

    /// Lets time pass: what lapsed lapses, and what was to wait until now is due.
    pub(super) fn settle(&mut self, now: Tick) {
        self.now = self.now.max(now);
        if let Some(held) = &mut self.held
            && let Standing::Refused {
                first,
                trial_at: Some(at),
            } = held.standing
            && at <= self.now
        {
            self.try_again(first);
        }
        match self.phase {
            Phase::InFlight { sent, until, .. } if until.after(GRACE) <= self.now => {
                self.may_have_minted(sent);
                self.back_off(FetchError::NoAnswer, Duration::ZERO);
            }
            Phase::BackingOff { retry_at } | Phase::Stopped { retry_at } if retry_at <= self.now => {
                self.phase = Phase::Idle { not_before: retry_at };
            }
            _ => {}
        }
    }

    fn life(&self) -> Life {
        match (&self.held, self.usable()) {
            (None, _) => Life::Nothing,
            (Some(_), None) => Life::Dead,
            (Some(_), Some(kept)) if self.now < kept.fresh_until => Life::Fresh,
            (Some(_), Some(_)) => Life::Stale,
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
            Standing::Refused { trial_at, .. } => trial_at,
            Standing::Good | Standing::OnTrial { .. } => None,
        }
    }

    /// The earliest next send: nothing defeats the spacing.
    fn next_send(&self) -> Tick {
        let spaced = self.spaced_by(self.policy.min_spacing);
        match self.phase {
            Phase::Idle { not_before } => spaced.max(not_before),
            _ => spaced,
        }
    }

    pub(super) fn spaced_by(&self, spacing: Duration) -> Tick {
        self.last_send.map_or(Tick::ZERO, |last| last.after(spacing))
    }

    fn send(&mut self) -> Action<F::Token> {
        let mut ask = mem::replace(&mut self.want, Ask::Normal);
        if ask == Ask::Force && !self.may_force() {
            ask = Ask::Normal;
        }
        if ask == Ask::Force {
            self.forced.push_back(self.now);
        }
        let attempt = AttemptId(self.next_attempt);
        self.next_attempt += 1;
        let until = self.now.after(self.policy.attempt_timeout);
        self.last_send = Some(self.now);
        self.phase = Phase::InFlight {
            attempt,
            sent: self.now,
            until,
        };
        Action::Send {
            attempt,
            request: self.fetch.request(ask, &self.origin),
            until,
            meanwhile: self.usable().cloned(),
        }
    }

    fn may_force(&mut self) -> bool {
        while self.forced.front().is_some_and(|&at| self.now.since(at) >= DAY) {
            self.forced.pop_front();
        }
        let spaced = |&last: &Tick| self.now.since(last) >= FORCED_SPACING;
        self.forced.len() < FORCED_A_DAY && self.forced.back().is_none_or(spaced)
    }

    fn fail(&self) -> Action<F::Token> {
        let retry_at = self.wake_at();
        if retry_at <= self.now.after(self.policy.patience) && !matches!(self.phase, Phase::Stopped { .. }) {
            return Action::Wait { until: retry_at };
        }
        let error = self.trouble.clone().unwrap_or(FetchError::TokenRefused);
        Action::Failed { error, retry_at }
    }
}

/// Tokens that WeChat refuses when they are young space out the fetches they cause: 0, 30, 60, 120 s.
fn strike_delay(strikes: u32) -> Duration {
    match strikes {
        0 | 1 => Duration::ZERO,
        n => SETTLING.saturating_mul(1 << (n - 2).min(8)).min(STRIKE_MAX),
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
