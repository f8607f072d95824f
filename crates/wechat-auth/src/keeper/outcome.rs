use core::time::Duration;
use std::sync::Arc;

use super::Keeper;
use super::machine::{Held, Phase, SETTLING, Standing, Then};
use super::sending::{Demander, MACHINE_A_DAY, Want};
use super::table::Happening;
use super::{AttemptId, Event, Fetch, FetchError, Issue, Kept, Outcome, Refresh, TokenId};
use crate::{Advice, ApiError, Grant, Tick};

/// A used-up quota is looked at again so much later, when the wall clock is not known.
const QUOTA_RETRY: Duration = Duration::from_secs(3600);
/// Near its end a token is not asked for more often than this, failures or not.
const NEAR_THE_END: Duration = Duration::from_secs(5);
/// Long waits are spread by no more than this: at the start of a day nobody wants to wait for hours.
const SPREAD_MAX: Duration = Duration::from_secs(300);
/// After a fetch that nobody here may know of, the next waits so long, and no longer than a quarter of what
/// is left of the held token: a second one would end that token at once.
const AFTER_THE_DARK: Duration = Duration::from_secs(60);
/// After "too many calls this minute".
const SLOW_DOWN: Duration = Duration::from_secs(60);

impl<F: Fetch> Keeper<F> {
    /// Takes the outcome of the fetch `attempt`. Late news of an attempt that was given up is ignored:
    /// an older answer must not replace a newer token.
    pub fn handle(&mut self, now: Tick, attempt: AttemptId, outcome: Outcome<'_>) {
        self.settle(now);
        let sent = match self.phase {
            Phase::InFlight {
                attempt: current,
                sent,
                ..
            } if current == attempt => sent,
            _ => return,
        };
        if !matches!(outcome, Outcome::Abandoned) {
            self.abandoned = 0;
        }
        match outcome {
            Outcome::Response(response) => match self.fetch.parse(response) {
                Ok(grant) => self.granted(sent, grant),
                Err(error) => self.refused(sent, error),
            },
            Outcome::NoCredential(error) => self.failed(error),
            Outcome::NotSent => self.back_off(FetchError::NotSent, Duration::ZERO),
            Outcome::NoAnswer => {
                self.may_have_minted(sent, self.now);
                self.back_off(FetchError::NoAnswer, Duration::ZERO);
            }
            Outcome::Abandoned => self.abandoned(sent),
        }
    }

    /// Nothing is known against WeChat, so the next caller takes over at once. Again in a row it is no
    /// accident: WeChat is slower than its callers are patient.
    fn abandoned(&mut self, sent: Tick) {
        self.may_have_minted(sent, self.now);
        self.abandoned += 1;
        if self.abandoned == 1 {
            return self.enter(Happening::Abandoned, sent);
        }
        let retry_at = self.now.after(self.next_back_off());
        self.enter(Happening::Abandoned, retry_at);
        self.note(FetchError::NoAnswer, retry_at);
    }

    fn granted(&mut self, sent: Tick, grant: Grant<F::Token>) {
        let ends = sent.after(grant.expires_in);
        if ends <= self.now {
            self.may_have_minted(sent, self.now);
            let late = ApiError::malformed("dead on arrival", "expires_in");
            return self.back_off(late.into(), Duration::ZERO);
        }
        let same = self
            .held
            .as_ref()
            .is_some_and(|held| self.fetch.is_same(&held.kept.token, &grant.token));
        if self
            .held
            .as_ref()
            .is_some_and(|held| held.standing == Standing::Good)
        {
            self.strikes = 0;
        }
        self.trouble = None;
        if same {
            self.same_again(sent, grant.token, ends);
        } else {
            self.failures = 0;
            self.enter(Happening::NewToken, self.now);
            self.take(sent, grant.token, ends);
        }
    }

