//! The same driver for threads: the same guarantees, the same names, and no runtime.
//!
//! A [`Client`] is a way to WeChat over a blocking [`Transport`]; a [`TokenSource`] keeps one token alive
//! for any number of threads. The first thread that finds it is time fetches, the others wait for that one
//! fetch or go on with the old token. A thread that panics in the fetch hands over to the next.
//! The crate's page has an example.

mod stop;

use std::sync::Arc;

pub use self::stop::Stop;
use crate::driver::{self, Blocking, Nothing};
use crate::{Limits, MonotonicClock, TransportError};

/// A way to WeChat for threads: a transport, where WeChat is, and a clock. Cheap to clone; everything made
/// from it shares them.
///
/// What it can do is told at [`driver::Client`].
pub type Client<T, C = MonotonicClock> = driver::Client<T, C, Blocking>;

/// One token, kept alive for any number of threads. Cheap to clone: clones share the token.
///
/// What it can do is told at [`driver::TokenSource`].
pub type TokenSource<F, T, C = MonotonicClock, U = Nothing> = driver::TokenSource<F, T, C, U, Blocking>;

/// The one seam to the world for threads: a blocking HTTP client of the caller's own. What an
/// implementation owes is the same as for the async [`Transport`](crate::Transport).
pub trait Transport: Send + Sync {
    /// Sends the request and brings the whole answer.
    ///
    /// # Errors
    /// [`TransportError`], which says whether the request may have reached WeChat.
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError>;
}

impl<T: Transport> Transport for Arc<T> {
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        T::send(self, request, limits)
    }
}
