//! What a user sees when WeChat, the store or the application itself fails: a page that says so, and never a
//! second exchange.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands, in its helpers too"
)]

mod support;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use support::browser::Browser;
use support::shop::Sessions;
use support::{World, shop};
use wechat_auth::login::{LoginId, PendingLogin};
use wechat_auth_axum::{Cause, LoggedIn, LoginFailure, LoginStore, StoreUnavailable};
use wechat_auth_emulator::{CarriedOut, Effect};

fn errcode(errcode: i64) -> Effect {
    Effect::Errcode {
        errcode,
        errmsg: None,
    }
}

#[tokio::test]
async fn whatever_wechat_answers_there_is_a_page_and_no_second_exchange() {
    for (effect, status, page) in [
        (errcode(-1), 503, "busy"),
        (errcode(45011), 503, "busy"),
        (errcode(40029), 400, "code-refused"),
        (errcode(40163), 400, "code-refused"),
        (errcode(42003), 400, "code-refused"),
        (errcode(40226), 403, "blocked"),
        (errcode(40125), 500, "misconfigured"),
        (errcode(40164), 500, "misconfigured"),
        (errcode(123_456), 503, "busy"),
        (Effect::html(StatusCode::BAD_GATEWAY, "<html>"), 502, "bad-answer"),
        (Effect::html(StatusCode::OK, ""), 502, "bad-answer"),
        (Effect::Cut, 502, "bad-answer"),
        (Effect::ReplyLost, 502, "bad-answer"),
        (Effect::Hang(CarriedOut::Yes), 504, "no-answer"),
        (Effect::Hang(CarriedOut::No), 504, "no-answer"),
    ] {
        let world = World::with_three_ways_in().await;
        let mut browser = Browser::new();
        let back = browser.comes_back(&world.url("/login"), "allow").await;
        world.spoil_the_exchange(effect);
        browser.get(&back).await.is_the_page(status, page);
        browser.get(&back).await.is_the_page(status, page);
        assert_eq!(world.exchanges(), 1, "{page}");
        // The link on the page works.
        let back = browser.comes_back(&world.url("/login"), "allow").await;
        browser.get(&back).await.leads_to("/");
    }
}

#[tokio::test]
async fn the_page_names_the_error_code_for_whoever_helps() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    let back = browser.comes_back(&world.url("/login"), "allow").await;
    world.spoil_the_exchange(errcode(40125));
    let page = browser.get(&back).await.text;
    assert!(page.contains("40125, rid ") && page.contains("/login"), "{page}");
}

