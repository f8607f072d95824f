//! Where a login waits: in memory that is bounded, in a store that machines share, or in a sealed state.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands, in its helpers too"
)]

mod support;

use std::sync::Arc;

use axum::Router;
use support::browser::Browser;
use support::{APPID, OTHER_APPID, Setup, World, shop};
use wechat_auth::Account;
use wechat_auth::login::{RedirectUri, Scope, SealKey, SealKeys, WebLogin};
use wechat_auth_axum::{EntryPoint, InvalidEntryPoint, MemoryStore};

fn keys() -> SealKeys {
    SealKeys::new(SealKey::new(&[7; 32]).unwrap())
}

async fn sealed() -> World {
    World::with(|setup| setup.login().sealed(keys()).router(shop::welcome, shop::sorry)).await
}

/// Two machines behind one name, the second reached at `/b` in front of the path.
async fn two_machines(machine: impl Fn(&Setup) -> Router<shop::Sessions>) -> World {
    World::with(|setup| machine(setup).nest("/b", machine(setup))).await
}

#[tokio::test]
async fn a_flood_of_unfinished_logins_stays_within_its_bound() {
    let store = Arc::new(MemoryStore::new(1_000));
    let kept = Arc::clone(&store);
    let world = World::with(|setup| {
        let entry = setup.login().with_store(kept);
        entry.router(shop::welcome, shop::sorry)
    })
    .await;
    let mut waiting = Browser::new();
    let pushed_out = waiting.comes_back(&world.url("/login"), "allow").await;
    let mut flood = Browser::new();
    for _ in 0..10_000 {
        flood.jar.clear();
        flood.get(&world.url("/login")).await;
    }
    assert_eq!(format!("{store:?}"), "MemoryStore { logins: 1000, .. }");
    waiting.get(&pushed_out).await.is_the_page(400, "unknown-login");
    let back = waiting.comes_back(&world.url("/login"), "allow").await;
    waiting.get(&back).await.leads_to("/");
}

