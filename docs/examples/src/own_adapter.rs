// ANCHOR: own_adapter
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wechat_auth_client::{Limits, Transport, TransportError};

/// Counts what goes through any other transport, and what fails.
struct Counted<T> {
    inner: T,
    sent: AtomicU64,
    failed: AtomicU64,
}

impl<T: Transport> Transport for Counted<T> {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let answer = self.inner.send(request, limits).await;
        if answer.is_err() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }

    async fn sleep(&self, duration: Duration) {
        self.inner.sleep(duration).await;
    }
}

#[tokio::test]
async fn it_keeps_the_promises_of_a_transport() {
    let transport = || Counted {
        inner: wechat_auth_hyper::HyperTransport::rustls(),
        sent: AtomicU64::new(0),
        failed: AtomicU64::new(0),
    };
    wechat_auth_conformance::run(transport).await.assert_passed();
}
// ANCHOR_END: own_adapter
