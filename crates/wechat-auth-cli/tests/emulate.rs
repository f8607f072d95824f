//! `emulate` and `demo`, as somebody who has just cloned the repository meets them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

mod support;

use http::StatusCode;
use support::browser::Browser;
use support::server::{Server, json};
use support::{Running, run, wechat_auth};

#[tokio::test]
async fn demo_holds_and_adds_up() {
    let ended = run(wechat_auth(&["demo"])).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    assert_eq!(ended.stdout.matches('✓').count(), 9, "{}", ended.stdout);
    let last = ended.stdout.lines().last().unwrap();
    assert!(
        last.ends_with("fetches made: 6, calls made: 5, calls failed: 0"),
        "{last}"
    );
}

#[tokio::test]
async fn demo_looks_right_in_a_terminal_that_knows_ascii_only() {
    let mut command = wechat_auth(&["demo"]);
    command.env("LC_ALL", "C");
    let ended = run(command).await;
    assert!(ended.code == Some(0) && ended.stdout.is_ascii(), "{ended:?}");
    assert_eq!(ended.stdout.matches("[ok]").count(), 9);
    assert_eq!(
        ended.stdout.lines().last(),
        Some("fetches made: 6, calls made: 5, calls failed: 0")
    );
}

#[tokio::test]
async fn demo_as_json_is_one_object() {
    let ended = run(wechat_auth(&["demo", "--json"])).await;
    let summary: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, ended.stdout.lines().count()), (Some(0), 1));
    assert_eq!(
        (&summary["holds"], &summary["fetches"]),
        (&true.into(), &6.into())
    );
    assert_eq!(
        (&summary["calls"], &summary["calls_failed"]),
        (&5.into(), &0.into())
    );
    assert_eq!(summary["steps"].as_array().unwrap().len(), 9);
}

#[tokio::test]
async fn what_emulate_prints_is_what_token_needs() {
    let mut emulate = Running::start(wechat_auth(&["emulate", "--listen", "127.0.0.1:0", "--json"]));
    let here: serde_json::Value = serde_json::from_str(&emulate.next_data().await).unwrap();
    let (base, app) = (here["base_url"].as_str().unwrap(), &here["apps"][0]);
    let mut token = wechat_auth(&["token", "--appid", app["appid"].as_str().unwrap(), "--api", base]);
    token.env("WECHAT_APPSECRET", app["secret"].as_str().unwrap());
    let ended = run(token).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));

    let mut browser = Browser::new();
    let health = browser
        .get(&format!("{}health", here["admin_url"].as_str().unwrap()))
        .await;
    assert_eq!(health.status, StatusCode::OK);
    let index = browser.get(base).await;
    assert!(index.text.contains("不是微信") && index.text.contains("not WeChat"));
    let dashboard = browser.get(here["dashboard_url"].as_str().unwrap()).await;
    assert_eq!(dashboard.status, StatusCode::OK);
}

/// The base URL that a running emulator prints.
async fn base_of(emulate: &mut Running) -> String {
    let here: serde_json::Value = serde_json::from_str(&emulate.next_data().await).unwrap();
    here["base_url"].as_str().unwrap().to_owned()
}

const WRONG_LINK: &str = "/connect/oauth2/authorize?redirect_uri=http%3A%2F%2Fa.test&appid=wxemulated00000001\
    &response_type=code&scope=snsapi_base&state=s";

#[tokio::test]
async fn a_link_that_wechat_would_refuse_is_explained_in_the_shell_and_nothing_else_is_said() {
    let mut emulate = Running::start(wechat_auth(&["emulate", "--listen", "127.0.0.1:0", "--json"]));
    let base = base_of(&mut emulate).await;
    let mut browser = Browser::new();
    browser.get(&format!("{base}/cgi-bin/getcallbackip")).await;
    browser.get(&format!("{base}{WRONG_LINK}")).await;
    let line = emulate.said("").await;
    assert!(
        line.contains(" GET /connect/oauth2/authorize?") && line.ends_with(" -> 400"),
        "{line}"
    );
    assert!(emulate.said("").await.contains("参数顺序不正确"));
    assert!(emulate.said("").await.contains("not in the documented order"));
}

#[tokio::test]
async fn the_log_has_every_request_of_every_namespace_and_no_secret() {
    let args = ["emulate", "--listen", "127.0.0.1:0", "--json", "--log"];
    let mut emulate = Running::start(wechat_auth(&args));
    let base = base_of(&mut emulate).await;
    let mut browser = Browser::new();
    let fetch = "/cgi-bin/token?grant_type=client_credential&appid=wxemulated00000001&secret=MARKER";
    browser.get(&format!("{base}{fetch}")).await;
    let line = emulate.said("/cgi-bin/token").await;
    assert!(line.ends_with("&secret=*** -> 200, errcode 40125"), "{line}");
    browser.get(&format!("{base}/_ns/one{fetch}")).await;
    let line = emulate.said("[one] GET /cgi-bin/token").await;
    assert!(line.ends_with("&secret=*** -> 200, errcode 40125"), "{line}");
    // After a reset the journal counts from the beginning, and is followed on.
    let reset = format!("{base}/_emulator/v1/reset");
    browser.headers.push(("content-type", "application/json"));
    browser.send(http::Method::POST, &reset, String::new()).await;
    browser.get(&format!("{base}/cgi-bin/getcallbackip")).await;
    emulate.said("errcode 41001").await;
    emulate.signal("INT").await;
    emulate.ended().await.shows_nothing_of(&["MARKER"]);
}

