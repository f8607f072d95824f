//! Stand-ins that follow the contracts of `event-listener` and `arc-swap`, made of what loom watches. Each
//! operation is one step; the insides of the two crates are their authors' to check.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use loom::sync::Condvar;
pub(crate) use loom::sync::{Mutex, MutexGuard};

pub(crate) struct ArcSwapOption<T>(Mutex<Option<Arc<T>>>);

impl<T> ArcSwapOption<T> {
    pub(crate) fn new(value: Option<Arc<T>>) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn load(&self) -> Option<Arc<T>> {
        lock(&self.0).clone()
    }

    pub(crate) fn store(&self, value: Option<Arc<T>>) {
        *lock(&self.0) = value;
    }
}

pub(crate) struct Event(Arc<Told>);

struct Told {
    state: Mutex<State>,
    again: Condvar,
}

struct State {
    times: usize,
    wakers: Vec<Waker>,
}

impl Event {
    pub(crate) fn new() -> Self {
        let state = Mutex::new(State {
            times: 0,
            wakers: Vec::new(),
        });
        let again = Condvar::new();
        Self(Arc::new(Told { state, again }))
    }

    pub(crate) fn listen(&self) -> EventListener {
        EventListener {
            event: Arc::clone(&self.0),
            heard: lock(&self.0.state).times,
        }
    }

    pub(crate) fn notify(&self, listeners: usize) {
        assert_eq!(listeners, usize::MAX, "the driver tells everybody");
        let mut state = lock(&self.0.state);
        state.times += 1;
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        self.0.again.notify_all();
    }
}

pub(crate) struct EventListener {
    event: Arc<Told>,
    heard: usize,
}

impl Future for EventListener {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.event.state);
        if state.times != self.heard {
            return Poll::Ready(());
        }
        state.wakers.push(cx.waker().clone());
        Poll::Pending
    }
}

/// Never times out, so that a lost wake-up is a deadlock.
pub(crate) fn wait(changed: EventListener, _: Duration) {
    let EventListener { event, heard } = changed;
    let mut state = lock(&event.state);
    while state.times == heard {
        let waited = event.again.wait(state);
        state = waited.unwrap_or_else(PoisonError::into_inner);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
