//! One connection: HTTP in, the machine's reply out.

use std::convert::Infallible;
use std::net::IpAddr;
use std::time::Duration;

use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use super::admin;
use super::handle::Handle;
use super::problem::Problem;
use crate::machine::Reply;

/// A request body may have 1 MiB; more gets 413.
pub(crate) const MAX_BODY: usize = 1024 * 1024;
/// How much of a body that is too big is read and dropped, so that its sender gets to
/// see the 413 instead of a reset.
const MAX_DROPPED: usize = 16 * MAX_BODY;
/// A request's header must arrive within this time, and so must the next request on
/// an idle connection.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// A request's body must arrive within this time.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves one connection until either side closes it. Its errors are the peer's affair.
pub(crate) async fn serve(stream: TcpStream, peer: IpAddr, handle: Handle) {
    let service = service_fn(|request| answer(request, peer, &handle));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        // The real time beside an emulated one would be a riddle.
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service);
    let _ = connection.await;
}

/// The line is to be cut: hyper closes it when a service fails.
#[derive(Debug, thiserror::Error)]
#[error("the line is cut")]
struct Cut;

async fn answer(
    request: Request<Incoming>,
    peer: IpAddr,
    handle: &Handle,
) -> Result<Response<Full<Bytes>>, Cut> {
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(BODY_TIMEOUT, collect(body)).await {
        Ok(Ok(body)) => body,
        Ok(Err(NoBody::TooBig)) => return Ok(too_big(StatusCode::PAYLOAD_TOO_LARGE)),
        Ok(Err(NoBody::Broken)) => return Err(Cut),
        Err(_) => return Ok(too_big(StatusCode::REQUEST_TIMEOUT)),
    };
    let request = Request::from_parts(parts, body);
    if admin::is_admin(request.uri().path()) {
        return Ok(admin::answer(handle, &request).map(Full::from));
    }
    match handle.with(|wechat, now| wechat.handle(now, &request, peer)) {
        Reply::Respond(response) => Ok(response.map(Full::from)),
        Reply::CutTheLine => Err(Cut),
        Reply::NeverAnswer => {
            let never: Infallible = std::future::pending().await;
            match never {}
        }
    }
}

enum NoBody {
    TooBig,
    Broken,
}

async fn collect(mut body: Incoming) -> Result<Vec<u8>, NoBody> {
    let announced = body.size_hint().lower();
    if announced > MAX_DROPPED as u64 {
        return Err(NoBody::TooBig);
    }
    let mut collected = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| NoBody::Broken)?.into_data() else {
            continue;
        };
        seen += data.len();
        if seen > MAX_DROPPED {
            return Err(NoBody::TooBig);
        }
        if seen <= MAX_BODY {
            collected.extend_from_slice(&data);
        } else {
            collected = Vec::new();
        }
    }
    if seen > MAX_BODY {
        Err(NoBody::TooBig)
    } else {
        Ok(collected)
    }
}

fn too_big(status: StatusCode) -> Response<Full<Bytes>> {
    let detail = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "a request body may have 1048576 bytes",
        _ => "the request body took longer than 30 seconds",
    };
    let mut response = Problem::new(status, detail).into_response();
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response.map(Full::from)
}
