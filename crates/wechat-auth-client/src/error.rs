use std::fmt;
use std::time::Duration;

use wechat_auth::keeper::FetchError;
use wechat_auth::{Advice, ApiError};

use crate::TransportError;

/// There is no token to be had now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenError {
    pub(crate) error: FetchError,
    pub(crate) retry_in: Option<Duration>,
}

impl TokenError {
    /// Why, and who must act.
    pub fn cause(&self) -> &FetchError {
        &self.error
    }

    /// Asking again sooner brings the same answer without a request; `None` means it never changes by
    /// itself.
    pub fn retry_in(&self) -> Option<Duration> {
        self.retry_in
    }

    /// What to do about it, for a program.
    pub fn advice(&self) -> Advice {
        self.error.advice()
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.retry_in {
            Some(wait) => write!(f, "{}; next try in {} s", self.error, wait.as_secs().max(1)),
            None => write!(f, "{}", self.error),
        }
    }
}

impl std::error::Error for TokenError {}

/// Why a call brought nothing.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// There was no token to make it with.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// It brought no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The answer was an error.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl CallError {
    /// What to do about it, for a program.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Token(error) => error.advice(),
            Self::Transport(_) => Advice::RetryLater,
            Self::Api(error) => error.advice(),
        }
    }

    /// What WeChat says against the token, if that is why it refuses the call.
    pub(crate) fn against_the_token(&self) -> Option<Against> {
        match self {
            Self::Api(error) => Against::said_by(error),
            _ => None,
        }
    }
}

/// What WeChat says against a token: another one may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// It is not valid (40001, 40014).
    NotValid,
    /// Its life is over (42001).
    Expired,
}

impl Against {
    pub(crate) fn said_by(error: &ApiError) -> Option<Self> {
        match error {
            ApiError::WeChat(refusal) if refusal.code() == EXPIRED => Some(Self::Expired),
            other => (other.advice() == Advice::NewToken).then_some(Self::NotValid),
        }
    }
}

const EXPIRED: i64 = 42001;
