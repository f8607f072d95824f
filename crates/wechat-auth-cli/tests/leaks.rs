//! No way of going wrong shows the appsecret, a token, a code or a state.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

mod support;

use support::browser::Browser;
use support::server::{Server, answer, json, quoted};
use support::{APPID, Ended, Running, SECRET, run, wechat_auth};

/// A code, a user token and a refresh token, as WeChat makes them.
const CODE: &str = "CODEmarkerCODEmarkerCODEmarker01";
const TOKEN: &str = "70_TOKENmarkerTOKENmarkerTOKENmarkerTOKENmarker";
const MARKERS: &[&str] = &[SECRET, "MARKER", CODE, "CODEmarker", TOKEN, "TOKENmarker"];

type Script = fn(&str) -> Option<Vec<u8>>;

/// What can come back instead of an answer; most of it holds what was sent.
const BAD_DAYS: &[(&str, i32, Script)] = &[
    ("a refusal that echoes", 4, |sent| {
        Some(json(&format!(r#"{{"errcode":40125,"errmsg":{}}}"#, quoted(sent))))
    }),
    ("a refusal that echoes the secret alone", 4, |_| {
        Some(json(&format!(
            r#"{{"errcode":-1,"errmsg":"{SECRET} {TOKEN} {CODE}"}}"#
        )))
    }),
    ("a number that is none", 3, |sent| {
        Some(json(&format!(r#"{{"errcode":{}}}"#, quoted(sent))))
    }),
    ("an echo as text", 3, |sent| {
        Some(answer("200 OK", "text/plain", sent))
    }),
    ("an echo as a status line", 3, |sent| {
        let line: String = sent.chars().filter(|c| !c.is_control()).collect();
        Some(answer(&format!("500 {line}"), "text/plain", ""))
    }),
    ("a proxy's page", 3, |sent| {
        Some(answer("407 Proxy", "text/html", &format!("<html>{sent}")))
    }),
    ("a page with status 200", 3, |sent| {
        Some(answer("200 OK", "text/html", &format!("<html>{sent}")))
    }),
    ("broken JSON", 3, |_| {
        Some(json(&format!(r#"{{"access_token":"{TOKEN}"#)))
    }),
    ("a token without a life", 3, |_| {
        Some(json(&format!(r#"{{"access_token":"{TOKEN}"}}"#)))
    }),
    ("a token without an end", 3, |_| {
        Some(json(&format!(
            r#"{{"access_token":"{TOKEN}","expires_in":1e99}}"#
        )))
    }),
    ("a token with control characters", 3, |_| {
        Some(json(&format!(
            "{{\"access_token\":\"{TOKEN}\\u001b[2J\",\"expires_in\":7200}}"
        )))
    }),
    ("an empty body", 3, |_| {
        Some(answer("200 OK", "text/html; charset=gbk", ""))
    }),
    ("ten megabytes", 3, |_| {
        Some(json(&TOKEN.repeat(10_000_000 / TOKEN.len())))
    }),
    ("no HTTP", 3, |sent| Some(format!("SSH-2.0 {sent}").into_bytes())),
    ("half an answer", 3, |_| {
        Some(json(TOKEN).into_iter().take(60).collect())
    }),
    ("nothing", 3, |_| Some(Vec::new())),
];

#[tokio::test]
async fn token_shows_nothing_on_any_bad_day() {
    for mode in ["stable", "classic"] {
        for (day, code, script) in BAD_DAYS {
            let server = Server::start(script).await;
            let args = [
                "token",
                "--appid",
                APPID,
                "--api",
                &server.url,
                "--mode",
                mode,
                "--json",
            ];
            let ended = run(wechat_auth(&args)).await;
            assert_eq!(ended.code, Some(*code), "{day}: {ended:?}");
            ended.failed_in_one_line(*code);
            ended.shows_nothing_of(MARKERS);
        }
    }
}

#[tokio::test]
async fn silence_is_ended_and_shows_nothing() {
    let server = Server::start(|_| None).await;
    let args = [
        "token",
        "--appid",
        APPID,
        "--api",
        &server.url,
        "--mode",
        "classic",
        "--timeout",
        "1",
    ];
    let ended = run(wechat_auth(&args)).await;
    assert!(ended.failed_in_one_line(3).contains("within 1 s"), "{ended:?}");
    ended.shows_nothing_of(MARKERS);
}

#[tokio::test]
async fn a_short_secret_is_not_echoed_either() {
    let server =
        Server::start(|sent| Some(json(&format!(r#"{{"errcode":-1,"errmsg":{}}}"#, quoted(sent))))).await;
    for mode in ["stable", "classic"] {
        let mut command = wechat_auth(&["token", "--appid", APPID, "--api", &server.url, "--mode", mode]);
        command.env("WECHAT_APPSECRET", "hunter2");
        let ended = run(command).await;
        ended.failed_in_one_line(4);
        ended.shows_nothing_of(&["hunter2"]);
    }
}

/// Goes through a login whose code is exchanged at `api`; everything the browser was shown comes back too.
async fn login_at(api: &str) -> (Ended, String) {
    let args = ["login", "--appid", APPID, "--api", api, "--linger", "0"];
    let mut login = Running::start(wechat_auth(&args));
    let begin = login.said("http://127.0.0.1:").await;
    let begin = if begin.contains("redirect URI") {
        login.said("  http://").await
    } else {
        begin
    };
    let begin = begin.trim().to_owned();
    let mut browser = Browser::new();
    let departure = browser.get(&begin).await;
    let back = format!("{begin}callback?code={CODE}&state={}", departure.state());
    let callback = browser.get(&back).await;
    let shown = format!("{:?} {}", callback.headers, callback.text);
    let page = browser.follow(callback).await;
    let shown = format!("{shown} {:?} {}", page.headers, page.text);
    let state = departure.state();
    let ended = login.ended().await;
    ended.shows_nothing_of(&[&state]);
    assert!(!shown.contains(&state), "{shown}");
    (ended, shown)
}

#[tokio::test]
async fn login_shows_nothing_on_any_bad_day() {
    for (day, code, script) in BAD_DAYS {
        let server = Server::start(script).await;
        let (ended, shown) = login_at(&server.url).await;
        assert_eq!(ended.code, Some(*code), "{day}: {ended:?}");
        ended.shows_nothing_of(MARKERS);
        assert!(
            MARKERS.iter().all(|marker| !shown.contains(marker)),
            "{day}: {shown}"
        );
        assert_eq!(*server.requests.borrow(), 1, "{day}: a code is sent once");
    }
}

#[tokio::test]
async fn login_shows_nothing_when_the_profile_goes_wrong() {
    fn exchanged() -> Vec<u8> {
        json(&format!(
            r#"{{"access_token":"{TOKEN}","expires_in":7200,"refresh_token":"{TOKEN}","openid":"oOPENmarkerOPENmarkerOPENma1","scope":"snsapi_userinfo"}}"#
        ))
    }
    let echo: Script = |sent| match sent.contains("/sns/oauth2/access_token") {
        true => Some(exchanged()),
        false => Some(json(&format!(r#"{{"errcode":48001,"errmsg":{}}}"#, quoted(sent)))),
    };
    let another_user: Script = |sent| match sent.contains("/sns/oauth2/access_token") {
        true => Some(exchanged()),
        false => Some(json(
            r#"{"openid":"oOTHERmarkerOTHERmarkerOTHER","nickname":"n"}"#,
        )),
    };
    for (script, code) in [(echo, 4), (another_user, 3)] {
        let server = Server::start(script).await;
        let (ended, shown) = login_at(&server.url).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""), "{ended:?}");
        ended.shows_nothing_of(MARKERS);
        ended.shows_nothing_of(&["oOPEN", "oOTHER", "OPENmarker"]);
        assert!(MARKERS.iter().all(|marker| !shown.contains(marker)), "{shown}");
    }
}
