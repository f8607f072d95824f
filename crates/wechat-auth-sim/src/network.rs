//! The way between the instances and WeChat: it delays, loses, reorders, refuses and heals.

use core::time::Duration;

use wechat_auth::Tick;

use crate::chance::Chance;

/// What the way is like now, for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weather {
    /// One direction takes so many milliseconds: at least, and at most.
    pub delay: (u64, u64),
    /// Requests lost on the way, of a thousand.
    pub lose_request: u64,
    /// Replies lost on the way back, of a thousand: WeChat did what was asked.
    pub lose_reply: u64,
}

impl Weather {
    /// Nothing is lost.
    pub const CLEAR: Self = Self {
        delay: (5, 120),
        lose_request: 0,
        lose_reply: 0,
    };
}

/// What one instance's own line is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// It works.
    Up,
    /// Connections are refused at once, so it is certain that nothing left.
    Refused,
    /// Packets vanish.
    Silent,
}

/// How one request fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It never left, and the sender knows at this moment.
    NotSent(Tick),
    /// It leaves and does not arrive.
    RequestLost,
    /// It arrives.
    Arrives {
        /// When.
        at: Tick,
        /// How long the reply takes; `None` when it is lost.
        back: Option<Duration>,
    },
}

/// The network of all instances.
#[derive(Debug)]
pub struct Network {
    chance: Chance,
    /// The weather.
    pub weather: Weather,
    /// Each instance's line.
    pub lines: Vec<Line>,
}

impl Network {
    /// A network in which everything arrives.
    pub fn new(seed: u64, instances: usize) -> Self {
        Self {
            chance: Chance::new(seed, "network"),
            weather: Weather::CLEAR,
            lines: vec![Line::Up; instances],
        }
    }

    /// Everything arrives again; what was lost stays lost.
    pub fn heal(&mut self) {
        self.weather = Weather::CLEAR;
        self.lines.fill(Line::Up);
    }

    /// How a request fares that leaves `instance` now.
    pub fn passage(&mut self, now: Tick, instance: usize) -> Passage {
        let (there, back) = (self.delay(), self.delay());
        match self.lines.get(instance) {
            Some(Line::Refused) => Passage::NotSent(now.after(there)),
            Some(Line::Silent) => Passage::RequestLost,
            _ if self.chance.permille(self.weather.lose_request) => Passage::RequestLost,
            _ => Passage::Arrives {
                at: now.after(there),
                back: (!self.chance.permille(self.weather.lose_reply)).then_some(back),
            },
        }
    }

    /// When the sender of something lost learns so: at its deadline, or before when the line is cut.
    pub fn silence_ends(&mut self, now: Tick, deadline: Tick) -> Tick {
        if self.chance.permille(500) {
            return deadline;
        }
        let left = u64::try_from(deadline.since(now).as_millis()).unwrap_or(u64::MAX);
        now.after(Duration::from_millis(self.chance.within(0..=left)))
    }

    fn delay(&mut self) -> Duration {
        let (least, most) = self.weather.delay;
        Duration::from_millis(self.chance.within(least..=most))
    }
}
