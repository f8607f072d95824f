//! What goes wrong, and when: decided by a seed alone.

use core::time::Duration;

use wechat_auth::Tick;

use super::Scenario;
use crate::museum::line::{End, Fate, Line};
use crate::museum::stage::{BAD_GATEWAY, START};

/// How long a schedule is.
pub const DAYS: u64 = 2;
const DAY: u64 = 86_400;

/// Faults at moments; everybody who plays it meets the same.
#[derive(Clone, Debug)]
pub struct Schedule {
    seed: u64,
    troubles: Vec<Trouble>,
    refusals: Vec<(Tick, Tick)>,
    foreign_refreshes: Vec<Tick>,
    restarts: Vec<(Tick, usize)>,
}

#[derive(Clone, Copy, Debug)]
struct Trouble {
    from: Tick,
    to: Tick,
    kind: Kind,
}

/// What a fetch meets.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Unreachable,
    RequestsLost,
    RepliesLost,
    Proxy,
    Busy,
    Slow,
}

/// What happens how often a day, and for how many minutes at most.
const TROUBLES: [(Kind, u64, u64); 6] = [
    (Kind::Unreachable, 1, 8),
    (Kind::RequestsLost, 2, 10),
    (Kind::RepliesLost, 2, 8),
    (Kind::Proxy, 2, 10),
    (Kind::Busy, 2, 10),
    (Kind::Slow, 2, 40),
];
/// Of a hundred fetches outside all troubles, so many lose their request, and as many their reply.
const LOST_PERCENT: u64 = 1;

impl Schedule {
    /// The schedule of this number.
    pub fn new(scenario: Scenario, seed: u64) -> Self {
        let mut dice = Dice(mix(seed ^ 0x7061_7274_7921));
        let moment = |dice: &mut Dice| START.after(Duration::from_secs(dice.below(DAYS * DAY)));
        let mut troubles = Vec::new();
        for (kind, a_day, minutes) in TROUBLES {
            for _ in 0..dice.below(2 * a_day * DAYS + 1) {
                let from = moment(&mut dice);
                let to = from.after(Duration::from_secs(20 + dice.below(minutes * 60)));
                troubles.push(Trouble { from, to, kind });
            }
        }
        let times = |dice: &mut Dice, most: u64| -> Vec<Tick> {
            (0..dice.below(most + 1)).map(|_| moment(dice)).collect()
        };
        let refusals = times(&mut dice, 1);
        let foreign = match scenario {
            Scenario::ClassicAlone => 4 * DAYS,
            Scenario::ClassicShared | Scenario::Stable => DAYS,
        };
        let foreign_refreshes = times(&mut dice, foreign);
        let mut restarts = Vec::new();
        for seat in 0..scenario.instances() {
            restarts.extend(times(&mut dice, 2 * DAYS).into_iter().map(|at| (at, seat)));
        }
        let refusals = refusals.into_iter().map(|from| {
            let to = from.after(Duration::from_secs(20 + dice.below(180)));
            (from, to)
        });
        Self {
            seed,
            troubles,
            refusals: refusals.collect(),
            foreign_refreshes,
            restarts,
        }
    }

    /// When another system fetches a token for the same account.
    pub fn foreign_refreshes(&self) -> &[Tick] {
        &self.foreign_refreshes
    }

    /// When which instance is restarted.
    pub fn restarts(&self) -> &[(Tick, usize)] {
        &self.restarts
    }
}

impl Line for Schedule {
    fn fate(&self, seat: usize, now: Tick) -> Fate {
        let mut dice = Dice(mix(self.seed ^ mix(now.as_millis() ^ ((seat as u64) << 60))));
        let mut delay = |least, most: u64| Duration::from_millis(least + dice.below(most - least));
        let (out, back) = (delay(10, 200), delay(10, 200));
        let slow = delay(1_000, 13_000);
        let here = |trouble: &&Trouble| trouble.from <= now && now < trouble.to;
        let (back, end) = match self.troubles.iter().find(here).map(|trouble| trouble.kind) {
            Some(Kind::Unreachable) => (back, End::NotSent),
            Some(Kind::RequestsLost) => (back, End::RequestLost),
            Some(Kind::RepliesLost) => (back, End::ReplyLost),
            Some(Kind::Proxy) => (back, End::Status(BAD_GATEWAY)),
            Some(Kind::Busy) => (back, End::Errcode(-1)),
            Some(Kind::Slow) => (slow, End::Answered),
            None => match dice.below(100) {
                percent if percent < LOST_PERCENT => (back, End::RequestLost),
                percent if percent < 2 * LOST_PERCENT => (back, End::ReplyLost),
                _ => (back, End::Answered),
            },
        };
        Fate { out, back, end }
    }

    fn api_refuses(&self, now: Tick) -> bool {
        self.refusals.iter().any(|(from, to)| *from <= now && now < *to)
    }
}

/// SplitMix64 (Steele, Lea, Flood, 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0) % limit.max(1)
    }
}

fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
