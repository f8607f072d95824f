use core::fmt;
use std::sync::Arc;

use super::{AttemptId, Kept};
use crate::{Advice, ApiError, Request, Tick};

/// What the caller must do now. Ask again after doing it, or whenever in doubt: asking twice changes
/// nothing, except that only the first is told to send.
#[must_use = "an action does nothing until the driver carries it out"]
#[derive(Clone, Debug)]
pub enum Action<T> {
    /// Use this token. It is good, or the last resort: see
    /// [`usable_until`](super::Kept::usable_until).
    Ready(Arc<Kept<T>>),
    /// Send this request, and report with [`Keeper::handle`](super::Keeper::handle) whatever becomes of it.
    Send {
        /// To be given back with the outcome.
        attempt: AttemptId,
        /// The request, without what it [`Needs`](super::Fetch::Needs).
        request: Request,
        /// The deadline, to the last byte of the body.
        until: Tick,
        /// A token that is still good, if the caller would rather not wait.
        meanwhile: Option<Arc<Kept<T>>>,
    },
    /// Somebody else is at it, or it is a moment too early: ask again when told, or at `until`.
    Wait {
        /// When to ask again at the latest.
        until: Tick,
    },
    /// There is no token to be had now.
    Failed {
        /// Why, and who must act.
        error: FetchError,
        /// The next fetch will not start before; [`Tick::MAX`] means never.
        retry_at: Tick,
    },
}

/// What became of a fetch.
pub enum Outcome<'a> {
    /// An answer came, whatever it says.
    Response(http::Response<&'a [u8]>),
    /// The request certainly did not reach WeChat: name not found, connection refused, TLS failed.
    NotSent,
    /// No answer: time ran out or the line was cut after the request may have left.
    NoAnswer,
    /// The request could not be sent for want of what it [`Needs`](super::Fetch::Needs).
    NoCredential(FetchError),
    /// The driver gave up, such as a caller that was cancelled. The request may have left.
    Abandoned,
}

/// An answer holds a token, so only its status and length are shown.
impl fmt::Debug for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(answer) => {
                let (status, len) = (answer.status().as_u16(), answer.body().len());
                write!(f, "Response({status}, {len} bytes)")
            }
            Self::NotSent => f.write_str("NotSent"),
            Self::NoAnswer => f.write_str("NoAnswer"),
            Self::NoCredential(error) => f.debug_tuple("NoCredential").field(error).finish(),
            Self::Abandoned => f.write_str("Abandoned"),
        }
    }
}

/// Why there is no token.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// WeChat, or something in between, answered with an error.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// WeChat was not reached.
    #[error("wechat was not reached: check the network, the name resolution and the proxy")]
    NotSent,
    /// WeChat did not answer.
    #[error("wechat did not answer in time, or the line was cut")]
    NoAnswer,
    /// This keeper's own budget of sends is used up.
    #[error("the day's budget of fetches is used up: find out who refuses or replaces the tokens")]
    BudgetSpent,
    /// WeChat refused the token it had handed out, so that asking again at once would only burn the
    /// quota.
    #[error("wechat refused the token it had just handed out; asking again is spaced out")]
    TokenRefused,
}

impl FetchError {
    /// What to do about it, for a program.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Api(error) => error.advice(),
            Self::NotSent | Self::NoAnswer | Self::TokenRefused => Advice::RetryLater,
            Self::BudgetSpent => Advice::WaitForQuota,
        }
    }
}
