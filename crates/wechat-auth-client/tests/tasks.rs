//! What only tasks can do, over real sockets: be aborted in the middle of a fetch, and keep fresh until then.
#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod world;

use wechat_auth_emulator::{CarriedOut, Effect, Fault};
use world::World;

const STABLE: &str = "/cgi-bin/stable_token";

#[tokio::test]
async fn a_cancelled_caller_hands_the_fetch_over() {
    let world = World::new().await;
    let app = world.client.stable_token(world.account());
    world
        .handle()
        .inject(Fault::on(STABLE, Effect::Hang(CarriedOut::No)))
        .unwrap();

    let leader = tokio::spawn({
        let app = app.clone();
        async move { app.token().await }
    });
    while world.handle().counts().total_requests() == 0 {
        tokio::task::yield_now().await;
    }
    let waiter = tokio::spawn({
        let app = app.clone();
        async move { app.token().await }
    });
    tokio::task::yield_now().await;
    leader.abort();
    waiter.await.unwrap().unwrap();
}

#[tokio::test]
async fn keep_fresh_stays_ahead_of_callers_who_then_never_fetch() {
    let world = World::new().await;
    let app = world.client.stable_token(world.account());
    let keeping = tokio::spawn({
        let app = app.clone();
        async move { app.keep_fresh().await }
    });
    // Its waiting moves the clock: let a day pass.
    let start = world.handle().now();
    while world.handle().now().0 < start.0 + 86_400_000 {
        tokio::task::yield_now().await;
    }
    keeping.abort();
    let fetched = world.asked(STABLE);
    assert!((12..=14).contains(&fetched), "{fetched} fetches in a day");
}
