//! What only threads can do: panic in the middle of a fetch, wait for one another, and be told to stop.
#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use wechat_auth::app::GetCallbackIp;
use wechat_auth_client::blocking::{Client, Stop, Transport};
use wechat_auth_client::driver::Blocking;
use wechat_auth_client::{Limits, TransportError};
use world::{Wire, World};

const STABLE: &str = "/cgi-bin/stable_token";

/// A line whose first fetch is held up until somebody waits for it, and then ends as the test says.
#[derive(Clone)]
struct HeldUp {
    fetches: Arc<AtomicUsize>,
    first: Arc<dyn Fn() + Send + Sync>,
}

impl Transport for HeldUp {
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        if request.uri().path() == STABLE && self.fetches.fetch_add(1, Ordering::SeqCst) == 0 {
            (self.first)();
        }
        Wire.send(request, limits)
    }
}

fn held_up(
    world: &World<Blocking>,
    first: impl Fn() + Send + Sync + 'static,
) -> Client<HeldUp, world::EmulatorClock> {
    let line = HeldUp {
        fetches: Arc::default(),
        first: Arc::new(first),
    };
    Client::new(line)
        .with_origin(world.client.origin().clone())
        .with_clock(world.clock())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_panics_in_the_fetch_hands_over() {
    let world = World::with_threads().await;
    let client = held_up(&world, || resume_unwind(Box::new("an HTTP client with a bug")));
    let app = client.stable_token(world.account());
    catch_unwind(AssertUnwindSafe(|| app.token())).unwrap_err();
    app.token().unwrap();
    app.call(&GetCallbackIp::new()).unwrap();
    assert_eq!(world.asked(STABLE), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_one_thread_fetches_the_others_can_look_without_waiting() {
    let world = World::with_threads().await;
    let gate = Arc::new(std::sync::Barrier::new(2));
    let client = held_up(&world, {
        let gate = Arc::clone(&gate);
        move || {
            gate.wait();
            gate.wait();
        }
    });
    let app = client.stable_token(world.account());
    thread::scope(|scope| {
        let leader = scope.spawn(|| app.token().unwrap().id());
        gate.wait();
        // The fetch is under way and cannot end before this thread says so.
        assert!(app.fresh().is_none());
        assert!(app.trouble().is_none());
        assert!(app.poll_event().is_some());
        let _ = app.snapshot();
        let waiter = scope.spawn(|| app.token().unwrap().id());
        gate.wait();
        assert_eq!(leader.join().unwrap(), waiter.join().unwrap());
    });
    assert_eq!(world.asked(STABLE), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn keep_fresh_stays_ahead_of_callers_who_then_never_fetch() {
    let world = World::with_threads().await;
    // Its waiting moves the clock: let a day pass.
    let client = world.client.clone().with_clock(world.clock().for_one_thread());
    let app = client.stable_token(world.account());
    let stop = Stop::new();
    let start = world.handle().now();
    thread::scope(|scope| {
        let keeping = scope.spawn(|| app.keep_fresh(&stop));
        while world.handle().now().0 < start.0 + 86_400_000 {
            thread::yield_now();
        }
        stop.stop();
        keeping.join().unwrap();
    });
    let days = (world.handle().now().0 - start.0) as f64 / 86_400_000.0;
    let fetched = world.asked(STABLE) as f64 / days;
    assert!((12.0..=14.0).contains(&fetched), "{fetched} fetches a day");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_word_ends_every_loop_that_keeps_fresh_however_long_it_would_sleep() {
    let world = World::with_threads().await;
    let stop = Stop::new();
    let sources = [(); 3].map(|()| world.client.stable_token(world.account()));
    let loops = sources.each_ref().map(|app| {
        app.token().unwrap();
        let (app, stop) = (app.clone(), stop.clone());
        // An hour to sleep, for the token is fresh and the clock stands still.
        thread::spawn(move || app.keep_fresh(&stop))
    });
    // They may be asleep by then; if not, the word holds all the same.
    thread::sleep(Duration::from_millis(20));
    stop.stop();
    for keeping in loops {
        keeping.join().unwrap();
    }
    // Said before it starts, it holds as well.
    world.client.stable_token(world.account()).keep_fresh(&stop);
    assert!(stop.is_stopped());
}
