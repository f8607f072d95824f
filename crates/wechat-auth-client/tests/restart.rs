//! What survives a restart of the program, over real sockets.
#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod world;

use wechat_auth::app::GetCallbackIp;
use wechat_auth::keeper::{ClassicApp, Event, Snapshot, StableApp};
use wechat_auth_emulator::{CarriedOut, Effect, Fault, Standing};
use world::{APPID, World};

const STABLE: &str = "/cgi-bin/stable_token";
const CLASSIC: &str = "/cgi-bin/token";
const CALL: &str = "/cgi-bin/getcallbackip";

#[tokio::test]
async fn a_clean_restart_makes_no_fetch() {
    let world = World::new().await;
    let before = world.client.stable_token(world.account());
    before.token().await.unwrap();
    let kept = before.snapshot().encode();
    drop(before);
    world.advance(60);

    let snapshot = Snapshot::decode(kept.expose()).unwrap();
    let after = world
        .client
        .restore(StableApp::new(world.account()), &snapshot)
        .unwrap();
    after.call(&GetCallbackIp::new()).await.unwrap();
    assert_eq!(world.asked(STABLE), 1);
}

#[tokio::test]
async fn a_crash_in_the_middle_of_a_classic_fetch_never_hands_out_a_dead_token() {
    let world = World::new().await;
    let before = world.client.classic_token(world.account());
    before.token().await.unwrap();
    world.advance(4000);
    let hang = Effect::Hang(CarriedOut::Yes);
    world.handle().inject(Fault::on(CLASSIC, hang)).unwrap();
    let leader = tokio::spawn({
        let before = before.clone();
        async move { before.token().await }
    });
    while world.asked(CLASSIC) < 2 {
        tokio::task::yield_now().await;
    }
    // The process dies here: the last snapshot was saved when the request left.
    let snapshot = before.snapshot();
    leader.abort();

    world.advance(2);
    let after = world
        .client
        .restore(ClassicApp::new(world.account()), &snapshot)
        .unwrap();
    for _ in 0..100 {
        after.call(&GetCallbackIp::new()).await.unwrap();
        world.advance(7);
    }
    assert_eq!(world.handle().counts().refused(APPID, CALL), 0);
}

#[tokio::test]
async fn a_leaked_token_is_dead_after_two_demands() {
    let world = World::new().await;
    let app = world.client.stable_token(world.account());
    let leaked = app.token().await.unwrap().secret().clone();
    for _ in 0..2 {
        world.advance(31);
        app.force_refresh().unwrap();
        app.call(&GetCallbackIp::new()).await.unwrap();
    }
    let found = world.handle().introspect(leaked.expose());
    assert!(!found.valid, "{found:?}");
    assert_ne!(found.standing, Standing::Current);
    let forced = std::iter::from_fn(|| app.poll_event());
    let forced = forced.filter(|event| matches!(event, Event::Sending { forced: true, .. }));
    assert_eq!(forced.count(), 2);
}
