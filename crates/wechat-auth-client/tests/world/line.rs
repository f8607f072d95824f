use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use wechat_auth_client::{Fault, Limits, Transport, TransportError, blocking};
use wechat_auth_emulator::Handle;
use wechat_auth_hyper::HyperTransport;

/// The real hyper adapter. Its sleeping moves the emulator's clock.
#[derive(Clone)]
pub struct Line {
    inner: HyperTransport<HttpConnector>,
    wechat: Handle,
}

impl Line {
    pub fn new(wechat: &Handle) -> Self {
        let hyper: HyperClient<HttpConnector, Full<Bytes>> =
            HyperClient::builder(TokioExecutor::new()).build(HttpConnector::new());
        Self {
            inner: HyperTransport::new(hyper),
            wechat: wechat.clone(),
        }
    }
}

impl Transport for Line {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        self.inner.send(request, limits).await
    }

    async fn sleep(&self, duration: Duration) {
        // Whoever can still make progress does so before time passes.
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
        self.wechat.advance(duration).unwrap();
    }
}

/// The least that speaks to the emulator with blocking sockets: one connection a request.
#[derive(Clone)]
pub struct Wire;

impl blocking::Transport for Wire {
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        let deadline = Instant::now() + limits.within;
        let address = request.uri().authority().unwrap().as_str();
        let mut stream = TcpStream::connect(address).map_err(|_| TransportError::not_sent(Fault::Connect))?;
        let maybe = |fault| move |_| TransportError::maybe_sent(fault);
        stream
            .write_all(&on_the_wire(&request))
            .map_err(maybe(Fault::Cut))?;

        let mut answer = Vec::new();
        let mut part = [0; 8192];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = left.max(Duration::from_millis(1));
            stream.set_read_timeout(Some(left)).map_err(maybe(Fault::Cut))?;
            match stream.read(&mut part) {
                Ok(0) => return parsed(&answer).ok_or(TransportError::maybe_sent(Fault::Cut)),
                Ok(read) => answer.extend_from_slice(&part[..read]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Err(TransportError::maybe_sent(Fault::Timeout));
                }
                Err(_) => return Err(TransportError::maybe_sent(Fault::Cut)),
            }
            if answer.len() > limits.max_body {
                return Err(TransportError::maybe_sent(Fault::BodyTooLarge));
            }
        }
    }
}

fn on_the_wire(request: &http::Request<Vec<u8>>) -> Vec<u8> {
    let target = request.uri().path_and_query().unwrap();
    let host = request.uri().authority().unwrap();
    let length = request.body().len();
    let mut bytes = format!("{} {target} HTTP/1.1\r\nhost: {host}\r\n", request.method()).into_bytes();
    bytes.extend(format!("content-length: {length}\r\nconnection: close\r\n").bytes());
    for (name, value) in request.headers() {
        bytes.extend(format!("{name}: {}\r\n", value.to_str().unwrap()).bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(request.body());
    bytes
}

/// The emulator says how long its bodies are, and closes after each.
fn parsed(answer: &[u8]) -> Option<http::Response<Vec<u8>>> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let mut lines = std::str::from_utf8(&answer[..end]).ok()?.split("\r\n");
    let status: u16 = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut response = http::Response::builder().status(status);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        response = response.header(name, value);
    }
    response.body(answer[end + 4..].to_vec()).ok()
}
