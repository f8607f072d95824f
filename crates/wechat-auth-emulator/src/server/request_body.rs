//! The body of a request: whole, in time, and within what may be held.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Buf, Bytes};

/// How much more than is allowed is read and dropped, so that the sender gets to see the
/// refusal instead of a reset.
const MAX_DROPPED: usize = 16 * 1024 * 1024;
/// What all bodies that are not whole yet may have together.
const MAX_UNFINISHED: usize = 256 * 1024 * 1024;
/// A body must arrive within this time.
const IN_TIME: Duration = Duration::from_secs(30);

/// Why there is no body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoBody {
    TooBig,
    /// Others have begun too much that they have not ended.
    TooMany,
    Broken,
}

/// `None` when the time is over. Most bodies are there already: only one that is not needs
/// a clock.
pub(crate) async fn in_time<T>(body: impl Future<Output = T>) -> Option<T> {
    let mut body = std::pin::pin!(body);
    let at_once = std::future::poll_fn(|cx| Poll::Ready(body.as_mut().poll(cx))).await;
    match at_once {
        Poll::Ready(body) => Some(body),
        Poll::Pending => tokio::time::timeout(IN_TIME, body).await.ok(),
    }
}

/// How many bytes of unfinished bodies there are, on all connections together.
#[derive(Default)]
pub(crate) struct Unfinished(AtomicUsize);

impl Unfinished {
    /// The whole of a body that may have so many bytes.
    pub(crate) async fn read<B: Body>(&self, body: B, limit: usize) -> Result<Bytes, NoBody> {
        let at_most = limit.saturating_add(MAX_DROPPED);
        if body.size_hint().lower() > at_most as u64 {
            return Err(NoBody::TooBig);
        }
        let mut body = std::pin::pin!(body);
        let mut seen = 0_usize;
        let (mut collected, mut share) = (Collected::default(), Share::of(self));
        while !body.is_end_stream() {
            let Some(frame) = body.frame().await else {
                break;
            };
            let Ok(data) = frame.map_err(|_| NoBody::Broken)?.into_data() else {
                continue;
            };
            let bytes = data.remaining();
            seen = seen.saturating_add(bytes);
            if seen > at_most {
                return Err(NoBody::TooBig);
            }
            if seen > limit {
                (collected, share) = (Collected::default(), Share::of(self));
            } else {
                collected.add(data);
                // A body that came in one piece is nobody's burden.
                if !body.is_end_stream() {
                    share.grow(bytes)?;
                }
            }
        }
        match seen > limit {
            true => Err(NoBody::TooBig),
            false => Ok(collected.whole()),
        }
    }
}

/// What one unfinished body has of the whole.
struct Share<'a> {
    whole: &'a AtomicUsize,
    bytes: usize,
}

impl<'a> Share<'a> {
    const fn of(unfinished: &'a Unfinished) -> Self {
        Self {
            whole: &unfinished.0,
            bytes: 0,
        }
    }

    fn grow(&mut self, bytes: usize) -> Result<(), NoBody> {
        self.bytes = self.bytes.saturating_add(bytes);
        let before = self.whole.fetch_add(bytes, Ordering::Relaxed);
        match before.saturating_add(bytes) > MAX_UNFINISHED {
            true => Err(NoBody::TooMany),
            false => Ok(()),
        }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.whole.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

/// A body that came in one piece is taken as it is.
#[derive(Default)]
struct Collected {
    first: Bytes,
    all: Vec<u8>,
}

impl Collected {
    fn add(&mut self, mut data: impl Buf) {
        if self.first.is_empty() {
            self.first = data.copy_to_bytes(data.remaining());
            return;
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
        }
        while data.has_remaining() {
            self.all.extend_from_slice(data.chunk());
            data.advance(data.chunk().len());
        }
    }

    fn whole(self) -> Bytes {
        match self.all.is_empty() {
            true => self.first,
            false => Bytes::from(self.all),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::Context;

    use hyper::body::Frame;

    use super::*;

    /// Pieces of a mebibyte, so many, and then an end or none.
    struct Pieces {
        left: usize,
        ends: bool,
    }

    const PIECE: usize = 1024 * 1024;

    impl Body for Pieces {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            if self.left == 0 {
                return match self.ends {
                    true => Poll::Ready(None),
                    false => Poll::Pending,
                };
            }
            self.left -= 1;
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; PIECE])))))
        }
    }

    fn body(left: usize, ends: bool) -> Pieces {
        Pieces { left, ends }
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_ends_is_given_up_and_its_share_given_back() {
        let unfinished = Unfinished::default();
        assert!(
            in_time(unfinished.read(body(2, false), 4 * PIECE))
                .await
                .is_none()
        );
        assert_eq!(unfinished.0.into_inner(), 0);
    }

    #[tokio::test]
    async fn a_body_past_its_limit_is_refused_whatever_comes_after() {
        let unfinished = Unfinished::default();
        for left in [3, 1_000] {
            let read = unfinished.read(body(left, true), 2 * PIECE).await;
            assert_eq!(read, Err(NoBody::TooBig));
        }
        let whole = unfinished.read(body(2, true), 2 * PIECE).await;
        assert_eq!(whole.map(|whole| whole.len()), Ok(2 * PIECE));
        assert_eq!(unfinished.0.into_inner(), 0);
    }

    #[tokio::test]
    async fn unfinished_bodies_share_what_may_be_held() {
        let unfinished = Unfinished::default();
        let mut begun: Vec<_> = (0..4)
            .map(|_| Box::pin(unfinished.read(body(63, false), 64 * PIECE)))
            .collect();
        for reading in &mut begun {
            let polled = std::future::poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx))).await;
            assert!(polled.is_pending());
        }
        let one_more = unfinished.read(body(20, true), 64 * PIECE).await;
        assert_eq!(one_more, Err(NoBody::TooMany));
        drop(begun);
        let later = unfinished.read(body(20, true), 64 * PIECE).await;
        assert!(later.is_ok());
    }
}
