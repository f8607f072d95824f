//! `token`: what it prints, and which exit code each kind of failure has.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

mod support;

use std::process::Stdio;

use support::server::{Server, answer, json};
use support::{APPID, Running, SECRET, emulator, run, wechat_auth};

#[tokio::test]
async fn a_token_is_printed_and_the_emulator_takes_it_for_its_own() {
    let emulator = emulator().await;
    let base = emulator.base_url();
    for (mode, path) in [("stable", "/cgi-bin/stable_token"), ("classic", "/cgi-bin/token")] {
        let ended = run(wechat_auth(&[
            "token", "--appid", APPID, "--api", &base, "--mode", mode,
        ]))
        .await;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        let known = emulator
            .handle()
            .introspect(ended.stdout.strip_suffix('\n').unwrap());
        assert!(known.valid, "{mode}");
        assert_eq!(emulator.handle().counts().minted(APPID, path), 1);
        assert_eq!(emulator.handle().counts().requests(APPID, path), 1);
    }
}

#[tokio::test]
async fn json_holds_the_token_and_its_remaining_life() {
    let emulator = emulator().await;
    let ended = run(wechat_auth(&[
        "token",
        "--appid",
        APPID,
        "--api",
        &emulator.base_url(),
        "--json",
    ]))
    .await;
    assert_eq!((ended.code, ended.stdout.lines().count()), (Some(0), 1));
    let printed: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        (&printed["appid"], &printed["mode"]),
        (&APPID.into(), &"stable".into())
    );
    let token = printed["access_token"].as_str().unwrap();
    assert!(emulator.handle().introspect(token).valid);
    assert!((7_100..=7_200).contains(&printed["expires_in"].as_u64().unwrap()));
}

