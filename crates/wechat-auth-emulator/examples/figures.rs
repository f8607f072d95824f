//! Figures of the emulator, measured on the machine this runs on:
//!
//! ```text
//! cargo run --release -p wechat-auth-emulator --example figures
//! cargo run --release -p wechat-auth-emulator --example figures -- sockets 20000
//! ```
//!
//! Requests per second stand beside those of a bare hyper server that returns the same
//! bytes, in rounds that take turns, so that a busy machine slows both. The sockets need
//! as many file descriptors on each side: `ulimit -n 50000`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program for a person to read, that ends at the first surprise"
)]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wechat_auth_emulator::{App, Config, Emulator, Millis, WeChat};

const APPID: &str = "wx0000000000000001";
const SECRET: &str = "not-a-real-secret";
const ROUNDS: usize = 7;
const CONNECTIONS: usize = 8;
const REQUESTS: usize = 2_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut args = std::env::args().skip(1);
    runtime.block_on(async {
        match (args.next().as_deref(), args.next()) {
            (Some("sockets"), Some(count)) => sockets(count.parse().unwrap()).await,
            _ => {
                start().await;
                throughput().await;
                year().await;
                memory();
            }
        }
    });
}

async fn start() {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let emulator = Emulator::builder().app(APPID, SECRET).start().await.unwrap();
        exchange(emulator.local_addr(), &stable(), 1).await;
        times.push(began.elapsed());
    }
    times.sort();
    println!("start to first answer: {:.2} ms", millis(times[ROUNDS / 2]));
}

async fn throughput() {
    let emulator = Emulator::builder().app(APPID, SECRET).start().await.unwrap();
    let to = emulator.local_addr();
    let answer = exchange(to, &stable(), 1).await;
    let token = answer.split("\"access_token\":\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap();
    let call = format!("GET /cgi-bin/getcallbackip?access_token={token} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    for (name, request) in [("stable_token", stable()), ("an API call", call)] {
        let bare = bare(&exchange(to, &request, 1).await).await;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(rate(to, &request).await);
            theirs.push(rate(bare, &request).await);
            emulator.handle().advance(Duration::from_secs(60)).unwrap();
        }
        let mut ratios: Vec<f64> = ours
            .iter()
            .zip(&theirs)
            .map(|(ours, theirs)| ours / theirs)
            .collect();
        ratios.sort_by(f64::total_cmp);
        ours.sort_by(f64::total_cmp);
        theirs.sort_by(f64::total_cmp);
        println!(
            "{name}: {:.0} requests/s, a bare hyper server {:.0}, ratio {:.2} (rounds {:.2} to {:.2})",
            ours[ROUNDS / 2],
            theirs[ROUNDS / 2],
            ratios[ROUNDS / 2],
            ratios[0],
            ratios[ROUNDS - 1],
        );
    }
}

/// A server that does nothing but answer with these bytes.
async fn bare(answer: &str) -> SocketAddr {
    let body = Bytes::copy_from_slice(answer.split_once("\r\n\r\n").unwrap().1.as_bytes());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let body = body.clone();
            tokio::spawn(async move {
                let service = service_fn(|_: http::Request<Incoming>| {
                    let body = body.clone();
                    async move {
                        let response = http::Response::builder()
                            .header("content-type", "application/json; encoding=utf-8")
                            .body(Full::new(body));
                        Ok::<_, Infallible>(response.unwrap())
                    }
                });
                let _ = hyper::server::conn::http1::Builder::new()
                    .auto_date_header(false)
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    address
}

/// Requests per second over a few connections, one at a time on each.
async fn rate(to: SocketAddr, request: &str) -> f64 {
    let began = Instant::now();
    let connections: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let request = request.to_owned();
            tokio::spawn(async move { exchange(to, &request, REQUESTS / CONNECTIONS).await })
        })
        .collect();
    for connection in connections {
        assert!(connection.await.unwrap().starts_with("HTTP/1.1 200"));
    }
    REQUESTS as f64 / began.elapsed().as_secs_f64()
}

/// The same request so many times on one connection; gives back the last answer.
async fn exchange(to: SocketAddr, request: &str, times: usize) -> String {
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 4_096];
    let mut answer = String::new();
    for _ in 0..times {
        stream.write_all(request.as_bytes()).await.unwrap();
        answer.clear();
        // Every answer here is one small JSON object.
        while !answer.ends_with('}') {
            let read = stream.read(&mut buffer).await.unwrap();
            assert!(read > 0, "the line was closed");
            answer.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
    }
    answer
}

fn stable() -> String {
    let body = format!(r#"{{"grant_type":"client_credential","appid":"{APPID}","secret":"{SECRET}"}}"#);
    let length = body.len();
    format!(
        "POST /cgi-bin/stable_token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

async fn year() {
    let start = 1_700_000_000;
    let builder = Emulator::builder()
        .app(APPID, SECRET)
        .start_time_unix(start)
        .unwrap();
    let emulator = builder.frozen().start().await.unwrap();
    exchange(emulator.local_addr(), &stable(), 1).await;
    let began = Instant::now();
    emulator
        .handle()
        .advance(Duration::from_secs(365 * 86_400))
        .unwrap();
    exchange(emulator.local_addr(), &stable(), 1).await;
    println!(
        "a year ahead, and the first answer there: {:.2} ms",
        millis(began.elapsed())
    );
}

fn memory() {
    let before = resident();
    let mut wechat = WeChat::new(Config::new(7));
    let now = Millis::from_unix_s(1_700_000_000);
    for nth in 0..10_000 {
        let appid = format!("wx{nth:016}");
        wechat.add_app(App::new(&appid, SECRET)).unwrap();
        let uri = format!("/cgi-bin/token?grant_type=client_credential&appid={appid}&secret={SECRET}");
        let request = http::Request::get(uri).body(Vec::new()).unwrap();
        assert!(
            wechat
                .handle(now, &request, [127, 0, 0, 1].into())
                .response()
                .is_some()
        );
    }
    let after = resident();
    println!(
        "10 000 apps with a token each: {:.1} MiB",
        (after - before) as f64 / (1 << 20) as f64
    );
    assert_eq!(wechat.apps().count(), 10_000);
}

/// So many idle sockets, half of them with half a request; then a request beside them.
async fn sockets(count: usize) {
    let emulator = Emulator::builder().app(APPID, SECRET).start().await.unwrap();
    let to = emulator.local_addr();
    let before = resident();
    let mut open = Vec::with_capacity(count);
    for nth in 0..count {
        let mut stream = TcpStream::connect(to).await.unwrap();
        if nth % 2 == 0 {
            stream
                .write_all(b"POST /cgi-bin/stable_token HTTP/1.1\r\nContent-Le")
                .await
                .unwrap();
        }
        open.push(stream);
    }
    let began = Instant::now();
    exchange(to, &stable(), 1).await;
    println!(
        "{} open sockets, {:.1} MiB: answered in {:.2} ms",
        open.len(),
        (resident() - before) as f64 / (1 << 20) as f64,
        millis(began.elapsed()),
    );
}

/// Resident memory in bytes, both ends of every socket included.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
