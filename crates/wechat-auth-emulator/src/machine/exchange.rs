//! One request and what became of it, for whoever asks.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::mask::{masked_body, masked_header, masked_link, masked_query};
use super::secret::Secrets;
use super::time::Millis;
use crate::browser::Complaint;

/// One request and what became of it.
///
/// It holds the texts as they went over the wire, secrets included, each cut at 4 KiB;
/// [`shown`](Self::shown) masks them, and Debug prints none.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Exchange {
    /// Counts from 0, and on when earlier ones are forgotten.
    pub id: u64,
    /// When it arrived, in milliseconds since 1970-01-01 UTC.
    pub at_unix_ms: Millis,
    /// The address it came from.
    pub peer: IpAddr,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, without its `?`.
    pub query: String,
    /// The headers of the request in their order, those that fit into 4 KiB together.
    pub headers: Vec<Header>,
    /// The body of the request, and of the reply.
    pub body: String,
    /// The app it named, or whose token it carried.
    pub appid: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// The HTTP status; `None` when nothing was answered.
    pub status: Option<u16>,
    /// The errcode of an answer in WeChat's shape; 0 is success.
    pub errcode: Option<i64>,
    /// The fault that struck it, by the name of its effect.
    pub fault: Option<String>,
    /// The Content-Type header of the answer.
    pub content_type: Option<String>,
    /// The Location header of the answer.
    pub location: Option<String>,
    /// The body of the answer; of a page only how long it is.
    pub answer: String,
    /// What is wrong with an authorize link, and how to mend it.
    pub complaint: Option<Complaint>,
}

/// No text that may hold a secret.
impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("id", &self.id)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// A header of a request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Header {
    /// Its name, in small letters.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Its name only.
impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Answered, without an error.
    Answered,
    /// Answered with an errcode other than 0, or an HTTP error.
    Refused,
    /// Not answered.
    Unanswered,
}

impl Exchange {
    /// The same without its secrets, or with them.
    #[must_use]
    pub fn shown(&self, secrets: Secrets) -> Self {
        let mut shown = self.clone();
        if secrets == Secrets::Hide {
            shown.query = masked_query(&self.query);
            for header in &mut shown.headers {
                header.value = masked_header(&header.name, &header.value);
            }
            shown.body = masked_body(self.body.as_bytes());
            shown.answer = match self.answer.starts_with('{') {
                true => masked_body(self.answer.as_bytes()),
                false => self.answer.clone(),
            };
            shown.location = self.location.as_deref().map(masked_link);
        }
        shown
    }
}
