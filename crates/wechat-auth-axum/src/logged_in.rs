use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use wechat_auth::Grant;
use wechat_auth::login::{OpenId, ReturnTo, UnionId, UserInfo, UserToken};

/// Who logged in: a person, since a snapshot's made-up visitor never gets this far. It is an extractor for
/// the handler that signs users in: the first one given to
/// [`EntryPoint::router`](crate::EntryPoint::router).
///
/// `Debug` shows nothing of the user.
#[derive(Clone, Debug)]
#[must_use = "nobody is logged in before the application keeps it, in a session of its own"]
pub struct LoggedIn {
    /// The user's name for this account.
    pub openid: OpenId,
    /// The user's name across all accounts of one owner, where WeChat gave it.
    pub unionid: Option<UnionId>,
    /// What WeChat says about the user; asked for unless the scope is `snsapi_base`, which does not allow
    /// it. The texts are the user's own: escape them.
    pub profile: Option<UserInfo>,
    /// Opens `/sns/…` for this user, and its life counts from now. To keep it alive, hand it to
    /// [`Client::user_token`](wechat_auth_client::Client::user_token).
    pub token: Grant<UserToken>,
    /// Where the user wanted to go, allowed by the entry point's list.
    pub return_to: ReturnTo,
}

impl<S: Sync> FromRequestParts<S> for LoggedIn {
    type Rejection = NotOurs;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotOurs> {
        parts.extensions.remove().ok_or(NotOurs)
    }
}

/// [`LoggedIn`] or [`LoginFailure`](crate::LoginFailure) was asked for by a handler that is not one of the
/// two given to [`EntryPoint::router`](crate::EntryPoint::router).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("only the handlers given to EntryPoint::router can ask for LoggedIn and LoginFailure")]
pub struct NotOurs;

impl IntoResponse for NotOurs {
    fn into_response(self) -> Response {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
