//! One connection: HTTP in, replies out.

use std::net::IpAddr;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use super::body::ReplyBody;
use super::crowd::Waiting;
use super::handle::Handle;
use super::line::{Line, ResetSwitch};
use super::service::{self, LineCut};
#[cfg(feature = "tls")]
use super::tls::{self, Tls};

/// A request's header must arrive within this time, and so must the next request on
/// an idle connection.
pub(crate) const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// What a connection leads to.
#[derive(Clone)]
pub(crate) struct Entrance {
    pub(crate) handle: Handle,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
}

impl Entrance {
    /// Serves one connection until either side closes it. Its errors are the peer's affair.
    pub(crate) async fn serve(self, stream: TcpStream, peer: IpAddr, waiting: Waiting) {
        let caller = Caller {
            handle: self.handle,
            peer,
            waiting,
            reset: ResetSwitch::default(),
        };
        #[cfg(feature = "tls")]
        if let Some(tls) = self.tls {
            return tls::serve(&tls, stream, &caller).await;
        }
        let line = Line::new(stream, caller.reset.clone());
        caller.converse(TokioIo::new(line)).await;
    }
}

/// Who is at the other end of a line, and what to do with what is asked there.
pub(crate) struct Caller {
    handle: Handle,
    peer: IpAddr,
    waiting: Waiting,
    /// Of the line under everything that is spoken on it.
    pub(crate) reset: ResetSwitch,
}

impl Caller {
    pub(crate) async fn converse(&self, io: impl Read + Write + Unpin) {
        let service = service_fn(|request| self.answer(request));
        let _ = http1_server().serve_connection(io, service).await;
    }

    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Result<Response<ReplyBody>, LineCut> {
        let answer = service::answer(&self.handle, request, self.peer, &self.waiting).await;
        answer.inspect_err(|cut| {
            if cut.reset {
                self.reset.throw();
            }
        })
    }
}

pub(crate) fn http1_server() -> http1::Builder {
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        // The real time beside an emulated one would be a riddle.
        .auto_date_header(false);
    server
}
