use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::sync::{self, EventListener};
use crate::{Clock, Limits, Transport, TransportError, blocking};

/// Waits by futures, in any runtime.
#[derive(Clone, Copy, Debug)]
pub enum Async {}

/// Waits by blocking the calling thread.
#[derive(Clone, Copy, Debug)]
pub enum Blocking {}

/// All that differs between the colours: how a request is sent, and how one waits.
pub(crate) trait Colour<T>: Send + Sync {
    fn send(
        transport: &T,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> impl Future<Output = Result<http::Response<Vec<u8>>, TransportError>> + Send;

    /// Until something changed, or so much of the clock's time passed.
    fn wait(
        transport: &T,
        clock: &impl Clock,
        changed: EventListener,
        at_most: Duration,
    ) -> impl Future<Output = ()> + Send;
}

impl<T: Transport> Colour<T> for Async {
    fn send(
        transport: &T,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> impl Future<Output = Result<http::Response<Vec<u8>>, TransportError>> + Send {
        transport.send(request, limits)
    }

    async fn wait(transport: &T, _: &impl Clock, changed: EventListener, at_most: Duration) {
        let mut changed = pin!(changed);
        let mut timer = pin!(transport.sleep(at_most));
        poll_fn(|cx| {
            let told = changed.as_mut().poll(cx).is_ready();
            if told || timer.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
    }
}

impl<T: blocking::Transport> Colour<T> for Blocking {
    async fn send(
        transport: &T,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        transport.send(request, limits)
    }

    async fn wait(_: &T, clock: &impl Clock, changed: EventListener, at_most: Duration) {
        sync::wait(changed, clock.thread_sleeps(at_most));
    }
}

impl Blocking {
    /// Runs a future of this colour to its end. All its waiting blocks, so the first poll brings it.
    pub(crate) fn run<O>(future: impl Future<Output = O>) -> O {
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return done;
            }
        }
    }
}
