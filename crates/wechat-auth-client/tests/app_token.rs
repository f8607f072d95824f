//! What a program that holds a `TokenSource` can rely on, over real sockets, in both colours.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

mod world;

use std::time::Duration;

use wechat_auth::app::{GetCallbackIp, TicketType};
use wechat_auth::keeper::{ClassicApp, StableApp};
use wechat_auth::{Account, Advice, ApiError, AppToken, Tick};
use wechat_auth_client::driver::{Async, Blocking};
use wechat_auth_client::{CallError, Nothing, Upstream};
use wechat_auth_emulator::{Effect, Family, Fault};
use world::{APPID, Colour, Source, World};

const STABLE: &str = "/cgi-bin/stable_token";
const CLASSIC: &str = "/cgi-bin/token";
const CALL: &str = "/cgi-bin/getcallbackip";
const TICKET: &str = "/cgi-bin/ticket/getticket";

macro_rules! in_both_colours {
    ($($story:ident,)*) => {
        mod with_futures {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $story() {
                    super::$story::<super::Async>(super::World::new().await).await;
                }
            )*
        }

        mod with_threads {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $story() {
                    super::$story::<super::Blocking>(super::World::with_threads().await).await;
                }
            )*
        }
    };
}

in_both_colours! {
    a_thousand_cold_callers_cause_one_fetch,
    reading_a_fresh_token_costs_no_fetch,
    a_token_is_replaced_ahead_of_its_end_and_no_call_ever_fails,
    after_a_foreign_refresh_one_call_is_refused_one_fetch_follows_and_nobody_notices,
    a_token_that_expired_while_the_machine_slept_is_replaced_and_nobody_notices,
    a_stable_token_that_another_system_replaced_at_once_is_found_out_and_nobody_notices,
    a_storm_of_refusals_causes_one_fetch,
    a_persistent_40001_is_repeated_once_and_does_not_burn_the_quota,
    a_failed_early_refresh_is_not_noticed_by_callers_but_can_be_seen,
    a_cold_start_survives_a_hiccup,
    a_wrong_secret_is_told_at_once_by_name_and_asked_again_only_minutes_later,
    a_call_without_an_answer_is_not_repeated_and_says_so,
    a_refusal_that_is_not_about_the_token_leaves_the_token_alone,
    a_lost_classic_reply_leaves_the_held_token_five_minutes,
    a_ticket_is_fetched_with_the_app_token_and_survives_its_refusal,
    without_an_app_token_the_ticket_says_why,
}

async fn a_thousand_cold_callers_cause_one_fetch<K: Colour>(world: World<K>) {
    let app = world.client.stable_token(world.account());
    let tokens = K::at_once(1000, move || {
        let app = app.clone();
        async move { K::token(&app).await.unwrap().secret().expose().to_owned() }
    })
    .await;
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(world.asked(STABLE), 1);
}

async fn reading_a_fresh_token_costs_no_fetch<K: Colour>(world: World<K>) {
    let app = world.client.stable_token(world.account());
    for _ in 0..10_000 {
        K::token(&app).await.unwrap();
    }
    assert_eq!(world.asked(STABLE), 1);
}

async fn a_token_is_replaced_ahead_of_its_end_and_no_call_ever_fails<K: Colour>(world: World<K>) {
    let app = world.client.stable_token(world.account());
    for _ in 0..3 * 24 * 30 {
        K::call(&app, &GetCallbackIp::new()).await.unwrap();
        world.advance(120);
    }
    let fetched = world.asked(STABLE);
    assert!((36..=72).contains(&fetched), "{fetched} fetches in three days");
    assert_eq!(world.handle().counts().refused(APPID, CALL), 0);
}

async fn after_a_foreign_refresh_one_call_is_refused_one_fetch_follows_and_nobody_notices<K: Colour>(
    world: World<K>,
) {
    let app = world.client.classic_token(world.account());
    K::call(&app, &GetCallbackIp::new()).await.unwrap();
    world.advance(60);
    world.handle().foreign_refresh(APPID, Family::Classic).unwrap();
    world.advance(301);

    K::call(&app, &GetCallbackIp::new()).await.unwrap();
    assert_eq!(world.asked(CLASSIC), 2);
    assert_eq!(world.asked(CALL), 3, "refused once, repeated once");
}

/// Our clock stood still meanwhile, so the token seems new.
async fn a_token_that_expired_while_the_machine_slept_is_replaced_and_nobody_notices<K: Colour>(
    world: World<K>,
) {
    let app = world.client.classic_token(world.account());
    K::call(&app, &GetCallbackIp::new()).await.unwrap();
    let expired = Effect::Errcode {
        errcode: 42001,
        errmsg: None,
    };
    world.handle().inject(Fault::on(CALL, expired)).unwrap();

    K::call(&app, &GetCallbackIp::new()).await.unwrap();
    assert_eq!(world.asked(CLASSIC), 2);
    assert_eq!(world.asked(CALL), 3, "refused once, repeated once");
}

async fn a_stable_token_that_another_system_replaced_at_once_is_found_out_and_nobody_notices<K: Colour>(
    world: World<K>,
) {
    let app = world.client.stable_token(world.account());
    K::call(&app, &GetCallbackIp::new()).await.unwrap();
    for _ in 0..2 {
        world.handle().foreign_refresh(APPID, Family::Stable).unwrap();
    }

    K::call(&app, &GetCallbackIp::new()).await.unwrap();
    assert_eq!(world.asked(STABLE), 2);
    assert_eq!(world.asked(CALL), 3, "refused once, repeated once");
}

