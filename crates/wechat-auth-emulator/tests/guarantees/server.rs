//! The server, over real sockets.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use wechat_auth_emulator::{CarriedOut, Effect, Emulator, Family, Fault, StartError};

use super::wire::{emulator, get, post, post_with, raw, send};
use super::world::{APPID, SECRET, classic_uri, field, json, stable_body};

#[tokio::test]
async fn a_token_comes_over_a_socket_with_exactly_these_headers() {
    let emulator = emulator().await;
    let answer = get(emulator.local_addr(), &classic_uri(APPID, SECRET)).await;
    assert_eq!(
        answer.head,
        "http/1.1 200 ok\r\ncontent-type: application/json; encoding=utf-8\r\nconnection: close\r\ncontent-length: 173"
    );
    let token = field(&answer.body, "access_token");
    assert_eq!(
        answer.body,
        format!(r#"{{"access_token":"{token}","expires_in":7200}}"#)
    );
    assert_eq!(emulator.handle().counts().minted(APPID, "/cgi-bin/token"), 1);
}

#[tokio::test]
async fn a_browser_logs_in_over_sockets_from_the_page_to_the_profile() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let link = format!(
        "/connect/oauth2/authorize?appid={APPID}&redirect_uri=http%3A%2F%2F127.0.0.1%3A3000%2Fcb&response_type=code&scope=snsapi_userinfo&state=S1"
    );
    let page = get(to, &link).await.body;
    let nonce = page
        .split("name=\"nonce\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let form = format!("nonce={nonce}&user=xiaoming&decision=allow");
    let headers = format!("Host: {to}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    let sent_back = post_with(to, "/connect/oauth2/authorize", &headers, &form).await;
    assert_eq!(sent_back.status, 303);
    assert!(
        sent_back
            .head
            .contains("location: http://127.0.0.1:3000/cb?code=")
    );
    assert!(sent_back.head.contains("&state=s1"));

    emulator
        .handle()
        .with(|wechat, _| wechat.set_auto_consent(Some("xiaoming")))
        .unwrap();
    let request = format!("GET {link} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\r\n");
    let redirect = String::from_utf8(raw(to, request).await).unwrap();
    let code = redirect.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let exchange = format!(
        "/sns/oauth2/access_token?appid={APPID}&secret={SECRET}&code={code}&grant_type=authorization_code"
    );
    let login = get(to, &exchange).await.body;
    let (token, openid) = (field(&login, "access_token"), field(&login, "openid"));
    let profile = get(to, &format!("/sns/userinfo?access_token={token}&openid={openid}"))
        .await
        .body;
    assert_eq!(field(&profile, "nickname"), "小明");
}

#[tokio::test]
async fn a_body_of_more_than_a_mebibyte_gets_413_and_harms_nobody() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let big = "x".repeat(10 * 1024 * 1024);
    for path in ["/cgi-bin/stable_token", "/_emulator/v1/clock"] {
        assert_eq!(post(to, path, &big).await.status, 413);
    }
    let announced =
        format!("POST /cgi-bin/stable_token HTTP/1.1\r\nHost: {to}\r\nContent-Length: 1000000000000\r\n\r\n");
    assert_eq!(send(to, announced).await.status, 413);
    let answer = post(to, "/cgi-bin/stable_token", &stable_body(APPID, SECRET, false)).await;
    assert_eq!(json(&answer.body)["expires_in"], 7_200);
}

#[tokio::test]
async fn half_a_request_and_a_hanging_one_block_nobody() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let hang = Fault::on("/sns/auth", Effect::Hang(CarriedOut::No));
    emulator.handle().inject(hang).unwrap();
    let parts = [
        "GET /cgi-bin/tok".to_owned(),
        format!("POST /cgi-bin/stable_token HTTP/1.1\r\nHost: {to}\r\nContent-Length: 100\r\n\r\n{{"),
        format!("GET /sns/auth HTTP/1.1\r\nHost: {to}\r\n\r\n"),
    ];
    let mut open = Vec::new();
    for part in parts {
        let mut stream = TcpStream::connect(to).unwrap();
        stream.write_all(part.as_bytes()).unwrap();
        open.push(stream);
    }
    let answer = get(to, &classic_uri(APPID, SECRET)).await;
    assert_eq!(answer.status, 200);
    drop(open);
}

