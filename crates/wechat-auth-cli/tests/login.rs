//! `login`, with the real binary, the real emulator, and a client that acts as the browser.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

mod support;

use http::{Method, StatusCode};
use support::browser::{Answer, Browser};
use support::{APPID, Ended, Running, SECRET, emulator, wechat_auth};
use wechat_auth_emulator::Running as Emulator;

const EXCHANGE: &str = "/sns/oauth2/access_token";

/// A login that waits for its browser.
struct Story {
    emulator: Emulator,
    login: Running,
    begin: String,
    browser: Browser,
}

impl Story {
    async fn begins(more: &[&str]) -> Self {
        let emulator = emulator().await;
        let base = emulator.base_url();
        let mut args = vec!["login", "--appid", APPID, "--api", &base];
        args.extend(more);
        if !more.contains(&"--linger") {
            args.extend(["--linger", "0"]);
        }
        let mut login = Running::start(wechat_auth(&args));
        let begin = login.said("  http://").await.trim().to_owned();
        Self {
            emulator,
            login,
            begin,
            browser: Browser::new(),
        }
    }

    /// To the consent page, and back with this decision; the answer sends to the callback.
    async fn decide(&mut self, user: &str, decision: &str) -> Answer {
        let page = self.browser.open(&self.begin).await;
        assert_eq!(page.status, StatusCode::OK);
        self.browser.click(&page, user, decision).await
    }

    fn exchanges(&self) -> u64 {
        self.emulator.handle().counts().requests(APPID, EXCHANGE)
    }

    async fn ends(self) -> Ended {
        self.login.ended().await
    }
}

#[tokio::test]
async fn consent_completes_the_login_and_prints_the_profile() {
    let mut story = Story::begins(&["--json"]).await;
    let back = story.decide("xiaoming", "allow").await;
    story.browser.follow(back).await.is_the_page("done");
    let ended = story.ends().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let profile: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        (&profile["nickname"], &profile["city"]),
        (&"小明".into(), &"深圳".into())
    );
    assert!(profile["openid"].as_str().unwrap().starts_with('o'));
    assert!(profile.get("access_token").is_none() && profile.get("refresh_token").is_none());
    ended.shows_nothing_of(&[SECRET, "code=", "state="]);
}

#[tokio::test]
async fn a_nickname_cannot_act_on_the_terminal() {
    let mut story = Story::begins(&[]).await;
    let back = story.decide("odd", "allow").await;
    story.browser.follow(back).await;
    let ended = story.ends().await;
    assert_eq!(ended.code, Some(0));
    let line = ended
        .stdout
        .lines()
        .find(|line| line.starts_with("nickname: "))
        .unwrap();
    assert_eq!(line, r#"nickname: <script>alert('x')</script>\u{14}\u{7}🦊\"&"#);
    assert!(!ended.stdout.contains(|c: char| c.is_control() && c != '\n'));
}

#[tokio::test]
async fn a_user_who_refuses_is_understood() {
    let mut story = Story::begins(&["--json"]).await;
    let back = story.decide("xiaoming", "refuse").await;
    story.browser.follow(back).await.is_the_page("refused");
    assert_eq!(story.exchanges(), 0);
    let ended = story.ends().await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""));
    assert!(ended.stderr.contains("the user refused"), "{ended:?}");
}

#[tokio::test]
async fn snsapi_base_asks_nothing_and_brings_the_openid_only() {
    let mut story = Story::begins(&["--scope", "snsapi_base", "--json"]).await;
    let begin = story.begin.clone();
    story.browser.open(&begin).await.is_the_page("done");
    assert_eq!(
        story.emulator.handle().counts().requests(APPID, "/sns/userinfo"),
        0
    );
    let ended = story.ends().await;
    let profile: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, &profile["scope"]), (Some(0), &"snsapi_base".into()));
    assert!(profile.get("nickname").is_none() && profile["openid"].is_string());
}

