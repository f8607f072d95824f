//! The same driver for threads: one blocking call at a time, nothing but `std`.

use std::sync::Arc;

use crate::{Limits, TransportError};

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
