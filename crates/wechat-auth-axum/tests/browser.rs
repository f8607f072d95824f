//! The example's site, WeChat's side, and a real browser between them.
//!
//! `cargo test -p wechat-auth-axum --features browser-tests --test browser`; needs chromium and chromedriver.
//! The site is at `localhost` and WeChat's side at `127.0.0.1`, so to the browser they are two sites, and the
//! cookie's `SameSite=Lax` is put to the test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

#[path = "../../wechat-auth-cli/tests/support/chromium.rs"]
mod chromium;
mod support;

use chromium::Chromium;
use support::World;
use support::browser::Browser;
use wechat_auth_emulator::{CarriedOut, Effect};

struct Story {
    world: World,
    chromium: Chromium,
}

impl Story {
    async fn begins() -> Self {
        Self {
            world: World::at("localhost", support::three_ways_in).await,
            chromium: Chromium::start().await,
        }
    }

    async fn opens(&self, path: &str) {
        self.goes_to(&self.world.url(path)).await;
    }

    async fn goes_to(&self, url: &str) {
        self.chromium.tab.goto(url).await.unwrap();
    }

    /// Agrees to what the page asks, and holds the way back in the hand: a browser does not tell where it
    /// was redirected from.
    async fn way_back(&self) -> String {
        let page = self.chromium.tab.source().await.unwrap();
        Browser::allow_beside(&self.chromium.url().await, &page).await
    }

    async fn allows(&self) {
        self.chromium.click("user-xiaoming").await;
        self.chromium.click("allow").await;
    }

    /// This page of ours, in both languages, and a link to begin again.
    async fn sees(&self, id: &str) -> String {
        let text = self.chromium.text_of(id).await;
        assert!(text.contains("重新登录 / Log in again"), "{text}");
        text
    }

    async fn is_logged_in(&self) {
        assert_eq!(self.chromium.text_of("nickname").await, "小明");
        let url = self.chromium.url().await;
        assert_eq!(
            url,
            self.world.url("/profile"),
            "no code stays in the address bar"
        );
    }

    async fn ends(self) {
        self.chromium.close().await;
    }
}

#[tokio::test]
async fn a_user_consents_sees_the_profile_and_logs_out() {
    let story = Story::begins().await;
    story.opens("/").await;
    story.chromium.screenshot("site").await;
    story.chromium.click("login").await;
    assert!(story.chromium.text_of("not-wechat").await.contains("这不是微信"));
    story.chromium.screenshot("consent").await;
    story.allows().await;
    story.is_logged_in().await;
    story.chromium.screenshot("profile").await;
    story.chromium.click("logout").await;
    story.chromium.text_of("login").await;
    story.opens("/profile").await;
    assert_eq!(story.chromium.url().await, story.world.url("/"));
    assert_eq!(story.world.exchanges(), 1);
    story.ends().await;
}

#[tokio::test]
async fn the_silent_login_asks_nothing() {
    let story = Story::begins().await;
    story.opens("/silent?return_to=/profile").await;
    assert!(!story.chromium.text_of("openid").await.is_empty());
    story.ends().await;
}

#[tokio::test]
async fn a_refusal_is_understood_and_can_be_taken_back() {
    let story = Story::begins().await;
    story.opens("/login").await;
    story.chromium.click("refuse").await;
    assert!(story.sees("refused").await.contains("你没有授权"));
    story.chromium.screenshot("refused").await;
    story.chromium.tab.refresh().await.unwrap();
    story.sees("refused").await;
    assert_eq!(story.world.exchanges(), 0);
    story.chromium.click("again").await;
    story.allows().await;
    story.chromium.text_of("login").await;
    assert_eq!(story.world.exchanges(), 1);
    story.ends().await;
}

#[tokio::test]
async fn the_callback_can_be_opened_again_and_spends_one_code() {
    let story = Story::begins().await;
    story.opens("/login?return_to=/profile").await;
    let back = story.way_back().await;
    for _ in 0..3 {
        story.goes_to(&back).await;
        story.is_logged_in().await;
        story.chromium.tab.refresh().await.unwrap();
        story.is_logged_in().await;
    }
    assert_eq!(story.world.exchanges(), 1);
    story.ends().await;
}

#[tokio::test]
async fn the_callback_opened_after_the_logout_logs_nobody_in() {
    let story = Story::begins().await;
    story.opens("/login?return_to=/profile").await;
    let back = story.way_back().await;
    story.goes_to(&back).await;
    story.chromium.click("logout").await;
    story.chromium.text_of("login").await;
    story.goes_to(&back).await;
    story.chromium.text_of("login").await;
    assert_eq!(story.chromium.url().await, story.world.url("/"));
    assert_eq!(story.world.exchanges(), 1);
    story.ends().await;
}

