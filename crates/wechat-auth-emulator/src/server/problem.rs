//! Bad admin input, as problem details.

use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::machine::Unreadable;

/// Why an admin request is not carried out. Nothing has changed then.
///
/// # Source
///
/// RFC 9457; `field` is an extension member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: String,
    field: Option<String>,
    allow: Option<String>,
    more: Map<String, Value>,
}

impl From<Unreadable> for Problem {
    fn from(unreadable: Unreadable) -> Self {
        Self {
            field: unreadable.field,
            ..Self::new(StatusCode::BAD_REQUEST, unreadable.detail)
        }
    }
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            field: None,
            allow: None,
            more: Map::new(),
        }
    }

    /// Something is wrong with one field of the body.
    pub(crate) fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(StatusCode::BAD_REQUEST, detail)
        }
    }

    pub(crate) fn method(allow: String) -> Self {
        let detail = format!("this path answers {allow}");
        Self {
            allow: Some(allow),
            ..Self::new(StatusCode::METHOD_NOT_ALLOWED, detail)
        }
    }

    /// Another extension member.
    pub(crate) fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or_default();
        self.more.insert(name.to_owned(), value);
        self
    }

    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// One line for a reader.
    pub(crate) fn line(&self) -> String {
        match &self.field {
            Some(field) => format!("{field} {}", self.detail),
            None => self.detail.clone(),
        }
    }

    pub(crate) fn into_response(self) -> Response<Vec<u8>> {
        #[derive(Serialize)]
        struct Details<'a> {
            r#type: &'a str,
            title: &'a str,
            status: u16,
            detail: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            field: Option<&'a str>,
            #[serde(flatten)]
            more: &'a Map<String, Value>,
        }
        let details = Details {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            field: self.field.as_deref(),
            more: &self.more,
        };
        let mut response = Response::new(serde_json::to_vec(&details).unwrap_or_default());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let content_type = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, content_type);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(allow) = self.allow {
            headers.extend(
                HeaderValue::try_from(allow)
                    .ok()
                    .map(|allow| (header::ALLOW, allow)),
            );
        }
        response
    }
}
