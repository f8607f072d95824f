//! What the book tells a reader to type works.

use std::fs;
use std::path::Path;

use wechat_auth_emulator::Emulator;

use super::wire::{get, post};

/// Every `curl` of the page by plain http, in its order: address and body. What the page says of https and of
/// the proxy is shown in `tests/tls.rs`.
fn commands() -> Vec<(String, Option<String>)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/en/src/emulator.md");
    let page = fs::read_to_string(page).unwrap();
    let curls = page
        .lines()
        .filter(|line| line.starts_with("curl ") && line.contains("http://127.0.0.1:8787/"));
    curls
        .map(|line| {
            let address = line
                .split("http://127.0.0.1:8787")
                .nth(1)
                .unwrap()
                .trim_end_matches('"');
            let body = line
                .split("-d '")
                .nth(1)
                .map(|rest| rest.split('\'').next().unwrap());
            (address.to_owned(), body.map(str::to_owned))
        })
        .collect()
}

#[tokio::test]
async fn every_command_of_the_page_is_carried_out() {
    let emulator = Emulator::builder()
        .app("wxemulated00000001", "0123456789abcdef0123456789abcdef")
        .start()
        .await
        .unwrap();
    let commands = commands();
    assert!(commands.len() >= 7, "{commands:?}");
    for (path, body) in commands {
        let answer = match body {
            Some(body) => post(emulator.local_addr(), &path, &body).await,
            None => get(emulator.local_addr(), &path).await,
        };
        assert_eq!(answer.status, 200, "{path} {}", answer.body);
    }
}
