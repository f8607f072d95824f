//! [`Transport`] over [`reqwest`]: the TLS, proxies, resolver and timeouts are those of your own
//! [`ClientBuilder`].
//!
//! It follows no redirect, repeats no request, enforces deadline and body limit to the last byte, and its
//! errors say whether the request may have reached WeChat, and nothing of the URL.
//!
//! ```
//! use std::time::Duration;
//! use wechat_auth::{Account, BaseUrl, Origin};
//! use wechat_auth_client::Client;
//! use wechat_auth_reqwest::ReqwestTransport;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # rustls::crypto::ring::default_provider().install_default().ok();
//! let builder = reqwest::Client::builder().connect_timeout(Duration::from_secs(5));
//! let client = Client::new(ReqwestTransport::new(builder)?)
//!     .with_origin(Origin::single(BaseUrl::parse("http://127.0.0.1:8787")?));
//! let app = client.stable_token(Account::new("wx0123456789abcdef", "appsecret")?);
//! // app.token().await? …
//! # let _ = app;
//! # Ok(())
//! # }
//! ```
//!
//! # Why a builder, and not a client
//!
//! Whether a redirect is followed is fixed when a `reqwest::Client` is built, can neither be asked nor changed
//! afterwards, and the default follows ten. It also tells the next host, in `Referer`, the whole URL it
//! came from, appsecret included. So the transport takes the builder and turns that off.
//!
//! # What to set
//!
//! - **TLS**: this crate enables no feature of reqwest. Enable the one you want in your own `Cargo.toml`
//!   (`rustls`, `native-tls`, …); without any, `https` fails as [`Fault::Connect`].
//! - **A connection timeout** below the deadline (10 s by default), as above. One that is reached is told as
//!   certainly not sent; when the deadline itself is reached first, nobody knows.
//! - **Proxies**: reqwest reads `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, unless the builder
//!   has `no_proxy()` or a proxy of its own.
//! - **HTTP/2**: with reqwest's feature `http2` it is agreed on in TLS. The transport works over both.
//!
//! It needs a tokio runtime with I/O and timer, as reqwest does.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, Request, redirect, retry};
use wechat_auth_client::{Fault, Limits, Transport, TransportError};

/// Sends by a `reqwest` client.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: Client,
}

impl ReqwestTransport {
    /// By a client built from this. Redirects, retries, `Referer` and compressed answers are turned off,
    /// everything else stays as it is set.
    ///
    /// # Errors
    /// When reqwest cannot build the client, for example because TLS has no crypto provider.
    pub fn new(builder: ClientBuilder) -> reqwest::Result<Self> {
        let builder = builder
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate();
        let client = builder.build()?;
        Ok(Self { client })
    }
}

impl Transport for ReqwestTransport {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        let request = Request::try_from(request);
        let request = request.map_err(|_| TransportError::not_sent(Fault::InvalidRequest))?;
        let exchange = exchange(&self.client, request, limits.max_body);
        match tokio::time::timeout(limits.within, exchange).await {
            Ok(done) => done,
            Err(_) => Err(TransportError::maybe_sent(Fault::Timeout)),
        }
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

async fn exchange(
    client: &Client,
    request: Request,
    max_body: usize,
) -> Result<http::Response<Vec<u8>>, TransportError> {
    let mut response = client.execute(request).await.map_err(|error| judge(&error))?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| judge(&error))? {
        if chunk.len() > max_body - body.len() {
            return Err(TransportError::maybe_sent(Fault::BodyTooLarge));
        }
        body.extend_from_slice(&chunk);
    }
    // Not by conversion: reqwest would put the URL into the extensions.
    let mut answer = http::Response::new(body);
    *answer.status_mut() = response.status();
    *answer.version_mut() = response.version();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    Ok(answer)
}

/// The error itself goes no further: it names the URL.
fn judge(error: &reqwest::Error) -> TransportError {
    if error.is_connect() {
        TransportError::not_sent(Fault::Connect)
    } else if error.is_builder() {
        TransportError::not_sent(Fault::InvalidRequest)
    } else if error.is_timeout() {
        TransportError::maybe_sent(Fault::Timeout)
    } else {
        TransportError::maybe_sent(Fault::Cut)
    }
}

/// Shows nothing of the client: it may hold default headers and proxies with passwords.
impl std::fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReqwestTransport").finish_non_exhaustive()
    }
}
