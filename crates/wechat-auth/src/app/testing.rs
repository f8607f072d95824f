//! What the tests of the endpoints share.

use crate::{Account, Advice, ApiError, Endpoint, Origin};

pub(crate) const SECRET: &str = "5ecre7-0123456789abcdef01234567";

pub(crate) fn account() -> Account {
    Account::new("wx0123456789abcdef", SECRET).unwrap()
}

/// Method, URI, content type and body of an endpoint's request, exactly as they are sent.
pub(crate) fn sent(endpoint: &impl Endpoint) -> [String; 4] {
    let request = endpoint.request(&Origin::wechat()).into_http().unwrap();
    let content_type = request.headers().get("content-type");
    let content_type = content_type.map_or("", |value| value.to_str().unwrap());
    [
        request.method().to_string(),
        request.uri().to_string(),
        content_type.to_owned(),
        String::from_utf8(request.body().clone()).unwrap(),
    ]
}

pub(crate) fn answered<E: Endpoint>(endpoint: &E, body: &str) -> Result<E::Response, ApiError> {
    endpoint.parse(http::Response::new(body.as_bytes()))
}

/// The advice that follows from this answer, which must be an error.
pub(crate) fn advised<E: Endpoint>(endpoint: &E, body: &str) -> Advice {
    match answered(endpoint, body) {
        Ok(_) => panic!("taken for a success: {body}"),
        Err(error) => error.advice(),
    }
}

/// The field that the endpoint misses in this answer.
pub(crate) fn missed<E: Endpoint>(endpoint: &E, body: &str) -> &'static str {
    match answered(endpoint, body) {
        Err(ApiError::Malformed { at, .. }) => at,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("taken for a success: {body}"),
    }
}
