//! The open connections, and how room is made for one more.
//!
//! File descriptors run out before memory does. Whoever comes then is let in at the cost
//! of those who have waited longest without asking for anything: idle connections, and
//! half requests that never become whole.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

/// One of so many that wait has to go when room is made: looking at all of them for each
/// newcomer would take longer than serving it.
const ONE_IN: usize = 16;
/// What a connection's turn is while it is not waiting.
const BUSY: u64 = u64::MAX;

/// Since when a connection waits for the whole of a request: the higher, the later.
#[derive(Clone, Default)]
pub(crate) struct Waiting {
    since: Arc<AtomicU64>,
    turns: Arc<AtomicU64>,
}

impl Waiting {
    fn from_now(turns: &Arc<AtomicU64>) -> Self {
        let waiting = Self {
            since: Arc::default(),
            turns: Arc::clone(turns),
        };
        waiting.begin();
        waiting
    }

    /// A request is there, and is being answered until this is dropped.
    pub(crate) fn interrupted(&self) -> Interrupted<'_> {
        self.since.store(BUSY, Ordering::Relaxed);
        Interrupted(self)
    }

    fn begin(&self) {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        self.since.store(turn, Ordering::Relaxed);
    }

    fn since(&self) -> Option<u64> {
        Some(self.since.load(Ordering::Relaxed)).filter(|since| *since != BUSY)
    }
}

/// Nobody waits here while this lives.
pub(crate) struct Interrupted<'a>(&'a Waiting);

impl Drop for Interrupted<'_> {
    fn drop(&mut self) {
        self.0.begin();
    }
}

/// The tasks of all connections; they end with this.
#[derive(Default)]
pub(crate) struct Crowd {
    tasks: JoinSet<()>,
    open: HashMap<Id, (AbortHandle, Waiting)>,
    turns: Arc<AtomicU64>,
}

impl Crowd {
    /// Lets a connection in.
    pub(crate) fn admit<F>(&mut self, serve: impl FnOnce(Waiting) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let waiting = Waiting::from_now(&self.turns);
        let task = self.tasks.spawn(serve(waiting.clone()));
        self.open.insert(task.id(), (task, waiting));
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.forget(&ended);
        }
    }

    /// Closes those connections that have waited longest; `false` when nobody waits.
    pub(crate) async fn make_room(&mut self) -> bool {
        let waiting = self.open.values();
        let mut turns: Vec<u64> = waiting.filter_map(|(_, waiting)| waiting.since()).collect();
        let place = turns.len() / ONE_IN;
        if turns.is_empty() {
            return false;
        }
        let (.., &mut last, _) = turns.select_nth_unstable(place);
        for (task, waiting) in self.open.values() {
            if waiting.since().is_some_and(|since| since <= last) {
                task.abort();
            }
        }
        // Each of them gives its descriptor back when it has ended.
        if let Some(ended) = self.tasks.join_next_with_id().await {
            self.forget(&ended);
        }
        true
    }

    fn forget(&mut self, ended: &Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        self.open.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty connections that never end by themselves.
    fn twenty() -> (Crowd, Vec<Waiting>) {
        let mut crowd = Crowd::default();
        let waiting = (0..20).map(|_| {
            let mut kept = Waiting::default();
            crowd.admit(|waiting| {
                kept = waiting;
                std::future::pending()
            });
            kept
        });
        let waiting = waiting.collect();
        (crowd, waiting)
    }

    async fn left(mut crowd: Crowd) -> Vec<u64> {
        tokio::task::yield_now().await;
        while let Some(ended) = crowd.tasks.try_join_next_with_id() {
            crowd.forget(&ended);
        }
        let mut left: Vec<u64> = crowd
            .open
            .values()
            .filter_map(|(_, waiting)| waiting.since())
            .collect();
        left.sort_unstable();
        left
    }

    #[tokio::test]
    async fn room_is_made_by_those_who_have_waited_longest() {
        let (mut crowd, _) = twenty();
        assert!(crowd.make_room().await);
        assert_eq!(left(crowd).await, (2..20).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn whoever_is_being_answered_stays_and_waits_anew_afterwards() {
        let (mut crowd, waiting) = twenty();
        let asking: Vec<Interrupted<'_>> = waiting.iter().take(18).map(Waiting::interrupted).collect();
        assert!(crowd.make_room().await);
        drop(asking);
        assert_eq!(left(crowd).await, (19..38).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn nobody_has_to_go_while_everybody_is_being_answered() {
        let (mut crowd, waiting) = twenty();
        let asking: Vec<Interrupted<'_>> = waiting.iter().map(Waiting::interrupted).collect();
        assert!(!crowd.make_room().await);
        drop(asking);
    }
}
