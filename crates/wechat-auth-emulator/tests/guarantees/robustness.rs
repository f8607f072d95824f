//! Faults and hostile peers on real sockets: others are served all the while.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wechat_auth_emulator::Emulator;

use super::wire::{emulator, get, post, raw, send};
use super::world::{APPID, SECRET, classic_uri, json};

const FAULTS: &str = "/_emulator/v1/faults";
const GIGABYTE: usize = 1024 * 1024 * 1024;

#[tokio::test]
async fn a_late_reply_comes_late_and_holds_up_nobody() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    post(
        to,
        FAULTS,
        r#"{"path":"/cgi-bin/token","effect":"latency","ms":400}"#,
    )
    .await;
    let began = Instant::now();
    let late = tokio::spawn(async move { get(to, &classic_uri(APPID, SECRET)).await.status });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(get(to, "/").await.status, 200);
    assert!(!late.is_finished());
    assert_eq!(late.await.unwrap(), 200);
    assert!(began.elapsed() >= Duration::from_millis(400));
}

#[tokio::test]
async fn a_slow_body_arrives_whole_and_a_truncated_one_announces_more_than_it_has() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    post(
        to,
        FAULTS,
        r#"{"path":"/cgi-bin/token","effect":"slow","bytes_per_s":500}"#,
    )
    .await;
    let began = Instant::now();
    let slow = get(to, &classic_uri(APPID, SECRET)).await;
    assert_eq!(json(&slow.body)["expires_in"], 7_200);
    assert!(began.elapsed() >= Duration::from_millis(300));

    post(
        to,
        FAULTS,
        r#"{"path":"/cgi-bin/token","effect":"truncated","keep_bytes":5}"#,
    )
    .await;
    let cut = get(to, &classic_uri(APPID, SECRET)).await;
    assert!(cut.head.contains("content-length: 173"), "{}", cut.head);
    assert_eq!(cut.body, "{\"acc");
}

#[tokio::test]
async fn a_reset_is_a_reset_and_a_cut_is_an_end() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    for (effect, is_reset) in [("reset", true), ("cut", false)] {
        post(
            to,
            FAULTS,
            &format!(r#"{{"path":"/cgi-bin/token","effect":"{effect}"}}"#),
        )
        .await;
        let end = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(to).unwrap();
            stream
                .write_all(b"GET /cgi-bin/token HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .unwrap();
            stream.read(&mut [0; 1]).map_err(|error| error.kind())
        })
        .await
        .unwrap();
        match is_reset {
            true => assert_eq!(end, Err(std::io::ErrorKind::ConnectionReset)),
            false => assert_eq!(end, Ok(0)),
        }
    }
}

#[tokio::test]
async fn two_replies_arrive_in_the_other_order() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    post(to, FAULTS, r#"{"path":"/cgi-bin/token","effect":"reordered"}"#).await;
    let (tell, told) = std::sync::mpsc::channel();
    let fetch = |name: &'static str| {
        let tell = tell.clone();
        tokio::spawn(async move {
            let status = get(to, &classic_uri(APPID, SECRET)).await.status;
            tell.send((name, status)).unwrap();
        })
    };
    let first = fetch("first");
    while emulator.handle().counts().requests(APPID, "/cgi-bin/token") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let second = fetch("second");
    first.await.unwrap();
    second.await.unwrap();
    let order: Vec<_> = told.try_iter().collect();
    assert_eq!(order, [("second", 200), ("first", 200)]);
}

#[tokio::test]
async fn only_loopback_names_wechat_s_own_and_those_it_was_told_are_answered() {
    let emulator = Emulator::builder()
        .allow_host("wechat.test")
        .start()
        .await
        .unwrap();
    let to = emulator.local_addr();
    for (host, status, admin) in [
        ("localhost", 200, 200),
        ("api.weixin.qq.com", 200, 403),
        ("wechat.test:8787", 200, 200),
        ("evil.example", 421, 403),
        ("192.0.2.7:8787", 421, 403),
        ("127.0.0.1.evil.example", 421, 403),
        ("\"><script>", 421, 403),
    ] {
        for (path, expected) in [
            ("/cgi-bin/token", status),
            ("/", status),
            ("/_emulator/v1/health", admin),
        ] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            let answer = send(to, request).await;
            assert_eq!(answer.status, expected, "{host} {path}");
            assert!(!answer.body.contains("<script"));
        }
    }
    assert_eq!(send(to, "GET /cgi-bin/token HTTP/1.0\r\n\r\n").await.status, 200);
}

/// Nobody can rebind an address, and everybody can rebind a name.
#[tokio::test]
async fn an_exposed_emulator_answers_to_addresses_and_to_no_further_name() {
    let emulator = Emulator::builder()
        .expose()
        .allow_host("wechat")
        .start()
        .await
        .unwrap();
    let to = emulator.local_addr();
    for (host, status, admin) in [
        ("192.0.2.7:8787", 200, 200),
        ("[2001:db8::7]:8787", 200, 200),
        ("wechat:8787", 200, 200),
        ("api.weixin.qq.com", 200, 403),
        ("emulator", 421, 403),
        ("192.0.2.7.evil.example", 421, 403),
        ("evil.example", 421, 403),
    ] {
        for (path, expected) in [("/cgi-bin/token", status), ("/_emulator/v1/health", admin)] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            assert_eq!(send(to, request).await.status, expected, "{host} {path}");
        }
    }
}

