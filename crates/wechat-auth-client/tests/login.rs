//! A login, from the authorize URL to the renewed user token, over real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

mod world;

use wechat_auth::login::{
    Begin, Callback, CheckUserToken, CodeGrant, GetUserInfo, Identity, Redeemed, RedirectUri, Scope,
    UserToken, WebLogin,
};
use wechat_auth::{Advice, Grant, Tick};
use wechat_auth_client::{Clock, Limits, Transport};
use wechat_auth_emulator::{Effect, Fault};
use world::{APPID, Colour, EmulatorClock, World};

const EXCHANGE: &str = "/sns/oauth2/access_token";
const REFRESH: &str = "/sns/oauth2/refresh_token";
const USER_INFO: &str = "/sns/userinfo";

/// The person's part: follows the authorize URL as a browser does, and brings back the code.
async fn consent<K: Colour>(world: &World<K>, scope: Scope) -> CodeGrant {
    world
        .handle()
        .with(|wechat, _| wechat.set_auto_consent(Some("xiaoming")).unwrap());
    let redirect_uri = RedirectUri::parse("http://127.0.0.1:9/callback").unwrap();
    let login =
        WebLogin::new(world.account(), scope, redirect_uri).with_origin(world.client.origin().clone());
    let now = world.handle().now().unix_s();
    let mut begun = login.begin([7; 32], now, Begin::new());

    let page = http::Request::get(begun.url.as_str()).body(Vec::new()).unwrap();
    let answer = world.line().send(page, Limits::default()).await.unwrap();
    let to: http::Uri = answer.headers()["location"].to_str().unwrap().parse().unwrap();
    let callback = Callback::from_uri(&to).unwrap();
    match begun
        .pending
        .redeem(&login, &callback, &begun.browser, now)
        .unwrap()
    {
        Redeemed::Exchange(grant) => grant,
        Redeemed::Repeated => panic!("a first callback taken for a repeated one"),
    }
}

async fn logged_in(world: &World) -> Grant<UserToken> {
    let grant = consent(world, Scope::UserInfo).await;
    world.client.exchange(grant).await.unwrap()
}

#[tokio::test]
async fn a_user_logs_in_and_is_who_the_user_info_says() {
    let world = World::new().await;
    let token = logged_in(&world).await;
    let Identity::Person { openid, .. } = token.token.identity() else {
        panic!("a snapshot")
    };
    let openid = openid.clone();

    let user = world.client.user_token(world.account().appid(), token);
    let info = user.call(&GetUserInfo::default()).await.unwrap();
    let held = user.token().await.unwrap();
    let Ok(Identity::Person { openid: told, .. }) = info.identity(&held) else {
        panic!("another user")
    };
    assert_eq!(*told, openid);
    assert!(!info.nickname.is_empty());
    user.call(&CheckUserToken).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_logs_in_with_threads_as_with_futures() {
    let world = World::with_threads().await;
    let grant = consent(&world, Scope::UserInfo).await;
    let token = world.client.exchange(grant).unwrap();
    let openid = token.token.identity().openid().cloned();

    let user = world.client.user_token(world.account().appid(), token);
    let info = user.call(&GetUserInfo::default()).unwrap();
    assert_eq!(
        info.identity(&user.token().unwrap()).unwrap().openid().cloned(),
        openid
    );

    let grant = consent(&world, Scope::Base).await;
    world
        .handle()
        .inject(Fault::on(EXCHANGE, Effect::ReplyLost))
        .unwrap();
    world.client.exchange(grant).unwrap_err();
    assert_eq!(world.asked(EXCHANGE), 2, "no code is sent twice");
}

#[tokio::test]
async fn a_code_is_never_sent_twice_even_when_the_answer_is_lost() {
    let world = World::new().await;
    let grant = consent(&world, Scope::Base).await;
    world
        .handle()
        .inject(Fault::on(EXCHANGE, Effect::ReplyLost))
        .unwrap();
    world.client.exchange(grant).await.unwrap_err();
    assert_eq!(world.asked(EXCHANGE), 1);
}

#[tokio::test]
async fn a_user_token_is_renewed_ahead_of_its_end_and_keeps_its_user() {
    let world = World::new().await;
    let token = logged_in(&world).await;
    let before = token.token.identity().openid().cloned();
    let user = world.client.user_token(world.account().appid(), token);
    for _ in 0..24 {
        user.call(&GetUserInfo::default()).await.unwrap();
        world.advance(3600);
    }
    assert_eq!(user.token().await.unwrap().identity().openid().cloned(), before);
    assert_eq!(world.handle().counts().refused(APPID, USER_INFO), 0);
    assert!(world.asked(REFRESH) >= 11, "{}", world.asked(REFRESH));
}

#[tokio::test]
async fn an_expired_user_token_is_renewed_by_the_call_that_needs_it() {
    let world = World::new().await;
    let user = world
        .client
        .user_token(world.account().appid(), logged_in(&world).await);
    world.advance(3 * 86_400);
    user.call(&GetUserInfo::default()).await.unwrap();
    assert_eq!((world.asked(REFRESH), world.asked(USER_INFO)), (1, 1));
}

#[tokio::test]
async fn after_thirty_days_the_user_must_log_in_again_and_nothing_is_asked_in_vain() {
    let world = World::new().await;
    let user = world
        .client
        .user_token(world.account().appid(), logged_in(&world).await);
    world.advance(31 * 86_400);
    for _ in 0..10 {
        let error = user.call(&GetUserInfo::default()).await.unwrap_err();
        assert_eq!(error.advice(), Advice::RestartLogin, "{error}");
        world.advance(86_400);
    }
    assert_eq!((world.asked(REFRESH), world.asked(USER_INFO)), (1, 0));
}

#[tokio::test]
async fn the_time_an_exchange_takes_is_taken_off_the_token_s_life() {
    let world = World::new().await;
    let grant = consent(&world, Scope::Base).await;
    let slow = world.client.clone().with_clock(EachReadTakes(world.clock()));
    let token = slow.exchange(grant).await.unwrap();
    assert_eq!(token.expires_in.as_secs(), 7200 - 30);
}

/// A clock on which half a minute passes between one read and the next.
struct EachReadTakes(EmulatorClock);

impl Clock for EachReadTakes {
    fn now(&self) -> Tick {
        self.0.pass(30);
        self.0.now()
    }
}
