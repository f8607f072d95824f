use core::time::Duration;
use std::collections::VecDeque;

use super::Budget;
use crate::Tick;

const SLOT: Duration = Duration::from_secs(900);
const DAY: Duration = Duration::from_secs(86_400);

/// Counts sends before they leave, over a rolling day: in slots of a quarter of an hour, each counted
/// until its end is a day old, so that the count is never too low.
///
/// A calendar day lies within the rolling day that ends with it, so what keeps to the budget here keeps
/// to it on any calendar, Beijing's included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ledger {
    /// Start of a slot, and the sends in it; oldest first.
    slots: VecDeque<(Tick, u32)>,
}

/// What a send is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The first token, or one ahead of its end.
    Schedule,
    /// A report that WeChat refused the token: it may not eat the reserve.
    Report,
}

impl Ledger {
    pub(super) fn count(&mut self, now: Tick) {
        self.slots.retain(|&(start, _)| counts_until(start) > now);
        match self.slots.back_mut() {
            Some((start, sends)) if now.since(*start) < SLOT => *sends = sends.saturating_add(1),
            _ => self.slots.push_back((now, 1)),
        }
    }

    /// Sends in the day that ends now.
    pub(super) fn used(&self, now: Tick) -> u32 {
        let counted = self.slots.iter().filter(|&&(start, _)| counts_until(start) > now);
        counted.fold(0, |sum, (_, sends)| sum.saturating_add(*sends))
    }

    /// When there is room for one more send: `now` or later.
    pub(super) fn room_at(&self, now: Tick, budget: Budget, purpose: Purpose) -> Tick {
        let limit = match purpose {
            Purpose::Schedule => budget.per_day,
            Purpose::Report => budget.per_day.saturating_sub(budget.reserve),
        };
        let mut used = self.used(now);
        let mut at = now;
        for &(start, sends) in &self.slots {
            if used < limit {
                break;
            }
            if counts_until(start) > now {
                used = used.saturating_sub(sends);
                at = counts_until(start);
            }
        }
        at
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = (Tick, u32)> {
        self.slots.iter().copied()
    }

    pub(super) fn from_slots(slots: impl Iterator<Item = (Tick, u32)>) -> Self {
        Self {
            slots: slots.collect(),
        }
    }
}

fn counts_until(start: Tick) -> Tick {
    start.after(SLOT + DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget {
        per_day: 10,
        reserve: 3,
    };

    #[test]
    fn reports_leave_the_reserve_to_the_schedule() {
        let (mut ledger, now) = (Ledger::default(), Tick::from_secs(1_000_000));
        for _ in 0..7 {
            assert_eq!(ledger.room_at(now, BUDGET, Purpose::Report), now);
            ledger.count(now);
        }
        let later = now.after(SLOT + DAY);
        assert_eq!(ledger.room_at(now, BUDGET, Purpose::Report), later);
        assert_eq!(ledger.room_at(now, BUDGET, Purpose::Schedule), now);
        for _ in 0..3 {
            ledger.count(now);
        }
        assert_eq!(ledger.room_at(now, BUDGET, Purpose::Schedule), later);
        assert_eq!(ledger.used(later.before(Duration::from_millis(1))), 10);
        assert_eq!(ledger.used(later), 0);
        assert_eq!(ledger.room_at(later, BUDGET, Purpose::Report), later);
    }

    #[test]
    fn what_just_ceased_to_count_makes_no_room_twice() {
        let (first, second) = (Tick::from_secs(1_000_000), Tick::from_secs(1_010_000));
        let ledger = Ledger::from_slots([(first, 5), (second, 10)].into_iter());
        let room = ledger.room_at(counts_until(first), BUDGET, Purpose::Schedule);
        assert_eq!(room, counts_until(second));
    }

    #[test]
    fn no_rolling_day_holds_more_than_the_budget() {
        let mut ledger = Ledger::default();
        let mut sends: Vec<Tick> = Vec::new();
        let mut now = Tick::from_secs(1_000_000);
        for step in 0..2_000_u64 {
            now = now.after(Duration::from_secs(step * 37 % 1200));
            if ledger.room_at(now, BUDGET, Purpose::Schedule) == now {
                ledger.count(now);
                sends.push(now);
            }
        }
        assert!(sends.len() > 50);
        for first in &sends {
            let day = sends.iter().filter(|at| *at >= first && at.since(*first) < DAY);
            assert!(day.count() <= 10);
        }
    }

    #[test]
    fn its_size_is_bounded_by_the_slots_of_a_day() {
        let mut ledger = Ledger::default();
        for secs in 0..400_000 {
            ledger.count(Tick::from_secs(secs));
        }
        assert!(ledger.slots.len() <= 98, "{}", ledger.slots.len());
    }
}