#[tokio::test]
async fn of_two_machines_one_spends_the_code() {
    let store = Arc::new(MemoryStore::default());
    let world = two_machines(|setup| {
        let entry = setup.login().with_store(Arc::clone(&store));
        entry.router(shop::welcome, shop::sorry)
    })
    .await;
    let mut browser = Browser::new();
    let back = browser
        .comes_back(&world.url("/login?return_to=/profile"), "allow")
        .await;
    let there = back.replace("/wechat/", "/b/wechat/");
    let (mut one, mut other) = (browser.clone(), browser);
    let (one, other) = tokio::join!(one.get(&back), other.get(&there));
    let sessions = [&one, &other]
        .into_iter()
        .filter_map(|answer| answer.sets("session="));
    assert_eq!(sessions.count(), 1);
    one.leads_to("/profile");
    other.leads_to("/profile");
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn an_entry_point_refuses_anothers_callback_even_in_a_shared_store() {
    let store = Arc::new(MemoryStore::default());
    let world = World::with(|setup| {
        let entries = [
            setup.entry(APPID, Scope::UserInfo, "/login"),
            setup.entry(APPID, Scope::Base, "/silent"),
            setup.entry(OTHER_APPID, Scope::UserInfo, "/other"),
        ];
        let routers = entries.map(|entry| {
            let entry = entry.with_store(Arc::clone(&store));
            entry.router(shop::welcome, shop::sorry)
        });
        routers.into_iter().fold(Router::new(), Router::merge)
    })
    .await;
    let mut browser = Browser::new();
    let back = browser.comes_back(&world.url("/login"), "allow").await;
    for other in ["/wechat/silent", "/wechat/other"] {
        let elsewhere = back.replace("/wechat/login", other);
        browser
            .get(&elsewhere)
            .await
            .is_the_page(400, "other-entry-point");
    }
    assert_eq!(world.exchanges(), 0);
    browser.get(&back).await.leads_to("/");
}

#[tokio::test]
async fn a_sealed_login_needs_nothing_kept_to_end_where_the_user_wanted() {
    let world = sealed().await;
    let mut browser = Browser::new();
    let back = browser
        .comes_back(&world.url("/login?return_to=/profile"), "allow")
        .await;
    let mut missed = browser.clone();
    let first = missed.get(&back).await;
    first.leads_to("/profile");
    assert_eq!(browser.get(&back).await.sets("session="), first.sets("session="));
    let again = browser.get(&back).await;
    again.leads_to("/profile");
    assert_eq!(again.sets(""), None);
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn a_sealed_login_with_far_to_go_ends_at_the_front_page() {
    let world = sealed().await;
    let mut browser = Browser::new();
    let far = format!("/{}", "x".repeat(48));
    let back = browser
        .comes_back(&world.url(&format!("/login?return_to={far}")), "allow")
        .await;
    browser.get(&back).await.leads_to("/");
}

#[tokio::test]
async fn a_sealed_login_belongs_to_its_browser_its_entry_point_and_its_ten_minutes() {
    let world = World::with(|setup| {
        let silent = setup.entry(APPID, Scope::Base, "/silent").sealed(keys());
        let login = setup.login().sealed(keys()).router(shop::welcome, shop::sorry);
        login.merge(silent.router(shop::welcome, shop::sorry))
    })
    .await;
    let mut browser = Browser::new();
    let back = browser.comes_back(&world.url("/login"), "allow").await;
    Browser::new().get(&back).await.is_the_page(400, "unknown-login");
    let elsewhere = back.replace("/wechat/login", "/wechat/silent");
    browser.get(&elsewhere).await.is_the_page(400, "unknown-login");
    browser
        .get(&format!("{back}x"))
        .await
        .is_the_page(400, "mangled-state");
    world.pass(600);
    browser.get(&back).await.is_the_page(410, "expired");
    assert_eq!(world.exchanges(), 0);
}

#[tokio::test]
async fn a_machine_that_does_not_remember_a_sealed_login_leaves_the_second_exchange_to_wechat() {
    let world = two_machines(|setup| setup.login().sealed(keys()).router(shop::welcome, shop::sorry)).await;
    let mut browser = Browser::new();
    let back = browser.comes_back(&world.url("/login"), "allow").await;
    browser.clone().get(&back).await.leads_to("/");
    let there = back.replace("/wechat/", "/b/wechat/");
    browser.get(&there).await.is_the_page(400, "code-refused");
}

#[test]
fn what_cannot_work_is_said_when_the_entry_point_is_made() {
    let made = |redirect_uri: &str, begin: &str| {
        let account = Account::new(APPID, support::SECRET).unwrap();
        let back = RedirectUri::parse(redirect_uri).unwrap();
        let client = wechat_auth_client::Client::new(wechat_auth_hyper::HyperTransport::rustls());
        EntryPoint::new(client, WebLogin::new(account, Scope::Base, back), begin).map(drop)
    };
    for (redirect_uri, begin, wrong) in [
        ("http://shop.example/cb", "/login", InvalidEntryPoint::PlainHttp),
        ("http://10.0.0.1/cb", "/login", InvalidEntryPoint::PlainHttp),
        ("https://shop.example", "/login", InvalidEntryPoint::CallbackPath),
        (
            "https://shop.example/?a=1",
            "/login",
            InvalidEntryPoint::CallbackPath,
        ),
        (
            "https://shop.example/*cb",
            "/login",
            InvalidEntryPoint::CallbackPath,
        ),
        ("https://shop.example/cb", "/cb", InvalidEntryPoint::BeginPath),
        ("https://shop.example/cb", "login", InvalidEntryPoint::BeginPath),
        (
            "https://shop.example/cb",
            "//evil.example",
            InvalidEntryPoint::BeginPath,
        ),
        (
            "https://shop.example/cb",
            "/login?x",
            InvalidEntryPoint::BeginPath,
        ),
        (
            "https://shop.example/cb",
            "/{login}",
            InvalidEntryPoint::BeginPath,
        ),
    ] {
        assert_eq!(made(redirect_uri, begin), Err(wrong), "{redirect_uri} {begin}");
    }
    for (redirect_uri, begin) in [
        ("https://shop.example/cb?entry=7", "/"),
        ("http://localhost:3000/wx/cb", "/wx/login"),
    ] {
        assert_eq!(made(redirect_uri, begin), Ok(()), "{redirect_uri} {begin}");
    }
}
