//! The line between an instance and WeChat: what becomes of a fetch that is sent now.

use core::time::Duration;
use std::cell::Cell;
use std::rc::Rc;

use http::StatusCode;
use wechat_auth::Tick;

/// Decides by the moment alone, so that everybody meets the same trouble at the same time.
pub(crate) trait Line {
    /// What becomes of a fetch that the instance `seat` sends now.
    fn fate(&self, seat: usize, now: Tick) -> Fate;

    /// Whether WeChat refuses every token now.
    fn api_refuses(&self, _now: Tick) -> bool {
        false
    }

    /// Whether somebody enforces the deadline of a fetch.
    fn has_deadline(&self) -> bool {
        true
    }
}

/// What becomes of one fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fate {
    /// How long the request is under way.
    pub(crate) out: Duration,
    /// How long the answer is.
    pub(crate) back: Duration,
    pub(crate) end: End,
}

/// How a fetch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Answered,
    /// It certainly did not leave.
    NotSent,
    RequestLost,
    /// WeChat did what was asked, and nobody heard.
    ReplyLost,
    /// A proxy answers in WeChat's place.
    Status(StatusCode),
    /// WeChat answers with an error.
    Errcode(i64),
}

/// A line whose state a story sets by hand; a copy is the same line.
#[derive(Clone)]
pub(crate) struct Dial(Rc<Cell<(Fate, Deadline)>>);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deadline {
    Enforced,
    /// A driver without a timeout of its own.
    Ignored,
}

impl Dial {
    pub(crate) fn new() -> Self {
        let fate = Fate {
            out: Duration::from_millis(50),
            back: Duration::from_millis(50),
            end: End::Answered,
        };
        Self(Rc::new(Cell::new((fate, Deadline::Enforced))))
    }

    /// From now on fetches end so.
    pub(crate) fn ends(&self, end: End) {
        let (fate, deadline) = self.0.get();
        self.0.set((Fate { end, ..fate }, deadline));
    }

    /// From now on answers take so long.
    pub(crate) fn answers_take(&self, back: Duration) {
        let (fate, deadline) = self.0.get();
        self.0.set((Fate { back, ..fate }, deadline));
    }

    /// From now on nobody enforces the deadline.
    pub(crate) fn ignores_deadlines(&self) {
        self.0.set((self.0.get().0, Deadline::Ignored));
    }
}

impl Line for Dial {
    fn fate(&self, _: usize, _: Tick) -> Fate {
        self.0.get().0
    }

    fn has_deadline(&self) -> bool {
        self.0.get().1 == Deadline::Enforced
    }
}
