//! Who may press a button of the dashboard: a person who looks at it.

use super::dashboard::{PAGE, clock, own_headers, token};
use super::wire::{emulator, post_with, send};
use super::world::START;

#[tokio::test]
async fn a_page_elsewhere_cannot_press_a_button() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let token = token(to).await;
    let form_type = "Content-Type: application/x-www-form-urlencoded\r\n";
    let ours = format!("Host: {to}\r\n{form_type}");
    let good = format!("token={token}&do=5-minutes");
    let table = [
        ("nothing says where from", ours.clone(), good.as_str(), 403),
        (
            "another site",
            format!("{ours}Origin: http://evil.example\r\n"),
            &good,
            403,
        ),
        ("no origin", format!("{ours}Origin: null\r\n"), &good, 403),
        (
            "another port of this machine",
            format!("{ours}Origin: http://127.0.0.1:1\r\n"),
            &good,
            403,
        ),
        (
            "another name of this machine",
            format!("{ours}Origin: http://localhost:{}\r\n", to.port()),
            &good,
            403,
        ),
        (
            "cross-site by the other header",
            format!("{ours}Sec-Fetch-Site: cross-site\r\n"),
            &good,
            403,
        ),
        (
            "a sibling",
            format!("{ours}Sec-Fetch-Site: same-site\r\n"),
            &good,
            403,
        ),
        (
            "one header says so, the other does not",
            format!("{ours}Origin: http://{to}\r\nSec-Fetch-Site: cross-site\r\n"),
            &good,
            403,
        ),
        (
            "two origins",
            format!("{ours}Origin: http://{to}\r\nOrigin: http://evil.example\r\n"),
            &good,
            403,
        ),
        (
            "a foreign host that is its own origin",
            format!("Host: evil.example\r\nOrigin: http://evil.example\r\n{form_type}"),
            &good,
            403,
        ),
        (
            "WeChat's host",
            format!("Host: api.weixin.qq.com\r\nOrigin: http://api.weixin.qq.com\r\n{form_type}"),
            &good,
            403,
        ),
        ("no token", own_headers(to), "do=5-minutes", 403),
        ("an empty token", own_headers(to), "token=&do=5-minutes", 403),
        (
            "a made-up token",
            own_headers(to),
            "token=00000000000000000000000000000000&do=5-minutes",
            403,
        ),
        (
            "JSON",
            format!("Host: {to}\r\nOrigin: http://{to}\r\nContent-Type: application/json\r\n"),
            &good,
            415,
        ),
        (
            "text that looks like a form",
            format!("Host: {to}\r\nOrigin: http://{to}\r\nContent-Type: text/plain\r\n"),
            &good,
            415,
        ),
    ];
    for (what, headers, form, status) in table {
        let answer = post_with(to, "/_emulator/clock", &headers, form).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert!(!answer.body.contains(&token), "{what}");
    }
    assert_eq!(clock(&emulator).await, START, "and nothing has changed");
    for own in [
        format!("{ours}Sec-Fetch-Site: same-origin\r\n"),
        format!("{ours}Origin: http://{to}\r\nSec-Fetch-Site: same-origin\r\n"),
    ] {
        assert_eq!(post_with(to, "/_emulator/clock", &own, &good).await.status, 303);
    }
    assert_eq!(clock(&emulator).await, START + 600);
}

#[tokio::test]
async fn the_page_is_for_this_machine_s_names_only() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    for host in ["evil.example", "api.weixin.qq.com"] {
        let request = format!("GET {PAGE} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = send(to, request).await;
        assert!(answer.status == 403 && !answer.body.contains("token"), "{host}");
    }
}

#[tokio::test]
async fn the_token_does_not_follow_from_the_seed() {
    let (one, other) = (emulator().await, emulator().await);
    assert_ne!(token(one.local_addr()).await, token(other.local_addr()).await);
}
