//! `emulate` and `login` as two processes, and a real browser between them.
//!
//! `cargo test -p wechat-auth-cli --features browser-tests --test browser`; needs chromium and chromedriver.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

#[path = "support/chromium.rs"]
mod chromium;
mod support;

use chromium::Chromium;
use support::browser::{Answer, Browser};
use support::{APPID, Ended, Running, SECRET, wechat_auth};

/// Two processes and a browser.
struct Story {
    base: String,
    login: Running,
    begin: String,
    chromium: Chromium,
    _emulate: Running,
}

impl Story {
    async fn begins(more: &[&str]) -> Self {
        let app = format!("{APPID}:{SECRET}");
        let args = ["emulate", "--listen", "127.0.0.1:0", "--app", &app, "--json"];
        let mut emulate = Running::start(wechat_auth(&args));
        let here: serde_json::Value = serde_json::from_str(&emulate.next_data().await).unwrap();
        let base = here["base_url"].as_str().unwrap().to_owned();
        let mut args = vec!["login", "--appid", APPID, "--api", &base, "--json"];
        args.extend(more);
        let mut login = Running::start(wechat_auth(&args));
        let begin = login.said("  http://").await.trim().to_owned();
        Self {
            base,
            login,
            begin,
            chromium: Chromium::start().await,
            _emulate: emulate,
        }
    }

    async fn opens(&self, url: &str) {
        self.chromium.tab.goto(url).await.unwrap();
    }

    /// How often a code was exchanged, by the emulator's own count.
    async fn exchanges(&self) -> u64 {
        let counts = Browser::new()
            .get(&format!("{}/_emulator/v1/counts", self.base))
            .await;
        let counts: serde_json::Value = serde_json::from_str(&counts.text).unwrap();
        let rows = counts["counts"].as_array().unwrap().iter();
        rows.filter(|row| row["path"] == "/sns/oauth2/access_token")
            .map(|row| row["requests"].as_u64().unwrap())
            .sum()
    }

    async fn ends(self) -> (Ended, serde_json::Value) {
        self.chromium.close().await;
        let ended = self.login.ended().await;
        let profile = serde_json::from_str(&ended.stdout).unwrap_or_default();
        (ended, profile)
    }
}

#[tokio::test]
async fn consent_completes_the_login() {
    let story = Story::begins(&[]).await;
    story.opens(&story.begin).await;
    assert!(story.chromium.text_of("not-wechat").await.contains("这不是微信"));
    assert_eq!(story.chromium.text_of("appid").await, APPID);
    story.chromium.screenshot("consent").await;
    story.chromium.click("user-xiaoming").await;
    story.chromium.click("allow").await;
    let text = story.chromium.text_of("done").await;
    assert!(
        text.contains("登录成功") && text.contains("You are logged in"),
        "{text}"
    );
    assert!(
        story.chromium.url().await.ends_with("/result/done"),
        "no code stays in the address bar"
    );
    story.chromium.screenshot("done").await;
    let (ended, profile) = story.ends().await;
    assert_eq!(
        (ended.code, &profile["nickname"]),
        (Some(0), &"小明".into()),
        "{ended:?}"
    );
}

#[tokio::test]
async fn refusal_is_understood() {
    let story = Story::begins(&[]).await;
    story.opens(&story.begin).await;
    story.chromium.click("refuse").await;
    assert!(story.chromium.text_of("refused").await.contains("你已拒绝授权"));
    story.chromium.screenshot("refused").await;
    assert_eq!(story.exchanges().await, 0);
    let (ended, _) = story.ends().await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""), "{ended:?}");
}

#[tokio::test]
async fn reloading_the_result_or_the_callback_does_no_harm() {
    let story = Story::begins(&["--linger", "600"]).await;
    story.opens(&story.begin).await;
    // The form is sent beside the browser, because a browser does not tell where it was redirected from.
    let page = Answer {
        url: story.chromium.url().await,
        status: http::StatusCode::OK,
        headers: http::HeaderMap::new(),
        text: story.chromium.tab.source().await.unwrap(),
    };
    let callback = Browser::new()
        .click(&page, "xiaoming", "allow")
        .await
        .location()
        .unwrap();
    story.opens(&callback).await;
    story.chromium.text_of("done").await;
    story.chromium.tab.refresh().await.unwrap();
    story.chromium.text_of("done").await;
    story.opens(&callback).await;
    story.chromium.text_of("done").await;
    story.chromium.tab.back().await.unwrap();
    assert_eq!(story.exchanges().await, 1);
    story.login.signal("INT").await;
    let (ended, profile) = story.ends().await;
    assert_eq!(
        (ended.code, &profile["nickname"]),
        (Some(0), &"小明".into()),
        "{ended:?}"
    );
}

#[tokio::test]
async fn the_silent_scope_asks_nothing() {
    let story = Story::begins(&["--scope", "snsapi_base"]).await;
    story.opens(&story.begin).await;
    story.chromium.text_of("done").await;
    let (ended, profile) = story.ends().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(profile["openid"].is_string() && profile["nickname"].is_null());
}

#[tokio::test]
async fn a_forged_state_is_turned_away_and_the_login_goes_on() {
    let story = Story::begins(&[]).await;
    story.opens(&story.begin).await;
    let forged = "0123456789abcdef0123456789abcdef";
    story
        .opens(&format!("{}callback?code=forged&state={forged}", story.begin))
        .await;
    assert!(story.chromium.text_of("forged").await.contains("state"));
    assert!(!story.chromium.url().await.contains(forged));
    story.chromium.screenshot("forged").await;
    assert_eq!(story.exchanges().await, 0);
    story.chromium.click("again").await;
    story.chromium.click("allow").await;
    story.chromium.text_of("done").await;
    let (ended, _) = story.ends().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[tokio::test]
async fn two_tabs_do_not_disturb_each_other() {
    let story = Story::begins(&["--linger", "600"]).await;
    story.opens(&story.begin).await;
    let first = story.chromium.tab.window().await.unwrap();
    let second = story.chromium.tab.new_window(true).await.unwrap();
    story.chromium.tab.switch_to_window(second.handle).await.unwrap();
    story.opens(&story.begin).await;
    story.chromium.tab.switch_to_window(first).await.unwrap();
    story.chromium.click("user-odd").await;
    story.chromium.click("allow").await;
    story.chromium.text_of("done").await;
    assert_eq!(story.exchanges().await, 1);
    story.login.signal("INT").await;
    let (ended, profile) = story.ends().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(profile["nickname"].as_str().unwrap().contains("🦊"));
}
