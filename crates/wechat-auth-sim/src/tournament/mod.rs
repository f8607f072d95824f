//! The policy tournament: the rules by which widely used programs keep a WeChat token, side by side with
//! ours, on the same faults.
//!
//! A contestant is a set of [rules](crate::model::Rules), or the real machine. Everybody plays the same
//! [schedules](Schedule): the same faults at the same moments, and the same calls. What is counted is what
//! WeChat saw.

mod contestant;
mod report;
mod schedule;

use core::time::Duration;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use wechat_auth::Tick;
use wechat_auth_emulator::{App, Config, Family, WeChat};

pub use contestant::{Contestant, contestants};
pub use report::{Language, table};
pub use schedule::{DAYS, Schedule};

use crate::model::Source;
use crate::museum::stage::{APPID, Calls, SECRET, START, Stage};

/// How often an instance calls WeChat …
const EVERY: Duration = Duration::from_secs(120);
/// … and for how many callers at once.
const CALLERS: u32 = 3;

/// Where the contestants meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// `cgi-bin/token`, one instance, and another system that refreshes now and then.
    ClassicAlone,
    /// `cgi-bin/token`, two instances that know nothing of each other.
    ClassicShared,
    /// `cgi-bin/stable_token`, three instances.
    Stable,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ClassicAlone, Self::ClassicShared, Self::Stable];

    /// How many instances keep a token for the account.
    pub const fn instances(self) -> usize {
        match self {
            Self::ClassicAlone => 1,
            Self::ClassicShared => 2,
            Self::Stable => 3,
        }
    }

    /// Where the token comes from.
    pub const fn source(self) -> Source {
        match self {
            Self::ClassicAlone | Self::ClassicShared => Source::Classic,
            Self::Stable => Source::Stable,
        }
    }
}

/// What one contestant came to in one scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// API calls that the application wanted to make.
    pub calls: u64,
    /// Those that WeChat accepted, at the first try or a later one.
    pub accepted: u64,
    /// Fetches that reached WeChat.
    pub fetches: u64,
    /// Days played.
    pub days: u64,
    /// The longest time an instance went without an accepted call.
    pub longest_gap: Duration,
    /// The most fetches that reached WeChat in one day of one schedule.
    pub worst_day: u64,
}

impl Score {
    /// Calls that WeChat accepted, in millionths.
    pub fn share(&self) -> u64 {
        self.accepted * 1_000_000 / self.calls.max(1)
    }

    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.accepted += other.accepted;
        self.fetches += other.fetches;
        self.days += other.days;
        self.longest_gap = self.longest_gap.max(other.longest_gap);
        self.worst_day = self.worst_day.max(other.worst_day);
    }
}

/// Plays `schedules` schedules, on all cores: each contestant's score, in their order.
pub fn play(scenario: Scenario, schedules: u64) -> Vec<Score> {
    let next = AtomicU64::new(0);
    let work = || {
        let contestants = contestants(scenario.source());
        let mut scores = vec![Score::default(); contestants.len()];
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= schedules {
                return scores;
            }
            for (contestant, score) in contestants.iter().zip(&mut scores) {
                score.add(&one(scenario, contestant, seed));
            }
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        // Sums and maxima: whoever played which schedule, the result is the same.
        let parts = workers
            .into_iter()
            .map(|worker| worker.join().expect("a worker plays to its end"));
        let merge = |mut all: Vec<Score>, part: Vec<Score>| {
            all.iter_mut()
                .zip(&part)
                .for_each(|(score, part)| score.add(part));
            all
        };
        parts.reduce(merge).unwrap_or_default()
    })
}

/// One contestant plays one schedule.
pub fn one(scenario: Scenario, contestant: &Contestant, seed: u64) -> Score {
    let mut wechat = WeChat::new(Config::new(seed));
    wechat
        .add_app(App::new(APPID, SECRET))
        .expect("the account is well formed");
    let family = match scenario.source() {
        Source::Classic => Family::Classic,
        Source::Stable => Family::Stable,
    };
    let schedule = Schedule::new(scenario, seed);
    let mut stage = Stage::new(wechat, family, Box::new(schedule.clone()));
    stage.calls = Calls::Judged;
    for seat in 0..scenario.instances() {
        stage.seat(contestant.player(seed * 16 + seat as u64), contestant.retries());
        // Instances call at different moments.
        let first = START.after(Duration::from_millis(1 + seed % 1000) + EVERY * seat as u32 / 3);
        stage.calls(seat, CALLERS, first, EVERY);
    }
    for at in schedule.foreign_refreshes() {
        stage.foreign_refresh_at(*at);
    }
    for (at, seat) in schedule.restarts() {
        stage.restart_at(*at, *seat);
    }
    stage.run_until(end());
    stage.close();
    Score {
        calls: stage.tally.calls(),
        accepted: stage.tally.accepted,
        fetches: stage.tally.fetches.iter().sum(),
        days: DAYS,
        longest_gap: stage.tally.longest_gap,
        worst_day: stage.tally.fetches.iter().copied().max().unwrap_or_default(),
    }
}

fn end() -> Tick {
    START.after(Duration::from_secs(DAYS * 86_400))
}
