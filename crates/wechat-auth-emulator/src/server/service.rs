//! From one HTTP request to its reply: guard, namespace, dashboard, admin API or WeChat, and the
//! pace of the reply. Nothing here knows of sockets.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Buf};
use tokio::sync::Notify;

use super::admin;
use super::body::ReplyBody;
use super::dashboard;
use super::guard;
use super::handle::Handle;
use super::namespace;
use super::problem::Problem;
use crate::machine::{Delivery, Reply};

/// A request body may have 1 MiB; more gets 413.
const MAX_BODY: usize = 1024 * 1024;
/// A state to import may have 64 MiB.
const MAX_STATE: usize = 64 * MAX_BODY;
/// How much more than is allowed is read and dropped, so that the sender gets to see the
/// 413 instead of a reset.
const MAX_DROPPED: usize = 16 * MAX_BODY;
/// A request's body must arrive within this time.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// A reply that waits for another goes without it after this time.
const HELD_AT_MOST: Duration = Duration::from_secs(30);
/// A reply that waited goes this long after the other was handed to its connection.
const AFTER_THE_OTHER: Duration = Duration::from_millis(20);

/// The line is to be cut: a server closes it when its service fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the line is cut")]
#[non_exhaustive]
pub struct LineCut {
    /// By a reset instead of an orderly end.
    pub reset: bool,
}

/// The reply to any request, when it is due. A client that goes away drops this.
pub(crate) async fn answer<B>(
    handle: &Handle,
    request: Request<B>,
    peer: IpAddr,
) -> Result<Response<ReplyBody>, LineCut>
where
    B: Body,
{
    let (parts, body) = request.into_parts();
    let limit = match parts.uri.path().ends_with(admin::STATE_PATH) {
        true => MAX_STATE,
        false => MAX_BODY,
    };
    let body = match tokio::time::timeout(BODY_TIMEOUT, collect(body, limit)).await {
        Ok(Ok(body)) => body,
        Ok(Err(NoBody::TooBig)) => {
            let detail = format!("the request body may have {limit} bytes");
            return Ok(last_words(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        Ok(Err(NoBody::Broken)) => return Err(LineCut { reset: false }),
        Err(_) => {
            let detail = "the request body took longer than 30 seconds".to_owned();
            return Ok(last_words(StatusCode::REQUEST_TIMEOUT, detail));
        }
    };
    match admit(handle, Request::from_parts(parts, body)) {
        Err(problem) => Ok(problem.into_response().map(ReplyBody::whole)),
        Ok((handle, request)) if dashboard::owns(request.uri().path()) => {
            Ok(dashboard::answer(&handle, &request).map(ReplyBody::whole))
        }
        Ok((handle, request)) if admin::is_admin(request.uri().path()) => {
            Ok(admin::answer(&handle, &request).map(ReplyBody::whole))
        }
        Ok((handle, request)) => deliver(&handle, &request, peer).await,
    }
}

/// The namespace the request is for, and the request as that namespace sees it.
fn admit(handle: &Handle, mut request: Request<Vec<u8>>) -> Result<(Handle, Request<Vec<u8>>), Problem> {
    let named = namespace::of_request(request.uri(), request.headers())?;
    let (hosts, uri) = (handle.hosts(), request.uri());
    if dashboard::owns(named.uri.path()) {
        guard::check_page(hosts, request.method(), uri, request.headers())?;
    } else if admin::is_admin(named.uri.path()) {
        guard::check_admin(hosts, request.method(), uri, request.headers())?;
    } else {
        guard::check_host(hosts, uri, request.headers())?;
    }
    let handle = match named.name {
        Some(name) => handle.namespace(&name)?,
        None => handle.clone(),
    };
    *request.uri_mut() = named.uri;
    request.extensions_mut().insert(named.mount);
    Ok((handle, request))
}

async fn deliver(
    handle: &Handle,
    request: &Request<Vec<u8>>,
    peer: IpAddr,
) -> Result<Response<ReplyBody>, LineCut> {
    let due = serve(handle, request, peer);
    if !due.delivery.delay.is_zero() {
        tokio::time::sleep(due.delivery.delay).await;
    }
    if let Some(other) = due.after
        && tokio::time::timeout(HELD_AT_MOST, other.notified()).await.is_ok()
    {
        tokio::time::sleep(AFTER_THE_OTHER).await;
    }
    match due.reply {
        Reply::Respond(response) => Ok(response.map(|body| ReplyBody::new(body, due.delivery, due.before))),
        Reply::CutTheLine => Err(LineCut {
            reset: due.delivery.reset,
        }),
        Reply::NeverAnswer => {
            let never: Infallible = std::future::pending().await;
            match never {}
        }
    }
}

/// A reply, and its place among others.
struct Due {
    reply: Reply,
    delivery: Delivery,
    after: Option<Arc<Notify>>,
    before: Option<Arc<Notify>>,
}

/// Under one lock: a reply that waits is known before the one that it waits for is made.
fn serve(handle: &Handle, request: &Request<Vec<u8>>, peer: IpAddr) -> Due {
    let mut world = handle.lock();
    let now = world.clock.now();
    let served = world.wechat.serve(now, request, peer);
    let after = served.delivery.waits_for.map(|fault| {
        // Of a reply whose client went away only this end is left.
        world.held.retain(|_, waiting| Arc::strong_count(waiting) > 1);
        let waiting = Arc::new(Notify::new());
        world.held.insert(fault, Arc::clone(&waiting));
        waiting
    });
    let before = served
        .delivery
        .lets_go
        .and_then(|fault| world.held.remove(&fault));
    Due {
        reply: served.reply,
        delivery: served.delivery,
        after,
        before,
    }
}

enum NoBody {
    TooBig,
    Broken,
}

async fn collect<B: Body>(body: B, limit: usize) -> Result<Vec<u8>, NoBody> {
    let at_most = limit.saturating_add(MAX_DROPPED);
    if body.size_hint().lower() > at_most as u64 {
        return Err(NoBody::TooBig);
    }
    let mut body = std::pin::pin!(body);
    let mut collected = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(mut data) = frame.map_err(|_| NoBody::Broken)?.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.remaining());
        if seen > at_most {
            return Err(NoBody::TooBig);
        }
        if seen > limit {
            collected = Vec::new();
            continue;
        }
        while data.has_remaining() {
            collected.extend_from_slice(data.chunk());
            data.advance(data.chunk().len());
        }
    }
    match seen > limit {
        true => Err(NoBody::TooBig),
        false => Ok(collected),
    }
}

fn last_words(status: StatusCode, detail: String) -> Response<ReplyBody> {
    let mut response = Problem::new(status, detail).into_response();
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response.map(ReplyBody::whole)
}

/// A whole emulator as a service for a stack of them; made by [`Handle::service`].
#[cfg(feature = "tower")]
#[derive(Clone, Debug)]
pub struct Service {
    handle: Handle,
    peer: IpAddr,
}

#[cfg(feature = "tower")]
impl Handle {
    /// This emulator as a `tower` service whose requests come from `peer`. Replies that
    /// take their time need a tokio runtime.
    #[must_use]
    pub fn service(&self, peer: IpAddr) -> Service {
        Service {
            handle: self.clone(),
            peer,
        }
    }
}

#[cfg(feature = "tower")]
impl<B> tower_service::Service<Request<B>> for Service
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<ReplyBody>;
    type Error = LineCut;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, LineCut>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), LineCut>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { handle, peer } = self.clone();
        Box::pin(async move { answer(&handle, request, peer).await })
    }
}
