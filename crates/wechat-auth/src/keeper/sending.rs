use core::mem;
use core::time::Duration;

use super::ledger::Purpose;
use super::machine::{DAY, Phase};
use super::table::{self, Happening, Stage};
use super::{Action, Ask, AttemptId, Event, Fetch, Force, Issue, Keeper};
use crate::Tick;

/// WeChat allows so many forced refreshes in a day …
const FORCED_A_DAY: usize = 20;
/// … of which the machine leaves half to people.
pub(super) const MACHINE_A_DAY: usize = FORCED_A_DAY / 2;
/// Forced refreshes closer than this do nothing.
const FORCED_SPACING: Duration = Duration::from_secs(30);

/// What the next fetch is to bring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Want {
    /// Whichever token WeChat gives.
    #[default]
    Any,
    /// Another than the current one.
    Another(Demander),
}

/// Who demands another token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demander {
    /// The keeper, whose token was refused again and again.
    Machine,
    /// Somebody who knows that it leaked.
    Person,
}

/// Why no other token can be demanded now.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForceRefused {
    /// There is no such call for this kind of token.
    #[error("this kind of token cannot be replaced on demand")]
    Impossible,
    /// The last one was less than 30 s ago: WeChat would do nothing.
    #[error("a forced refresh needs 30 s between it and the last: wait")]
    TooSoon,
    /// The day's 20 are used up.
    #[error("the day's 20 forced refreshes are used up: reset the appsecret if the token leaked")]
    DayUsedUp,
}

impl<F: Fetch> Keeper<F> {
    /// Asks for another token although the held one is good: for a token that leaked. The next
    /// [`poll`](Self::poll) sends; until the answer the held one is served. In the stable mode WeChat
    /// then ends the old token within five minutes, and at once after a second demand 30 s later.
    ///
    /// # Errors
    /// [`ForceRefused`]; nothing changes.
    pub fn force_refresh(&mut self, now: Tick) -> Result<(), ForceRefused> {
        self.settle(now);
        self.may_demand(FORCED_A_DAY)?;
        if let Phase::Idle { not_before } = &mut self.phase {
            *not_before = self.now;
        }
        if let Some(held) = &mut self.held {
            held.spared_until = self.now;
        }
        self.want = Want::Another(Demander::Person);
        Ok(())
    }

    /// The earliest next send: nothing defeats the spacing and the budget.
    pub(super) fn next_send(&self) -> Tick {
        let spaced = self.spaced_by(self.policy.min_spacing).max(self.room_at());
        let spared = match &self.held {
            Some(held) if self.usable().is_some() => held.spared_until,
            _ => Tick::ZERO,
        };
        match self.phase {
            Phase::Idle { not_before } => spaced.max(spared).max(not_before),
            _ => spaced.max(spared),
        }
    }

    pub(super) fn spaced_by(&self, spacing: Duration) -> Tick {
        self.last_send.map_or(Tick::ZERO, |last| last.after(spacing))
    }

    /// Counts the send, and tells the caller to do it.
    pub(super) fn send(&mut self) -> Action<F::Token> {
        let ask = self.how_to_ask();
        let attempt = AttemptId(self.next_attempt);
        self.next_attempt += 1;
        let until = self.now.after(self.policy.attempt_timeout);
        self.last_send = Some(self.now);
        self.ledger.count(self.now);
        self.happened(Event::Sending {
            today: self.ledger.used(self.now),
            forced: ask == Ask::Force,
        });
        debug_assert_eq!(
            table::next(self.phase.stage(), Happening::Sent),
            Some(Stage::InFlight)
        );
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

    fn how_to_ask(&mut self) -> Ask {
        let per_day = match mem::take(&mut self.want) {
            Want::Any => return Ask::Normal,
            Want::Another(Demander::Machine) => MACHINE_A_DAY,
            Want::Another(Demander::Person) => FORCED_A_DAY,
        };
        if self.may_demand(per_day).is_err() {
            return Ask::Normal;
        }
        self.forced.push_back(self.now);
        Ask::Force
    }

    /// Whether another token may be demanded, when so many a day are.
    pub(super) fn may_demand(&mut self, per_day: usize) -> Result<(), ForceRefused> {
        match self.policy.issue {
            Issue::Mints { .. } => return Ok(()),
            Issue::Repeats {
                force: Force::Impossible,
            } => return Err(ForceRefused::Impossible),
            Issue::Repeats {
                force: Force::Limited,
            } => {}
        }
        self.forced.retain(|&at| self.now.since(at) < DAY);
        if self.forced.len() >= per_day {
            return Err(ForceRefused::DayUsedUp);
        }
        match self.forced.back() {
            Some(&last) if self.now.since(last) < FORCED_SPACING => Err(ForceRefused::TooSoon),
            _ => Ok(()),
        }
    }

    /// When the budget has room for the next send.
    fn room_at(&self) -> Tick {
        let purpose = match (&self.held, self.unrefused()) {
            (Some(_), None) => Purpose::Report,
            _ => Purpose::Schedule,
        };
        self.ledger.room_at(self.now, self.policy.budget, purpose)
    }

    /// Tells once when the budget is used up.
    pub(super) fn watch_budget(&mut self) {
        let until = self.room_at();
        let broke = until > self.now;
        if broke && !self.broke {
            self.happened(Event::BudgetSpent { until });
        }
        self.broke = broke;
    }
}
