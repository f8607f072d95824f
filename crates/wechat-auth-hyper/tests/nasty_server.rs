//! What the adapter makes of servers that misbehave, over real sockets on loopback.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set its server up has failed"
)]

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use wechat_auth_client::{Fault, Limits, Reach, Transport, TransportError};
use wechat_auth_hyper::HyperTransport;

const SECRET: &str = "MARKER-of-a-secret-in-the-query";

/// A server that does the same with each connection: reads one request's head, then this.
fn server(then: impl Fn(TcpStream) + Send + Sync + 'static) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut stream = stream.unwrap();
            read_head(&mut stream);
            then(stream);
        }
    });
    (address, connections)
}

fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        head.extend_from_slice(&byte);
    }
}

fn says(bytes: &'static [u8]) -> SocketAddr {
    server(move |mut stream| {
        let _ = stream.write_all(bytes);
    })
    .0
}

fn transport() -> HyperTransport<HttpConnector> {
    let client: Client<HttpConnector, Full<Bytes>> =
        Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    HyperTransport::new(client)
}

async fn get(at: SocketAddr) -> Result<http::Response<Vec<u8>>, TransportError> {
    get_within(at, Limits::default()).await
}

async fn get_within(at: SocketAddr, limits: Limits) -> Result<http::Response<Vec<u8>>, TransportError> {
    let uri = format!("http://{at}/cgi-bin/token?secret={SECRET}");
    let request = http::Request::get(uri).body(Vec::new()).unwrap();
    let answer = transport().send(request, limits).await;
    if let Err(error) = &answer {
        assert_tells_no_secret(error);
    }
    answer
}

fn assert_tells_no_secret(error: &dyn Error) {
    let mut told = format!("{error:?} {error}");
    let mut cause = error.source();
    while let Some(next) = cause {
        told += &format!(" {next:?} {next}");
        cause = next.source();
    }
    assert!(!told.contains("MARKER") && !told.contains("127.0.0.1"), "{told}");
}

#[tokio::test]
async fn status_headers_and_body_pass_through_as_they_are() {
    let at = says(b"HTTP/1.1 418 T\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 3\r\n\r\n\xff\x00!");
    let answer = get(at).await.unwrap();
    assert_eq!(answer.status(), StatusCode::IM_A_TEAPOT);
    let all: Vec<_> = answer.headers().get_all("x-a").iter().collect();
    assert_eq!(all, ["1", "2"]);
    assert_eq!(answer.body(), b"\xff\x00!");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let (elsewhere, visits) = server(|_| {});
    let (at, _) = server(move |mut stream| {
        let head = format!("HTTP/1.1 302 F\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\n\r\n");
        let _ = stream.write_all(head.as_bytes());
    });
    assert_eq!(get(at).await.unwrap().status(), StatusCode::FOUND);
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn chunks_are_put_together() {
    let at = says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_eq!(get(at).await.unwrap().body(), b"abcde");
}

#[tokio::test]
async fn a_body_over_the_limit_is_cut_off_announced_or_not() {
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    ] {
        let (at, _) = server(move |mut stream| {
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(&vec![b'x'; 10 << 20]);
        });
        let error = get(at).await.unwrap_err();
        assert_eq!(
            (error.fault(), error.reach()),
            (Fault::BodyTooLarge, Reach::MaybeSent)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_holds_before_the_head_and_in_the_middle_of_the_body() {
    for sent in ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"] {
        let (at, _) = server(move |mut stream| {
            let _ = stream.write_all(sent.as_bytes());
            // Until the client gives up.
            let _ = stream.read(&mut [0]);
        });
        let error = get_within(at, Limits::within(Duration::from_secs(5)))
            .await
            .unwrap_err();
        assert_eq!((error.fault(), error.reach()), (Fault::Timeout, Reach::MaybeSent));
    }
}

#[tokio::test]
async fn a_line_cut_at_any_point_is_told_as_maybe_sent() {
    for sent in [
        b"".as_slice(),
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x03\x00\x02\x02\x46",
    ] {
        let error = get(says(sent)).await.unwrap_err();
        assert_eq!(
            (error.fault(), error.reach()),
            (Fault::Cut, Reach::MaybeSent),
            "{sent:?}"
        );
    }
}

#[tokio::test]
async fn endless_headers_are_an_error() {
    let (at, _) = server(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream
            .write_all(format!("X-Y: {}\r\n", "y".repeat(1000)).as_bytes())
            .is_ok()
        {}
    });
    assert_eq!(get(at).await.unwrap_err().fault(), Fault::Cut);
}

#[tokio::test]
async fn a_refused_connection_certainly_sent_nothing() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = get(closed).await.unwrap_err();
    assert_eq!((error.fault(), error.reach()), (Fault::Connect, Reach::NotSent));
}

#[tokio::test]
async fn a_name_that_does_not_exist_certainly_sent_nothing() {
    // No label of a name has more than 63 characters, so that no resolver is even asked.
    let nowhere = "x".repeat(64);
    let request = http::Request::get(format!("http://{nowhere}.invalid/?secret={SECRET}"));
    let request = request.body(Vec::new()).unwrap();
    let error = transport().send(request, Limits::default()).await.unwrap_err();
    assert_eq!((error.fault(), error.reach()), (Fault::Connect, Reach::NotSent));
    assert_tells_no_secret(&error);
}

#[cfg(feature = "rustls")]
#[tokio::test]
async fn tls_that_is_not_agreed_on_certainly_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream
                .unwrap()
                .write_all(b"HTTP/1.1 400 plain http spoken here\r\n\r\n");
        }
    });
    let request = http::Request::get(format!("https://{at}/?secret={SECRET}"));
    let request = request.body(Vec::new()).unwrap();
    let error = HyperTransport::rustls()
        .send(request, Limits::default())
        .await
        .unwrap_err();
    assert_eq!((error.fault(), error.reach()), (Fault::Connect, Reach::NotSent));
    assert_tells_no_secret(&error);
}

#[tokio::test]
async fn connections_are_kept_and_used_again() {
    let (at, connections) = server(|mut stream| {
        let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        while stream.write_all(ok).is_ok() {
            read_head(&mut stream);
        }
    });
    let transport = transport();
    for _ in 0..3 {
        let request = http::Request::get(format!("http://{at}/"))
            .body(Vec::new())
            .unwrap();
        let answer = transport.send(request, Limits::default()).await.unwrap();
        assert_eq!(answer.body(), b"ok");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[test]
fn debug_shows_no_part_of_the_client() {
    assert_eq!(format!("{:?}", transport()), "HyperTransport { .. }");
}
