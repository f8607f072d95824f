//! A caller who is dropped, wherever it stands, leaves nobody hanging and costs what it must and no more.
//!
//! One thread polls everything by hand, against the emulator's machine, so that "wherever it stands" can be
//! counted: the number of polls a caller had is all that differs from one run to the next.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use wechat_auth::app::{GetCallbackIp, TicketType};
use wechat_auth::keeper::{ClassicApp, StableApp};
use wechat_auth::{Account, Tick};
use wechat_auth_client::{Client, Clock, Fault, Limits, TokenSource, Transport, TransportError};
use wechat_auth_emulator::{App, Config, Family, Millis, WeChat};

const APPID: &str = "wx0123456789abcdef";
const STABLE: &str = "/cgi-bin/stable_token";
const CLASSIC: &str = "/cgi-bin/token";
const CALL: &str = "/cgi-bin/getcallbackip";
const TICKET: &str = "/cgi-bin/ticket/getticket";
/// Polls before a request arrives, and as many again before its answer does.
const WAY: usize = 2;

#[test]
fn a_leader_can_be_cancelled_at_every_await_point() {
    let polls = at_every_await_point(|world, polls| {
        let app = world.stable();
        let done = world.poll_and_drop(app.token(), polls);
        let arrived = world.asked(STABLE);
        world.run(app.token()).unwrap();
        assert_eq!(world.asked(STABLE), arrived + u64::from(!done));
        done
    });
    assert_eq!(polls, 1 + 2 * WAY);
}

#[test]
fn a_waiter_can_be_cancelled_at_every_await_point() {
    at_every_await_point(|world, polls| {
        let app = world.stable();
        let mut leader = pin!(app.token());
        assert!(poll_once(leader.as_mut()).is_none());
        world.poll_and_drop(app.token(), polls);
        let mut other = pin!(app.token());
        assert!(poll_once(other.as_mut()).is_none());

        world.run(leader).unwrap();
        world.run(other).unwrap();
        assert_eq!(world.asked(STABLE), 1);
        polls > 3
    });
}

#[test]
fn a_cancelled_leader_hands_over_to_a_waiter_at_every_await_point() {
    at_every_await_point(|world, polls| {
        let app = world.stable();
        let mut leader = Box::pin(app.token());
        assert!(poll_once(leader.as_mut()).is_none());
        let mut waiter = pin!(app.token());
        assert!(poll_once(waiter.as_mut()).is_none());
        let done = (0..polls).any(|_| poll_once(leader.as_mut()).is_some());
        drop(leader);

        let arrived = world.asked(STABLE);
        world.run(waiter).unwrap();
        assert_eq!(world.asked(STABLE), arrived + u64::from(!done));
        done
    });
}

#[test]
fn a_call_can_be_cancelled_at_every_await_point() {
    at_every_await_point(|world, polls| {
        let app = world.stable();
        let done = world.poll_and_drop(app.call(&GetCallbackIp::new()), polls);
        let (fetched, called) = (world.asked(STABLE), world.asked(CALL));
        let held = app.fresh().is_some();
        world.run(app.call(&GetCallbackIp::new())).unwrap();
        assert_eq!(world.asked(STABLE), fetched + u64::from(!held));
        assert_eq!(world.asked(CALL), called + 1);
        done
    });
}

#[test]
fn a_call_whose_token_is_refused_can_be_cancelled_at_every_await_point() {
    let polls = at_every_await_point(|world, polls| {
        let app = world.classic();
        let dead = world.run(app.token()).unwrap().id();
        world.let_another_system_refresh();

        let done = world.poll_and_drop(app.call(&GetCallbackIp::new()), polls);
        let (fetched, called) = (world.asked(CLASSIC), world.asked(CALL));
        let (fetches, calls) = match app.fresh() {
            Some(kept) if kept.id() == dead => (1, 2),
            Some(_) => (0, 1),
            None => (1, 1),
        };
        world.run(app.call(&GetCallbackIp::new())).unwrap();
        assert_eq!(world.asked(CLASSIC), fetched + fetches);
        assert_eq!(world.asked(CALL), called + calls);
        done
    });
    assert_eq!(polls, 1 + 3 * 2 * WAY, "a call, a fetch, a call");
}

#[test]
fn a_ticket_and_the_token_it_needs_can_be_cancelled_at_every_await_point() {
    let polls = at_every_await_point(|world, polls| {
        let app = world.classic();
        let ticket = world.client().ticket(TicketType::JsApi, &app);
        let done = world.poll_and_drop(ticket.token(), polls);
        let (fetched, asked) = (world.asked(CLASSIC), world.asked(TICKET));
        let held = app.fresh().is_some();
        world.run(ticket.token()).unwrap();
        assert_eq!(world.asked(CLASSIC), fetched + u64::from(!held));
        assert_eq!(world.asked(TICKET), asked + u64::from(!done));
        done
    });
    assert_eq!(
        polls,
        1 + 2 * 2 * WAY,
        "a fetch, and another with what it brought"
    );
}