#[tokio::test]
async fn a_website_login_goes_by_the_qr_page() {
    let mut story = Story::begins(&["--scope", "snsapi_login"]).await;
    let departure = story.browser.get(&story.begin).await;
    assert!(departure.location().unwrap().contains("/connect/qrconnect?"));
    let page = story.browser.follow(departure).await;
    let back = story.browser.click(&page, "xiaoming", "allow").await;
    story.browser.follow(back).await.is_the_page("done");
    let ended = story.ends().await;
    assert!(
        ended.code == Some(0) && ended.stdout.contains("nickname: 小明"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_snapshot_visitor_is_nobody() {
    let mut story = Story::begins(&["--json"]).await;
    let back = story.decide("snapshot", "allow").await;
    story.browser.follow(back).await.is_the_page("snapshot");
    let ended = story.ends().await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""));
    assert!(ended.stderr.contains("snapshot"), "{ended:?}");
}

#[tokio::test]
async fn a_callback_that_arrives_again_gets_the_first_answer_and_no_second_exchange() {
    let mut story = Story::begins(&["--linger", "600"]).await;
    let back = story.decide("xiaoming", "allow").await;
    let callback = back.location().unwrap();
    // Twice at once, as a web view does, and again after the end.
    let mut other = Browser::new();
    other.cookies.clone_from(&story.browser.cookies);
    let (first, second) = tokio::join!(story.browser.open(&callback), other.open(&callback));
    first.is_the_page("done");
    second.is_the_page("done");
    story.browser.open(&callback).await.is_the_page("done");
    story.browser.open(&first.url).await.is_the_page("done");
    assert_eq!(story.exchanges(), 1);
    story.login.signal("INT").await;
    assert_eq!(
        story.ends().await.code,
        Some(0),
        "the login had succeeded when it was interrupted"
    );
}

#[tokio::test]
async fn no_code_stays_in_an_address_and_no_answer_may_be_kept() {
    let mut story = Story::begins(&[]).await;
    let back = story.decide("xiaoming", "allow").await;
    let callback = back.location().unwrap();
    let answer = story.browser.get(&callback).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let to = answer.location().unwrap();
    assert!(to.ends_with("/result/done"), "{to}");
    let page = story.browser.get(&to).await;
    for answer in [&answer, &page] {
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    assert!(page.text.contains("登录成功") && page.text.contains("You are logged in"));
    assert_eq!(story.ends().await.code, Some(0));
}

#[tokio::test]
async fn a_forged_callback_is_turned_away_and_the_login_goes_on() {
    let mut story = Story::begins(&[]).await;
    let page = story.browser.open(&story.begin.clone()).await;
    let begin = story.begin.clone();
    let forged = "0123456789abcdef0123456789abcdef";
    for (query, slug) in [
        (format!("code=FORGED&state={forged}"), "forged"),
        (format!("state={forged}"), "forged"),
        ("code=FORGED".to_owned(), "not-a-callback"),
        (String::new(), "not-a-callback"),
        (format!("code=a&code=b&state={forged}"), "not-a-callback"),
        (
            format!("code={}&state={forged}", "c".repeat(5_000)),
            "not-a-callback",
        ),
    ] {
        let answer = story.browser.open(&format!("{begin}callback?{query}")).await;
        answer.is_the_page(slug);
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(!answer.text.contains(forged) && !answer.text.contains("FORGED"));
    }
    assert_eq!(story.exchanges(), 0);
    let back = story.browser.click(&page, "xiaoming", "allow").await;
    story.browser.follow(back).await.is_the_page("done");
    let ended = story.ends().await;
    assert_eq!(ended.code, Some(0));
    ended.shows_nothing_of(&[forged, "FORGED"]);
}

#[tokio::test]
async fn another_browser_cannot_bring_the_callback() {
    let mut story = Story::begins(&[]).await;
    let back = story.decide("xiaoming", "allow").await;
    let callback = back.location().unwrap();
    let mut thief = Browser::new();
    thief.open(&callback).await.is_the_page("other-browser");
    thief.open(&story.begin).await;
    thief.open(&callback).await.is_the_page("other-browser");
    assert_eq!(story.exchanges(), 0);
    story.browser.open(&callback).await.is_the_page("done");
    assert_eq!(story.ends().await.code, Some(0));
}

#[tokio::test]
async fn two_tabs_are_two_logins_and_either_may_win() {
    let mut story = Story::begins(&["--json"]).await;
    let begin = story.begin.clone();
    let first = story.browser.open(&begin).await;
    let second = story.browser.open(&begin).await;
    assert_eq!(story.browser.cookies.len(), 2);
    let back = story.browser.click(&first, "xiaoming", "allow").await;
    story.browser.follow(back).await.is_the_page("done");
    drop(second);
    let ended = story.ends().await;
    assert!(
        ended.code == Some(0) && ended.stdout.contains("小明"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn the_cookie_is_for_this_browser_and_this_callback_only() {
    let mut story = Story::begins(&["--redirect-uri", "http://127.0.0.1:0/wx/back"]).await;
    assert!(story.begin.ends_with("/wx/"));
    let departure = story.browser.get(&story.begin).await;
    assert_eq!(departure.status, StatusCode::SEE_OTHER);
    let cookie = departure.headers["set-cookie"].to_str().unwrap();
    for attribute in ["; Path=/wx/back", "; HttpOnly", "; SameSite=Lax", "; Max-Age=600"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains(&departure.state()));
}

#[tokio::test]
async fn a_login_begins_under_the_name_that_the_callback_has() {
    let mut story = Story::begins(&["--redirect-uri", "http://localhost:0/callback"]).await;
    let other_name = story.begin.replace("localhost", "127.0.0.1");
    let answer = story.browser.get(&other_name).await;
    assert_eq!(answer.location(), Some(story.begin.clone()));
    assert!(story.browser.cookies.is_empty());
}

#[tokio::test]
async fn what_another_site_embeds_begins_no_login() {
    let mut story = Story::begins(&[]).await;
    for (destination, status) in [("image", 404), ("iframe", 404), ("empty", 404), ("document", 303)] {
        story.browser.headers = vec![("sec-fetch-dest", destination)];
        assert_eq!(
            story.browser.get(&story.begin).await.status,
            status,
            "{destination}"
        );
    }
}

#[tokio::test]
async fn everything_else_is_answered_and_does_nothing() {
    let mut story = Story::begins(&[]).await;
    let begin = story.begin.clone();
    for (method, path, status) in [
        (Method::GET, "favicon.ico", 204),
        (Method::GET, "robots.txt", 404),
        (Method::GET, "result/", 404),
        (Method::GET, "result/nonsense", 404),
        (Method::GET, "callback/", 404),
        (Method::POST, "", 405),
        (Method::POST, "callback?code=a&state=b", 405),
        (Method::HEAD, "", 405),
        (Method::DELETE, "nothing", 405),
    ] {
        let answer = story
            .browser
            .send(method.clone(), &format!("{begin}{path}"), String::new())
            .await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    assert!(story.browser.cookies.is_empty());
    // A last page that somebody opens too early ends nothing.
    let early = format!("{begin}result/done");
    story.browser.get(&early).await.is_the_page("done");
    let back = story.decide("xiaoming", "allow").await;
    story.browser.follow(back).await.is_the_page("done");
    assert_eq!(story.ends().await.code, Some(0));
}

#[tokio::test]
async fn a_wrong_secret_is_wechats_no() {
    let emulator = emulator().await;
    let mut command = wechat_auth(&[
        "login",
        "--appid",
        APPID,
        "--api",
        &emulator.base_url(),
        "--linger",
        "0",
    ]);
    command.env("WECHAT_APPSECRET", "another-made-up-secret");
    let mut login = Running::start(command);
    let begin = login.said("  http://").await.trim().to_owned();
    let mut browser = Browser::new();
    let page = browser.open(&begin).await;
    let back = browser.click(&page, "xiaoming", "allow").await;
    browser.follow(back).await.is_the_page("failed");
    let ended = login.ended().await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(4), ""));
    assert!(ended.stderr.contains("40125"), "{ended:?}");
    ended.shows_nothing_of(&["another-made-up-secret", "code="]);
}

#[tokio::test]
async fn nobody_coming_is_no_credential() {
    let story = Story::begins(&["--timeout", "1"]).await;
    let ended = story.ends().await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""));
    assert!(ended.stderr.contains("nobody logged in within 1 s"), "{ended:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_and_a_process_manager_end_it_cleanly() {
    for signal in ["INT", "TERM"] {
        let story = Story::begins(&[]).await;
        story.login.signal(signal).await;
        let ended = story.ends().await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""));
        assert!(ended.stderr.contains("interrupted"), "{ended:?}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_one_clear_line() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/callback", taken.local_addr().unwrap());
    let ended = support::run(wechat_auth(&["login", "--appid", APPID, "--redirect-uri", &uri])).await;
    assert!(ended.failed_in_one_line(1).contains("in use"), "{ended:?}");
}

#[tokio::test]
async fn behind_a_reverse_proxy_the_redirect_uri_keeps_its_name() {
    let emulator = emulator().await;
    let base = emulator.base_url();
    let mut args = vec![
        "login",
        "--appid",
        APPID,
        "--api",
        &base,
        "--listen",
        "127.0.0.1:0",
    ];
    args.extend(["--redirect-uri", "https://shop.example/wechat/callback"]);
    let mut login = Running::start(wechat_auth(&args));
    assert_eq!(login.said("  http").await.trim(), "https://shop.example/wechat/");
    login.signal("INT").await;
    assert_eq!(login.ended().await.code, Some(3));
}
