//! Counters from real events, and the text that Prometheus reads.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set its world up has failed"
)]

mod world;

use wechat_auth::login::OpenId;
use wechat_auth::{Account, AppId};
use wechat_auth_emulator::Family;
use wechat_mini_sdk::{Metrics, OfficialAccount};
use world::{NEWS, SHOP, World};

fn user() -> OpenId {
    OpenId::new("o6_bmjrPTlm6_2sgVt7hMZOPfL2M").unwrap()
}

#[tokio::test]
async fn each_account_is_counted_for_itself_and_nothing_twice() {
    let world = World::new().await;
    let (shop, mut metrics) = (world.account(SHOP), Metrics::default());
    for _ in 0..3 {
        shop.follower(user()).await.unwrap();
        metrics.drain(&shop);
        world.wechat.foreign_refresh(SHOP, Family::Stable).unwrap();
        world.advance(301);
    }
    let wrong = Account::new(NEWS, "wrong").unwrap();
    let news = OfficialAccount::new(&world.client(), wrong);
    news.follower(user()).await.unwrap_err();
    metrics.drain(&news);
    metrics.drain(&news);

    let of = |appid| metrics.of(&AppId::new(appid).unwrap());
    let counted = of(SHOP);
    assert_eq!((counted.fetches, counted.refreshed, counted.failed), (3, 3, 0));
    assert_eq!((counted.rejected, counted.foreign_refreshes), (2, 1));
    let counted = of(NEWS);
    assert_eq!((counted.fetches, counted.refreshed, counted.failed), (1, 0, 1));
    assert_eq!(of("wx-of-nobody"), Default::default());

    let text = metrics.to_string();
    let failed = "# HELP wechat_token_failed_total Fetches that failed.\n\
        # TYPE wechat_token_failed_total counter\n\
        wechat_token_failed_total{appid=\"wx000000000000news\"} 1\n\
        wechat_token_failed_total{appid=\"wx000000000000shop\"} 0\n";
    assert!(text.contains(failed), "{text}");
    assert_eq!(
        text.lines().count(),
        6 * 4,
        "two lines of explanation and one for each account"
    );
}
