//! WeChat's side with as little work as HTTP/1.1 allows, so that the client's share of a call is not hidden
//! behind the server's. A thread for each connection, kept alive; no library.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use wechat_auth::{BaseUrl, Origin};

/// What the server answers to an API call.
pub const CALLBACK_IPS: &str = r#"{"ip_list":["127.0.0.1","127.0.0.2"]}"#;

/// A server on loopback, until the program ends.
pub struct Server {
    address: SocketAddr,
    counters: Arc<Counters>,
}

/// What the connections share.
#[derive(Default)]
pub struct Counters {
    fetches: AtomicU64,
    fetch_takes_ms: AtomicU64,
}

impl Server {
    /// On a free port.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let counters = Arc::<Counters>::default();
        let shared = Arc::clone(&counters);
        thread::spawn(move || each_connection(&listener, |stream| serve(stream, &shared)));
        Ok(Self { address, counters })
    }

    /// Scheme, address and port.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same, for our clients.
    pub fn origin(&self) -> Origin {
        Origin::single(BaseUrl::parse(&self.base_url()).expect("a loopback address is a base URL"))
    }

    /// How many tokens were fetched.
    pub fn fetches(&self) -> u64 {
        self.counters.fetches.load(Ordering::SeqCst)
    }

    /// From now on a fetch of a token takes so long. Other calls are answered at once.
    pub fn fetch_takes(&self, duration: Duration) {
        let millis = duration.as_millis() as u64;
        self.counters.fetch_takes_ms.store(millis, Ordering::SeqCst);
    }
}

/// Serves each connection in a thread of its own.
pub fn each_connection<F>(listener: &TcpListener, serve: F)
where
    F: Fn(TcpStream) -> io::Result<()> + Send + Sync + Clone,
{
    thread::scope(|scope| {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            scope.spawn(move || {
                stream.set_nodelay(true)?;
                serve(stream)
            });
        }
    });
}

/// Answers one request after the other, until the client closes the connection.
pub fn serve(mut stream: impl Read + Write, counters: &Counters) -> io::Result<()> {
    let mut received = Vec::new();
    while let Some(head) = read_until_blank_line(&mut stream, &mut received)? {
        let body_len = content_length(&received[..head]);
        while received.len() < head + body_len {
            read_more(&mut stream, &mut received)?;
        }
        let is_fetch = received.starts_with(b"GET /cgi-bin/token?") || received.starts_with(b"POST /");
        let body = if is_fetch {
            counters.token()
        } else {
            CALLBACK_IPS.to_owned()
        };
        received.drain(..head + body_len);
        let answer = format!(
            "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Type: application/json; encoding=utf-8\r\n\
             Date: Tue, 14 Nov 2023 22:13:20 GMT\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes())?;
        stream.flush()?;
    }
    Ok(())
}

/// The length of what was received up to and with the first blank line; `None` when the client is gone.
pub fn read_until_blank_line(stream: &mut impl Read, received: &mut Vec<u8>) -> io::Result<Option<usize>> {
    loop {
        if let Some(at) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            return Ok(Some(at + 4));
        }
        if read_more(stream, received)? == 0 {
            return Ok(None);
        }
    }
}

fn read_more(stream: &mut impl Read, received: &mut Vec<u8>) -> io::Result<usize> {
    let mut buffer = [0; 4096];
    let read = stream.read(&mut buffer)?;
    received.extend_from_slice(&buffer[..read]);
    Ok(read)
}

fn content_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let value = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}

impl Counters {
    fn token(&self) -> String {
        let number = self.fetches.fetch_add(1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(self.fetch_takes_ms.load(Ordering::SeqCst)));
        let padding = "x".repeat(128);
        format!(r#"{{"access_token":"70_{number:04}_{padding}","expires_in":7200}}"#)
    }
}
