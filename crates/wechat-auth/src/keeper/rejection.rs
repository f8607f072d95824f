use core::time::Duration;

use super::machine::{DAY, Phase, SETTLED, SETTLING, Standing, Then};
use super::{Event, Fetch, Force, Issue, Keeper, TokenId};
use crate::Tick;

/// The longest wait between fetches that refused tokens cause: 720 a day at most, of 2000.
const STRIKE_MAX: Duration = Duration::from_secs(120);
/// A token refused with more than this left did not die of age.
const EARLY: Duration = Duration::from_secs(300);
/// More early refusals than this are not remembered.
const EARLY_REMEMBERED: usize = 16;

impl<F: Fetch> Keeper<F> {
    /// A call with the token `id` was answered with "token rejected" (40001, 40014, 42001): drop that
    /// token, and only that one. A report that arrives after the token was replaced is about the past,
    /// and is ignored; so is the second of a thousand reports of the same token.
    pub fn reject(&mut self, now: Tick, id: TokenId) {
        self.settle(now);
        let Some(held) = self.held.as_mut().filter(|held| held.kept.id == id) else {
            return;
        };
        let (now, age, standing) = (self.now, self.now.since(held.since), held.standing);
        let young = age < SETTLING;
        let then = match (standing, self.policy.issue) {
            (Standing::Refused { .. }, _) => return,
            // It may not have settled yet. Asking would mint, so only time can tell.
            (Standing::Good, Issue::Mints { .. }) if young => Then::TryAt(now.after(SETTLING)),
            // Another instance may have replaced it: asking finds that out, and demanding would end
            // what the other holds.
            (
                Standing::OnTrial { .. },
                Issue::Repeats {
                    force: Force::Limited,
                },
            ) => Then::Demand,
            _ => Then::Ask,
        };
        held.standing = Standing::Refused { at: now, then };
        let died_early = now.after(EARLY) < held.kept.usable_until;
        self.happened(Event::Rejected { id, age });
        match standing {
            // Asking at once would bring the same one, or another that has not settled either.
            Standing::Good if young => self.ask_at(now.after(SETTLING)),
            Standing::Good => {
                self.strikes = if age < SETTLED {
                    self.strikes.saturating_add(1)
                } else {
                    0
                };
                self.ask_at(now);
                if died_early {
                    self.refused_early();
                }
            }
            _ => {
                self.strikes = self.strikes.saturating_add(1);
                self.ask_at(now);
            }
        }
    }

    /// The next fetch may start then, but for the strikes.
    fn ask_at(&mut self, at: Tick) {
        let spaced = self.spaced_by(strike_delay(self.strikes));
        if let Phase::Idle { not_before } = &mut self.phase {
            *not_before = at.max(spaced);
        }
    }

    /// Once may be a person with the console; again within a day is another system.
    fn refused_early(&mut self) {
        self.early_refusals.retain(|&at| self.now.since(at) < DAY);
        if self.early_refusals.len() == EARLY_REMEMBERED {
            self.early_refusals.pop_front();
        }
        self.early_refusals.push_back(self.now);
        let times = u32::try_from(self.early_refusals.len()).unwrap_or(u32::MAX);
        if times >= 2 {
            self.happened(Event::ForeignRefresh { times });
        }
    }
}

/// Tokens that WeChat refuses when they are young space out the fetches they cause: 0, 30, 60, 120 s.
fn strike_delay(strikes: u32) -> Duration {
    match strikes {
        0 | 1 => Duration::ZERO,
        n => SETTLING.saturating_mul(1 << (n - 2).min(8)).min(STRIKE_MAX),
    }
}
