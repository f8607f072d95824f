//! What a run is about, and everything that goes wrong in it, drawn from the seed before it begins.

use core::fmt;
use core::time::Duration;

use wechat_auth::Tick;
use wechat_auth::keeper::{Budget, Policy};

use crate::chance::Chance;
use crate::network::{Line, Weather};

/// Which of the two kinds of app token is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `cgi-bin/stable_token`, by one to four instances that know nothing of each other.
    Stable,
    /// `cgi-bin/token`, by one instance.
    Classic,
}

impl Mode {
    /// The name on a command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Classic => "classic",
        }
    }

    /// Where tokens are fetched.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Stable => "/cgi-bin/stable_token",
            Self::Classic => "/cgi-bin/token",
        }
    }

    /// The machine's own rules.
    pub const fn policy(self) -> Policy {
        match self {
            Self::Stable => Policy::stable(),
            Self::Classic => Policy::classic(),
        }
    }
}

/// One run: equal scenarios go equally.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The kind of token.
    pub mode: Mode,
    /// Decides everything.
    pub seed: u64,
    /// How long it lasts.
    pub days: u64,
    /// How many instances there are.
    pub instances: usize,
    /// Whether each instance has a loop that refreshes ahead of its callers.
    pub keeps_fresh: Vec<bool>,
    /// How many sends a day the machine allows itself.
    pub budget: Budget,
    /// What happens, in order.
    pub turns: Vec<(Tick, Turn)>,
}

impl Scenario {
    /// What the seed decides.
    pub fn new(mode: Mode, seed: u64, days: u64) -> Self {
        let mut chance = Chance::new(seed, mode.name());
        let instances = match mode {
            Mode::Stable => chance.within(1..=4),
            Mode::Classic => 1,
        };
        let instances = usize::try_from(instances).unwrap_or(1);
        let mut budget = mode.policy().budget;
        // Now and then so small that it must bite.
        if chance.permille(100) {
            budget.per_day = u32::try_from(chance.within(60..=200)).unwrap_or(200);
            budget.reserve = budget.per_day / 10;
        }
        Self {
            mode,
            seed,
            days,
            instances,
            keeps_fresh: (0..instances).map(|_| chance.permille(700)).collect(),
            budget,
            turns: turns(instances, days, &mut chance),
        }
    }

    /// The same, and nothing goes wrong.
    #[must_use]
    pub fn without_trouble(mut self) -> Self {
        self.turns.clear();
        self
    }

    /// The same with so many instances, all of which refresh ahead of their callers.
    #[must_use]
    pub fn with_instances(mut self, instances: usize) -> Self {
        self.instances = instances;
        self.keeps_fresh = vec![true; instances];
        self
    }

    /// The same, and this happens besides.
    #[must_use]
    pub fn then(mut self, at_secs: u64, turn: Turn) -> Self {
        self.turns.push((Tick::from_secs(at_secs), turn));
        self.turns.sort_by_key(|(at, _)| *at);
        self
    }

    /// When it is over.
    pub const fn end(&self) -> Tick {
        Tick::from_secs(self.days * 86_400)
    }

    /// The command that tells its story again.
    pub fn replay(&self) -> String {
        let (mode, seed, days) = (self.mode.name(), self.seed, self.days);
        format!(
            "cargo run --release -p wechat-auth-sim --example replay -- --mode {mode} --seed {seed} --days {days}"
        )
    }
}

/// Something that happens to the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The network changes.
    Weather(Weather),
    /// One instance's line changes.
    Line(usize, Line),
    /// The token endpoint goes wrong in this way, so many times of a thousand.
    Server(Server, u64),
    /// Callers that lead a fetch are cancelled, so many of a thousand.
    Cancels(u64),
    /// Another system fetches, so many times: twice voids at once what was held.
    Foreign(u32),
    /// API calls refuse tokens, although WeChat finds nothing wrong with them.
    Refuses(Refuses),
    /// The process dies, and comes up again later with another wall clock.
    Crash {
        /// Whose.
        instance: usize,
        /// Until it is up again.
        down: Duration,
        /// By how much its wall clock is moved, in milliseconds.
        clock: i64,
    },
    /// All is well again, and every instance has a good token after at most this long.
    Heal(Duration),
}

/// How the token endpoint goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// Errcode -1.
    Busy,
    /// A gateway's HTML page with status 502; nothing was minted.
    Gateway,
    /// The same, after WeChat did what was asked.
    GatewayAfterwards,
    /// Status 200 and nothing else, after WeChat did what was asked.
    EmptyAfterwards,
    /// The line stays open.
    Hang,
    /// The line stays open, after WeChat did what was asked.
    HangAfterwards,
    /// Too many calls this minute.
    SlowDown,
    /// The address is not on the allow-list: a person must act.
    NotAllowed,
}

