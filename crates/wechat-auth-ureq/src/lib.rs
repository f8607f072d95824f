//! [`blocking::Transport`] over [`ureq`]: the TLS, proxies, resolver and pool are those of your own
//! [`Config`].
//!
//! It follows no redirect, repeats no request, enforces deadline and body limit to the last byte, and its
//! errors say whether the request may have reached WeChat, and nothing of the URL.
//!
//! ```
//! use ureq::config::Config;
//! use wechat_auth_client::{Limits, blocking::Transport};
//! use wechat_auth_ureq::UreqTransport;
//!
//! let transport = UreqTransport::new(Config::builder().max_idle_connections(2).build());
//!
//! let request = http::Request::get("http://127.0.0.1:1/").body(Vec::new())?;
//! let nobody_listens = transport.send(request, Limits::default()).unwrap_err();
//! assert_eq!(nobody_listens.reach(), wechat_auth_client::Reach::NotSent);
//! # Ok::<(), http::Error>(())
//! ```
//!
//! # Why a configuration, and not an agent
//!
//! What ureq's errors say does not tell how far the request got: a name that was not found and a line that
//! was cut are both `Io`. So the transport watches the agent from inside, between name resolution and the
//! finished connection, and therefore builds it. A connector or resolver of your own goes into
//! [`UreqTransport::with_parts`].
//!
//! # What to set
//!
//! - **TLS**: this crate enables no feature of ureq. Enable `rustls` or `native-tls` in your own
//!   `Cargo.toml`; without either, `https` fails as [`Fault::Connect`].
//! - **Proxies**: a `Config` reads `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` by default; set
//!   `proxy(None)` for none.
//! - Redirects, status handling, deadline and accepted encodings are set for each request, whatever the
//!   configuration says.

mod watch;

use http::{Method, Request, Response};
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, Resolver};
use ureq::unversioned::transport::{Connector, DefaultConnector};
use ureq::{Agent, AsSendBody, Body, Error};
use wechat_auth_client::{Fault, Limits, TransportError, blocking};

use crate::watch::{Reached, WatchedConnector, WatchedResolver};

/// Sends by a `ureq` agent.
#[derive(Clone)]
pub struct UreqTransport {
    agent: Agent,
}

impl UreqTransport {
    /// By an agent with this configuration.
    pub fn new(config: Config) -> Self {
        Self::with_parts(config, DefaultConnector::new(), DefaultResolver::default())
    }

    /// The same, with a connector and a resolver of the caller's own. Their traits are not under ureq's
    /// promise of compatibility between minor versions.
    pub fn with_parts(config: Config, connector: impl Connector, resolver: impl Resolver) -> Self {
        let connector = connector.chain(WatchedConnector);
        let agent = Agent::with_parts(config, connector, WatchedResolver(resolver));
        Self { agent }
    }

    fn exchange(&self, request: Request<Vec<u8>>, limits: Limits) -> Result<Response<Vec<u8>>, Error> {
        // ureq allows no body to a GET, not even an empty one; a POST without any has to say so.
        let response = if request.body().is_empty() && *request.method() != Method::POST {
            self.run(request.map(|_| ()), limits)?
        } else {
            self.run(request, limits)?
        };
        let (head, body) = response.into_parts();
        let most = u64::try_from(limits.max_body).unwrap_or(u64::MAX);
        let body = body.into_with_config().limit(most).read_to_vec()?;
        // Without ureq's extensions, which hold the URL.
        let mut answer = Response::new(body);
        *answer.status_mut() = head.status;
        *answer.version_mut() = head.version;
        *answer.headers_mut() = head.headers;
        Ok(answer)
    }

    fn run(&self, request: Request<impl AsSendBody>, limits: Limits) -> Result<Response<Body>, Error> {
        let request = self.agent.configure_request(request);
        let request = request
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .accept_encoding("")
            .timeout_global(Some(limits.within));
        self.agent.run(request.build())
    }
}

impl blocking::Transport for UreqTransport {
    fn send(&self, request: Request<Vec<u8>>, limits: Limits) -> Result<Response<Vec<u8>>, TransportError> {
        watch::begin();
        let exchanged = self.exchange(request, limits);
        exchanged.map_err(|error| judge(&error, watch::reached()))
    }
}

/// The error itself goes no further: it may name the URL.
fn judge(error: &Error, reached: Reached) -> TransportError {
    match (error, reached) {
        (Error::BadUri(_) | Error::RequireHttpsOnly(_), _) => TransportError::not_sent(Fault::InvalidRequest),
        (Error::Timeout(_), Reached::Nobody) => TransportError::not_sent(Fault::Timeout),
        (Error::Timeout(_), _) => TransportError::maybe_sent(Fault::Timeout),
        (Error::BodyExceedsLimit(_), _) => TransportError::maybe_sent(Fault::BodyTooLarge),
        (_, Reached::Nobody) => TransportError::not_sent(Fault::Connect),
        _ => TransportError::maybe_sent(Fault::Cut),
    }
}

/// Shows nothing of the agent: its configuration may hold a proxy with a password.
impl std::fmt::Debug for UreqTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UreqTransport").finish_non_exhaustive()
    }
}
