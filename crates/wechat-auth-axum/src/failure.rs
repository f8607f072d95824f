use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use wechat_auth::login::{InvalidCallback, LoginError};
use wechat_auth::{Advice, ApiError};
use wechat_auth_client::{CallError, Fault};

use crate::{NotOurs, StoreUnavailable};

/// A login that came to nothing. It is an extractor for the handler that answers failures: the second one
/// given to [`EntryPoint::router`](crate::EntryPoint::router).
///
/// Nothing in it is secret: print it, log it.
#[derive(Clone, Debug)]
pub struct LoginFailure {
    cause: Cause,
    begin: Arc<str>,
}

impl LoginFailure {
    pub(crate) fn new(cause: Cause, begin: Arc<str>) -> Self {
        Self { cause, begin }
    }

    /// Why.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// The status that fits, see [`Cause::status`].
    pub fn status(&self) -> StatusCode {
        self.cause.status()
    }

    /// Where a login at the same entry point begins: the path for a link that says "try again".
    pub fn begin_path(&self) -> &str {
        &self.begin
    }
}

impl<S: Sync> FromRequestParts<S> for LoginFailure {
    type Rejection = NotOurs;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotOurs> {
        parts.extensions.remove().ok_or(NotOurs)
    }
}

/// Why a login came to nothing. `Display` is for the log; what a user should read is
/// [`LoginFailure::zh`] and [`LoginFailure::en`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// Not a GET request. Nothing was looked at: HEAD or POST cannot spend a code.
    #[error("not a GET request: a login begins and ends by opening a page")]
    Method,
    /// A browser's prefetch, or, at the begin address, an image, frame or script instead of a page.
    #[error("a prefetch, or embedded in another page: nobody opened it")]
    NotAVisit,
    /// The query is not one of WeChat's.
    #[error(transparent)]
    Callback(#[from] InvalidCallback),
    /// The callback was judged, and refused.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// A visitor of a snapshot page: WeChat made the identity up, so nobody is logged in.
    #[error("a visitor of a snapshot page, whose identity wechat makes up: nobody was logged in")]
    Snapshot,
    /// The exchange of the code, or the question for the profile, failed. The code is gone.
    #[error(transparent)]
    WeChat(#[from] CallError),
    /// The store of pending logins is down.
    #[error(transparent)]
    Store(#[from] StoreUnavailable),
    /// Something on this side broke, such as a handler that panicked.
    #[error("{0}")]
    Internal(&'static str),
}

impl From<ApiError> for Cause {
    fn from(error: ApiError) -> Self {
        Self::WeChat(error.into())
    }
}

impl Cause {
    /// The HTTP status that fits.
    ///
    /// | | |
    /// |---|---|
    /// | 400 | no callback of WeChat's, a state or code that is not good |
    /// | 403 | another browser, a refusal, a snapshot, a user whom WeChat blocks, nobody's visit |
    /// | 405 | not a GET |
    /// | 410 | expired, or over |
    /// | 500 | the account's configuration, or something on this side |
    /// | 502, 504 | WeChat's answer is none, or does not come |
    /// | 503 | WeChat is busy, or the store is down |
    pub fn status(&self) -> StatusCode {
        self.kind().status()
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Method => Kind::Method,
            Self::NotAVisit => Kind::NotAVisit,
            Self::Callback(_) => Kind::NotACallback,
            Self::Login(error) => Kind::of_login_error(*error),
            Self::Snapshot => Kind::Snapshot,
            Self::WeChat(error) => Kind::of_call_error(error),
            Self::Store(_) => Kind::Store,
            Self::Internal(_) => Kind::OurSide,
        }
    }

    /// WeChat's `errcode` and the request's number, for a user who asks for help.
    pub(crate) fn reference(&self) -> Option<String> {
        let Self::WeChat(CallError::Api(ApiError::WeChat(refusal))) = self else {
            return None;
        };
        let code = refusal.code();
        Some(match refusal.rid() {
            Some(rid) => format!("{code}, rid {rid}"),
            None => code.to_string(),
        })
    }
}

/// What there is a page for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Method,
    NotAVisit,
    NotACallback,
    Unknown,
    Mangled,
    OtherBrowser,
    OtherEntryPoint,
    Expired,
    Refused,
    Over,
    Snapshot,
    CodeRefused,
    Blocked,
    Busy,
    NoAnswer,
    BadAnswer,
    Misconfigured,
    Store,
    OurSide,
}

impl Kind {
    fn of_login_error(error: LoginError) -> Self {
        match error {
            LoginError::StateMangled => Self::Mangled,
            LoginError::OtherBrowser => Self::OtherBrowser,
            LoginError::OtherAppId | LoginError::OtherRedirectUri | LoginError::OtherScope => {
                Self::OtherEntryPoint
            }
            LoginError::Expired => Self::Expired,
            LoginError::Refused => Self::Refused,
            LoginError::AlreadyRedeemed => Self::Over,
            _ => Self::Unknown,
        }
    }

    fn of_call_error(error: &CallError) -> Self {
        match error {
            CallError::Transport(error) if error.fault() == Fault::Timeout => Self::NoAnswer,
            CallError::Transport(_) => Self::BadAnswer,
            CallError::Api(ApiError::Status { .. } | ApiError::Malformed { .. }) => Self::BadAnswer,
            refused => match refused.advice() {
                Advice::RestartLogin | Advice::NewToken => Self::CodeRefused,
                Advice::UserSaidNo => Self::Blocked,
                Advice::RetryLater | Advice::SlowDown | Advice::WaitForQuota => Self::Busy,
                _ => Self::Misconfigured,
            },
        }
    }

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NotACallback
            | Self::Unknown
            | Self::Mangled
            | Self::OtherEntryPoint
            | Self::CodeRefused => StatusCode::BAD_REQUEST,
            Self::NotAVisit | Self::OtherBrowser | Self::Refused | Self::Snapshot | Self::Blocked => {
                StatusCode::FORBIDDEN
            }
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Expired | Self::Over => StatusCode::GONE,
            Self::Misconfigured | Self::OurSide => StatusCode::INTERNAL_SERVER_ERROR,
            Self::BadAnswer => StatusCode::BAD_GATEWAY,
            Self::Busy | Self::Store => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoAnswer => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}
