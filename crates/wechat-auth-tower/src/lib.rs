//! [`Transport`] over any [`Service`] of HTTP requests: a client of the tower ecosystem, with any middleware
//! around it, on any runtime.
//!
//! The transport adds what a service does not promise: the deadline to the last byte of the body, the body
//! limit, and errors that say whether the request may have reached WeChat, and nothing of the URL.
//!
//! ```
//! use bytes::Bytes;
//! use http_body_util::Full;
//! use hyper_util::client::legacy::{Client as HyperClient, Error, connect::HttpConnector};
//! use hyper_util::rt::TokioExecutor;
//! use tower::ServiceExt;
//! use wechat_auth::{Account, BaseUrl, Origin};
//! use wechat_auth_client::Client;
//! use wechat_auth_tower::TowerTransport;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let hyper = HyperClient::builder(TokioExecutor::new()).build(HttpConnector::new());
//! let service = hyper.map_request(|mut request: http::Request<Full<Bytes>>| {
//!     request.headers_mut().insert("user-agent", http::HeaderValue::from_static("my-service/1.0"));
//!     request
//! });
//!
//! let transport = TowerTransport::new(service, tokio::time::sleep).not_sent_when(Error::is_connect);
//! let client = Client::new(transport)
//!     .with_origin(Origin::single(BaseUrl::parse("http://127.0.0.1:8787")?));
//! let app = client.stable_token(Account::new("wx0123456789abcdef", "appsecret")?);
//! // app.token().await? …
//! # let _ = app;
//! # Ok(())
//! # }
//! ```
//!
//! # What the service owes
//!
//! The transport cannot see into it, so this is the caller's to keep; `wechat-auth-conformance` tells whether
//! it holds:
//!
//! - **It follows no redirect**: no `FollowRedirect` layer.
//! - **It repeats no request**: no `Retry` layer. In classic mode each request mints a token, and a code is
//!   spent once. hyper-util's client repeats only what it had not begun to send.
//! - **It decodes what it asks for**: with a decompression layer the body limit counts decoded bytes.
//! - **It is cheap to clone**: each call takes a clone of its own, as tower's services expect. A buffer or a
//!   concurrency limit is shared by the clones, and the wait for it counts towards the deadline.
//!
//! A service whose errors are boxed names no type to ask; then downcast in
//! [`not_sent_when`](TowerTransport::not_sent_when).

use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tower_service::Service;
use wechat_auth_client::{Fault, Limits, Transport, TransportError};

/// Sends by a service `S`, whose requests have bodies of type `B`, and waits by `Z`.
pub struct TowerTransport<S: Service<Request<B>>, Z, B> {
    service: S,
    sleep: Z,
    not_sent: fn(&S::Error) -> bool,
}

impl<S: Service<Request<B>>, Z, B> TowerTransport<S, Z, B> {
    /// By this service, and by the timer of the caller's runtime: `tokio::time::sleep`, for example. Every
    /// error of a call counts as maybe sent, until [`not_sent_when`](Self::not_sent_when) knows better.
    pub fn new(service: S, sleep: Z) -> Self {
        let not_sent = |_: &S::Error| false;
        Self {
            service,
            sleep,
            not_sent,
        }
    }

    /// The same, told which errors mean that the request certainly was not sent: no connection, no name, no
    /// TLS. When in doubt, `false`: in classic mode a request that arrived has minted a token.
    #[must_use]
    pub fn not_sent_when(self, not_sent: fn(&S::Error) -> bool) -> Self {
        Self { not_sent, ..self }
    }
}

impl<S, Z, F, B, R> Transport for TowerTransport<S, Z, B>
where
    S: Service<Request<B>, Response = Response<R>, Future: Send> + Clone + Send + Sync,
    S::Error: Send,
    B: From<Vec<u8>> + Send,
    R: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    Z: Fn(Duration) -> F + Send + Sync,
    F: Future<Output = ()> + Send,
{
    async fn send(
        &self,
        request: Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<Response<Vec<u8>>, TransportError> {
        let mut exchange = pin!(self.exchange(request.map(B::from), limits.max_body));
        let mut deadline = pin!((self.sleep)(limits.within));
        poll_fn(|cx| match exchange.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(done),
            Poll::Pending => {
                let passed = deadline.as_mut().poll(cx);
                passed.map(|()| Err(TransportError::maybe_sent(Fault::Timeout)))
            }
        })
        .await
    }

    async fn sleep(&self, duration: Duration) {
        (self.sleep)(duration).await;
    }
}

impl<S, Z, B, R> TowerTransport<S, Z, B>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    R: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    async fn exchange(
        &self,
        request: Request<B>,
        max_body: usize,
    ) -> Result<Response<Vec<u8>>, TransportError> {
        let mut service = self.service.clone();
        let ready = poll_fn(|cx| service.poll_ready(cx)).await;
        ready.map_err(|_| TransportError::not_sent(Fault::Connect))?;
        let called = service.call(request).await;
        let (head, body) = called.map_err(|error| self.judge(&error))?.into_parts();
        let body = Limited::new(body, max_body).collect().await;
        let body = body.map_err(|error| in_the_body(&*error))?.to_bytes();
        Ok(Response::from_parts(head, body.into()))
    }

    fn judge(&self, error: &S::Error) -> TransportError {
        if (self.not_sent)(error) {
            TransportError::not_sent(Fault::Connect)
        } else {
            TransportError::maybe_sent(Fault::Cut)
        }
    }
}

fn in_the_body(error: &(dyn Error + 'static)) -> TransportError {
    if error.is::<LengthLimitError>() {
        TransportError::maybe_sent(Fault::BodyTooLarge)
    } else {
        TransportError::maybe_sent(Fault::Cut)
    }
}

impl<S: Service<Request<B>> + Clone, Z: Clone, B> Clone for TowerTransport<S, Z, B> {
    fn clone(&self) -> Self {
        Self {
            service: self.service.clone(),
            sleep: self.sleep.clone(),
            not_sent: self.not_sent,
        }
    }
}

impl<S: Service<Request<B>>, Z, B> fmt::Debug for TowerTransport<S, Z, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TowerTransport").finish_non_exhaustive()
    }
}
