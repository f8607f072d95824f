use core::future::Future;

use tracing::{Instrument, field, info_span};
use wechat_auth::AppId;
use wechat_auth::keeper::FetchError;
use wechat_auth_client::CallError;

use crate::Api;

// ANCHOR: span
/// A span around one call: account, path, how it ended. No URL, no query, no body, so nothing secret; the
/// errors of the libraries below hold none either.
pub(crate) async fn around<E: Api>(
    appid: &AppId,
    call: impl Future<Output = Result<E::Response, CallError>>,
) -> Result<E::Response, CallError> {
    let span = info_span!(
        "wechat",
        appid = appid.as_str(),
        path = E::PATH,
        errcode = field::Empty,
        error = field::Empty,
    );
    let done = call.instrument(span.clone()).await;
    match &done {
        Ok(_) => {
            span.record("errcode", 0);
        }
        Err(error) => {
            span.record("errcode", errcode(error));
            span.record("error", field::display(error));
        }
    }
    done
}
// ANCHOR_END: span

/// WeChat's code, whether the call was refused or the token for it. Without one no `errcode` is recorded.
fn errcode(error: &CallError) -> Option<i64> {
    match error {
        CallError::Api(error) => error.code(),
        CallError::Token(error) => match error.cause() {
            FetchError::Api(error) => error.code(),
            _ => None,
        },
        _ => None,
    }
}