#[tokio::test]
async fn what_is_not_http_gets_an_error_and_harms_nobody() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let answer = raw(to, b"\x16\x03\x01\x02\x00\r\n\r\n".to_vec()).await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"));
    let long = format!("GET /?{} HTTP/1.1\r\nHost: {to}\r\n\r\n", "x".repeat(70_000));
    assert!(send(to, long).await.status >= 400);
    assert_eq!(get(to, "/").await.status, 200);
}

#[tokio::test]
async fn only_loopback_can_be_listened_on() {
    let start = |listen: &str| Emulator::builder().listen(listen).start();
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let error = start(listen).await.unwrap_err();
        assert!(matches!(error, StartError::NotLoopback { .. }), "{listen}");
        assert!(error.to_string().contains("loopback only"));
    }
    for listen in ["", "127.0.0.1", "example.com:80", "localhost"] {
        assert!(
            matches!(start(listen).await, Err(StartError::BadListenAddress)),
            "{listen}"
        );
    }
    assert!(
        start("localhost:0")
            .await
            .unwrap()
            .local_addr()
            .ip()
            .is_loopback()
    );
}

#[tokio::test]
async fn where_others_can_reach_it_is_listened_on_only_when_it_is_exposed() {
    let emulator = Emulator::builder()
        .listen("0.0.0.0:0")
        .expose()
        .start()
        .await
        .unwrap();
    let bound = emulator.local_addr();
    assert!(bound.ip().is_unspecified());
    let from_here = format!("127.0.0.1:{}", bound.port());
    assert_eq!(emulator.base_url(), format!("http://{from_here}"));
    assert_eq!(get(from_here.parse().unwrap(), "/").await.status, 200);
}

#[tokio::test]
async fn what_cannot_work_is_refused_before_anything_runs() {
    let builder = Emulator::builder;
    assert!(matches!(
        builder().app("no spaces", "s").start().await,
        Err(StartError::App(_))
    ));
    assert!(matches!(
        builder().app("wx1", "").start().await,
        Err(StartError::App(_))
    ));
    assert!(matches!(
        builder().auto_consent("nobody").start().await,
        Err(StartError::User(_))
    ));
    assert!(builder().start_time_unix(u64::MAX).is_err());
    let first = builder().start().await.unwrap();
    let taken = builder().listen(first.local_addr().to_string()).start().await;
    assert!(matches!(taken, Err(StartError::Bind(_))));
}

#[tokio::test]
async fn stopping_closes_the_port_and_every_connection() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let mut idle = TcpStream::connect(to).unwrap();
    get(to, "/").await;
    emulator.stop().await;
    let end = tokio::task::spawn_blocking(move || idle.read(&mut [0; 1]))
        .await
        .unwrap();
    assert!(matches!(end, Ok(0) | Err(_)));
    assert!(TcpStream::connect(to).is_err());
}

#[tokio::test]
async fn the_handle_moves_the_clock_and_asks_the_machine() {
    let emulator = emulator().await;
    let handle = emulator.handle().clone();
    let token = field(
        &get(emulator.local_addr(), &classic_uri(APPID, SECRET)).await.body,
        "access_token",
    );
    handle.advance(Duration::from_secs(1_000)).unwrap();
    assert_eq!(handle.introspect(&token).expires_in_s, 6_200);
    handle.foreign_refresh(APPID, Family::Classic).unwrap();
    handle.advance(Duration::from_secs(300)).unwrap();
    assert!(!handle.introspect(&token).valid);
    assert!(handle.advance(Duration::MAX).is_err());
    handle
        .with(|wechat, _| wechat.set_auto_consent(Some("odd")))
        .unwrap();
    assert_eq!(emulator.base_url(), format!("http://{}", emulator.local_addr()));
}

#[tokio::test]
async fn a_panic_in_a_tests_closure_stops_nobody_else() {
    let emulator = emulator().await;
    let handle = emulator.handle().clone();
    let panicked = std::thread::spawn(move || handle.with(|_, _| panic!("a test's own bug"))).join();
    assert!(panicked.is_err());
    assert_eq!(get(emulator.local_addr(), "/").await.status, 200);
}

#[tokio::test]
async fn the_index_shows_the_address_it_was_reached_at() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    assert!(
        get(to, "/")
            .await
            .body
            .contains(&format!("<code id=\"origin\">http://{to}</code>"))
    );
    let hostile = "GET / HTTP/1.1\r\nHost: \"><script>\r\nConnection: close\r\n\r\n";
    assert!(!send(to, hostile).await.body.contains("<script"));
}
