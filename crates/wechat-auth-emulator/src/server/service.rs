//! From one HTTP request to its reply: guard, namespace, dashboard, admin API or WeChat, and the
//! pace of the reply. Nothing here knows of sockets.

use std::borrow::Cow;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::{Body, Bytes};
use tokio::sync::Notify;

use super::admin;
use super::body::ReplyBody;
use super::crowd::Waiting;
use super::dashboard;
use super::guard;
use super::handle::Handle;
use super::namespace::{self, Named};
use super::problem::Problem;
use super::request_body::{NoBody, in_time};
use crate::machine::{Delivery, Reply};

/// A request body may have 1 MiB; more gets 413.
const MAX_BODY: usize = 1024 * 1024;
/// A state to import may have 64 MiB.
const MAX_STATE: usize = 64 * MAX_BODY;
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
    let (mut parts, body) = request.into_parts();
    // Of a stranger no byte is kept.
    let admitted = admit(handle, &parts);
    let limit = match &admitted {
        Err(_) => 0,
        Ok(named) if named.path(&parts.uri) == admin::STATE_PATH => MAX_STATE,
        Ok(_) => MAX_BODY,
    };
    let body = in_time(handle.unfinished().read(body, limit)).await;
    let _answering = waiting.interrupted();
    let named = match admitted {
        Ok(named) => named,
        Err(problem) => return Ok(problem.into_response().map(ReplyBody::whole)),
    };
    let body = match body {
        Some(Ok(body)) => body,
        Some(Err(NoBody::Broken)) => return Err(LineCut { reset: false }),
        Some(Err(NoBody::TooBig)) => {
            let detail = format!("the request body may have {limit} bytes");
            return Ok(last_words(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        Some(Err(NoBody::TooMany)) => {
            let detail = "too many large request bodies are under way: try again".to_owned();
            return Ok(last_words(StatusCode::SERVICE_UNAVAILABLE, detail));
        }
        None => {
            let detail = "the request body took longer than 30 seconds".to_owned();
            return Ok(last_words(StatusCode::REQUEST_TIMEOUT, detail));
        }
    };
    let handle = match named.name.map(|name| handle.namespace(&name)).transpose() {
        Ok(other) => other.map_or(Cow::Borrowed(handle), Cow::Owned),
        Err(error) => return Ok(Problem::from(error).into_response().map(ReplyBody::whole)),
    };
    if let Some(below) = named.below {
        parts.uri = below.uri;
        parts.extensions.insert(below.mount);
    }
    let request = Request::from_parts(parts, body);
    let path = request.uri().path();
    if dashboard::owns(path) {
        Ok(dashboard::answer(&handle, &request).map(ReplyBody::whole))
    } else if admin::is_admin(path) {
        Ok(admin::answer(&handle, &request).map(ReplyBody::whole))
    } else {
        deliver(&handle, &request, peer).await
    }
}

/// Which namespace the request is for, unless it comes from somebody who may not ask.
fn admit(handle: &Handle, request: &Parts) -> Result<Named, Problem> {
    let named = namespace::of_request(&request.uri, &request.headers)?;
    let path = named.path(&request.uri);
    if dashboard::owns(path) {
        guard::check_page(handle.hosts(), &request.method, &request.uri, &request.headers)?;
    } else if admin::is_admin(path) {
        guard::check_admin(handle.hosts(), &request.method, &request.uri, &request.headers)?;
    } else {
        guard::check_host(handle.hosts(), &request.uri, &request.headers)?;
    }
    Ok(named)
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
        // There is no connection here that could wait.
        Box::pin(async move { answer(&handle, request, peer, &Waiting::default()).await })
    }
}
