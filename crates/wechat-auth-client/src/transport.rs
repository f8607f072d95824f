use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use wechat_auth::keeper::Outcome;

/// The one seam to the world: an HTTP client and a timer, both the caller's own.
///
/// An implementation
/// - follows no redirect: a token must not travel to where an answer points;
/// - enforces [`Limits`] itself, deadline included, to the last byte of the body;
/// - passes status, headers and body through as they are, whatever the status;
/// - says in its error whether the request may have reached WeChat, and nothing of the URL: half of
///   WeChat's secrets live in query strings, and HTTP clients love to print them.
pub trait Transport: Send + Sync {
    /// Sends the request and brings the whole answer.
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> impl Future<Output = Result<http::Response<Vec<u8>>, TransportError>> + Send;

    /// Completes so much later.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

impl<T: Transport> Transport for Arc<T> {
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> impl Future<Output = Result<http::Response<Vec<u8>>, TransportError>> + Send {
        T::send(self, request, limits)
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        T::sleep(self, duration)
    }
}

/// What one exchange may cost.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From sending to the last byte of the answer. Default 10 s.
    pub within: Duration,
    /// The longest body, in bytes. Default 1 MiB.
    pub max_body: usize,
}

impl Limits {
    /// The usual limits with this deadline.
    pub const fn within(within: Duration) -> Self {
        Self {
            within,
            max_body: 1 << 20,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::within(Duration::from_secs(10))
    }
}

/// An exchange that brought no answer. Carries no URL and no other error: nothing in it is secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportError {
    reach: Reach,
    fault: Fault,
}

/// Whether WeChat may have seen the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Certainly not.
    NotSent,
    /// Perhaps: it may have been carried out.
    MaybeSent,
}

/// What went wrong on the way.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request has no valid URI.
    InvalidRequest,
    /// No connection: name not found, connection refused, TLS not agreed on.
    Connect,
    /// The deadline passed.
    Timeout,
    /// The line was cut, or what came over it was not HTTP.
    Cut,
    /// The answer was longer than allowed.
    BodyTooLarge,
}

impl TransportError {
    /// The request certainly did not reach WeChat.
    pub const fn not_sent(fault: Fault) -> Self {
        let reach = Reach::NotSent;
        Self { reach, fault }
    }

    /// The request may have reached WeChat. When in doubt, this.
    pub const fn maybe_sent(fault: Fault) -> Self {
        let reach = Reach::MaybeSent;
        Self { reach, fault }
    }

    /// Whether WeChat may have seen the request.
    pub const fn reach(&self) -> Reach {
        self.reach
    }

    /// What went wrong.
    pub const fn fault(&self) -> Fault {
        self.fault
    }

    pub(crate) const fn outcome(&self) -> Outcome<'static> {
        match self.reach {
            Reach::NotSent => Outcome::NotSent,
            Reach::MaybeSent => Outcome::NoAnswer,
        }
    }
}

impl From<wechat_auth::InvalidRequest> for TransportError {
    fn from(_: wechat_auth::InvalidRequest) -> Self {
        Self::not_sent(Fault::InvalidRequest)
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.fault {
            Fault::InvalidRequest => "the request has no valid URI: mend the endpoint that built it",
            Fault::Connect => "no connection to wechat: check network, name resolution, proxy and TLS",
            Fault::Timeout => "wechat did not answer in time",
            Fault::Cut => "the connection was cut, or does not speak HTTP",
            Fault::BodyTooLarge => "the answer is longer than allowed: it is not wechat's",
        })
    }
}

impl std::error::Error for TransportError {}
