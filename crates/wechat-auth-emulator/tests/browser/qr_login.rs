//! A website in one window, a phone in the other.

use std::time::Duration;

use crate::chromium::Scripts;
use crate::story::{PHONE, Story};

#[tokio::test]
async fn a_website_follows_what_the_phone_does() {
    let story = Story::begins(Scripts::On, PHONE).await;
    story.opens_login("snsapi_login").await;
    story.sees("waiting").await;
    story.picture("emulator-qr-waiting").await;
    let [website, phone] = story.scans_in_another_window().await;
    story.sees("scanned").await;
    story.goes_to(&website).await;
    story.sees("scanned").await;
    story.picture("emulator-qr-scanned").await;
    story.goes_to(&phone).await;
    story.click("user-blank").await;
    story.click("allow").await;
    story.sees("confirmed").await;
    story.goes_to(&website).await;
    let code = story.came_back_with_a_code().await;
    assert!(story.exchange(&code)["openid"].is_string());
    story.ends().await;
}

#[tokio::test]
async fn a_website_is_told_when_the_phone_refuses() {
    let story = Story::begins(Scripts::On, PHONE).await;
    story.opens_login("snsapi_login").await;
    let [website, _] = story.scans_in_another_window().await;
    story.click("refuse").await;
    story.sees("cancelled").await;
    story.goes_to(&website).await;
    assert_eq!(story.is_back().await, "state=S1");
    story.ends().await;
}

#[tokio::test]
async fn a_website_s_page_says_that_it_is_too_old() {
    let story = Story::begins(Scripts::On, PHONE).await;
    story.opens_login("snsapi_login").await;
    story.emulator.handle().advance(Duration::from_secs(600)).unwrap();
    assert!(story.sees("error").await.contains("此页面已经用过或已过期"));
    story.ends().await;
}

#[tokio::test]
async fn a_website_follows_the_phone_without_scripts_too() {
    let story = Story::begins(Scripts::Off, PHONE).await;
    story.opens_login("snsapi_login").await;
    let [website, phone] = story.scans_in_another_window().await;
    story.goes_to(&website).await;
    // Asked for, and not waited for.
    story.click("check").await;
    story.sees("scanned").await;
    story.goes_to(&phone).await;
    story.click("allow").await;
    story.sees("confirmed").await;
    story.goes_to(&website).await;
    // It loads itself again.
    story.came_back_with_a_code().await;
    story.ends().await;
}

#[tokio::test]
async fn a_qr_login_is_answered_in_one_page() {
    let story = Story::begins(Scripts::On, PHONE).await;
    story.opens_login("snsapi_login").await;
    story.click("answer-here").await;
    story.click("user-xiaoming").await;
    story.click("allow").await;
    story.came_back_with_a_code().await;
    story.ends().await;
}
