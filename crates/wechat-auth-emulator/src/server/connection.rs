//! One connection: HTTP in, replies out.

use std::net::IpAddr;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use super::handle::Handle;
use super::line::{Line, ResetSwitch};
use super::service;

/// A request's header must arrive within this time, and so must the next request on
/// an idle connection.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves one connection until either side closes it. Its errors are the peer's affair.
pub(crate) async fn serve(stream: TcpStream, peer: IpAddr, handle: Handle) {
    let reset = ResetSwitch::default();
    let line = Line::new(stream, reset.clone());
    let service = service_fn(|request| {
        let answer = service::answer(&handle, request, peer);
        let reset = &reset;
        async move {
            answer.await.inspect_err(|cut| {
                if cut.reset {
                    reset.throw();
                }
            })
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        // The real time beside an emulated one would be a riddle.
        .auto_date_header(false)
        .serve_connection(TokioIo::new(line), service);
    let _ = connection.await;
}
