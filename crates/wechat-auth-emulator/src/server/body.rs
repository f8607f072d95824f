//! The body of a reply: at once, drop by drop, or broken off.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::sync::Notify;
use tokio::time::{Sleep, sleep};

use super::service::LineCut;
use crate::machine::Delivery;

/// What was written before the line is cut must get out first.
const BEFORE_THE_CUT: Duration = Duration::from_millis(20);
/// Drops a second, where there are enough bytes for them.
const DROPS_PER_S: u32 = 10;

/// What a [`Handle`](crate::Handle) answers with: a body that keeps to a
/// [`Delivery`]. Its timers need a tokio runtime.
#[derive(Debug)]
pub struct ReplyBody {
    rest: Bytes,
    /// Bytes that were announced and will not come.
    missing: usize,
    drops: Option<Drops>,
    pause: Option<Pin<Box<Sleep>>>,
    /// Who waits for this body to be sent.
    then: Option<Arc<Notify>>,
}

#[derive(Clone, Copy, Debug)]
struct Drops {
    bytes: usize,
    every: Duration,
}

impl ReplyBody {
    pub(crate) fn new(body: Vec<u8>, delivery: Delivery, then: Option<Arc<Notify>>) -> Self {
        let drops = delivery.bytes_per_s.map(|bytes_per_s| {
            let bytes = (bytes_per_s.get() / DROPS_PER_S).max(1);
            Drops {
                bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
                every: Duration::from_secs(1) * bytes / bytes_per_s.get(),
            }
        });
        Self {
            missing: delivery.announced_bytes.unwrap_or(0).saturating_sub(body.len()),
            rest: Bytes::from(body),
            drops,
            pause: None,
            then,
        }
    }

    /// A body that is sent at once.
    pub(crate) fn whole(body: Vec<u8>) -> Self {
        Self::new(body, Delivery::default(), None)
    }

    fn poll_pause(&mut self, cx: &mut Context<'_>, pause: Duration) -> Poll<()> {
        let waiting = self.pause.get_or_insert_with(|| Box::pin(sleep(pause)));
        ready!(waiting.as_mut().poll(cx));
        self.pause = None;
        Poll::Ready(())
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = LineCut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, LineCut>>> {
        if self.rest.is_empty() {
            if self.missing == 0 {
                return Poll::Ready(None);
            }
            ready!(self.poll_pause(cx, BEFORE_THE_CUT));
            return Poll::Ready(Some(Err(LineCut { reset: false })));
        }
        let bytes = match self.drops {
            None => self.rest.len(),
            Some(drops) => {
                ready!(self.poll_pause(cx, drops.every));
                drops.bytes.min(self.rest.len())
            }
        };
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(bytes)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.missing == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len().saturating_add(self.missing) as u64)
    }
}

impl Drop for ReplyBody {
    fn drop(&mut self) {
        if let Some(waiting) = &self.then {
            waiting.notify_one();
        }
    }
}