#[test]
fn ten_thousand_cancelled_leaders_leave_nobody_hanging_and_send_no_more_than_the_spacing_allows() {
    let world = World::new();
    let app = world.stable();
    for round in 0..10_000 {
        world.poll_and_drop(app.token(), 1 + round % (2 * WAY));
        world.pass(Duration::from_millis(100));
    }
    let sends = world.line.sends();
    let apart = sends.windows(2).map(|pair| pair[1].since(pair[0]));
    assert!(apart.clone().all(|apart| apart >= Duration::from_secs(1)));
    // The back-off after fetches that were given up grows to 15 s, of which half is cut off at most.
    let settled = apart.skip(8).min().unwrap();
    assert!(settled >= Duration::from_millis(7500), "{settled:?}");
    let most = 8 + 1000 * 10 / 75 + 1;
    assert!((60..=most).contains(&sends.len()), "{} sends", sends.len());

    world.pass(Duration::from_secs(15));
    world.run(app.token()).unwrap();
}

/// Tells the story with 0, 1, 2 … polls until the caller was done before it could be cancelled, and brings
/// the number of polls that took.
fn at_every_await_point(story: impl Fn(&World, usize) -> bool) -> usize {
    (0..100)
        .find(|&polls| story(&World::new(), polls))
        .expect("the caller is done some day")
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

struct World {
    line: Line,
}

impl World {
    fn new() -> Self {
        let mut wechat = WeChat::new(Config::new(7));
        wechat.add_app(App::new(APPID, "appsecret")).unwrap();
        let state = State {
            wechat,
            now: Millis::from_unix_s(1_750_000_000),
            sends: Vec::new(),
        };
        let line = Line(Arc::new(Mutex::new(state)));
        Self { line }
    }

    fn client(&self) -> Client<Line, Line> {
        Client::new(self.line.clone()).with_clock(self.line.clone())
    }

    fn stable(&self) -> TokenSource<StableApp, Line, Line> {
        let account = Account::new(APPID, "appsecret").unwrap();
        self.client().stable_token(account)
    }

    fn classic(&self) -> TokenSource<ClassicApp, Line, Line> {
        let account = Account::new(APPID, "appsecret").unwrap();
        self.client().classic_token(account)
    }

    fn asked(&self, path: &str) -> u64 {
        self.line
            .with(|state| state.wechat.counts().requests(APPID, path))
    }

    fn pass(&self, time: Duration) {
        self.line.with(|state| state.now = state.now.plus(time));
    }

    /// And let what it replaced die.
    fn let_another_system_refresh(&self) {
        self.pass(Duration::from_secs(60));
        self.line.with(|state| {
            let refreshed = state.wechat.foreign_refresh(state.now, APPID, Family::Classic);
            refreshed.unwrap();
        });
        self.pass(Duration::from_secs(301));
    }

    /// Whether the future was done before it could be dropped.
    fn poll_and_drop<F: Future>(&self, future: F, polls: usize) -> bool {
        let mut future = pin!(future);
        (0..polls).any(|_| poll_once(future.as_mut()).is_some())
    }

    fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        (0..10_000)
            .find_map(|_| poll_once(future.as_mut()))
            .expect("nobody waits for ever")
    }
}

/// The way to WeChat, and the time there. It takes polls and no time; waiting takes both.
#[derive(Clone)]
struct Line(Arc<Mutex<State>>);

struct State {
    wechat: WeChat,
    now: Millis,
    sends: Vec<Tick>,
}

impl Line {
    fn with<O>(&self, look: impl FnOnce(&mut State) -> O) -> O {
        look(&mut self.0.lock().unwrap())
    }

    fn sends(&self) -> Vec<Tick> {
        self.with(|state| state.sends.clone())
    }
}

impl Clock for Line {
    fn now(&self) -> Tick {
        Tick::from_millis(self.unix_millis())
    }

    fn unix_millis(&self) -> u64 {
        self.with(|state| state.now.0)
    }
}

impl Transport for Line {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        _: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        self.with(|state| state.sends.push(Tick::from_millis(state.now.0)));
        pend(WAY).await;
        let reply = self.with(|state| {
            let peer = [127, 0, 0, 1].into();
            state.wechat.handle(state.now, &request, peer)
        });
        pend(WAY).await;
        reply.response().ok_or(TransportError::maybe_sent(Fault::Cut))
    }

    async fn sleep(&self, duration: Duration) {
        // Longer than any exchange takes.
        pend(100).await;
        self.with(|state| state.now = state.now.plus(duration));
    }
}

async fn pend(polls: usize) {
    let mut left = polls;
    poll_fn(|_| match left {
        0 => Poll::Ready(()),
        _ => {
            left -= 1;
            Poll::Pending
        }
    })
    .await;
}