#[tokio::test]
async fn what_others_can_reach_needs_a_flag_that_the_refusal_names() {
    let listen = ["emulate", "--listen", "0.0.0.0:0"];
    let ended = run(wechat_auth(&listen)).await;
    assert!(ended.failed_in_one_line(2).contains("--expose"), "{ended:?}");
}

/// As a container runs it: from the same machine, by another container's name, and by a stranger's.
#[tokio::test]
async fn an_exposed_emulator_says_so_and_answers_to_the_names_it_was_told() {
    let args = [
        "emulate",
        "--expose",
        "--listen",
        "0.0.0.0:0",
        "--allow-host",
        "wechat",
        "--json",
    ];
    let mut emulate = Running::start(wechat_auth(&args));
    let here: serde_json::Value = serde_json::from_str(&emulate.next_data().await).unwrap();
    assert!(
        here["exposed_at"].as_str().unwrap().starts_with("0.0.0.0:"),
        "{here}"
    );
    let health = format!("{}health", here["admin_url"].as_str().unwrap());
    for (host, status) in [("wechat:8787", 200), ("evil.example", 403)] {
        let mut browser = Browser::new();
        browser.headers.push(("host", host));
        assert_eq!(browser.get(&health).await.status, status, "{host}");
    }
}

#[tokio::test]
async fn health_is_that_of_an_emulator_and_of_nothing_else() {
    let emulator = support::emulator().await;
    let at = |url: &str| url.trim_start_matches("http://").to_owned();
    let ended = run(wechat_auth(&[
        "emulate",
        "health",
        "--at",
        &at(&emulator.base_url()),
    ]))
    .await;
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (Some(0), "", "")
    );

    let another = Server::start(|_| Some(json(r#"{"status":"ok"}"#))).await;
    let ended = run(wechat_auth(&["emulate", "health", "--at", &at(&another.url)])).await;
    assert!(ended.failed_in_one_line(1).contains("no emulator"), "{ended:?}");

    let free = at(&emulator.base_url());
    emulator.stop().await;
    run(wechat_auth(&["emulate", "health", "--at", &free]))
        .await
        .failed_in_one_line(1);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_tokens() {
    let mut tokens = Vec::new();
    for seed in ["5", "5", "6"] {
        let args = [
            "emulate",
            "--listen",
            "127.0.0.1:0",
            "--seed",
            seed,
            "--app",
            "wx1:made-up",
            "--json",
        ];
        let mut emulate = Running::start(wechat_auth(&args));
        let line = emulate.next_data().await;
        assert!(
            !line.contains("made-up"),
            "what was given is not repeated: {line}"
        );
        let here: serde_json::Value = serde_json::from_str(&line).unwrap();
        let base = here["base_url"].as_str().unwrap();
        let mut token = wechat_auth(&["token", "--appid", "wx1", "--api", base]);
        token.env("WECHAT_APPSECRET", "made-up");
        tokens.push(run(token).await.stdout);
    }
    assert_eq!(tokens[0], tokens[1]);
    assert_ne!(tokens[0], tokens[2]);
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_is_how_it_ends() {
    for signal in ["INT", "TERM"] {
        let mut emulate = Running::start(wechat_auth(&["emulate", "--listen", "127.0.0.1:0"]));
        while !emulate.next_data().await.contains("Ctrl-C") {}
        emulate.signal(signal).await;
        let ended = emulate.ended().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

/// An emulator in a shell that allows it only so many file descriptors, two hundred half
/// requests, and then somebody else, who is answered at once. Gives back whether the first
/// of the half requests had to go.
#[cfg(unix)]
async fn the_first_of_two_hundred_goes(limits: &str) -> bool {
    use std::io::{ErrorKind, Read, Write};
    use std::net::TcpStream;
    use std::time::{Duration, Instant};
    let script = format!(r#"{limits}; exec "$0" emulate --listen 127.0.0.1:0 --json"#);
    let mut few = tokio::process::Command::new("sh");
    few.args(["-c", &script, env!("CARGO_BIN_EXE_wechat-auth")])
        .kill_on_drop(true);
    let mut emulate = Running::start(few);
    let here: serde_json::Value = serde_json::from_str(&emulate.next_data().await).unwrap();
    let base = here["base_url"].as_str().unwrap();
    let to = base.strip_prefix("http://").unwrap();
    let mut open: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(to).unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nHost: local").unwrap();
            stream
        })
        .collect();
    let began = Instant::now();
    assert_eq!(Browser::new().get(base).await.status, StatusCode::OK);
    assert!(began.elapsed() < Duration::from_secs(5));
    open[0]
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let end = open[0].read(&mut [0; 1]);
    !end.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

#[cfg(unix)]
#[tokio::test]
async fn when_descriptors_run_out_those_who_waited_longest_make_room() {
    assert!(the_first_of_two_hundred_goes("ulimit -n 64").await);
}

#[cfg(unix)]
#[tokio::test]
async fn emulate_takes_as_many_descriptors_as_it_may() {
    assert!(!the_first_of_two_hundred_goes("ulimit -Hn 1024; ulimit -Sn 64").await);
}

#[tokio::test]
async fn a_port_in_use_is_one_clear_line() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = run(wechat_auth(&["emulate", "--listen", &address])).await;
    assert!(ended.failed_in_one_line(1).contains("in use"), "{ended:?}");
}