#[tokio::test]
async fn a_profile_that_does_not_come_ends_the_login() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    let back = browser.comes_back(&world.url("/login"), "allow").await;
    let fault = wechat_auth_emulator::Fault::on("/sns/userinfo", errcode(-1));
    world.setup.wechat.inject(fault).unwrap();
    browser.get(&back).await.is_the_page(503, "busy");
    browser.get(&back).await.is_the_page(503, "busy");
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn a_handler_that_panics_leaves_a_page_and_no_session() {
    async fn panics(_: LoggedIn) -> Response {
        panic!("the application's own mistake")
    }
    let world = World::with(|setup| setup.login().router(panics, shop::sorry)).await;
    let mut browser = Browser::new();
    let back = browser.comes_back(&world.url("/login"), "allow").await;
    browser.get(&back).await.is_the_page(500, "our-side");
    browser.get(&back).await.is_the_page(500, "our-side");
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn the_applications_own_no_is_passed_on_and_passed_on_again() {
    async fn closed(_: LoggedIn) -> impl IntoResponse {
        (
            StatusCode::FORBIDDEN,
            [("set-cookie", "seen=1; Path=/")],
            "closed for you",
        )
    }
    let world = World::with(|setup| setup.login().router(closed, shop::sorry)).await;
    let mut browser = Browser::new();
    let back = browser.comes_back(&world.url("/login"), "allow").await;
    let first = browser.get(&back).await;
    assert_eq!(
        (first.status.as_u16(), first.text.as_str()),
        (403, "closed for you")
    );
    assert!(first.sets("seen=").is_some());
    let again = browser.get(&back).await;
    assert_eq!(
        (again.status.as_u16(), again.text.as_str()),
        (403, "closed for you")
    );
    assert_eq!(again.sets("seen="), None);
}

#[tokio::test]
async fn a_page_in_place_of_a_redirect_still_leaves_the_callbacks_address() {
    async fn paints(user: LoggedIn) -> impl IntoResponse {
        (
            [("x-kept", "yes")],
            axum::response::Html(user.openid.as_str().to_owned()),
        )
    }
    let world = World::with(|setup| setup.login().router(paints, shop::sorry)).await;
    let mut browser = Browser::new();
    let back = browser
        .comes_back(&world.url("/login?return_to=/profile"), "allow")
        .await;
    let answer = browser.get(&back).await;
    answer.leads_to("/profile");
    assert_eq!(answer.headers["x-kept"], "yes");
    assert_eq!(answer.text, "");
}

#[tokio::test]
async fn an_applications_own_failure_pages_take_the_place_of_ours() {
    async fn own(failure: LoginFailure) -> impl IntoResponse {
        let cause = format!(
            "{:?} {} {}",
            failure.cause(),
            failure.begin_path(),
            failure.en().to_do
        );
        (failure.status(), cause)
    }
    let world = World::with(|setup| setup.login().router(shop::welcome, own)).await;
    let answer = Browser::new().get(&world.url("/wechat/login")).await;
    assert_eq!(answer.status, 400);
    assert!(
        answer
            .text
            .starts_with("Callback(NotACallback) /login WeChat should lead"),
        "{answer:?}"
    );
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn neither_handler_sees_the_code() {
    async fn curious(request: axum::extract::Request) -> Response {
        (StatusCode::IM_A_TEAPOT, format!("{:?}", request.into_parts().0)).into_response()
    }
    let world = World::with(|setup| setup.login().router(curious, curious)).await;
    let mut browser = Browser::new();
    let back = browser.comes_back(&world.url("/login"), "allow").await;
    let code = back
        .split("code=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap()
        .to_owned();
    let stranger = Browser::new().get(&back).await;
    let welcomed = browser.get(&back).await;
    for answer in [stranger, welcomed] {
        assert_eq!(answer.status, 418);
        assert!(!answer.text.contains(&code), "{answer:?}");
    }
}

#[tokio::test]
async fn without_its_store_the_site_says_so() {
    struct Down;
    impl LoginStore for Down {
        async fn insert(&self, _: PendingLogin, _: u64) -> Result<(), StoreUnavailable> {
            Err(StoreUnavailable)
        }
        async fn get(&self, _: &LoginId) -> Result<Option<PendingLogin>, StoreUnavailable> {
            Err(StoreUnavailable)
        }
        async fn replace(&self, _: &PendingLogin, _: PendingLogin) -> Result<bool, StoreUnavailable> {
            Err(StoreUnavailable)
        }
    }
    async fn own(failure: LoginFailure) -> StatusCode {
        assert_eq!(*failure.cause(), Cause::Store(StoreUnavailable));
        failure.status()
    }
    let world = World::with(|setup| {
        let entry = setup.login().with_store(Down);
        entry.router::<Sessions, _, _, _, _>(shop::welcome, own)
    });
    let world = world.await;
    let mut browser = Browser::new();
    assert_eq!(browser.get(&world.url("/login")).await.status, 503);
    assert_eq!(
        browser
            .get(&world.url("/wechat/login?code=c&state=s"))
            .await
            .status,
        503
    );
}

#[tokio::test]
async fn the_extractors_are_for_the_two_handlers_only() {
    async fn elsewhere(_: LoggedIn) {}
    let world = World::with(|setup| {
        let elsewhere = axum::routing::get(elsewhere);
        setup
            .login()
            .router(shop::welcome, shop::sorry)
            .route("/elsewhere", elsewhere)
    });
    assert_eq!(
        Browser::new().get(&world.await.url("/elsewhere")).await.status,
        500
    );
}
