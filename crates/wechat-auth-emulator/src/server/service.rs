//! From one HTTP request to its reply: guard, namespace, admin API or WeChat, and the
//! pace of the reply. Nothing here knows of sockets.

use std::borrow::Cow;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Buf, Bytes};
use tokio::sync::Notify;

use super::admin;
use super::body::ReplyBody;
use super::crowd::Waiting;
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
    waiting: &Waiting,
) -> Result<Response<ReplyBody>, LineCut>
where
    B: Body,
{
    let (parts, body) = request.into_parts();
    let limit = match parts.uri.path().ends_with(admin::STATE_PATH) {
        true => MAX_STATE,
        false => MAX_BODY,
    };
    let body = match in_time(collect(body, limit)).await {
        Some(Ok(body)) => body,
        Some(Err(NoBody::TooBig)) => {
            let detail = format!("the request body may have {limit} bytes");
            return Ok(last_words(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        Some(Err(NoBody::Broken)) => return Err(LineCut { reset: false }),
        None => {
            let detail = "the request body took longer than 30 seconds".to_owned();
            return Ok(last_words(StatusCode::REQUEST_TIMEOUT, detail));
        }
    };
    let _answering = waiting.interrupted();
    match admit(handle, Request::from_parts(parts, body)) {
        Err(problem) => Ok(problem.into_response().map(ReplyBody::whole)),
        Ok((handle, request)) if admin::is_admin(request.uri().path()) => {
            Ok(admin::answer(&handle, &request).map(ReplyBody::whole))
        }
        Ok((handle, request)) => deliver(&handle, &request, peer).await,
    }
}

/// The namespace the request is for, and the request as that namespace sees it.
fn admit(handle: &Handle, mut request: Request<Bytes>) -> Result<(Cow<'_, Handle>, Request<Bytes>), Problem> {
    let named = namespace::of_request(request.uri(), request.headers())?;
    let (hosts, uri) = (handle.hosts(), request.uri());
    let inner = named.below.as_ref().map_or(uri, |below| &below.uri);
    if admin::is_admin(inner.path()) {
        guard::check_admin(hosts, request.method(), uri, request.headers())?;
    } else {
        guard::check_host(hosts, uri, request.headers())?;
    }
    let handle = match named.name {
        Some(name) => Cow::Owned(handle.namespace(&name)?),
        None => Cow::Borrowed(handle),
    };
    if let Some(below) = named.below {
        *request.uri_mut() = below.uri;
        request.extensions_mut().insert(below.mount);
    }
    Ok((handle, request))
}

async fn deliver(
    handle: &Handle,
    request: &Request<Bytes>,
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
fn serve(handle: &Handle, request: &Request<Bytes>, peer: IpAddr) -> Due {
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

/// Most bodies are there already: only one that is not needs a clock.
async fn in_time<T>(body: impl Future<Output = T>) -> Option<T> {
    let mut body = std::pin::pin!(body);
    let at_once = std::future::poll_fn(|cx| Poll::Ready(body.as_mut().poll(cx))).await;
    match at_once {
        Poll::Ready(body) => Some(body),
        Poll::Pending => tokio::time::timeout(BODY_TIMEOUT, body).await.ok(),
    }
}

async fn collect<B: Body>(body: B, limit: usize) -> Result<Bytes, NoBody> {
    let at_most = limit.saturating_add(MAX_DROPPED);
    if body.size_hint().lower() > at_most as u64 {
        return Err(NoBody::TooBig);
    }
    let mut body = std::pin::pin!(body);
    let mut collected = Collected::default();
    let mut seen = 0_usize;
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else {
            break;
        };
        let Ok(data) = frame.map_err(|_| NoBody::Broken)?.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.remaining());
        if seen > at_most {
            return Err(NoBody::TooBig);
        }
        match seen > limit {
            true => collected = Collected::default(),
            false => collected.add(data),
        }
    }
    match seen > limit {
        true => Err(NoBody::TooBig),
        false => Ok(collected.whole()),
    }
}

/// A body that came in one piece is taken as it is.
#[derive(Default)]
struct Collected {
    first: Bytes,
    all: Vec<u8>,
}

impl Collected {
    fn add(&mut self, mut data: impl Buf) {
        if self.first.is_empty() {
            self.first = data.copy_to_bytes(data.remaining());
            return;
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
        }
        while data.has_remaining() {
            self.all.extend_from_slice(data.chunk());
            data.advance(data.chunk().len());
        }
    }

    fn whole(self) -> Bytes {
        match self.all.is_empty() {
            true => self.first,
            false => Bytes::from(self.all),
        }
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

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), LineCut>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { handle, peer } = self.clone();
        // There is no connection here that could wait.
        Box::pin(async move { answer(&handle, request, peer, &Waiting::default()).await })
    }
}
