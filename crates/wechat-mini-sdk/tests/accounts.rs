//! Several accounts in one program, and accounts whose tokens come from elsewhere.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set its world up has failed"
)]

mod world;

use wechat_auth::login::OpenId;
use wechat_auth::{Account, Advice};
use wechat_auth_emulator::Family;
use wechat_mini_sdk::{OfficialAccount, TemplateMessage};
use world::{NEWS, SHOP, World};

fn user() -> OpenId {
    OpenId::new("o6_bmjrPTlm6_2sgVt7hMZOPfL2M").unwrap()
}

// ANCHOR: two_accounts
#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_at_once_never_use_each_others_token() {
    let world = World::new().await;
    let (shop, news) = (world.account(SHOP), world.account(NEWS));
    let tasks: Vec<_> = (0..100)
        .map(|n| if n % 2 == 0 { shop.clone() } else { news.clone() })
        .map(|account| {
            tokio::spawn(async move {
                let follower = account.follower(user()).await.unwrap().unwrap();
                assert_eq!(follower.subscribe_scene, account.appid().as_str());
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!((world.calls(SHOP), world.calls(NEWS)), (50, 50));
    assert_eq!((world.fetches(SHOP), world.fetches(NEWS)), (1, 1));
}
// ANCHOR_END: two_accounts

#[tokio::test]
async fn what_happens_to_one_accounts_token_does_not_touch_the_other() {
    let world = World::new().await;
    let (shop, news) = (world.account(SHOP), world.account(NEWS));
    shop.follower(user()).await.unwrap();
    news.follower(user()).await.unwrap();
    world.wechat.foreign_refresh(SHOP, Family::Stable).unwrap();
    world.advance(301);
    shop.follower(user()).await.unwrap();
    news.follower(user()).await.unwrap();
    assert_eq!((world.fetches(SHOP), world.fetches(NEWS)), (2, 1));

    let wrong = Account::new(SHOP, "wrong").unwrap();
    let wrong = OfficialAccount::new(&world.client(), wrong);
    let error = wrong.follower(user()).await.unwrap_err();
    assert_eq!(error.advice(), Advice::FixConfig);
    news.follower(user()).await.unwrap();
}

#[tokio::test]
async fn a_token_of_the_central_server_opens_wechat_without_the_appsecret() {
    let world = World::new().await;
    let server = world.central_server(SHOP);
    let shop = OfficialAccount::from_central_server(&world.client(), server);
    shop.send(&TemplateMessage::new(&user(), "T1")).await.unwrap();
    shop.follower(user()).await.unwrap();

    assert_eq!(world.fetches(SHOP), 1, "the second call had the token already");
    for seen in world.seen() {
        assert_eq!(seen.appid.as_deref(), Some(SHOP));
        assert_eq!(seen.authorization, None, "the key is for the token server only");
    }
}

#[tokio::test]
async fn the_central_servers_next_token_is_taken_when_its_word_ends_or_wechat_refuses() {
    let world = World::new().await;
    let shop = OfficialAccount::from_central_server(&world.client(), world.central_server(SHOP));
    let first = shop.tokens().token().await.unwrap();

    world.wechat.foreign_refresh(SHOP, Family::Stable).unwrap();
    world.advance(301);
    shop.follower(user()).await.unwrap();
    let second = shop.tokens().token().await.unwrap();
    assert_ne!(first.secret(), second.secret());

    let asked = world.fetches(SHOP);
    world.advance(600);
    assert_eq!(shop.tokens().token().await.unwrap().secret(), second.secret());
    assert_eq!(world.fetches(SHOP), asked + 1, "its word of ten minutes was over");
}

#[tokio::test]
async fn a_key_that_the_central_server_does_not_know_is_told_and_nothing_is_called() {
    let world = World::new().await;
    let server = world.central_server_with(SHOP, "another-key");
    let shop = OfficialAccount::from_central_server(&world.client(), server);
    let error = shop.follower(user()).await.unwrap_err();
    assert!(error.to_string().contains("401"), "{error}");
    assert!(world.seen().is_empty());
}
