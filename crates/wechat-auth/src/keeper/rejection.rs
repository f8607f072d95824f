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

/// What WeChat said of a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    /// That it is none, or not the newest.
    NotValid,
    /// That its life is over.
    Expired,
}

impl<F: Fetch> Keeper<F> {
    /// A call with the token `id` was answered with "token not valid" (40001, 40014): drop that token,
    /// and only that one. A report that arrives after the token was replaced is about the past, and is
    /// ignored; so is the second of a thousand reports of the same token.
    pub fn reject(&mut self, now: Tick, id: TokenId) {
        self.report(now, id, Said::NotValid);
    }

    /// A call with the token `id` was answered with "token expired" (42001). As [`reject`](Self::reject),
    /// but such a token is not one that has yet to settle: its life is over by WeChat's clock, and ours
    /// stood still, as it does while a machine sleeps.
    pub fn expire(&mut self, now: Tick, id: TokenId) {
        self.report(now, id, Said::Expired);
    }

    fn report(&mut self, now: Tick, id: TokenId, said: Said) {
        self.settle(now);
        let Some(held) = self.held.as_mut().filter(|held| held.kept.id == id) else {
            return;
        };
        let (now, age, standing) = (self.now, self.now.since(held.since), held.standing);
        let unsettled = said == Said::NotValid && age < SETTLING;
        let (then, ask_at) = match (standing, self.policy.issue) {
            (Standing::Refused { .. }, _) => return,
            // Asking would mint, and a second one would be as young: only time can tell.
            (Standing::Good, Issue::Mints { .. }) if unsettled => {
                let settled = now.after(SETTLING);
                (Then::TryAt(settled), settled)
            }
            // Another instance may have replaced it: asking finds that out, and demanding would end
            // what the other holds.
            (
                Standing::OnTrial { .. },
                Issue::Repeats {
                    force: Force::Limited,
                },
            ) => (Then::Demand, now),
            // Where asking is free it tells at once whether there is another one by now.
            _ => (Then::Ask, now),
        };
        held.standing = Standing::Refused { at: now, then };
        let died_early = now.after(EARLY) < held.kept.usable_until;
        self.happened(Event::Rejected { id, age });
        if !matches!(then, Then::TryAt(_)) {
            self.strikes = match standing {
                Standing::Good if age >= SETTLED => 0,
                _ => self.strikes.saturating_add(1),
            };
        }
        self.ask_at(ask_at);
        if standing == Standing::Good && died_early && said == Said::NotValid && !unsettled {
            self.refused_early();
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
