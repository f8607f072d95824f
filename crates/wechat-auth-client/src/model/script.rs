//! The world of the stories: a WeChat that answers every request with the next token, and a clock that
//! stands still until a story moves it.

use std::future::{pending, poll_fn};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use wechat_auth::keeper::{Ask, Fetch, Policy};
use wechat_auth::{ApiError, AppToken, Grant, NoToken, Origin, Request, Secret, Tick};

use crate::{Clock, Limits, Transport, TransportError, blocking};

/// Not watched by loom, on purpose: what the world does adds no order of its own.
#[derive(Clone)]
pub(super) struct World {
    sent: Arc<AtomicUsize>,
    panics: Arc<AtomicBool>,
    now: Arc<AtomicU64>,
}

pub(super) type Source = crate::TokenSource<Quick, World, World>;
pub(super) type BlockingSource = blocking::TokenSource<Quick, World, World>;

impl World {
    pub(super) fn new() -> Self {
        Self {
            sent: Arc::default(),
            panics: Arc::default(),
            now: Arc::new(AtomicU64::new(1_000_000)),
        }
    }

    pub(super) fn source(&self) -> Source {
        crate::Client::new(self.clone())
            .with_clock(self.clone())
            .keep(Quick)
    }

    pub(super) fn blocking_source(&self) -> BlockingSource {
        blocking::Client::new(self.clone())
            .with_clock(self.clone())
            .keep(Quick)
    }

    /// How many fetches were sent.
    pub(super) fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }

    pub(super) fn panic_in_the_first_fetch(&self) {
        self.panics.store(true, Ordering::SeqCst);
    }

    pub(super) fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.now.fetch_add(millis, Ordering::SeqCst);
    }

    fn answer(&self) -> http::Response<Vec<u8>> {
        let number = 1 + self.sent.fetch_add(1, Ordering::SeqCst);
        http::Response::new(number.to_string().into_bytes())
    }
}

impl Clock for World {
    fn now(&self) -> Tick {
        Tick::from_millis(self.now.load(Ordering::SeqCst))
    }
}

impl Transport for World {
    async fn send(
        &self,
        _: http::Request<Vec<u8>>,
        _: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        let response = self.answer();
        // A place to be cancelled at.
        let mut polled = false;
        poll_fn(|cx| {
            if polled {
                return Poll::Ready(());
            }
            polled = true;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        Ok(response)
    }

    async fn sleep(&self, _: Duration) {
        pending::<()>().await;
    }
}

impl blocking::Transport for World {
    fn send(&self, _: http::Request<Vec<u8>>, _: Limits) -> Result<http::Response<Vec<u8>>, TransportError> {
        let response = self.answer();
        if self.panics.swap(false, Ordering::SeqCst) {
            // Not `panic!`, which would tell of it on stderr in every order.
            resume_unwind(Box::new("an HTTP client with a bug"));
        }
        Ok(response)
    }
}

/// An app token that may be asked for at any time: on a clock that stands still, nobody could wait. It is
/// asked for and answered in as few words as can be, for loom's threads have small stacks.
pub(super) struct Quick;

impl Fetch for Quick {
    type Token = AppToken;
    type Needs = NoToken;

    fn policy(&self) -> Policy {
        Policy {
            min_spacing: Duration::ZERO,
            backoff_first: Duration::ZERO,
            ..Policy::classic()
        }
    }

    fn request(&self, _: Ask, to: &Origin) -> Request {
        Request::get(to.api(), "/", &[])
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<Grant<AppToken>, ApiError> {
        Ok(Grant {
            token: AppToken::new(String::from_utf8_lossy(response.body()).into_owned()),
            expires_in: Duration::from_secs(7200),
        })
    }

    fn is_same(&self, held: &AppToken, got: &AppToken) -> bool {
        held == got
    }

    fn name(&self) -> String {
        String::from("quick")
    }

    fn save(&self, token: &AppToken) -> Secret {
        token.secret().clone()
    }

    fn load(&self, saved: &Secret) -> Option<AppToken> {
        Some(AppToken::new(saved.clone()))
    }
}
