//! Threads and bytes: a server that does what a case tells it, on a port of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use http::Request;

use crate::check::SECRET;

/// How long the server keeps a client waiting before it gives up. A transport that is still waiting then has
/// ignored its deadline.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Longer than any head that a client sends.
const LONGEST_HEAD: usize = 64 << 10;

pub(crate) struct Server {
    address: SocketAddr,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    connections: AtomicUsize,
    requests: Mutex<Vec<Seen>>,
    closing: AtomicBool,
    gave_up: AtomicBool,
}

/// A request as it arrived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Method, target and version.
    pub(crate) line: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    /// All values of this header, in their order.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(one, _)| one == name);
        named.map(|(_, value)| value.as_str()).collect()
    }
}

impl Server {
    /// Does this with each connection, in a thread of its own.
    pub(crate) fn start(each: impl Fn(Line) + Send + Sync + 'static) -> Result<Self, String> {
        let no_port = |error| format!("no port on loopback: {error}");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(no_port)?;
        let address = listener.local_addr().map_err(no_port)?;
        let log = Arc::new(Log::default());
        let server = Self {
            address,
            log: Arc::clone(&log),
        };
        let each = Arc::new(each);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if log.closing.load(Ordering::SeqCst) {
                    break;
                }
                log.connections.fetch_add(1, Ordering::SeqCst);
                let (each, log) = (Arc::clone(&each), Arc::clone(&log));
                thread::spawn(move || each(Line { stream, log }));
            }
        });
        Ok(server)
    }

    /// Reads a request from each connection, says this, and hangs up.
    pub(crate) fn says(bytes: impl Into<Vec<u8>>) -> Result<Self, String> {
        let bytes = bytes.into();
        Self::start(move |mut line| {
            line.request();
            line.say(&bytes);
        })
    }

    /// Answers each request on a kept connection, by its number from 0.
    pub(crate) fn answers(each: impl Fn(usize) -> Vec<u8> + Send + Sync + 'static) -> Result<Self, String> {
        Self::start(move |mut line| {
            while let Some(number) = line.request() {
                line.say(&each(number));
            }
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn get(&self) -> Request<Vec<u8>> {
        get(&format!("http://{}/cgi-bin/token?secret={SECRET}", self.address))
    }

    pub(crate) fn post(&self, body: Vec<u8>) -> Request<Vec<u8>> {
        let uri = format!("http://{}/cgi-bin/stable_token?secret={SECRET}", self.address);
        let (mut head, body) = get(&uri).map(|_| body).into_parts();
        head.method = http::Method::POST;
        Request::from_parts(head, body)
    }

    pub(crate) fn connections(&self) -> usize {
        self.log.connections.load(Ordering::SeqCst)
    }

    /// The requests that arrived whole, over all connections.
    pub(crate) fn requests(&self) -> Vec<Seen> {
        let requests = self.log.requests.lock();
        requests.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A client was still there after [`PATIENCE`], or after more bytes than anybody takes.
    pub(crate) fn gave_up(&self) -> bool {
        self.log.gave_up.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.log.closing.store(true, Ordering::SeqCst);
        // The listener waits for a connection before it looks.
        let _ = TcpStream::connect(self.address);
    }
}

pub(crate) fn get(uri: &str) -> Request<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    // Every URI of a case is valid; if one is not, the request arrives nowhere, and the case fails.
    *request.uri_mut() = uri.parse().unwrap_or_default();
    request
}

/// An answer with this body, over a connection that stays.
pub(crate) fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into()
}

/// One connection. Dropping it hangs up.
pub(crate) struct Line {
    stream: TcpStream,
    log: Arc<Log>,
}

impl Line {
    /// Waits for a whole request, logs it, and gives its number over all connections, from 0.
    pub(crate) fn request(&mut self) -> Option<usize> {
        let _ = self.stream.set_read_timeout(Some(PATIENCE));
        let mut seen = parse_head(&self.until(b"\r\n\r\n")?)?;
        if let Some(length) = seen.header("content-length").first() {
            let mut body = vec![0; length.parse().ok()?];
            self.stream.read_exact(&mut body).ok()?;
            seen.body = body;
        } else if !seen.header("transfer-encoding").is_empty() {
            seen.body = self.chunks()?;
        }
        let mut requests = self.log.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.push(seen);
        Some(requests.len() - 1)
    }

    /// Path and query of the request with this number.
    pub(crate) fn target(&self, number: usize) -> String {
        let requests = self.log.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let target = requests.get(number).and_then(|seen| seen.line.split(' ').nth(1));
        target.unwrap_or_default().to_owned()
    }

    fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = String::from_utf8(self.until(b"\r\n")?).ok()?;
            let size = usize::from_str_radix(size.trim(), 16).ok()?;
            let mut chunk = vec![0; size + 2];
            self.stream.read_exact(&mut chunk).ok()?;
            if size == 0 {
                return Some(body);
            }
            chunk.truncate(size);
            body.extend(chunk);
        }
    }

    fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        let (mut read, mut byte) = (Vec::new(), [0]);
        while !read.ends_with(end) {
            self.stream.read_exact(&mut byte).ok()?;
            read.extend(byte);
            if read.len() > LONGEST_HEAD {
                return None;
            }
        }
        Some(read)
    }

    /// Whether it could still be said.
    pub(crate) fn say(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Says the same again and again, until the client hangs up, or has taken `most` bytes.
    pub(crate) fn keep_saying(&mut self, bytes: &[u8], most: usize) {
        let _ = self.stream.set_write_timeout(Some(PATIENCE));
        if (0..most.div_ceil(bytes.len().max(1))).all(|_| self.say(bytes)) {
            self.log.gave_up.store(true, Ordering::SeqCst);
        }
    }

    /// Says a byte now and then, so that something always arrives.
    pub(crate) fn drip(mut self, byte: u8) {
        let began = Instant::now();
        while self.say(&[byte]) {
            if self.is_over(began) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Says nothing, and reads nothing, until the case is over.
    pub(crate) fn ignore(self) {
        let began = Instant::now();
        while !self.is_over(began) {
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn is_over(&self, began: Instant) -> bool {
        let gives_up = began.elapsed() > PATIENCE;
        if gives_up {
            self.log.gave_up.store(true, Ordering::SeqCst);
        }
        gives_up || self.log.closing.load(Ordering::SeqCst)
    }

    /// Hangs up with a reset instead of an orderly end.
    pub(crate) fn reset(self) {
        let _ = socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }

    #[cfg(feature = "tls")]
    pub(crate) fn into_stream(self) -> TcpStream {
        let _ = self.stream.set_read_timeout(Some(PATIENCE));
        self.stream
    }
}

fn parse_head(head: &[u8]) -> Option<Seen> {
    let head = std::str::from_utf8(head).ok()?;
    let mut lines = head.trim_end().split("\r\n");
    let line = lines.next()?.to_owned();
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers = lines.map(header).collect::<Option<_>>()?;
    let body = Vec::new();
    Some(Seen { line, headers, body })
}
