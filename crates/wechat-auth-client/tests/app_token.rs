//! What a program that holds a `TokenSource` can rely on, over real sockets.

mod world;

use std::time::Duration;

use wechat_auth::app::{GetCallbackIp, TicketType};
use wechat_auth::{Account, Advice, ApiError, Tick};
use wechat_auth_client::CallError;
use wechat_auth_emulator::{CarriedOut, Effect, Family, Fault};
use world::{APPID, World, at_once};

const STABLE: &str = "/cgi-bin/stable_token";
const CLASSIC: &str = "/cgi-bin/token";
const CALL: &str = "/cgi-bin/getcallbackip";
const TICKET: &str = "/cgi-bin/ticket/getticket";

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_cold_callers_cause_one_fetch() {
    let world = World::new().await;
    let app = world.client.stable_token(world.account());
    let tokens = at_once(1000, || {
        let app = app.clone();
        async move { app.token().await.unwrap().secret().expose().to_owned() }
    })
    .await;
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(world.asked(STABLE), 1);
}

#[tokio::test]
async fn reading_a_fresh_token_costs_no_fetch() {
    let world = World::new().await;
    let app = world.client.stable_token(world.account());
    for _ in 0..10_000 {
        app.token().await.unwrap();
    }
    assert_eq!(world.asked(STABLE), 1);
}

#[tokio::test]
async fn a_token_is_replaced_ahead_of_its_end_and_no_call_ever_fails() {
    let world = World::new().await;
    let app = world.client.stable_token(world.account());
    for _ in 0..3 * 24 * 30 {
        app.call(&GetCallbackIp::new()).await.unwrap();
        world.advance(120);
    }
    let fetched = world.asked(STABLE);
    assert!((36..=72).contains(&fetched), "{fetched} fetches in three days");
    assert_eq!(world.handle().counts().refused(APPID, CALL), 0);
}