#[tokio::test]
async fn the_secret_may_come_from_a_file_with_one_line_end() {
    let emulator = emulator().await;
    let dir = tempdir("secret-file");
    for (content, code) in [("", 2), ("\n", 2), ("two\nlines", 2), ("\u{feff}bom", 2)] {
        let ended = run(with_file(&dir, content.as_bytes(), &emulator.base_url())).await;
        ended.failed_in_one_line(code);
    }
    for end in ["", "\n", "\r\n"] {
        let ended = run(with_file(
            &dir,
            format!("{SECRET}{end}").as_bytes(),
            &emulator.base_url(),
        ))
        .await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

fn tempdir(name: &str) -> std::path::PathBuf {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

fn with_file(dir: &std::path::Path, content: &[u8], api: &str) -> tokio::process::Command {
    let path = dir.join("secret.txt");
    std::fs::write(&path, content).unwrap();
    let mut command = wechat_auth(&["token", "--appid", APPID, "--api", api, "--secret-file"]);
    command.arg(path).env_remove("WECHAT_APPSECRET");
    command
}

#[tokio::test]
async fn bad_secret_files_are_usage_failures_that_show_nothing_of_them() {
    let dir = tempdir("bad-secret-file");
    let long = SECRET.repeat(200);
    let mut bytes = SECRET.as_bytes().to_vec();
    bytes.push(0xff);
    for content in [
        long.as_bytes(),
        &bytes,
        format!("{SECRET}\n{SECRET}\n").as_bytes(),
    ] {
        let ended = run(with_file(&dir, content, "http://127.0.0.1:1")).await;
        ended.failed_in_one_line(2);
        ended.shows_nothing_of(&[SECRET, "MARKER"]);
    }
    let directory = dir.to_string_lossy().into_owned();
    for path in [directory.as_str(), "/nonexistent/MARKER"] {
        let ended = run(wechat_auth(&["token", "--appid", APPID, "--secret-file", path])).await;
        ended.failed_in_one_line(2);
        ended.shows_nothing_of(&[SECRET, "MARKER"]);
    }
}

#[tokio::test]
async fn wechats_own_no_is_exit_code_4_and_says_who_must_act() {
    let emulator = emulator().await;
    let base = emulator.base_url();
    let mut wrong_secret = wechat_auth(&["token", "--appid", APPID, "--api", &base]);
    wrong_secret.env("WECHAT_APPSECRET", "another-made-up-secret");
    let ended = run(wrong_secret).await;
    let line = ended.failed_in_one_line(4);
    assert!(
        line.contains("40125") && line.contains("console") && line.contains("AppSecret"),
        "{line}"
    );
    ended.shows_nothing_of(&["another-made-up-secret"]);

    let ended = run(wechat_auth(&[
        "token", "--appid", "wxnobody", "--api", &base, "--mode", "classic",
    ]))
    .await;
    assert!(ended.failed_in_one_line(4).contains("40013"), "{ended:?}");
}

#[tokio::test]
async fn nobody_listening_is_exit_code_3() {
    let emulator = emulator().await;
    let base = emulator.base_url();
    emulator.stop().await;
    let ended = run(wechat_auth(&["token", "--appid", APPID, "--api", &base])).await;
    ended.failed_in_one_line(3);
    ended.shows_nothing_of(&[SECRET]);
}

#[tokio::test]
async fn one_request_is_sent_and_never_a_second() {
    let server = Server::start(|_| Some(json(r#"{"errcode":-1,"errmsg":"system error"}"#))).await;
    let ended = run(wechat_auth(&["token", "--appid", APPID, "--api", &server.url])).await;
    ended.failed_in_one_line(4);
    assert_eq!(*server.requests.borrow(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(|_| Some(json(r#"{"access_token":"stolen","expires_in":7200}"#))).await;
    let moved = format!(
        "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        elsewhere.url
    );
    let server = Server::start(move |_| Some(moved.clone().into_bytes())).await;
    run(wechat_auth(&["token", "--appid", APPID, "--api", &server.url]))
        .await
        .failed_in_one_line(3);
    assert_eq!(*elsewhere.requests.borrow(), 0);
}

#[tokio::test]
async fn an_unbelievable_answer_is_no_token() {
    for life in ["0", "-1", "59", "1000000000000", "\"abc\"", "null"] {
        let body = format!(r#"{{"access_token":"TOKENmarkerTOKENmarkerTOKEN","expires_in":{life}}}"#);
        let server = Server::start(move |_| Some(json(&body))).await;
        let ended = run(wechat_auth(&["token", "--appid", APPID, "--api", &server.url])).await;
        ended.failed_in_one_line(3);
        ended.shows_nothing_of(&["TOKENmarker"]);
    }
}

#[tokio::test]
async fn a_reader_who_went_away_is_no_panic() {
    let emulator = emulator().await;
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = wechat_auth(&["token", "--appid", APPID, "--api", &emulator.base_url()]);
    let child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), &b""[..])
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_a_failure_of_its_own() {
    let emulator = emulator().await;
    let mut command = wechat_auth(&["token", "--appid", APPID, "--api", &emulator.base_url()]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output();
    let output = output.await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("stdout cannot be written")
    );
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_ends_a_fetch_that_hangs() {
    let mut server = Server::start(|_| None).await;
    let running = Running::start(wechat_auth(&["token", "--appid", APPID, "--api", &server.url]));
    server.requests.wait_for(|count| *count == 1).await.unwrap();
    running.signal("INT").await;
    let ended = running.ended().await;
    assert_ne!(ended.code, Some(0));
    assert_eq!(ended.stdout, "");
    ended.shows_nothing_of(&[SECRET, "panicked"]);
}

#[tokio::test]
async fn a_page_of_a_proxy_is_told_from_wechat() {
    let server = Server::start(|_| Some(answer("502 Bad Gateway", "text/html", "<html>bad gateway"))).await;
    let ended = run(wechat_auth(&["token", "--appid", APPID, "--api", &server.url])).await;
    let line = ended.failed_in_one_line(3);
    assert!(line.contains("502") && line.contains("proxy"), "{line}");
}
