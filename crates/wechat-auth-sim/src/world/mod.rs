//! The world: instances, WeChat, and the way between them, in virtual time.

mod calls;
mod fetches;
mod oracle;
mod report;
mod scenario;
mod story;
mod turns;

use core::cmp::Reverse;
use core::fmt;
use core::time::Duration;
use std::collections::{BinaryHeap, VecDeque};

use wechat_auth::Tick;
use wechat_auth::keeper::{ClassicApp, Fetch, StableApp};
use wechat_auth::{Account, AppToken};

use self::calls::{Call, HandedOut};
use self::fetches::{InTransit, Told};
use crate::chance::Chance;
use crate::invariants::{Invariant, Violation, Watch};
use crate::network::Network;
use crate::{Ours, Player};

pub use self::oracle::{APPID, APPSECRET, Answer, EPOCH, Nr, Oracle, died_of_age};
pub use self::report::Report;
pub use self::scenario::{Mode, Refuses, Scenario, Server, Turn};
pub use self::story::{Story, What};

/// What becomes of a broken promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judging {
    /// The run ends with it.
    Strict,
    /// It is passed over: for players who promise nothing, and are only measured.
    Measure,
}

/// A run that ended with a broken promise.
#[derive(Debug)]
pub struct Failure {
    /// The promise.
    pub violation: Violation,
    /// How it came about.
    pub story: String,
    /// The command that tells it again.
    pub replay: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.story)?;
        writeln!(f, "{}", self.violation)?;
        write!(f, "again: {}", self.replay)
    }
}

/// Everything there is, at one moment.
pub struct World {
    scenario: Scenario,
    judging: Judging,
    now: Tick,
    queue: BinaryHeap<Reverse<Due>>,
    scheduled: u64,
    instances: Vec<Instance>,
    oracle: Oracle,
    network: Network,
    callers: Chance,
    luck: Chance,
    calls: Vec<Call>,
    free_calls: Vec<usize>,
    /// Tokens whose next minute is not over, oldest first.
    handed_out: VecDeque<HandedOut>,
    server: Option<(Server, u64)>,
    cancels: u64,
    refuses: Refuses,
    refusing: bool,
    story: Story,
    report: Report,
    violation: Option<Violation>,
}

/// One program that keeps a token, and what the world knows of it.
struct Instance {
    player: Box<dyn Player>,
    watch: Watch,
    keeps_fresh: bool,
    is_up: bool,
    /// Which life this is: what belongs to an earlier one is lost.
    life: u32,
    /// By how much its wall clock is wrong, in milliseconds.
    clock: i64,
    waiting: Vec<usize>,
    wakes_at: Tick,
    /// Since when a good token is due, and within what time.
    recovering: Option<(Tick, Duration)>,
    gap_since: Option<Tick>,
    sends: u64,
    /// Fetches whose caller went away.
    abandoned: u64,
    sends_before_refusals: u64,
}

/// Something that will happen.
enum Event {
    Turn(usize),
    Arrival(usize),
    Burst(usize, u64),
    ColdStartOver,
    CallArrives(usize),
    CallReturns(usize, i64),
    Wake(usize),
    FetchArrives(Box<InTransit>),
    Tell(Box<Told>),
    Up(usize, i64),
}

struct Due {
    at: Tick,
    order: u64,
    event: Event,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// Until then cold callers have been served.
const COLD_START: Duration = Duration::from_secs(20);

impl World {
    /// A world with these players, one for each of the scenario's instances.
    pub fn new(scenario: Scenario, players: Vec<Box<dyn Player>>, judging: Judging) -> Self {
        let (seed, mode, budget) = (scenario.seed, scenario.mode, scenario.budget);
        let keeps_fresh = scenario
            .keeps_fresh
            .iter()
            .copied()
            .chain(core::iter::repeat(true));
        let instances: Vec<Instance> = players
            .into_iter()
            .zip(keeps_fresh)
            .map(|(player, keeps_fresh)| Instance {
                player,
                watch: Watch::new(mode, budget),
                keeps_fresh,
                is_up: true,
                life: 0,
                clock: 0,
                waiting: Vec::new(),
                wakes_at: Tick::MAX,
                recovering: None,
                gap_since: None,
                sends: 0,
                abandoned: 0,
                sends_before_refusals: 0,
            })
            .collect();
        Self {
            network: Network::new(seed, instances.len()),
            oracle: Oracle::new(seed, mode),
            callers: Chance::new(seed, "callers"),
            luck: Chance::new(seed, "luck"),
            instances,
            scenario,
            judging,
            now: Tick::ZERO,
            queue: BinaryHeap::new(),
            scheduled: 0,
            calls: Vec::new(),
            free_calls: Vec::new(),
            handed_out: VecDeque::new(),
            server: None,
            cancels: 0,
            refuses: Refuses::None,
            refusing: false,
            story: Story::default(),
            report: Report::default(),
            violation: None,
        }
    }

    /// A world with the machine under test.
    pub fn of_ours(scenario: Scenario) -> Self {
        let players = (0..scenario.instances).map(|nth| ours(&scenario, nth)).collect();
        Self::new(scenario, players, Judging::Strict)
    }

    /// Remembers the whole story, and not only its end.
    #[must_use]
    pub fn telling_all(mut self) -> Self {
        self.story.tell_all();
        self
    }

    /// Lets it all happen.
    ///
    /// # Errors
    /// The first broken promise, if promises are judged.
    pub fn run(mut self) -> Result<Report, Box<Failure>> {
        self.go()
    }

