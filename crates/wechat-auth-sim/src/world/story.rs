//! What happened, in readable steps: told only when something went wrong.

use core::fmt;
use std::collections::VecDeque;

use wechat_auth::Tick;

use super::oracle::Nr;

/// Steps remembered: enough to see how it came about.
const REMEMBERED: usize = 160;

/// The newest steps.
#[derive(Debug, Default)]
pub struct Story {
    steps: VecDeque<(Tick, Option<usize>, What)>,
    /// Steps that were forgotten.
    before: u64,
    told_all: bool,
}

/// One step. It names a token by its number.
#[derive(Clone, Debug)]
pub enum What {
    /// Somebody got a token.
    HandedOut(Option<Nr>),
    /// A caller has to wait.
    Waits,
    /// A caller got an error; the next fetch is due in so many seconds.
    Fails(u64),
    /// A fetch leaves.
    Fetches {
        /// Its number.
        attempt: u64,
        /// Whether another token than the current one is demanded.
        forced: bool,
    },
    /// WeChat carried out a fetch.
    Minted(Nr),
    /// The outcome of a fetch.
    Heard {
        /// Its number.
        attempt: u64,
        /// What was heard.
        outcome: &'static str,
        /// The token in it.
        token: Option<Nr>,
    },
    /// A call was refused.
    Refused {
        /// With this token.
        token: Option<Nr>,
        /// With this errcode.
        errcode: i64,
    },
    /// A call was accepted.
    Accepted(Option<Nr>),
    /// What the machine says.
    Says(String),
    /// Something happens to the world.
    World(String),
}

impl Story {
    /// Remembers every step from now on.
    pub fn tell_all(&mut self) {
        self.told_all = true;
    }

    /// One more step, of an instance or of the world.
    pub fn add(&mut self, at: Tick, who: Option<usize>, what: What) {
        if self.steps.len() == REMEMBERED && !self.told_all {
            self.steps.pop_front();
            self.before += 1;
        }
        self.steps.push_back((at, who, what));
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.before > 0 {
            writeln!(f, "… {} steps before", self.before)?;
        }
        for (at, who, what) in &self.steps {
            let secs = at.as_millis() / 1000;
            let (day, hour, minute, second) = (secs / 86_400, secs / 3_600 % 24, secs / 60 % 60, secs % 60);
            let millis = at.as_millis() % 1000;
            write!(f, "day {day} {hour:02}:{minute:02}:{second:02}.{millis:03}  ")?;
            match who {
                Some(instance) => writeln!(f, "instance {instance}: {what}")?,
                None => writeln!(f, "{what}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HandedOut(token) => write!(f, "hands out {}", Name(*token)),
            Self::Waits => f.write_str("a caller waits"),
            Self::Fails(secs) => write!(f, "a caller gets an error, next fetch in {secs} s"),
            Self::Fetches { attempt, forced } => {
                let how = if *forced {
                    "demands another token"
                } else {
                    "asks for a token"
                };
                write!(f, "{how}, attempt {attempt}")
            }
            Self::Minted(token) => write!(f, "WeChat minted {}", Name(Some(*token))),
            Self::Heard {
                attempt,
                outcome,
                token,
            } => {
                write!(f, "attempt {attempt}: {outcome}")?;
                match token {
                    Some(_) => write!(f, " {}", Name(*token)),
                    None => Ok(()),
                }
            }
            Self::Refused { token, errcode } => write!(f, "a call with {} got {errcode}", Name(*token)),
            Self::Accepted(token) => write!(f, "a call with {} was accepted", Name(*token)),
            Self::Says(text) => write!(f, "says {text}"),
            Self::World(text) => write!(f, "== {text}"),
        }
    }
}

struct Name(Option<Nr>);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(nr) => write!(f, "token#{nr}"),
            None => f.write_str("a token WeChat never minted"),
        }
    }
}
