//! No driver, no executor, no futures: one thread, one loop, a `Keeper` and non-blocking sockets. That is all
//! a runtime of one's own has to do, whether it is a game loop, an event loop in C, or a kernel.
#![allow(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use http::StatusCode;
use httparse::Status;
use socket2::{Domain, Socket, Type};
use wechat_auth::app::GetApiDomainIp;
use wechat_auth::keeper::{Action, AttemptId, FetchError, Keeper, Kept, Outcome, StableApp};
use wechat_auth::{AppToken, Credential, Endpoint, Request, Tick};
use wechat_auth_client::Clock;
use wechat_auth_runtimes::{Emulated, WeChatClock};

const CALL_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_ANSWER: usize = 1 << 20;

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let wechat = Emulated::start()?;
    let mut tokens = Tokens {
        // A seed of your own for each instance, from a source of randomness.
        keeper: Keeper::new(StableApp::new(wechat.account()?), wechat.origin(), 7),
        clock: wechat.clock(),
        fetching: None,
    };

    let first = until_done(|| tokens.turn())??;
    println!("fetched token {}", first.id());
    println!("called: WeChat answers from {} addresses", call(&wechat, &first)?);

    wechat.advance(Duration::from_secs(7200))?;
    println!("two hours pass");
    let next = until_done(|| tokens.turn())??;
    println!(
        "called again, with token {}: {} addresses",
        next.id(),
        call(&wechat, &next)?
    );

    if (wechat.fetches(), next.id() == first.id()) != (2, false) {
        return Err(format!("{} fetches, the last brought {}", wechat.fetches(), next.id()).into());
    }
    Ok(())
}

/// The keeper, and the fetch that is under way.
struct Tokens {
    keeper: Keeper<StableApp>,
    clock: WeChatClock,
    fetching: Option<(AttemptId, Exchange)>,
}

impl Tokens {
    /// One turn of the loop. Never waits.
    fn turn(&mut self) -> Option<Result<Arc<Kept<AppToken>>, FetchError>> {
        let now = self.clock.now();
        if let Some((attempt, exchange)) = &mut self.fetching
            && let Some(ended) = exchange.turn(now)
        {
            let outcome = match &ended {
                Ok(response) => Outcome::Response(borrowed(response)),
                Err(Lost::NotSent) => Outcome::NotSent,
                Err(Lost::MaybeSent) => Outcome::NoAnswer,
            };
            self.keeper.handle(now, *attempt, outcome);
            self.fetching = None;
        }
        match self.keeper.poll(now) {
            Action::Ready(token) => Some(Ok(token)),
            Action::Failed { error, .. } => Some(Err(error)),
            Action::Wait { .. } => None,
            Action::Send {
                attempt,
                request,
                until,
                ..
            } => {
                self.fetching = Some((attempt, Exchange::new(request, until)));
                None
            }
        }
    }
}

/// A call with the token, turned by the same loop.
fn call(wechat: &Emulated, token: &AppToken) -> Result<usize, Box<dyn Error>> {
    let endpoint = GetApiDomainIp::new();
    let request = token.authorize(endpoint.request(&wechat.origin()));
    let clock = wechat.clock();
    let mut exchange = Exchange::new(request, clock.now().after(CALL_TIMEOUT));
    let response = until_done(|| exchange.turn(clock.now()))?.map_err(|_| "no answer")?;
    Ok(endpoint.parse(borrowed(&response))?.len())
}

/// The loop. Yours has other work to do here, and sleeps in `poll` or `epoll` until a socket is ready or the
/// keeper's `wake_at` has come.
fn until_done<T>(mut turn: impl FnMut() -> Option<T>) -> Result<T, Box<dyn Error>> {
    for _ in 0..30_000 {
        if let Some(done) = turn() {
            return Ok(done);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Err("nothing came of it in half a minute".into())
}

/// One request over one connection, in as many turns as it takes.
struct Exchange {
    /// `None` when there was nowhere to connect to.
    stream: Option<TcpStream>,
    until: Tick,
    unsent: Vec<u8>,
    left: bool,
    answer: Vec<u8>,
}

type Response = http::Response<Vec<u8>>;

/// Whether WeChat may have seen the request.
enum Lost {
    NotSent,
    MaybeSent,
}

impl Exchange {
    fn new(request: Request, until: Tick) -> Self {
        let request = request.into_http().ok();
        Self {
            stream: request.as_ref().and_then(|request| connect(request.uri()).ok()),
            until,
            unsent: request.map(on_the_wire).unwrap_or_default(),
            left: false,
            answer: Vec::new(),
        }
    }

    /// One turn. Never waits.
    fn turn(&mut self, now: Tick) -> Option<Result<Response, Lost>> {
        match self.advance() {
            Ok(Some(response)) => Some(Ok(response)),
            Ok(None) if now < self.until => None,
            Ok(None) | Err(_) if self.left => Some(Err(Lost::MaybeSent)),
            Ok(None) | Err(_) => Some(Err(Lost::NotSent)),
        }
    }

    fn advance(&mut self) -> io::Result<Option<Response>> {
        let stream = self.stream.as_mut().ok_or(ErrorKind::NotConnected)?;
        while !self.unsent.is_empty() {
            match stream.write(&self.unsent) {
                Ok(sent) => {
                    self.left = true;
                    self.unsent.drain(..sent);
                }
                // `NotConnected` is how some systems say that they are still connecting.
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
        let mut part = [0; 4096];
        loop {
            match stream.read(&mut part) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => self.answer.extend(part.iter().take(read)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
            if self.answer.len() > MAX_ANSWER {
                return Err(ErrorKind::InvalidData.into());
            }
            if let Some(response) = parsed(&self.answer)? {
                return Ok(Some(response));
            }
        }
    }
}

/// Starts to connect. A name would be looked up here, by a resolver that does not wait.
fn connect(to: &http::Uri) -> io::Result<TcpStream> {
    let host = to.host().ok_or(ErrorKind::InvalidInput)?;
    let host: IpAddr = host.parse().map_err(|_| ErrorKind::InvalidInput)?;
    let address = SocketAddr::new(host, to.port_u16().unwrap_or(80));
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    // "In progress" is an error too. Whatever it is, the first write tells, or the deadline.
    let _ = socket.connect(&address.into());
    Ok(socket.into())
}

fn on_the_wire(request: http::Request<Vec<u8>>) -> Vec<u8> {
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let host = head.uri.authority().map_or("", |authority| authority.as_str());
    let mut bytes = format!("{} {target} HTTP/1.1\r\nhost: {host}\r\n", head.method).into_bytes();
    for (name, value) in &head.headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend(body);
    bytes
}

/// The answer, when all of it is there.
fn parsed(answer: &[u8]) -> io::Result<Option<Response>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut headers);
    let Status::Complete(length) = head.parse(answer).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let announced = head
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let announced = announced.and_then(|header| str::from_utf8(header.value).ok()?.parse().ok());
    let announced: usize = announced.ok_or(ErrorKind::InvalidData)?;
    let Some(body) = answer.get(length..).and_then(|body| body.get(..announced)) else {
        return Ok(None);
    };
    let mut response = http::Response::new(body.to_vec());
    *response.status_mut() = StatusCode::from_u16(head.code.unwrap_or_default()).map_err(io::Error::other)?;
    Ok(Some(response))
}

fn borrowed(response: &Response) -> http::Response<&[u8]> {
    let mut view = http::Response::new(response.body().as_slice());
    *view.status_mut() = response.status();
    view
}