    /// Holds a token that was not held before.
    pub(super) fn take(&mut self, sent: Tick, token: F::Token, ends: Tick) {
        self.fetch.learn(&token);
        let kept = Kept {
            id: self.new_id(),
            token,
            fresh_until: self.fresh_until(sent, ends),
            usable_until: ends,
        };
        self.happened(Event::Refreshed {
            id: kept.id,
            usable_until: ends,
        });
        self.held = Some(Held {
            kept: Arc::new(kept),
            since: sent,
            ends,
            spared_until: sent,
            standing: Standing::Good,
        });
    }

    /// WeChat answered with the token that is held already. That is no error: it finds it too early for
    /// another, or has started its life anew.
    fn same_again(&mut self, sent: Tick, token: F::Token, ends: Tick) {
        // Judged by its whole life and not by the rest of it, or it would pass for fresh again.
        let since = self.held.as_ref().map_or(sent, |held| held.since);
        let fresh_until = self.fresh_until(since, ends);
        let Some(held) = &mut self.held else { return };
        self.fetch.learn(&token);
        let longer = ends >= held.kept.usable_until.after(Duration::from_secs(60));
        let id = held.kept.id;
        held.kept = Arc::new(Kept {
            id,
            token,
            fresh_until,
            usable_until: ends,
        });
        held.ends = ends;
        held.spared_until = sent;
        let standing = held.standing;
        if longer {
            self.happened(Event::Prolonged {
                id,
                usable_until: ends,
            });
        }
        let ask_at = match standing {
            Standing::Refused {
                at,
                then: Then::Demand,
            } if self.may_demand(MACHINE_A_DAY).is_ok() => {
                self.demand(at);
                self.now
            }
            Standing::Refused { at, .. } if self.now.since(at) >= SETTLING => {
                self.try_again(self.now);
                self.now
            }
            Standing::Refused { at, .. } => at.after(SETTLING),
            Standing::Good | Standing::OnTrial { .. } if longer => {
                self.failures = 0;
                self.now
            }
            Standing::Good | Standing::OnTrial { .. } => self.now.after(self.next_back_off()),
        };
        self.enter(Happening::SameToken, ask_at);
    }

    /// The next ask demands another token than the one that WeChat refuses and goes on handing out.
    fn demand(&mut self, refused_at: Tick) {
        self.want = Want::Another(Demander::Machine);
        if let Some(held) = &mut self.held {
            held.standing = Standing::Refused {
                at: refused_at,
                then: Then::Ask,
            };
        }
    }

    /// Serves a refused token once more, under a new number: reports of its first time are history.
    pub(super) fn try_again(&mut self, since: Tick) {
        let id = self.new_id();
        if let Some(held) = &mut self.held {
            held.standing = Standing::OnTrial { since };
            held.kept = Arc::new(Kept {
                id,
                ..Kept::clone(&held.kept)
            });
        }
    }

    fn refused(&mut self, sent: Tick, error: ApiError) {
        match &error {
            // The gateway may have failed after the token was minted.
            ApiError::Status { status } if *status >= 500 => self.may_have_minted(sent, self.now),
            ApiError::Malformed { .. } => self.may_have_minted(sent, self.now),
            // The user changed the password: both tokens are dead.
            ApiError::WeChat(refusal) if refusal.code() == 42007 => self.held = None,
            _ => {}
        }
        self.failed(error.into());
    }

    /// Goes on as the error advises.
    fn failed(&mut self, error: FetchError) {
        match error.advice() {
            Advice::RestartLogin => self.stop(error, Duration::MAX),
            Advice::WaitForQuota => {
                let wait = self.until_next_day();
                self.stop(error, wait);
            }
            advice if advice.needs_a_person() => self.stop(error, self.policy.stopped_retry),
            Advice::SlowDown => self.back_off(error, SLOW_DOWN),
            _ => self.back_off(error, Duration::ZERO),
        }
    }

