use core::fmt;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Uri};

use crate::BaseUrl;

/// A request as data: everything an HTTP client needs, and nothing that shows by accident.
///
/// It is its own type because `http::Request` prints its URI, and half of WeChat's secrets live in
/// query strings. `Debug` shows method, host, path and the body's length.
///
/// ```
/// use wechat_auth::{Origin, Request};
///
/// let request = Request::get(Origin::wechat().api(), "/cgi-bin/user/info", &[("openid", "o6_bm")]);
/// assert_eq!(format!("{request:?}"), "GET https://api.weixin.qq.com/cgi-bin/user/info (0 bytes)");
/// let http = request.into_http()?;
/// assert_eq!(http.uri().query(), Some("openid=o6_bm"));
/// # Ok::<(), wechat_auth::InvalidRequest>(())
/// ```
#[must_use = "a request does nothing until a transport sends it"]
#[derive(Clone, PartialEq)]
pub struct Request {
    method: Method,
    target: String,
    /// Where the query starts in `target`, after the `?`; the length of `target` when there is none.
    query_at: usize,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Request {
    /// A `GET` of `path` (with its leading slash) below `base`; the query in the order given, each
    /// part percent-encoded.
    pub fn get(base: &BaseUrl, path: &str, query: &[(&str, &str)]) -> Self {
        Self::new(Method::GET, base, path, query)
    }

    /// A `POST` with a JSON body, which must already be serialised.
    pub fn post_json(base: &BaseUrl, path: &str, query: &[(&str, &str)], body: Vec<u8>) -> Self {
        Self {
            body,
            ..Self::new(Method::POST, base, path, query)
        }
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    /// A `POST` with any other body, such as a multipart upload.
    pub fn post(
        base: &BaseUrl,
        path: &str,
        query: &[(&str, &str)],
        content_type: HeaderValue,
        body: Vec<u8>,
    ) -> Self {
        Self {
            body,
            ..Self::new(Method::POST, base, path, query)
        }
        .header(CONTENT_TYPE, content_type)
    }

    fn new(method: Method, base: &BaseUrl, path: &str, query: &[(&str, &str)]) -> Self {
        let base = base.as_str();
        let mut target = String::with_capacity(base.len() + path.len() + 256);
        target.push_str(base);
        target.push_str(path);
        let query_at = target.len();
        let mut request = Self {
            method,
            target,
            query_at,
            headers: HeaderMap::new(),
            body: Vec::new(),
        };
        if !query.is_empty() {
            request.target.push('?');
            request.query_at += 1;
            request.target.push_str(&encode(query));
        }
        request
    }

    /// The same, with one more header; a header of that name set before is replaced.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same, with these parameters put before the others, as WeChat's documentation writes the
    /// token first.
    pub fn query_first(mut self, query: &[(&str, &str)]) -> Self {
        let mut front = encode(query);
        if self.query_at == self.target.len() {
            self.target.push('?');
            self.query_at = self.target.len();
        } else {
            front.push('&');
        }
        self.target.insert_str(self.query_at, &front);
        self
    }

    /// `GET` or `POST`.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Scheme, host and path: what may be logged.
    pub fn place(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The body's length in bytes.
    pub fn body_len(&self) -> usize {
        self.body.len()
    }

    /// Gives the request to an HTTP client. From here on the client's own `Debug` shows the URI.
    ///
    /// # Errors
    /// [`InvalidRequest`] when the URI cannot exist: longer than 65 534 bytes, or a path that is
    /// not one. The endpoints of this crate are built from checked parts and never fail here.
    pub fn into_http(self) -> Result<http::Request<Vec<u8>>, InvalidRequest> {
        let uri = Uri::try_from(self.target).map_err(|_| InvalidRequest)?;
        let mut request = http::Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        Ok(request)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (method, place, len) = (&self.method, self.place(), self.body.len());
        write!(f, "{method} {place} ({len} bytes)")
    }
}

/// The request's URI cannot exist: too long, or its path is not one. Whoever built it must mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request has no valid URI (too long, or a bad path): mend the endpoint that built it")]
pub struct InvalidRequest;

fn encode(query: &[(&str, &str)]) -> String {
    // Pairs of strings always encode: the error case is for nested values.
    serde_urlencoded::to_string(query).unwrap_or_default()
}

/// A JSON body from one of this crate's own structs of strings, which always serialise.
pub(crate) fn json(body: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Origin;

    #[test]
    fn debug_shows_the_place_and_neither_query_nor_body() {
        let base = Origin::wechat();
        let request = Request::post_json(base.api(), "/x", &[("secret", "S3")], b"{\"k\":\"S3\"}".into());
        let shown = format!("{request:?}");
        assert_eq!(shown, "POST https://api.weixin.qq.com/x (10 bytes)");
    }

    #[test]
    fn the_token_goes_first_whether_or_not_there_is_a_query() {
        let origin = Origin::wechat();
        let bare = Request::get(origin.api(), "/a", &[]).query_first(&[("access_token", "T&")]);
        assert_eq!(bare.target, "https://api.weixin.qq.com/a?access_token=T%26");
        let more = Request::get(origin.api(), "/a", &[("type", "jsapi")])
            .query_first(&[("access_token", "T"), ("openid", "o")]);
        assert_eq!(
            more.target,
            "https://api.weixin.qq.com/a?access_token=T&openid=o&type=jsapi"
        );
    }

    #[test]
    fn a_uri_that_cannot_exist_is_an_error_and_not_a_panic() {
        let origin = Origin::wechat();
        let long = "x".repeat(70_000);
        let request = Request::get(origin.api(), "/a", &[("code", &long)]);
        assert_eq!(request.into_http().unwrap_err(), InvalidRequest);
        let request = Request::get(origin.api(), "/ü \n", &[]);
        assert_eq!(request.into_http().unwrap_err(), InvalidRequest);
    }
}
