//! Every interleaving of a small scope: the real machines, WeChat's side, and whatever can happen next.
//!
//! States are visited level by level, one event a level, and each only once: two ways to the same state
//! go on as one. Then every state of the last level is left in peace, and must recover.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::time::Duration;
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::rc::Rc;

use wechat_auth::AppToken;
use wechat_auth::keeper::Fetch;

use self::state::State;
use crate::Ours;
use crate::invariants::{Invariant, Violation};
use crate::world::Mode;

mod peace;
mod state;

/// How much is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The kind of token.
    pub mode: Mode,
    /// How many instances.
    pub instances: usize,
    /// How many of the events may be faults.
    pub faults: u32,
    /// How many events.
    pub events: u32,
}

/// One thing that can happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Move {
    /// A caller of this instance asks.
    Poll(usize),
    /// The request of this instance reaches WeChat.
    RequestArrives(usize),
    /// The reply reaches this instance.
    ReplyArrives(usize),
    /// An API call is made with the token this instance handed out last.
    Call(usize),
    /// Time passes until something is due.
    TimePasses,
    /// Fault: the request of this instance is lost, and the line is cut.
    RequestLost(usize),
    /// Fault: the reply to this instance is lost, and the line is cut.
    ReplyLost(usize),
    /// Fault: the connection of this instance is refused.
    NotSent(usize),
    /// Fault: the caller that leads this instance's fetch is cancelled.
    Cancelled(usize),
    /// Fault: the process dies and starts again.
    Crash(usize),
    /// Fault: an API call is refused although the token is good.
    Wronged(usize),
    /// Fault: another system fetches.
    Foreign,
}

impl Move {
    const fn is_fault(self) -> bool {
        matches!(
            self,
            Self::RequestLost(_)
                | Self::ReplyLost(_)
                | Self::NotSent(_)
                | Self::Cancelled(_)
                | Self::Crash(_)
                | Self::Wronged(_)
                | Self::Foreign
        )
    }
}

/// What was tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explored {
    /// Different states.
    pub states: u64,
    /// Sequences of events that were covered.
    pub interleavings: u64,
    /// Single steps that were tried.
    pub steps: u64,
    /// The longest time from the last event to a good token everywhere, when left in peace.
    pub worst_recovery: Duration,
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} states, {} steps, {} interleavings, slowest recovery {:.1} s",
            self.states,
            self.steps,
            self.interleavings,
            self.worst_recovery.as_secs_f64()
        )
    }
}

/// A broken promise, and the events that led to it.
#[derive(Debug)]
pub struct Found {
    /// The promise.
    pub violation: Violation,
    /// The events.
    pub moves: Vec<Move>,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, one) in self.moves.iter().enumerate() {
            writeln!(f, "{:2}. {one:?}", nth + 1)?;
        }
        write!(f, "{}", self.violation)
    }
}

/// One state, how it was reached first, and in how many ways.
struct Reached<F: Fetch<Token = AppToken> + Clone> {
    state: State<F>,
    path: Option<Rc<Path>>,
    ways: u64,
}

struct Path {
    last: Move,
    before: Option<Rc<Path>>,
}

/// A state left in peace has a good token within this.
const RECOVERY: Duration = Duration::from_secs(150);

/// Tries everything in `scope`, with instances that `make` makes.
///
/// # Errors
/// The first broken promise, with the fewest events that lead to it.
pub fn explore<F, M>(scope: Scope, make: M) -> Result<Explored, Box<Found>>
where
    F: Fetch<Token = AppToken> + Clone,
    M: Fn(usize) -> Ours<F>,
{
    let mut explored = Explored::default();
    let first = State::new(scope, (0..scope.instances).map(make).collect());
    let mut seen: HashMap<u64, ()> = HashMap::from([(key(&first), ())]);
    let mut level = vec![Reached {
        state: first,
        path: None,
        ways: 1,
    }];
    for _ in 0..scope.events {
        let mut next: Vec<Reached<F>> = Vec::new();
        let mut places: HashMap<u64, usize> = HashMap::new();
        for reached in &level {
            for one in reached.state.moves() {
                explored.steps += 1;
                let path = || {
                    Some(Rc::new(Path {
                        last: one,
                        before: reached.path.clone(),
                    }))
                };
                let mut state = reached.state.clone();
                if let Err(violation) = state.go(one) {
                    return Err(found(violation, path().as_ref()));
                }
                let key = key(&state);
                if let Some(known) = places.get(&key).and_then(|place| next.get_mut(*place)) {
                    known.ways = known.ways.saturating_add(reached.ways);
                } else if seen.insert(key, ()).is_none() {
                    places.insert(key, next.len());
                    next.push(Reached {
                        state,
                        path: path(),
                        ways: reached.ways,
                    });
                } else {
                    // Reached before with fewer events: what can follow was tried from there.
                    explored.interleavings = explored.interleavings.saturating_add(reached.ways);
                }
            }
        }
        level = next;
    }
    for reached in level {
        explored.interleavings = explored.interleavings.saturating_add(reached.ways);
        match reached.state.recovers(RECOVERY) {
            Ok(took) => explored.worst_recovery = explored.worst_recovery.max(took),
            Err(violation) => return Err(found(violation, reached.path.as_ref())),
        }
    }
    explored.states = seen.len() as u64;
    Ok(explored)
}

fn key<F: Fetch<Token = AppToken> + Clone>(state: &State<F>) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

fn found(violation: Violation, path: Option<&Rc<Path>>) -> Box<Found> {
    let mut moves = Vec::new();
    let mut at = path;
    while let Some(step) = at {
        moves.push(step.last);
        at = step.before.as_ref();
    }
    moves.reverse();
    Box::new(Found { violation, moves })
}

/// A promise that was broken, before it is known when and by whom.
type Broken = (Invariant, String);
