//! A user before the page that asks.

use std::time::Duration;

use fantoccini::key::Key;

use crate::chromium::Scripts;
use crate::story::{LONG_PHONE, PHONE, Story};

async fn a_user_is_added_and_agrees(scripts: Scripts) {
    let story = Story::begins(scripts, LONG_PHONE).await;
    story.opens_login("snsapi_userinfo").await;
    story.click("add-user-open").await;
    story.types("new-nickname", "小红").await;
    story.picture("emulator-consent").await;
    story.types("new-nickname", &Key::Enter.to_string()).await;
    story.waits_for("consent", "小红").await;
    story.click("allow").await;
    let code = story.came_back_with_a_code().await;
    assert!(story.exchange(&code)["openid"].is_string());
    story.ends().await;
}

#[tokio::test]
async fn a_user_is_added_on_the_page_and_agrees() {
    a_user_is_added_and_agrees(Scripts::On).await;
}

#[tokio::test]
async fn a_user_is_added_on_the_page_and_agrees_without_scripts() {
    a_user_is_added_and_agrees(Scripts::Off).await;
}

#[tokio::test]
async fn a_user_closes_the_page_and_the_app_is_told_nothing() {
    let story = Story::begins(Scripts::On, PHONE).await;
    story.opens_login("snsapi_userinfo").await;
    story.click("close").await;
    story.sees("closed").await;
    story.ends().await;
}

#[tokio::test]
async fn a_snapshot_visitor_stays_in_the_snapshot_or_asks_for_the_full_service() {
    let story = Story::begins(Scripts::On, PHONE).await;
    for (button, is_snapshotuser) in [("browse-snapshot", true), ("full-service", false)] {
        story.opens_login("snsapi_userinfo").await;
        story.click("user-snapshot").await;
        story.click("allow").await;
        story.sees("snapshot").await;
        story.chromium.screenshot("emulator-snapshot").await;
        story.click(button).await;
        let code = story.came_back_with_a_code().await;
        assert_eq!(
            story.exchange(&code).get("is_snapshotuser").is_some(),
            is_snapshotuser
        );
    }
    story.ends().await;
}

#[tokio::test]
async fn a_link_without_its_fragment_is_complained_about_on_the_page_and_in_the_log() {
    let story = Story::begins(Scripts::On, PHONE).await;
    story.opens_login("snsapi_userinfo").await;
    assert!(!story.is_shown("no-fragment").await);
    story.opens("/").await;
    story.opens(&story.link("snsapi_userinfo")).await;
    let complaint = story.sees("no-fragment").await;
    assert!(
        complaint.contains("链接没有以 #wechat_redirect 结尾"),
        "{complaint}"
    );
    assert!(complaint.contains("the link does not end in #wechat_redirect"));
    let logged = || {
        story.emulator.handle().with(|wechat, _| {
            let complaints = wechat.journal().filter_map(|seen| seen.complaint);
            complaints.map(|complaint| complaint.en).collect::<Vec<_>>()
        })
    };
    story.opens("/_emulator/").await;
    while logged().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(logged(), ["the link does not end in #wechat_redirect"]);
    story.ends().await;
}
