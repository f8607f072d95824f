//! What threads and tasks meet at. In the unit tests of this crate these are the stand-ins of a model
//! checker, which tries the orders in which the real loop can run: see `model`.

#[cfg(not(test))]
pub(crate) use real::{ArcSwapOption, Event, EventListener, Mutex, MutexGuard, wait};

#[cfg(test)]
pub(crate) use crate::model::sync::{ArcSwapOption, Event, EventListener, Mutex, MutexGuard, wait};

#[cfg(not(test))]
mod real {
    pub(crate) use std::sync::{Mutex, MutexGuard};
    use std::time::Duration;

    pub(crate) use arc_swap::ArcSwapOption;
    use event_listener::Listener;
    pub(crate) use event_listener::{Event, EventListener};

    /// Blocks the thread until the event is heard, or for so long.
    pub(crate) fn wait(changed: EventListener, at_most: Duration) {
        changed.wait_timeout(at_most);
    }
}