#[tokio::test]
async fn after_a_foreign_refresh_one_call_is_refused_one_fetch_follows_and_nobody_notices() {
    let world = World::new().await;
    let app = world.client.classic_token(world.account());
    app.call(&GetCallbackIp::new()).await.unwrap();
    world.advance(60);
    world.handle().foreign_refresh(APPID, Family::Classic).unwrap();
    world.advance(301);

    app.call(&GetCallbackIp::new()).await.unwrap();
    assert_eq!(world.asked(CLASSIC), 2);
    assert_eq!(world.asked(CALL), 3, "refused once, repeated once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_refusals_causes_one_fetch() {
    let world = World::new().await;
    let app = world.client.classic_token(world.account());
    app.token().await.unwrap();
    world.advance(60);
    world.handle().foreign_refresh(APPID, Family::Classic).unwrap();
    world.advance(301);
    let calls = at_once(200, || {
        let app = app.clone();
        async move { app.call(&GetCallbackIp::new()).await }
    })
    .await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    assert_eq!(world.asked(CLASSIC), 2);
}

#[tokio::test]
async fn a_persistent_40001_is_repeated_once_and_does_not_burn_the_quota() {
    let world = World::new().await;
    let app = world.client.classic_token(world.account());
    let refusal = Effect::Errcode {
        errcode: 40001,
        errmsg: None,
    };
    world
        .handle()
        .inject(Fault::on(CALL, refusal).times(1_000_000))
        .unwrap();
    let mut failed = 0;
    for _ in 0..3600 {
        failed += usize::from(app.call(&GetCallbackIp::new()).await.is_err());
        world.advance(1);
    }
    assert_eq!(failed, 3600);
    let fetched = world.asked(CLASSIC);
    assert!(fetched <= 40, "{fetched} fetches in an hour of refusals");
}

#[tokio::test]
async fn a_failed_early_refresh_is_not_noticed_by_callers_but_can_be_seen() {
    let world = World::new().await;
    let app = world.client.stable_token(world.account());
    let before = app.token().await.unwrap();
    world.advance(6950);
    for effect in [
        Effect::Errcode {
            errcode: -1,
            errmsg: None,
        },
        Effect::html(http::StatusCode::BAD_GATEWAY, "<html>bad gateway</html>"),
        Effect::Cut,
    ] {
        world.handle().inject(Fault::on(STABLE, effect)).unwrap();
        let during = app.token().await.unwrap();
        assert_eq!(during.id(), before.id());
        assert!(app.trouble().is_some());
        world.advance(20);
    }
    assert_ne!(app.token().await.unwrap().id(), before.id());
    assert_eq!(app.trouble(), None);
}

#[tokio::test]
async fn a_cold_start_survives_a_hiccup() {
    let world = World::new().await;
    let app = world.client.stable_token(world.account());
    world.handle().inject(Fault::on(STABLE, Effect::Cut)).unwrap();
    app.token().await.unwrap();
    assert_eq!(world.asked(STABLE), 2);
}

#[tokio::test]
async fn a_wrong_secret_is_told_at_once_by_name_and_asked_again_only_minutes_later() {
    let world = World::new().await;
    let account = Account::new(APPID, "not-the-appsecret-of-this-account").unwrap();
    let app = world.client.stable_token(account);
    for _ in 0..100 {
        let error = app.token().await.unwrap_err();
        assert_eq!(error.advice(), Advice::FixConfig);
        assert!(error.to_string().contains("40125"), "{error}");
        assert!(!format!("{error:?} {error}").contains("not-the-appsecret"));
    }
    assert_eq!(world.asked(STABLE), 1);
}

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
async fn ten_thousand_cancelled_callers_leave_nobody_hanging() {
    let world = World::new().await;
    let app = world.client.stable_token(world.account());
    for polls in 0..10_000_u32 {
        let mut future = Box::pin(app.token());
        for _ in 0..polls % 4 {
            let _ = futures_poll_once(&mut future).await;
        }
    }
    app.token().await.unwrap();
}

/// Polls once, whatever comes.
async fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|cx| match std::pin::Pin::new(&mut *future).poll(cx) {
        std::task::Poll::Ready(done) => std::task::Poll::Ready(Some(done)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

#[tokio::test]
async fn a_call_without_an_answer_is_not_repeated_and_says_so() {
    let world = World::new().await;
    let app = world.client.stable_token(world.account());
    app.token().await.unwrap();
    world.handle().inject(Fault::on(CALL, Effect::ReplyLost)).unwrap();
    let error = app.call(&GetCallbackIp::new()).await.unwrap_err();
    assert!(matches!(error, CallError::Transport(_)), "{error}");
    assert_eq!(world.asked(CALL), 1);
}

#[tokio::test]
async fn a_refusal_that_is_not_about_the_token_leaves_the_token_alone() {
    let world = World::new().await;
    let app = world.client.stable_token(world.account());
    let before = app.token().await.unwrap();
    for errcode in [-1, 45009, 48001, 43101, 999_999] {
        let effect = Effect::Errcode {
            errcode,
            errmsg: None,
        };
        world.handle().inject(Fault::on(CALL, effect)).unwrap();
        let error = app.call(&GetCallbackIp::new()).await.unwrap_err();
        assert!(
            matches!(&error, CallError::Api(ApiError::WeChat(no)) if no.code() == errcode),
            "{error}"
        );
    }
    assert_eq!(app.token().await.unwrap().id(), before.id());
    assert_eq!(world.asked(STABLE), 1);
}

#[tokio::test]
async fn a_lost_classic_reply_leaves_the_held_token_five_minutes() {
    let world = World::new().await;
    let app = world.client.classic_token(world.account());
    app.token().await.unwrap();
    world.advance(4000);
    world
        .handle()
        .inject(Fault::on(CLASSIC, Effect::ReplyLost))
        .unwrap();
    let meanwhile = app.token().await.unwrap();
    let sent = Tick::from_millis(world.handle().now().0);
    assert!(
        meanwhile.usable_until() <= sent.after(Duration::from_secs(300)),
        "{meanwhile:?}"
    );
    // And what it hands out goes on being accepted.
    for _ in 0..100 {
        app.call(&GetCallbackIp::new()).await.unwrap();
        world.advance(7);
    }
    assert_eq!(world.handle().counts().refused(APPID, CALL), 0);
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

#[tokio::test]
async fn a_ticket_is_fetched_with_the_app_token_and_survives_its_refusal() {
    let world = World::new().await;
    let app = world.client.classic_token(world.account());
    let page = world.client.ticket(TicketType::JsApi, &app);
    page.token().await.unwrap();
    assert_eq!((world.asked(CLASSIC), world.asked(TICKET)), (1, 1));

    // The app token dies by another system's doing; the next ticket's fetch finds out and recovers.
    world.advance(60);
    world.handle().foreign_refresh(APPID, Family::Classic).unwrap();
    world.advance(301);
    let card = world.client.ticket(TicketType::WxCard, &app);
    card.token().await.unwrap();
    assert_eq!((world.asked(CLASSIC), world.asked(TICKET)), (2, 3));
}

#[tokio::test]
async fn without_an_app_token_the_ticket_says_why() {
    let world = World::new().await;
    let account = Account::new(APPID, "wrong").unwrap();
    let app = world.client.stable_token(account);
    let ticket = world.client.ticket(TicketType::JsApi, &app);
    let error = ticket.token().await.unwrap_err();
    assert!(error.to_string().contains("40125"), "{error}");
    assert_eq!(world.asked(TICKET), 0);
}

#[test]
fn futures_can_move_between_threads() {
    fn is_send<T: Send>(_: T) {}
    fn all(world: &World) {
        let app = world.client.stable_token(world.account());
        let ticket = world.client.ticket(TicketType::JsApi, &app);
        is_send(app.token());
        is_send(app.call(&GetCallbackIp::new()));
        is_send(app.keep_fresh());
        is_send(ticket.token());
        is_send(app.clone());
    }
    let _ = all;
}