async fn a_storm_of_refusals_causes_one_fetch<K: Colour>(world: World<K>) {
    let app = world.client.classic_token(world.account());
    K::token(&app).await.unwrap();
    world.advance(60);
    world.handle().foreign_refresh(APPID, Family::Classic).unwrap();
    world.advance(301);
    let calls = K::at_once(200, move || {
        let app = app.clone();
        async move { K::call(&app, &GetCallbackIp::new()).await }
    })
    .await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    assert_eq!(world.asked(CLASSIC), 2);
}

async fn a_persistent_40001_is_repeated_once_and_does_not_burn_the_quota<K: Colour>(world: World<K>) {
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
        failed += usize::from(K::call(&app, &GetCallbackIp::new()).await.is_err());
        world.advance(1);
    }
    assert_eq!(failed, 3600);
    let fetched = world.asked(CLASSIC);
    assert!(fetched <= 40, "{fetched} fetches in an hour of refusals");
}

async fn a_failed_early_refresh_is_not_noticed_by_callers_but_can_be_seen<K: Colour>(world: World<K>) {
    let app = world.client.stable_token(world.account());
    let before = K::token(&app).await.unwrap();
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
        let during = K::token(&app).await.unwrap();
        assert_eq!(during.id(), before.id());
        assert!(app.trouble().is_some());
        world.advance(20);
    }
    assert_ne!(K::token(&app).await.unwrap().id(), before.id());
    assert_eq!(app.trouble(), None);
}

async fn a_cold_start_survives_a_hiccup<K: Colour>(world: World<K>) {
    let app = world.client.stable_token(world.account());
    world.handle().inject(Fault::on(STABLE, Effect::Cut)).unwrap();
    K::token(&app).await.unwrap();
    assert_eq!(world.asked(STABLE), 2);
}

async fn a_wrong_secret_is_told_at_once_by_name_and_asked_again_only_minutes_later<K: Colour>(
    world: World<K>,
) {
    let account = Account::new(APPID, "not-the-appsecret-of-this-account").unwrap();
    let app = world.client.stable_token(account);
    for _ in 0..100 {
        let error = K::token(&app).await.unwrap_err();
        assert_eq!(error.advice(), Advice::FixConfig);
        assert!(error.to_string().contains("40125"), "{error}");
        assert!(!format!("{error:?} {error}").contains("not-the-appsecret"));
    }
    assert_eq!(world.asked(STABLE), 1);
}

async fn a_call_without_an_answer_is_not_repeated_and_says_so<K: Colour>(world: World<K>) {
    let app = world.client.stable_token(world.account());
    K::token(&app).await.unwrap();
    world.handle().inject(Fault::on(CALL, Effect::ReplyLost)).unwrap();
    let error = K::call(&app, &GetCallbackIp::new()).await.unwrap_err();
    assert!(matches!(error, CallError::Transport(_)), "{error}");
    assert_eq!(world.asked(CALL), 1);
}

async fn a_refusal_that_is_not_about_the_token_leaves_the_token_alone<K: Colour>(world: World<K>) {
    let app = world.client.stable_token(world.account());
    let before = K::token(&app).await.unwrap();
    for errcode in [-1, 45009, 48001, 43101, 999_999] {
        let effect = Effect::Errcode {
            errcode,
            errmsg: None,
        };
        world.handle().inject(Fault::on(CALL, effect)).unwrap();
        let error = K::call(&app, &GetCallbackIp::new()).await.unwrap_err();
        assert!(
            matches!(&error, CallError::Api(ApiError::WeChat(no)) if no.code() == errcode),
            "{error}"
        );
    }
    assert_eq!(K::token(&app).await.unwrap().id(), before.id());
    assert_eq!(world.asked(STABLE), 1);
}

async fn a_lost_classic_reply_leaves_the_held_token_five_minutes<K: Colour>(world: World<K>) {
    let app = world.client.classic_token(world.account());
    K::token(&app).await.unwrap();
    world.advance(4000);
    world
        .handle()
        .inject(Fault::on(CLASSIC, Effect::ReplyLost))
        .unwrap();
    let meanwhile = K::token(&app).await.unwrap();
    let sent = Tick::from_millis(world.handle().now().0);
    assert!(
        meanwhile.usable_until() <= sent.after(Duration::from_secs(300)),
        "{meanwhile:?}"
    );
    // And what it hands out goes on being accepted.
    for _ in 0..100 {
        K::call(&app, &GetCallbackIp::new()).await.unwrap();
        world.advance(7);
    }
    assert_eq!(world.handle().counts().refused(APPID, CALL), 0);
}

async fn a_ticket_is_fetched_with_the_app_token_and_survives_its_refusal<K: Colour>(world: World<K>)
where
    Source<ClassicApp, Nothing, K>: Upstream<AppToken>,
{
    let app = world.client.classic_token(world.account());
    let page = world.client.ticket(TicketType::JsApi, &app);
    K::token(&page).await.unwrap();
    assert_eq!((world.asked(CLASSIC), world.asked(TICKET)), (1, 1));

    // The app token dies by another system's doing; the next ticket's fetch finds out and recovers.
    world.advance(60);
    world.handle().foreign_refresh(APPID, Family::Classic).unwrap();
    world.advance(301);
    let card = world.client.ticket(TicketType::WxCard, &app);
    K::token(&card).await.unwrap();
    assert_eq!((world.asked(CLASSIC), world.asked(TICKET)), (2, 3));
}

async fn without_an_app_token_the_ticket_says_why<K: Colour>(world: World<K>)
where
    Source<StableApp, Nothing, K>: Upstream<AppToken>,
{
    let account = Account::new(APPID, "wrong").unwrap();
    let app = world.client.stable_token(account);
    let ticket = world.client.ticket(TicketType::JsApi, &app);
    let error = K::token(&ticket).await.unwrap_err();
    assert!(error.to_string().contains("40125"), "{error}");
    assert_eq!(world.asked(TICKET), 0);
}
