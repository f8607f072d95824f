//! `emulate --tls`, `emulate ca` and `emulate --ledger`: what they print, and what they never do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

mod support;

use std::path::{Path, PathBuf};

use support::{Running, SECRET, run, wechat_auth};

/// An empty place of this name; what an earlier run left there is gone.
fn place(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&place);
    place
}

#[tokio::test]
async fn the_ledger_comes_in_both_languages() {
    let ended = run(wechat_auth(&["emulate", "--ledger"])).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for heading in ["| 行为 |", "| behaviour |"] {
        let tables = ended.stdout.lines().filter(|line| line.starts_with(heading));
        assert_eq!(tables.count(), 1, "{heading}");
    }
}

#[tokio::test]
async fn with_tls_it_says_where_the_proxy_is_and_whom_to_trust() {
    let args = ["emulate", "--listen", "127.0.0.1:0", "--tls", "--json"];
    let mut emulate = Running::start(wechat_auth(&args));
    let here: serde_json::Value = serde_json::from_str(&emulate.next_data().await).unwrap();
    let base = here["base_url"].as_str().unwrap();
    assert_eq!(here["https_proxy"], base);
    assert_eq!(here["https_url"], base.replace("http://", "https://"));
    let pem = here["ca_pem"].as_str().unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\n") && !pem.contains("PRIVATE"));
    assert_eq!(here.get("ca_file"), None);
}

#[tokio::test]
async fn a_kept_ca_is_the_one_that_signs_and_its_key_is_never_shown() {
    let place = place("cli-ca");
    let directory = place.to_str().unwrap();
    let printed = run(wechat_auth(&["emulate", "ca", "--ca-dir", directory])).await;
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    let args = [
        "emulate",
        "--listen",
        "127.0.0.1:0",
        "--tls",
        "--ca-dir",
        directory,
    ];
    let mut json = Running::start(wechat_auth(&[&args[..], &["--json"]].concat()));
    let line = json.next_data().await;
    let here: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(here["ca_pem"], printed.stdout);
    let file = here["ca_file"].as_str().unwrap();
    assert_eq!(std::fs::read_to_string(file).unwrap(), printed.stdout);

    let mut talk = Running::start(wechat_auth(&args));
    let mut said = line;
    while !said.contains("Ctrl-C") {
        said.push_str(&talk.next_data().await);
    }
    let key = std::fs::read_to_string(place.join("ca-key.pem")).unwrap();
    for secret in key.lines().chain([SECRET]) {
        assert!(
            !said.contains(secret) && !printed.stdout.contains(secret),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_damaged_ca_is_one_line_without_its_bytes() {
    let place = place("cli-damaged-ca");
    let directory = place.to_str().unwrap();
    run(wechat_auth(&["emulate", "ca", "--ca-dir", directory])).await;
    std::fs::write(place.join("ca.pem"), SECRET).unwrap();
    for args in [
        &["emulate", "ca", "--ca-dir", directory][..],
        &[
            "emulate",
            "--tls",
            "--ca-dir",
            directory,
            "--listen",
            "127.0.0.1:0",
        ],
    ] {
        let ended = run(wechat_auth(args)).await;
        ended.failed_in_one_line(2);
        ended.shows_nothing_of(&[SECRET]);
    }
    let file = place.join("ca.pem").join("below-a-file");
    let ended = run(wechat_auth(&[
        "emulate",
        "ca",
        "--ca-dir",
        file.to_str().unwrap(),
    ]))
    .await;
    ended.failed_in_one_line(1);
}