#[tokio::test]
async fn back_to_wechats_page_and_allowing_again_does_no_harm() {
    let story = Story::begins().await;
    story.opens("/login?return_to=/profile").await;
    story.allows().await;
    story.is_logged_in().await;
    story.chromium.tab.back().await.unwrap();
    // The page asks again with the same state, where a form would be too old.
    story.chromium.tab.refresh().await.unwrap();
    story.allows().await;
    assert!(story.sees("over").await.contains("这次登录已经结束"));
    story.chromium.screenshot("over").await;
    assert_eq!(story.world.exchanges(), 1);
    story.opens("/profile").await;
    story.is_logged_in().await;
    story.ends().await;
}

#[tokio::test]
async fn two_tabs_log_in_side_by_side() {
    let story = Story::begins().await;
    let tab = &story.chromium.tab;
    let first = tab.window().await.unwrap();
    story.opens("/login?return_to=/profile").await;
    let second = tab.new_window(true).await.unwrap().handle;
    tab.switch_to_window(second).await.unwrap();
    story.opens("/login?return_to=/profile").await;
    for window in [first, tab.window().await.unwrap()] {
        tab.switch_to_window(window).await.unwrap();
        story.allows().await;
        story.is_logged_in().await;
    }
    assert_eq!(story.world.exchanges(), 2);
    story.ends().await;
}

#[tokio::test]
async fn without_its_cookie_a_login_does_not_finish() {
    let story = Story::begins().await;
    story.opens("/login").await;
    let back = story.way_back().await;
    story.opens("/").await;
    story.chromium.tab.delete_all_cookies().await.unwrap();
    story.goes_to(&back).await;
    assert!(story.sees("other-browser").await.contains("不属于这个浏览器"));
    story.chromium.screenshot("other-browser").await;
    assert_eq!(story.world.exchanges(), 0);
    story.ends().await;
}

#[tokio::test]
async fn a_forged_and_a_foreign_state_are_turned_away_and_the_login_goes_on() {
    let story = Story::begins().await;
    story.opens("/login?return_to=/profile").await;
    let ours = story.way_back().await;
    story
        .opens("/wechat/login?code=forged&state=0123456789abcdef0123456789abcdef")
        .await;
    story.sees("unknown-login").await;
    let begin = story.world.url("/login").replace("localhost", "127.0.0.1");
    let attackers = Browser::new().comes_back(&begin, "allow").await;
    story.goes_to(&attackers).await;
    story.sees("other-browser").await;
    assert_eq!(story.world.exchanges(), 0);
    story.goes_to(&ours).await;
    story.is_logged_in().await;
    story.ends().await;
}

#[tokio::test]
async fn a_login_that_took_too_long_says_so() {
    let story = Story::begins().await;
    story.opens("/login").await;
    let back = story.way_back().await;
    story.world.pass(600);
    story.goes_to(&back).await;
    assert!(story.sees("expired").await.contains("超过了十分钟"));
    story.chromium.screenshot("expired").await;
    assert_eq!(story.world.exchanges(), 0);
    story.ends().await;
}

#[tokio::test]
async fn a_place_to_return_to_elsewhere_is_not_gone_to() {
    let story = Story::begins().await;
    story.opens("/login?return_to=https://evil.example/").await;
    story.allows().await;
    story.chromium.text_of("login").await;
    assert_eq!(story.chromium.url().await, story.world.url("/"));
    story.ends().await;
}

#[tokio::test]
async fn whatever_wechat_answers_the_user_reads_what_to_do() {
    let story = Story::begins().await;
    let errcode = |errcode| Effect::Errcode {
        errcode,
        errmsg: None,
    };
    let troubles = [
        (errcode(-1), "busy"),
        (errcode(40029), "code-refused"),
        (errcode(40163), "code-refused"),
        (Effect::Hang(CarriedOut::Yes), "no-answer"),
    ];
    for (number, (effect, page)) in (1..).zip(troubles) {
        story.opens("/login").await;
        story.world.spoil_the_exchange(effect);
        story.allows().await;
        story.sees(page).await;
        story.chromium.screenshot(&format!("{page}-{number}")).await;
        story.chromium.tab.refresh().await.unwrap();
        story.sees(page).await;
        assert_eq!(story.world.exchanges(), number, "{page}");
    }
    story.chromium.click("again").await;
    story.allows().await;
    story.chromium.text_of("login").await;
    story.ends().await;
}
