//! Requests in, answers out.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{OriginalUri, Request, State};
use axum::handler::Handler;
use axum::response::Response;
use axum::routing::any;
use http::header::{ALLOW, CACHE_CONTROL, HeaderValue, REFERRER_POLICY};
use http::request::Parts;
use http::{Method, Uri};
use wechat_auth_client::{Clock, Transport};

use crate::{Cause, EntryPoint, LoggedIn, LoginFailure, LoginStore};

pub(crate) fn of<T, C, K, S, W, WX, F, FX>(entry: Arc<EntryPoint<T, C, K>>, welcome: W, sorry: F) -> Router<S>
where
    T: Transport + 'static,
    C: Clock + 'static,
    K: LoginStore,
    S: Clone + Send + Sync + 'static,
    W: Handler<WX, S>,
    F: Handler<FX, S>,
    WX: 'static,
    FX: 'static,
{
    let (begin_path, callback_path) = (entry.begin_path.to_string(), entry.callback_path.clone());
    let (at_begin, sorry_at_begin) = (Arc::clone(&entry), sorry.clone());
    let begin = move |State(state): State<S>, parts: Parts| async move {
        let answer = at_begin.begin(&parts).await;
        finished(answer, &at_begin, sorry_at_begin, parts, state).await
    };
    let callback = move |State(state): State<S>, parts: Parts| async move {
        let asked = quiet(parts.clone());
        let of_the_app = state.clone();
        let sign_in = move |user: LoggedIn| {
            let mut request = asked;
            request.extensions_mut().insert(user);
            welcome.call(request, of_the_app)
        };
        let answer = entry.arrive(&parts, sign_in).await;
        finished(answer, &entry, sorry, parts, state).await
    };
    // Every method, because a route for GET would answer HEAD by the same handler.
    Router::new()
        .route(&begin_path, any(begin))
        .route(&callback_path, any(callback))
}

/// The answer, or what the application says about the failure; neither is kept or tells another site where
/// the browser came from.
async fn finished<T, C, K, S, F, FX>(
    answer: Result<Response, Cause>,
    entry: &EntryPoint<T, C, K>,
    sorry: F,
    asked: Parts,
    state: S,
) -> Response
where
    F: Handler<FX, S>,
{
    let mut response = match answer {
        Ok(response) => response,
        Err(cause) => {
            let mut request = quiet(asked);
            let wrong_method = cause == Cause::Method;
            let failure = LoginFailure::new(cause, Arc::clone(&entry.begin_path));
            request.extensions_mut().insert(failure);
            let mut response = sorry.call(request, state).await;
            if wrong_method {
                response
                    .headers_mut()
                    .insert(ALLOW, HeaderValue::from_static("GET"));
            }
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// The same request as the application's handlers see it: without the query, which holds a code.
fn quiet(mut parts: Parts) -> Request {
    parts.method = Method::GET;
    parts.uri = parts.uri.path().parse().unwrap_or_else(|_| Uri::from_static("/"));
    parts.extensions.remove::<OriginalUri>();
    Request::from_parts(parts, Body::empty())
}

/// Whether somebody opens this address. A prefetch must not spend a code, and neither may HEAD.
pub(crate) fn is_a_visit(parts: &Parts) -> Result<(), Cause> {
    if parts.method != Method::GET {
        return Err(Cause::Method);
    }
    let ahead = |value: &HeaderValue| {
        let value = value.to_str().unwrap_or_default();
        value.contains("prefetch") || value.contains("preview")
    };
    let purposes = ["sec-purpose", "purpose", "x-purpose", "x-moz"];
    if purposes
        .into_iter()
        .any(|name| parts.headers.get_all(name).iter().any(ahead))
    {
        return Err(Cause::NotAVisit);
    }
    Ok(())
}
