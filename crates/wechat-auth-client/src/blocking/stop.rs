use std::fmt;
use std::sync::{Arc, PoisonError, Weak};

use crate::sync::{Event, Mutex, MutexGuard};

/// Ends [`keep_fresh`](super::TokenSource::keep_fresh). Clones are one and the same, and one can end any
/// number of loops.
///
/// ```
/// # use wechat_auth_client::blocking::{Stop, TokenSource, Transport};
/// # fn program<T: Transport>(app: TokenSource<wechat_auth::keeper::StableApp, T>) {
/// let stop = Stop::new();
/// std::thread::scope(|scope| {
///     scope.spawn(|| app.keep_fresh(&stop));
///     // … serve …
///     stop.stop();
/// });
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Stop(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    stopped: bool,
    /// What the loops wait for. A source may be gone before its loop is told.
    waiting: Vec<Weak<Event>>,
}

impl Stop {
    /// Not stopped yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the loops, and those that start later. Does not wait for them: join their threads.
    pub fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for changed in waiting.iter().filter_map(Weak::upgrade) {
            changed.notify(usize::MAX);
        }
    }

    /// Whether it was told to stop.
    pub fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Stopping wakes those who wait for `changed`.
    pub(crate) fn wakes(&self, changed: &Arc<Event>) {
        self.lock().waiting.push(Arc::downgrade(changed));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stop").field(&self.is_stopped()).finish()
    }
}
