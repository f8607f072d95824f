//! What is wrong with a command line is said in one line, with exit code 2, before anything is sent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

mod support;

use support::{APPID, SECRET, run, wechat_auth};

#[tokio::test]
async fn what_cannot_be_right_is_a_usage_failure() {
    let cases: &[&[&str]] = &[
        &["nonsense"],
        &["token"],
        &["token", "--appid"],
        &["token", "--appid", ""],
        &["token", "--appid", "wx 1"],
        &["token", "--appid", APPID, "--mode", "newest"],
        &["token", "--appid", APPID, "--timeout", "0"],
        &["token", "--appid", APPID, "--api", "nowhere"],
        &["token", "--appid", APPID, "--api", "http://api.weixin.qq.com"],
        &["token", "--appid", APPID, "--api", "http://192.168.0.1:8787"],
        &[
            "token",
            "--appid",
            APPID,
            "--api",
            "https://user:pass@api.weixin.qq.com",
        ],
        &["login", "--appid", APPID, "--scope", "everything"],
        &["login", "--appid", APPID, "--redirect-uri", "/callback"],
        &[
            "login",
            "--appid",
            APPID,
            "--redirect-uri",
            "https://shop.example/callback",
        ],
        &[
            "login",
            "--appid",
            APPID,
            "--redirect-uri",
            "http://127.0.0.1:0/callback?state=1",
        ],
        &["login", "--appid", APPID, "--listen", "0.0.0.0:0"],
        &["login", "--appid", APPID, "--open", "http://open.weixin.qq.com"],
        &["emulate", "--listen", "0.0.0.0:0"],
        &["emulate", "--listen", "here"],
        &["emulate", "--expose", "--listen", "here"],
        &[
            "emulate",
            "--listen",
            "127.0.0.1:0",
            "--allow-host",
            "http://wechat",
        ],
        &[
            "emulate",
            "--listen",
            "127.0.0.1:0",
            "--allow-host",
            "wechat:8787",
        ],
        &["emulate", "--listen", "127.0.0.1:0", "--allow-host", ""],
        &["emulate", "health", "--at", "localhost"],
        &["emulate", "--app", "wx1"],
        &[
            "emulate",
            "--listen",
            "127.0.0.1:0",
            "--app",
            "wx1:a",
            "--app",
            "wx1:b",
        ],
        &["emulate", "--listen", "127.0.0.1:0", "--auto-consent", "nobody"],
        &["emulate", "--seed", "-1"],
        &["demo", "--fast"],
    ];
    for args in cases {
        run(wechat_auth(args)).await.failed_in_one_line(2);
    }
}

#[tokio::test]
async fn a_missing_secret_is_a_usage_failure_that_says_where_it_belongs() {
    let mut without = wechat_auth(&["token", "--appid", APPID]);
    without.env_remove("WECHAT_APPSECRET");
    let ended = run(without).await;
    assert!(
        ended.failed_in_one_line(2).contains("WECHAT_APPSECRET"),
        "{ended:?}"
    );
    for bad in ["", "has a blank", "has\na line end"] {
        let mut command = wechat_auth(&["token", "--appid", APPID]);
        command.env("WECHAT_APPSECRET", bad);
        run(command).await.failed_in_one_line(2);
    }
}

#[tokio::test]
async fn a_secret_in_the_wrong_place_is_not_repeated() {
    let cases: &[&[&str]] = &[
        &["token", "--appid", APPID, "--secret", SECRET],
        &["token", "--appid", APPID, &format!("--secret={SECRET}")],
        &["token", "--appid", APPID, &format!("--{SECRET}")],
        &["token", "--appid", APPID, &format!("-{SECRET}")],
        &["token", "--appid", APPID, SECRET],
        &["token", "--appid", APPID, "--", SECRET],
        &["token", "--appid", &format!("{APPID}:{SECRET}")],
        &["token", "--appid", APPID, "--mode", SECRET],
        &["token", "--appid", APPID, "--api", SECRET],
        &["token", "--appid", APPID, "--timeout", SECRET],
        &["token", "--appid", APPID, "--secret-file", SECRET],
        &["login", "--appid", APPID, "--redirect-uri", SECRET],
        &["login", "--appid", APPID, "--listen", SECRET],
        &["login", "--appid", APPID, "--scope", SECRET],
        &["emulate", "--app", SECRET],
        &["emulate", "--app", &format!("wx 1:{SECRET}")],
        &["emulate", "--listen", SECRET],
        &["emulate", "--allow-host", &format!("{SECRET}:1")],
        &["emulate", "health", "--at", SECRET],
        &["emulate", "--seed", SECRET],
        &["emulate", "--listen", "127.0.0.1:0", "--auto-consent", SECRET],
        &["demo", SECRET],
        &[SECRET],
    ];
    for args in cases {
        let ended = run(wechat_auth(args)).await;
        ended.failed_in_one_line(2);
        ended.shows_nothing_of(&[SECRET, "MARKER"]);
    }
}

#[tokio::test]
async fn help_goes_to_stdout_and_names_the_exit_codes() {
    for args in [
        &["--help"][..],
        &["-h"],
        &["token", "--help"],
        &["login", "--help"],
        &["emulate", "--help"],
        &["emulate", "health", "--help"],
    ] {
        let ended = run(wechat_auth(args)).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        assert!(
            ended.stdout.contains("Exit codes:") && ended.stdout.contains("Examples:"),
            "{args:?}"
        );
    }
    let bare = run(wechat_auth(&[])).await;
    assert_eq!((bare.code, bare.stdout.as_str()), (Some(2), ""));
    assert!(bare.stderr.contains("emulate"), "{bare:?}");
}
