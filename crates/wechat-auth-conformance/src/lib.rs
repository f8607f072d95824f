//! One suite for every `Transport`, ours or yours, async or blocking: it sends requests to a deliberately
//! nasty server on loopback and says, by name, which promise does not hold.
//!
//! The driver believes what a transport tells it. One that follows a redirect carries a token to a
//! stranger; one that repeats a request in silence mints two tokens; one that says "certainly not sent" of a
//! request that was keeps a token that is about to die. So each promise of
//! [`Transport`] is a case here:
//!
//! - The request arrives byte for byte, and at most once, whatever happens to the connection.
//! - Status, headers and body pass as they are, whatever the status; no redirect is followed.
//! - The deadline holds from the connection to the last byte of the body, also when bytes keep dripping.
//! - The body limit holds, announced or not, and counts decoded bytes where a client decodes.
//! - A line cut or reset at any point, half an answer, and what is not HTTP are errors, never answers.
//! - Connections are used again, and none hands a caller somebody else's answer.
//! - A refused connection, a name that does not exist and a certificate that nobody signed are told as
//!   certainly not sent; everything after that as maybe sent.
//! - No error has a secret in its `Debug`, `Display` or sources.
//!
//! ```
//! use wechat_auth_conformance::run_blocking;
//! # use wechat_auth_client::{Fault, Limits, TransportError, blocking};
//! # struct MyTransport;
//! # impl MyTransport {
//! #     fn new() -> Self { Self }
//! # }
//! # impl blocking::Transport for MyTransport {
//! #     fn send(&self, _: http::Request<Vec<u8>>, _: Limits)
//! #         -> Result<http::Response<Vec<u8>>, TransportError>
//! #     {
//! #         Err(TransportError::maybe_sent(Fault::Cut))
//! #     }
//! # }
//!
//! // In a test of your own: run_blocking(MyTransport::new).assert_passed();
//! let report = run_blocking(MyTransport::new);
//!
//! // This one answers nothing at all, so:
//! assert!(report.failures().any(|(case, _)| case == "request::a_get_arrives_byte_for_byte"));
//! println!("{report}");
//! ```
//!
//! An async transport goes through [`run`], inside the runtime that it needs. With the feature `tls`,
//! `run_tls` and `run_tls_blocking` add what a client that speaks https must refuse.
//!
//! Each case gets a transport of its own from the closure. Cases run side by side; all of them take a few
//! seconds at most, and none can hang: the server gives up after [`PATIENCE`]. They reach nothing beyond 127.0.0.1,
//! so give the client no proxy, also not from the environment.
//!
//! | where | what |
//! |---|---|
//! | `cases` | the promises, one file for each kind |
//! | `server` | threads and bytes: no HTTP library, so that every byte is ours |
//! | `check` | what a case says when it is disappointed |
//! | `report` | the verdicts |

mod cases;
mod check;
mod report;
mod server;

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use wechat_auth_client::{Limits, Transport, TransportError, blocking};

use crate::cases::{Case, Running};
use crate::check::Verdict;

pub use report::Report;
pub use server::PATIENCE;

/// Runs the suite on an async transport. `make` gives each case a transport of its own.
pub async fn run<T: Transport>(make: impl Fn() -> T) -> Report {
    let mut cases = cases::all();
    cases.extend(cases::only_async());
    side_by_side(cases, make).await
}

/// Runs the suite on a blocking transport, each case in a thread. `make` gives each a transport of its own.
pub fn run_blocking<T: blocking::Transport>(make: impl Fn() -> T) -> Report {
    in_threads(cases::all(), make)
}

/// The cases for an async transport whose client speaks https, and trusts whom it trusts by default.
#[cfg(feature = "tls")]
pub async fn run_tls<T: Transport>(make: impl Fn() -> T) -> Report {
    side_by_side(cases::tls(), make).await
}

/// The same for a blocking one.
#[cfg(feature = "tls")]
pub fn run_tls_blocking<T: blocking::Transport>(make: impl Fn() -> T) -> Report {
    in_threads(cases::tls(), make)
}

async fn side_by_side<T: Transport>(cases: Vec<Case<T>>, make: impl Fn() -> T) -> Report {
    let transports: Vec<T> = cases.iter().map(|_| make()).collect();
    let running = cases
        .iter()
        .zip(&transports)
        .map(|(case, transport)| (case.run)(transport));
    let verdicts = all(running.collect()).await;
    Report::new(cases.iter().map(|case| case.name).zip(verdicts).collect())
}

/// Polls all of them whenever one of them may go on: they are few.
async fn all(mut running: Vec<Running<'_>>) -> Vec<Verdict> {
    let mut verdicts: Vec<Option<Verdict>> = running.iter().map(|_| None).collect();
    poll_fn(|cx| {
        for (case, verdict) in running.iter_mut().zip(&mut verdicts) {
            if verdict.is_none()
                && let Poll::Ready(done) = case.as_mut().poll(cx)
            {
                *verdict = Some(done);
            }
        }
        if verdicts.iter().all(Option::is_some) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    verdicts.into_iter().flatten().collect()
}

fn in_threads<T: blocking::Transport>(cases: Vec<Case<InPlace<T>>>, make: impl Fn() -> T) -> Report {
    thread::scope(|scope| {
        let threads: Vec<_> = cases
            .into_iter()
            .map(|case| {
                let transport = InPlace(make());
                (case.name, scope.spawn(move || at_once((case.run)(&transport))))
            })
            .collect();
        let verdict = |(name, thread): (_, thread::ScopedJoinHandle<'_, Verdict>)| {
            (name, thread.join().unwrap_or_else(|_| Err("panicked".to_owned())))
        };
        Report::new(threads.into_iter().map(verdict).collect())
    })
}

/// A blocking transport under a case that is written once for both colours: its futures are ready at once.
struct InPlace<T>(T);

impl<T: blocking::Transport> Transport for InPlace<T> {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        self.0.send(request, limits)
    }

    async fn sleep(&self, duration: Duration) {
        thread::sleep(duration);
    }
}

fn at_once(running: Running<'_>) -> Verdict {
    match pin!(running).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(verdict) => verdict,
        Poll::Pending => Err("a case for async transports ran on a blocking one".to_owned()),
    }
}