    /// The same, and tells the story, too.
    ///
    /// # Errors
    /// The first broken promise, if promises are judged.
    pub fn told(mut self) -> Result<(Report, String), Box<Failure>> {
        let report = self.go()?;
        Ok((report, self.story.to_string()))
    }

    fn go(&mut self) -> Result<Report, Box<Failure>> {
        self.begin();
        let end = self.scenario.end();
        while let Some(Reverse(due)) = self.queue.pop() {
            if due.at >= end {
                break;
            }
            self.judge_handed_out(due.at);
            self.now = due.at;
            self.report.steps += 1;
            self.happen(due.event);
            if self.violation.is_some() {
                break;
            }
        }
        if self.violation.is_none() {
            self.judge_story();
        }
        match self.violation.take() {
            Some(violation) => Err(Box::new(Failure {
                violation,
                story: self.story.to_string(),
                replay: self.scenario.replay(),
            })),
            None => Ok(self.finished()),
        }
    }

    fn finished(&mut self) -> Report {
        self.report.runs = 1;
        self.report.longest_gap_seed = self.scenario.seed;
        self.report.days = self.scenario.days;
        self.report.instance_days = self.scenario.days * self.instances.len() as u64;
        self.report.fetches = self.instances.iter().map(|instance| instance.sends).sum();
        self.report.clone()
    }

    fn begin(&mut self) {
        for nth in 0..self.scenario.turns.len() {
            if let Some(&(at, _)) = self.scenario.turns.get(nth) {
                self.schedule(at, Event::Turn(nth));
            }
        }
        for instance in 0..self.instances.len() {
            // Everybody wants a token before there is one.
            for _ in 0..self.callers.within(1..=20) {
                let at = Tick::from_millis(self.callers.within(0..=3_000));
                self.schedule(at, Event::Burst(instance, 1));
            }
            self.schedule(Tick::ZERO, Event::Arrival(instance));
            self.wake(instance, Tick::ZERO);
        }
        self.schedule(Tick::ZERO.after(COLD_START), Event::ColdStartOver);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Turn(nth) => self.turn(nth),
            Event::Arrival(instance) => self.arrival(instance),
            Event::Burst(instance, callers) => (0..callers).for_each(|_| self.arrive(instance)),
            Event::ColdStartOver => self.judge_cold_start(),
            Event::CallArrives(call) => self.call_arrives(call),
            Event::CallReturns(call, errcode) => self.call_returns(call, errcode),
            Event::Wake(instance) => self.woken(instance),
            Event::FetchArrives(fetch) => self.fetch_arrives(&fetch),
            Event::Tell(told) => self.tell(&told),
            Event::Up(instance, clock) => self.up(instance, clock),
        }
    }

    fn schedule(&mut self, at: Tick, event: Event) {
        self.scheduled += 1;
        self.queue.push(Reverse(Due {
            at: at.max(self.now),
            order: self.scheduled,
            event,
        }));
    }

    /// Lets an instance be looked at then, unless it will be earlier.
    fn wake(&mut self, instance: usize, at: Tick) {
        let Some(it) = self.instances.get_mut(instance) else {
            return;
        };
        if at == Tick::MAX || (it.wakes_at > self.now && it.wakes_at <= at) {
            return;
        }
        it.wakes_at = at;
        self.schedule(at, Event::Wake(instance));
    }

    fn it(&mut self, instance: usize) -> &mut Instance {
        self.instances
            .get_mut(instance)
            .expect("instances are never removed")
    }

    fn tell_story(&mut self, instance: usize, what: What) {
        self.story.add(self.now, Some(instance), what);
    }

    /// What the machine says goes into the story, and must hold no secret.
    fn listen(&mut self, instance: usize) {
        for text in self.it(instance).player.says() {
            if Oracle::leaks(&text) {
                self.broken(Invariant::NothingLeaks, instance, "an event".to_owned());
            }
            self.tell_story(instance, What::Says(text));
        }
    }

    fn broken(&mut self, invariant: Invariant, instance: usize, what: String) {
        if self.judging == Judging::Strict && self.violation.is_none() {
            self.violation = Some(Violation {
                invariant,
                at: self.now,
                instance,
                what,
            });
        }
    }

    fn judge_cold_start(&mut self) {
        for instance in 0..self.instances.len() {
            let it = self.it(instance);
            let sends = it.sends;
            if sends != 1 + it.abandoned {
                let what = format!("{sends} fetches for the first callers");
                self.broken(Invariant::ColdCallersCostOneFetch, instance, what);
            }
        }
    }

    fn judge_story(&mut self) {
        if Oracle::leaks(&self.story.to_string()) {
            self.broken(Invariant::NothingLeaks, 0, "the story".to_owned());
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("now", &self.now)
            .field("instances", &self.instances.len())
            .finish_non_exhaustive()
    }
}

/// The account of every run.
pub fn account() -> Account {
    Account::new(APPID, APPSECRET).expect("the account is well formed")
}

/// The scenario's `nth` instance of the machine under test.
pub fn ours(scenario: &Scenario, nth: usize) -> Box<dyn Player> {
    match scenario.mode {
        Mode::Stable => machine(StableApp::new(account()), scenario, nth),
        Mode::Classic => machine(ClassicApp::new(account()), scenario, nth),
    }
}

fn machine<F>(fetch: F, scenario: &Scenario, nth: usize) -> Box<dyn Player>
where
    F: Fetch<Token = AppToken> + Clone + 'static,
{
    let mut policy = scenario.mode.policy();
    policy.budget = scenario.budget;
    let seed = Chance::new(scenario.seed, &format!("machine {nth}")).roll();
    Box::new(Ours::new(fetch, seed, Tick::ZERO, EPOCH).with_policy(policy))
}