    /// A fetch that ended in the dark at `at` may have minted a token that nobody holds. Then the death of
    /// ours has begun.
    pub(super) fn may_have_minted(&mut self, sent: Tick, at: Tick) {
        let (Issue::Mints { overlap }, Some(held)) = (self.policy.issue, &mut self.held) else {
            return;
        };
        let usable_until = held.kept.usable_until.min(sent.after(overlap));
        let fresh_until = held.kept.fresh_until.min(sent);
        held.kept = Arc::new(Kept {
            usable_until,
            fresh_until,
            ..Kept::clone(&held.kept)
        });
        held.spared_until = after_the_dark(at, usable_until);
        self.happened(Event::Suspect { usable_until });
    }

    /// A fetch of the time before the restart may be nearer than the wall clock says.
    pub(super) fn spare_the_restored(&mut self) {
        if let (Issue::Mints { .. }, Some(held)) = (self.policy.issue, &mut self.held) {
            let spared = after_the_dark(self.now, held.kept.usable_until);
            held.spared_until = held.spared_until.max(spared);
        }
    }

    /// Nobody reported until `at`. The wait counts from there, however late this is noticed.
    pub(super) fn lapsed(&mut self, sent: Tick, at: Tick) {
        self.may_have_minted(sent, at);
        let retry_at = at.after(self.next_back_off());
        self.enter(Happening::Lapsed, retry_at);
        self.note(FetchError::NoAnswer, retry_at);
    }

    fn back_off(&mut self, error: FetchError, at_least: Duration) {
        let wait = self.next_back_off().max(at_least);
        let retry_at = self.now.after(wait);
        self.enter(Happening::Failed, retry_at);
        self.note(error, retry_at);
    }

    fn stop(&mut self, error: FetchError, wait: Duration) {
        let spread = self.dice.up_to((wait / 10).min(SPREAD_MAX));
        let retry_at = self.now.after(wait.saturating_add(spread));
        self.enter(Happening::NeedsPerson, retry_at);
        self.note(error, retry_at);
    }

    fn note(&mut self, error: FetchError, retry_at: Tick) {
        self.trouble = Some(error.clone());
        self.happened(Event::Failed { error, retry_at });
    }

    /// Until WeChat's counters start anew, at midnight in Beijing.
    fn until_next_day(&self) -> Duration {
        let Some((anchor, unix)) = self.wall else {
            return QUOTA_RETRY;
        };
        let beijing = unix.saturating_add(self.now.since(anchor).as_secs() + 8 * 3600);
        Duration::from_secs(86_400 - beijing % 86_400)
    }

    /// Doubles with each failure, up to half of it cut off at random. While a token is served that nears
    /// its end the wait is cut to an eighth of what is left, so that an outage which ends in time is
    /// noticed in time.
    fn next_back_off(&mut self) -> Duration {
        let policy = &self.policy;
        let doubled = policy.backoff_first.saturating_mul(1 << self.failures.min(16));
        let most = match self.usable() {
            Some(kept) => (kept.usable_until.since(self.now) / 8).max(NEAR_THE_END),
            None => Duration::MAX,
        };
        let full = doubled.min(policy.backoff_max).min(most);
        self.failures = self.failures.saturating_add(1);
        full / 2 + self.dice.up_to(full / 2)
    }

    pub(super) fn fresh_until(&mut self, sent: Tick, ends: Tick) -> Tick {
        let life = ends.since(sent);
        let ahead = match self.policy.refresh {
            Refresh::Before { window, jitter } => self.dice.near(window, jitter).min(life / 2),
            Refresh::HalfLife => self.dice.near(life / 2, life / 20),
        };
        ends.before(ahead)
    }

    pub(super) fn new_id(&mut self) -> TokenId {
        // A snapshot may say anything.
        self.next_token = self.next_token.wrapping_add(1);
        TokenId(self.next_token)
    }
}

fn after_the_dark(at: Tick, usable_until: Tick) -> Tick {
    at.after((usable_until.since(at) / 4).min(AFTER_THE_DARK))
}
