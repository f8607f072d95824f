//! [`Transport`] over `hyper-util`'s pooled client: HTTP/1.1, with the connector, the TLS and the pool of
//! the caller's choice.
//!
//! It follows no redirect, enforces deadline and body limit to the last byte, and its errors say whether
//! the request may have reached WeChat, and nothing of the URL. It needs a tokio runtime with its timer.
//!
//! ```
//! use hyper_util::client::legacy::{Client as HyperClient, connect::HttpConnector};
//! use hyper_util::rt::TokioExecutor;
//! use wechat_auth::{Account, BaseUrl, Origin};
//! use wechat_auth_client::Client;
//! use wechat_auth_hyper::HyperTransport;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let hyper = HyperClient::builder(TokioExecutor::new()).build(HttpConnector::new());
//! let client = Client::new(HyperTransport::new(hyper))
//!     .with_origin(Origin::single(BaseUrl::parse("http://127.0.0.1:8787")?));
//! let app = client.stable_token(Account::new("wx0123456789abcdef", "appsecret")?);
//! // app.token().await? …
//! # let _ = app;
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `rustls`, `HyperTransport::rustls()` makes a client by itself: rustls with the ring
//! provider, because it builds with no more than a C compiler, and Mozilla's roots compiled in, because
//! they are the same on every machine and in an empty container, and because a middlebox that signs its
//! own certificates then fails, instead of reading the appsecret.
//!
//! # What to set
//!
//! - **A connection timeout** on the connector, below the deadline (10 s by default): `rustls()` has 5 s. One
//!   that is reached is told as certainly not sent; when the deadline itself is reached first, nobody knows.
//! - **Proxies**: hyper reads none from the environment. A connector of your own may.
//! - Nothing about repeating: hyper-util sends a request once more only if the connection from its pool was
//!   closed before the first byte of it was written, so that WeChat sees it at most once.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_util::client::legacy::{Client, Error as ClientError, connect::Connect};
use wechat_auth_client::{Fault, Limits, Transport, TransportError};

/// Sends by a `hyper-util` client.
#[derive(Clone)]
pub struct HyperTransport<C> {
    client: Client<C, Full<Bytes>>,
}

impl<C> HyperTransport<C> {
    /// By the caller's own client: its connector decides about TLS, proxies, name resolution and
    /// connection timeouts.
    pub fn new(client: Client<C, Full<Bytes>>) -> Self {
        Self { client }
    }
}

#[cfg(feature = "rustls")]
impl HyperTransport<hyper_rustls::HttpsConnector<hyper_util::client::legacy::connect::HttpConnector>> {
    /// By a client of its own: rustls with the ring provider and Mozilla's roots, a connection within
    /// 5 s. It speaks plain `http` too, for the emulator;
    /// [`BaseUrl`](https://docs.rs/wechat-auth) lets that go to loopback only.
    pub fn rustls() -> Self {
        use hyper_util::client::legacy::connect::HttpConnector;
        use hyper_util::rt::TokioExecutor;

        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(Duration::from_secs(5)));
        let ring = rustls::crypto::ring::default_provider();
        let https = hyper_rustls::HttpsConnectorBuilder::new().with_provider_and_webpki_roots(ring);
        #[expect(clippy::expect_used, reason = "ring has cipher suites for TLS 1.2 and 1.3")]
        let https = https.expect("the ring provider supports rustls' default protocol versions");
        let connector = https.https_or_http().enable_http1().wrap_connector(http);
        Self::new(Client::builder(TokioExecutor::new()).build(connector))
    }
}

impl<C> Transport for HyperTransport<C>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        let exchange = exchange(
            &self.client,
            request.map(|body| Full::new(body.into())),
            limits.max_body,
        );
        match tokio::time::timeout(limits.within, exchange).await {
            Ok(done) => done,
            Err(_) => Err(TransportError::maybe_sent(Fault::Timeout)),
        }
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

async fn exchange<C>(
    client: &Client<C, Full<Bytes>>,
    request: http::Request<Full<Bytes>>,
    max_body: usize,
) -> Result<http::Response<Vec<u8>>, TransportError>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let response = client
        .request(request)
        .await
        .map_err(|error| before_the_head(&error))?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, max_body).collect().await;
    let body = body.map_err(|error| in_the_body(&*error))?.to_bytes();
    Ok(http::Response::from_parts(head, body.into()))
}

fn before_the_head(error: &ClientError) -> TransportError {
    if error.is_connect() {
        TransportError::not_sent(Fault::Connect)
    } else {
        TransportError::maybe_sent(Fault::Cut)
    }
}

fn in_the_body(error: &(dyn StdError + 'static)) -> TransportError {
    if error.is::<LengthLimitError>() {
        TransportError::maybe_sent(Fault::BodyTooLarge)
    } else {
        TransportError::maybe_sent(Fault::Cut)
    }
}

impl<C> fmt::Debug for HyperTransport<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransport").finish_non_exhaustive()
    }
}