/// Which tokens the API refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refuses {
    /// None.
    None,
    /// Those that are younger than this many milliseconds.
    Young(u64),
    /// All of them.
    All,
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weather(weather) => write!(
                f,
                "the network takes {}..{} ms and loses {} ‰ of requests, {} ‰ of replies",
                weather.delay.0, weather.delay.1, weather.lose_request, weather.lose_reply
            ),
            Self::Line(instance, line) => write!(f, "the line of instance {instance} is {line:?}"),
            Self::Server(server, permille) => write!(f, "the token endpoint: {server:?} in {permille} ‰"),
            Self::Cancels(permille) => write!(f, "{permille} ‰ of fetching callers are cancelled"),
            Self::Foreign(times) => write!(f, "another system fetches {times} times"),
            Self::Refuses(refuses) => write!(f, "the api refuses tokens: {refuses:?}"),
            Self::Crash {
                instance,
                down,
                clock,
            } => {
                write!(
                    f,
                    "instance {instance} crashes, is down for {down:?}, its clock moves by {clock} ms"
                )
            }
            Self::Heal(bound) => write!(f, "all faults are healed; good tokens are due within {bound:?}"),
        }
    }
}

/// After ordinary faults: the longest back-off, one attempt, and a little.
const RECOVERY: Duration = Duration::from_secs(150);
/// After what only a person can mend: the slow retry with its spread, and the same.
const SLOW_RECOVERY: Duration = Duration::from_secs(360);

/// Calm, trouble, calm, trouble …
fn turns(instances: usize, days: u64, chance: &mut Chance) -> Vec<(Tick, Turn)> {
    let end = Tick::from_secs(days * 86_400);
    let mut turns = Vec::new();
    let mut at = Tick::ZERO;
    loop {
        at = at.after(Duration::from_secs(chance.spread(1_200..=86_400)));
        let lasts = Duration::from_secs(chance.spread(30..=2_400));
        let heal = at.after(lasts);
        if heal.after(SLOW_RECOVERY) >= end {
            return turns;
        }
        trouble(instances, (at, lasts), chance, &mut turns);
        at = heal;
    }
}

/// One trouble, which mixes up to three kinds, and its end.
fn trouble(
    instances: usize,
    (from, lasts): (Tick, Duration),
    chance: &mut Chance,
    turns: &mut Vec<(Tick, Turn)>,
) {
    let millis = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
    let mut recovery = RECOVERY;
    // Alone, because what follows from it is counted.
    if chance.permille(60) {
        turns.push((from, Turn::Refuses(Refuses::All)));
    } else {
        for _ in 0..chance.within(1..=3) {
            let at = from.after(Duration::from_millis(chance.within(0..=millis / 2)));
            let whose = usize::try_from(chance.within(0..=instances as u64 - 1)).unwrap_or_default();
            let turn = match chance.within(0..=8) {
                0 | 1 => Turn::Weather(Weather {
                    delay: (5, chance.spread(100..=15_000)),
                    lose_request: chance.within(0..=600),
                    lose_reply: chance.within(0..=600),
                }),
                2 => Turn::Line(whose, chance.one_of(&[Line::Refused, Line::Silent])),
                3 | 4 => {
                    let server = chance.one_of(&SERVERS);
                    if server == Server::NotAllowed {
                        recovery = SLOW_RECOVERY;
                    }
                    Turn::Server(server, chance.one_of(&[200, 500, 1000]))
                }
                5 => Turn::Cancels(chance.within(100..=900)),
                6 => Turn::Foreign(u32::try_from(chance.within(1..=2)).unwrap_or(1)),
                7 => Turn::Refuses(Refuses::Young(chance.spread(1_000..=90_000))),
                _ => Turn::Crash {
                    instance: whose,
                    down: Duration::from_millis(chance.within(0..=millis / 2)),
                    clock: clock_step(chance),
                },
            };
            turns.push((at, turn));
        }
    }
    turns.push((from.after(lasts), Turn::Heal(recovery)));
    turns.sort_by_key(|(at, _)| *at);
}

const SERVERS: [Server; 8] = [
    Server::Busy,
    Server::Gateway,
    Server::GatewayAfterwards,
    Server::EmptyAfterwards,
    Server::Hang,
    Server::HangAfterwards,
    Server::SlowDown,
    Server::NotAllowed,
];

/// Half of the clocks are right.
fn clock_step(chance: &mut Chance) -> i64 {
    let step = i64::try_from(chance.within(0..=3_600_000)).unwrap_or_default();
    chance.one_of(&[0, 0, step, -step])
}
