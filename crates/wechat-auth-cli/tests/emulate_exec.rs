//! A command that runs under `emulate exec` gets the emulator for WeChat, and leaves nothing behind.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

mod support;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use http::StatusCode;
use support::browser::Browser;
use support::{Running, SECRET, run, wechat_auth};
use tokio::process::Command;

/// The secret of the account that is known to everybody.
const KNOWN: &str = "0123456789abcdef0123456789abcdef";

fn exec(options: &[&str], script: &str) -> Command {
    let args = [&["emulate", "exec"], options, &["--", "sh", "-c", script]].concat();
    wechat_auth(&args)
}

/// A place of its own for temporary files.
fn temporary(command: &mut Command, name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&place);
    std::fs::create_dir_all(&place).unwrap();
    command.env("TMPDIR", &place);
    place
}

fn is_empty(place: &Path) -> bool {
    std::fs::read_dir(place).unwrap().next().is_none()
}

#[tokio::test]
async fn the_command_is_pointed_at_the_emulator_and_only_there() {
    let mut command = exec(&[], "env");
    command
        .env("ALL_PROXY", "socks5://127.0.0.1:9")
        .env("NO_PROXY", "*")
        .env("HTTPS_PROXY", "http://127.0.0.1:9");
    let ended = run(command).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    let lines = ended.stdout.lines().filter_map(|line| line.split_once('='));
    let variables: BTreeMap<&str, &str> = lines.collect();
    let url = variables["WECHAT_EMULATOR_URL"];
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    assert_eq!(variables["WECHAT_EMULATOR_ADMIN"], format!("{url}/_emulator/v1/"));
    for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
        assert_eq!(variables[name], url, "{name}");
    }
    for name in ["NO_PROXY", "no_proxy"] {
        assert_eq!(variables[name], "localhost,127.0.0.1,::1", "{name}");
    }
    let ca = variables["SSL_CERT_FILE"];
    for name in [
        "NODE_EXTRA_CA_CERTS",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "DENO_CERT",
    ] {
        assert_eq!(variables[name], ca, "{name}");
    }
    assert_eq!(variables["NODE_USE_ENV_PROXY"], "1");
    assert_eq!(variables["WECHAT_APPID"], "wxemulated00000001");
    assert_eq!(variables["WECHAT_APPSECRET"], KNOWN);
    assert!(!variables.contains_key("ALL_PROXY") && !variables.contains_key("all_proxy"));
    ended.shows_nothing_of(&[SECRET]);
}

#[tokio::test]
async fn the_first_account_that_is_named_is_the_commands() {
    let options = ["--app", "wx1:made-up-1", "--app", "wx2:made-up-2"];
    let ended = run(exec(&options, "echo $WECHAT_APPID $WECHAT_APPSECRET")).await;
    assert_eq!(ended.stdout, "wx1 made-up-1\n");
}

#[tokio::test]
async fn emulator_and_ca_are_there_while_the_command_runs_and_gone_afterwards() {
    let mut command = exec(
        &[],
        r#"echo "$WECHAT_EMULATOR_URL"; echo "$SSL_CERT_FILE"; read -r _"#,
    );
    let place = temporary(&mut command, "exec-while");
    command.stdin(std::process::Stdio::piped());
    let mut exec = Running::start(command);
    let (url, ca) = (exec.next_data().await, exec.next_data().await);
    let health = Browser::new().get(&format!("{url}/_emulator/v1/health")).await;
    assert_eq!(health.status, StatusCode::OK);
    let pem = std::fs::read_to_string(&ca).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\n") && !pem.contains("PRIVATE"));
    let private = Path::new(&ca).parent().unwrap();
    assert_eq!(private.parent(), Some(place.as_path()));
    let mode = std::fs::metadata(private).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    exec.signal("TERM").await;
    let ended = exec.ended().await;
    assert_eq!(ended.code, Some(128 + 15), "{ended:?}");
    assert!(is_empty(&place));
    let address = url.strip_prefix("http://").unwrap();
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[tokio::test]
async fn the_commands_exit_code_is_ours() {
    for code in [0, 1, 2, 77, 255] {
        let mut command = exec(&[], &format!("exit {code}"));
        let place = temporary(&mut command, &format!("exec-code-{code}"));
        let ended = run(command).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(code), ""));
        assert!(is_empty(&place));
    }
    let killed = run(exec(&[], "kill -s KILL $$")).await;
    assert_eq!(killed.code, Some(128 + 9));
}

#[tokio::test]
async fn a_signal_is_the_commands_to_answer() {
    for signal in ["INT", "TERM", "HUP", "QUIT"] {
        let script = format!("trap 'exit 5' {signal}; echo ready; while :; do sleep 0.05; done");
        let mut exec = Running::start(exec(&[], &script));
        assert_eq!(exec.next_data().await, "ready");
        exec.signal(signal).await;
        assert_eq!(exec.ended().await.code, Some(5), "{signal}");
    }
}

#[tokio::test]
async fn what_cannot_be_run_is_one_line_and_leaves_nothing() {
    let mut missing = wechat_auth(&["emulate", "exec", "--", "no-such-program-MARKER"]);
    let place = temporary(&mut missing, "exec-missing");
    let ended = run(missing).await;
    assert!(
        ended.failed_in_one_line(2).contains("no such program"),
        "{ended:?}"
    );
    ended.shows_nothing_of(&["MARKER"]);
    assert!(is_empty(&place));
    for args in [
        &["emulate", "exec"][..],
        &["emulate", "exec", "--"],
        &["emulate", "exec", "env"],
        &["emulate", "exec", "--app", "wx1", "--", "env"],
        &["emulate", "--listen", "127.0.0.1:0", "exec", "--", "env"],
        &["emulate", "--ca-dir", "here"],
        &["emulate", "ca"],
    ] {
        run(wechat_auth(args)).await.failed_in_one_line(2);
    }
}
