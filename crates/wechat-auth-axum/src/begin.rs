//! Off to WeChat.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http::header::{HeaderValue, LOCATION, SET_COOKIE};
use http::request::Parts;
use wechat_auth::login::{ReturnTo, WebLogin};
use wechat_auth_client::{Clock, Transport};

use crate::routes::is_a_visit;
use crate::{Cause, EntryPoint, LoginStore};

impl<T, C, K> EntryPoint<T, C, K>
where
    T: Transport + 'static,
    C: Clock + 'static,
    K: LoginStore,
{
    /// Answers whoever wants to log in.
    pub(crate) async fn begin(&self, parts: &Parts) -> Result<Response, Cause> {
        is_a_visit(parts)?;
        opens_a_page(parts)?;
        let return_to = return_to(&self.login, parts.uri.query().unwrap_or_default());
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy)
            .map_err(|_| Cause::Internal("this system has no randomness to give"))?;
        let begun = self
            .keeping
            .begin(&self.login, entropy, self.now_unix(), return_to)
            .await?;
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SEE_OTHER;
        let headers = response.headers_mut();
        let url = HeaderValue::try_from(begun.url.as_str());
        headers.insert(
            LOCATION,
            url.map_err(|_| Cause::Internal("the authorize link is no header"))?,
        );
        for cookie in self.site.bind(&begun.id, &begun.browser, &parts.headers) {
            headers.append(SET_COOKIE, cookie);
        }
        Ok(response)
    }
}

/// What another site embeds, as an image or a frame, begins no login: it would only push out those that
/// somebody waits for. Old browsers do not say what they want an address for.
fn opens_a_page(parts: &Parts) -> Result<(), Cause> {
    match parts.headers.get("sec-fetch-dest") {
        Some(destination) if destination != "document" => Err(Cause::NotAVisit),
        _ => Ok(()),
    }
}

/// The query's `return_to`, where it is allowed; `/` where it is not, or not there.
fn return_to(login: &WebLogin, query: &str) -> ReturnTo {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let asked = pairs.into_iter().find(|(name, _)| name == "return_to");
    let allowed = asked.and_then(|(_, place)| login.return_to(&place).ok());
    allowed.unwrap_or_default()
}
