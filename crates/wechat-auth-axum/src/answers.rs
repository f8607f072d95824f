//! What the callbacks of this process were answered with, for the same callback again.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::response::Response;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use http::{StatusCode, response};
use tokio::sync::watch;
use wechat_auth::login::{LoginId, ReturnTo};

use crate::Cause;
use crate::recent::Recent;

/// What a login's callback came to.
pub(crate) type Outcome = Result<Arc<Answer>, Cause>;

/// Logins whose outcome is remembered; the oldest is forgotten first. Each of them cost a question to
/// WeChat.
const MOST: usize = 10_000;

/// The outcomes of the logins that were finished here, or are being finished.
pub(crate) struct Answers(Mutex<Recent<watch::Receiver<Option<Outcome>>>>);

/// Whoever finishes a login tells it here.
pub(crate) type Teller = watch::Sender<Option<Outcome>>;

/// An outcome that is known already or will be.
pub(crate) struct Awaited(watch::Receiver<Option<Outcome>>);

impl Answers {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Recent::new(MOST)))
    }

    /// The outcome of a login. Whoever asks first gets the teller too, and finishes the login.
    pub(crate) fn enter(&self, id: &LoginId, now_unix: u64) -> (Awaited, Option<Teller>) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = answers.get(id) {
            return (Awaited(known.clone()), None);
        }
        let (teller, awaited) = watch::channel(None);
        answers.insert(id, awaited.clone(), now_unix);
        (Awaited(awaited), Some(teller))
    }

    /// The outcome of a login that was finished before, if it was here.
    pub(crate) fn find(&self, id: &LoginId) -> Option<Awaited> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(id).cloned().map(Awaited)
    }
}

impl Awaited {
    pub(crate) async fn outcome(mut self) -> Outcome {
        let known = self.0.wait_for(Option::is_some).await;
        let outcome = known.ok().and_then(|outcome| outcome.clone());
        outcome.unwrap_or(Err(Cause::Internal(
            "the login ended without an outcome: the handler panicked, or the server is shutting down",
        )))
    }
}

/// An answer that can be given again. Its headers hold a session, so it has no `Debug`.
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    given_at: u64,
}

/// The largest page an application may answer a login with, in bytes.
const MAX_BODY: usize = 64 << 10;

/// How long, in seconds, a browser that says it never had the answer gets all of it again. A web view that
/// asks twice does so at once; a copied cookie comes later.
const REPEATED_IN_FULL: u64 = 60;

impl Answer {
    /// What the application said, made fit for the callback's address: that address holds the code, so a
    /// success always leads away from it.
    pub(crate) async fn of(said: Response, return_to: &ReturnTo, now_unix: u64) -> Result<Self, Cause> {
        let (response::Parts { status, headers, .. }, body) = said.into_parts();
        if status.is_success() {
            return Ok(Self::away(headers, return_to, now_unix));
        }
        let body = to_bytes(body, MAX_BODY).await;
        let body = body.map_err(|_| Cause::Internal("the application's answer to the login is too long"))?;
        Ok(Self {
            status,
            headers,
            body,
            given_at: now_unix,
        })
    }

    /// On to where the user wanted to go.
    pub(crate) fn away(mut headers: HeaderMap, return_to: &ReturnTo, now_unix: u64) -> Self {
        headers.remove(CONTENT_TYPE);
        headers.remove(CONTENT_LENGTH);
        if let Ok(location) = HeaderValue::try_from(return_to.as_str()) {
            headers.insert(LOCATION, location);
        }
        Self {
            status: StatusCode::SEE_OTHER,
            headers,
            body: Bytes::new(),
            given_at: now_unix,
        }
    }

    /// Whether it is too late to hand out the session in it once more.
    pub(crate) fn is_old(&self, now_unix: u64) -> bool {
        now_unix.abs_diff(self.given_at) > REPEATED_IN_FULL
    }

    pub(crate) fn in_full(&self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }

    /// The same, without the session.
    pub(crate) fn without_cookies(&self) -> Response {
        let mut response = self.in_full();
        response.headers_mut().remove(SET_COOKIE);
        response
    }
}