#[tokio::test]
async fn a_gigabyte_is_refused_before_it_is_read() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    for (path, host, status) in [
        ("/cgi-bin/stable_token", "localhost", 413),
        ("/_emulator/v1/state", "localhost", 413),
        ("/cgi-bin/stable_token", "evil.example", 421),
        ("/_emulator/v1/state", "evil.example", 403),
    ] {
        let method = if path.ends_with("state") { "PUT" } else { "POST" };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {GIGABYTE}\r\n\r\n"
        );
        let answer = String::from_utf8(raw(to, head).await).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_idle_sockets_and_half_requests_hold_up_nobody() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let open: Vec<TcpStream> = (0..400)
        .map(|nth| {
            let mut stream = TcpStream::connect(to).unwrap();
            if nth % 2 == 0 {
                stream
                    .write_all(b"POST /cgi-bin/stable_token HTTP/1.1\r\nContent-Le")
                    .unwrap();
            }
            stream
        })
        .collect();
    assert_eq!(get(to, &classic_uri(APPID, SECRET)).await.status, 200);
    drop(open);
}

/// Sends for ever, and says how many bytes went and what came back.
fn flood(to: SocketAddr, head: &str, piece: &[u8]) -> (usize, String) {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut sent = 0;
    // The answer is there as soon as the peer takes no more.
    while sent < GIGABYTE && stream.write_all(piece).is_ok() {
        sent += piece.len();
    }
    let mut answer = [0; 12];
    let read = stream.read(&mut answer).unwrap_or_default();
    (sent, String::from_utf8_lossy(&answer[..read]).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gigabyte_that_does_not_say_so_is_cut_off() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let head =
        format!("POST /cgi-bin/stable_token HTTP/1.1\r\nHost: {to}\r\nTransfer-Encoding: chunked\r\n\r\n");
    let mut chunk = b"10000\r\n".to_vec();
    chunk.extend_from_slice(&[b'x'; 0x10000]);
    chunk.extend_from_slice(b"\r\n");
    let (sent, _) = tokio::task::spawn_blocking(move || flood(to, &head, &chunk))
        .await
        .unwrap();
    // A request may have 1 MiB, 16 more are dropped, and the system's buffers hold some.
    assert!(sent < 64 * 1024 * 1024, "{sent} bytes were taken");
    assert_eq!(get(to, &classic_uri(APPID, SECRET)).await.status, 200);
}

/// All of them at once, and a client who comes anew for each request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_hostile_peers_do_others_are_answered_promptly() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let stop = Arc::new(AtomicBool::new(false));
    let hostile: Vec<std::thread::JoinHandle<()>> = [slow_loris, half_bodies, gigabytes, strangers]
        .into_iter()
        .map(|attack| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    attack(to, &stop);
                }
            })
        })
        .collect();
    let mut slowest = Duration::ZERO;
    for _ in 0..200 {
        let began = Instant::now();
        assert_eq!(get(to, &classic_uri(APPID, SECRET)).await.status, 200);
        slowest = slowest.max(began.elapsed());
    }
    stop.store(true, Ordering::Relaxed);
    for attack in hostile {
        attack.join().unwrap();
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
}

/// Heads that grow by a byte now and then.
fn slow_loris(to: SocketAddr, stop: &AtomicBool) {
    let mut open: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(to).unwrap()).collect();
    for byte in b"GET / HTTP/1.1\r\nX-Head: nnnnnnnnnnnnnnnnnnnnnnnnnnn".iter() {
        for stream in &mut open {
            let _ = stream.write_all(&[*byte]);
        }
        if stop.load(Ordering::Relaxed) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn half_bodies(to: SocketAddr, stop: &AtomicBool) {
    let head = format!("POST /cgi-bin/stable_token HTTP/1.1\r\nHost: {to}\r\nContent-Length: 1000\r\n\r\n{{");
    let mut open = Vec::new();
    while open.len() < 100 && !stop.load(Ordering::Relaxed) {
        let mut stream = TcpStream::connect(to).unwrap();
        let _ = stream.write_all(head.as_bytes());
        open.push(stream);
    }
    std::thread::sleep(Duration::from_millis(50));
}

fn gigabytes(to: SocketAddr, _: &AtomicBool) {
    let head =
        format!("POST /cgi-bin/stable_token HTTP/1.1\r\nHost: {to}\r\nContent-Length: {GIGABYTE}\r\n\r\n");
    flood(to, &head, &[b'x'; 0x10000]);
}

fn strangers(to: SocketAddr, _: &AtomicBool) {
    let mut stream = TcpStream::connect(to).unwrap();
    let _ =
        stream.write_all(b"GET /cgi-bin/token HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
}

/// A head that trickles in is given up after thirty seconds, and its socket closed: no
/// byte makes it longer.
#[tokio::test(start_paused = true)]
async fn a_head_that_never_ends_is_given_up() {
    let emulator = emulator().await;
    let mut stream = tokio::net::TcpStream::connect(emulator.local_addr())
        .await
        .unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: local").await.unwrap();
    let began = tokio::time::Instant::now();
    let mut end = [0; 1];
    loop {
        let byte = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut end)).await;
        if byte.is_ok_and(|end| end.unwrap_or(0) == 0) {
            break;
        }
        let _ = stream.write_all(b"l").await;
        assert!(began.elapsed() < Duration::from_secs(60), "still open");
    }
    assert!(began.elapsed() >= Duration::from_secs(29));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let emulator = emulator().await;
    let mut stream = tokio::net::TcpStream::connect(emulator.local_addr())
        .await
        .unwrap();
    stream
        .write_all(b"POST /cgi-bin/stable_token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
        .await
        .unwrap();
    let mut answer = String::new();
    let ended = tokio::time::timeout(Duration::from_secs(60), stream.read_to_string(&mut answer)).await;
    assert!(ended.is_ok(), "still open");
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}
