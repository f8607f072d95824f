//! The driver's loop under loom, which runs each story in every order that its threads can meet in, with up
//! to two forced switches between them besides those where a thread waits or ends. More take longer:
//! `LOOM_MAX_PREEMPTIONS=3`, with optimised code.
//!
//! Nothing ever times out: the clock stands still, and a wait ends only by being told. So a wake-up that
//! gets lost is a thread that waits for ever, which loom reports as a deadlock.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod script;
mod stories;
pub(crate) mod sync;

use loom::thread::{Builder, JoinHandle};

fn in_every_order(story: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = model.preemption_bound.or(Some(2));
    model.check(story);
}

/// A thread of the story. What the loop puts on the stack in a debug build is more than loom's own threads
/// have.
fn thread<O: Send + 'static>(run: impl FnOnce() -> O + Send + 'static) -> JoinHandle<O> {
    const WORDS: usize = 1 << 16;
    Builder::new().stack_size(WORDS).spawn(run).unwrap()
}

/// `n` threads that do the same, and what each brought.
fn at_once<O: Send + 'static>(n: usize, run: impl Fn() -> O + Clone + Send + 'static) -> Vec<O> {
    let threads: Vec<_> = (0..n).map(|_| thread(run.clone())).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}
