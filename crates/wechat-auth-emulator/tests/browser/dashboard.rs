//! Somebody looks at the dashboard while things happen.

use std::time::Duration;

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::json;
use wechat_auth_emulator::{Effect, Family, Fault};

use crate::chromium::Scripts;
use crate::story::{APPID, DESK, SECRET, Story};

#[tokio::test]
async fn the_dashboard_shows_what_happens_while_it_happens() {
    let story = Story::begins(Scripts::On, DESK).await;
    let handle = story.emulator.handle();
    story.opens("/_emulator/").await;
    assert!(story.sees("apps").await.contains("还没有凭证"));
    story.fetches_a_token();
    story.waits_for("apps", "classic #1").await;
    story.waits_for("newest", "GET /cgi-bin/token?").await;
    // What was opened stays open, is up to date, and keeps the keyboard.
    story.click(&format!("quotas-open-{APPID}")).await;
    story.fetches_a_token();
    story.waits_for(&format!("quotas-{APPID}"), "1998").await;
    assert!(
        story.sees(&format!("quotas-{APPID}")).await.contains("1998"),
        "it can be seen"
    );
    let focused = story.script("return document.activeElement.id").await;
    assert_eq!(focused, format!("quotas-open-{APPID}"));
    story.click("clock-5-minutes").await;
    story.waits_for("now", "2023-11-15 06:18:20").await;
    handle.advance(Duration::from_secs(3_300)).unwrap();
    story.waits_for("now", "07:13:20").await;

    story.click("new-fault").await;
    story.click("fault-add").await;
    story.waits_for("faults-waiting", "errcode").await;
    story.ends().await;
}

#[tokio::test]
async fn a_busy_dashboard_for_the_book() {
    let story = Story::begins(Scripts::On, Some((1_280, 1_270))).await;
    let handle = story.emulator.handle();
    let stable = json!({"grant_type": "client_credential", "appid": APPID, "secret": SECRET}).to_string();
    story.fetches_a_token();
    handle.advance(Duration::from_secs(3_000)).unwrap();
    story.sends(http::Method::POST, "/cgi-bin/stable_token", &stable);
    handle.advance(Duration::from_secs(600)).unwrap();
    story.somebody_logs_in();
    let token = story.fetches_a_token();
    handle.foreign_refresh(APPID, Family::Stable).unwrap();
    handle.advance(Duration::from_secs(100)).unwrap();
    for uri in [
        format!("/cgi-bin/ticket/getticket?access_token={token}&type=jsapi"),
        "/cgi-bin/getcallbackip?access_token=an-old-one".to_owned(),
        story.link("snsapi_nothing"),
    ] {
        story.asks(&uri);
    }
    for effect in [
        Effect::ReplyLost,
        Effect::Errcode {
            errcode: -1,
            errmsg: None,
        },
    ] {
        handle.inject(Fault::on("/cgi-bin/stable_token", effect)).unwrap();
    }
    let answer = story.sends(http::Method::POST, "/cgi-bin/getcallbackip", &stable);
    assert_eq!(answer["errcode"], 43001);
    story.opens("/_emulator/").await;
    assert!(story.sees("apps").await.contains("stable #2"));
    story.picture("emulator-dashboard").await;
    story.ends().await;
}

#[tokio::test]
async fn a_request_is_copied_as_curl() {
    let story = Story::begins(Scripts::On, DESK).await;
    story.asks("/cgi-bin/token?appid=nope&secret=it's");
    story.opens("/_emulator/").await;
    let button = story
        .chromium
        .tab
        .find(Locator::Css("[data-copies]"))
        .await
        .unwrap();
    button.click().await.unwrap();
    while button.text().await.unwrap() != "已复制 / Copied" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let paste = format!("{}v", char::from(Key::Control));
    story.click("new-fault").await;
    story.types("fault-path", &paste).await;
    let field = story.chromium.tab.find(Locator::Id("fault-path")).await.unwrap();
    let pasted = field.prop("value").await.unwrap().unwrap();
    let command = format!(
        "curl -g '{}/cgi-bin/token?appid=nope&secret=***'",
        story.emulator.base_url()
    );
    assert!(pasted.contains(&command), "{pasted}");
    story.ends().await;
}

#[tokio::test]
async fn what_somebody_reads_on_the_dashboard_stays_open() {
    let story = Story::begins(Scripts::On, DESK).await;
    story.asks("/cgi-bin/token?appid=nope");
    story.opens("/_emulator/").await;
    let details = || story.chromium.tab.find(Locator::Css("#newest details"));
    details().await.unwrap().click().await.unwrap();
    story.asks("/cgi-bin/token?appid=other");
    // The other parts go on meanwhile.
    story.emulator.handle().advance(Duration::from_secs(60)).unwrap();
    story.waits_for("now", "06:14:20").await;
    assert!(details().await.unwrap().attr("open").await.unwrap().is_some());
    assert!(!story.sees("newest").await.contains("other"));
    story.ends().await;
}

#[tokio::test]
async fn the_dashboard_works_without_scripts() {
    let story = Story::begins(Scripts::Off, DESK).await;
    story.fetches_a_token();
    story.opens("/_emulator/").await;
    assert!(story.sees("apps").await.contains("classic #1"));
    story.click("clock-2-hours").await;
    story.waits_for("now", "08:13:20").await;
    assert!(
        !story.sees("newest").await.contains("Copy as curl"),
        "that needs a script"
    );
    let details = story
        .chromium
        .tab
        .find(Locator::Css("#newest summary"))
        .await
        .unwrap();
    details.click().await.unwrap();
    assert!(story.sees("curl-0").await.starts_with("curl -g 'http://"));
    story.click("reload").await;
    story.waits_for("reload", "Stop refreshing").await;
    story.emulator.handle().advance(Duration::from_secs(60)).unwrap();
    // It loads itself again.
    story.waits_for("now", "08:14:20").await;
    story.ends().await;
}

#[tokio::test]
async fn secrets_are_shown_when_somebody_asks_and_hidden_again() {
    let story = Story::begins(Scripts::On, DESK).await;
    let token = story.fetches_a_token();
    story.opens("/_emulator/").await;
    for (is_shown, click) in [(false, true), (true, true), (false, false)] {
        let page = story.chromium.tab.source().await.unwrap();
        assert_eq!(page.contains(&token) && page.contains(SECRET), is_shown);
        if click {
            story.click("secrets").await;
        }
    }
    story.ends().await;
}
