//! What was asked and what was answered: the newest thousand exchanges.

use std::collections::VecDeque;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::mask::{masked_body, masked_query, shortened};
use super::reply::Reply;
use super::secret::Secrets;
use super::time::Millis;
use crate::browser::Complaint;

/// Exchanges remembered.
const REMEMBERED: usize = 1_000;

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
            shown.body = masked_body(self.body.as_bytes());
            shown.answer = match self.answer.starts_with('{') {
                true => masked_body(self.answer.as_bytes()),
                false => self.answer.clone(),
            };
            shown.location = self
                .location
                .as_deref()
                .map(|location| match location.split_once('?') {
                    Some((before, query)) => format!("{before}?{}", masked_query(query)),
                    None => location.to_owned(),
                });
        }
        shown
    }
}

/// The newest exchanges.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Journal {
    next_id: u64,
    exchanges: VecDeque<Exchange>,
}

/// What a journal is told of an answer.
pub(crate) struct Answered<'a> {
    pub(crate) appid: Option<String>,
    pub(crate) reply: &'a Reply,
    pub(crate) errcode: Option<i64>,
    pub(crate) refused: bool,
    pub(crate) fault: Option<&'static str>,
    pub(crate) complaint: Option<Complaint>,
}

impl Journal {
    pub(crate) fn record(&mut self, at: Millis, call: &Call<'_>, answered: Answered<'_>) {
        let mut exchange = Exchange {
            id: self.next_id,
            at_unix_ms: at,
            peer: call.peer.to_canonical(),
            method: call.method.as_str().to_owned(),
            path: shortened(call.path.to_owned()),
            query: shortened(call.query.to_owned()),
            body: text_of(call.body),
            appid: answered.appid,
            outcome: match answered.refused {
                true => Outcome::Refused,
                false => Outcome::Answered,
            },
            status: None,
            errcode: answered.errcode,
            fault: answered.fault.map(str::to_owned),
            content_type: None,
            location: None,
            answer: String::new(),
            complaint: answered.complaint,
        };
        match answered.reply {
            Reply::Respond(response) => {
                let header = |name| {
                    let value = response.headers().get(name)?;
                    value.to_str().ok().map(str::to_owned)
                };
                exchange.status = Some(response.status().as_u16());
                exchange.content_type = header(http::header::CONTENT_TYPE);
                exchange.location = header(http::header::LOCATION);
                let body = response.body();
                exchange.answer = match body.starts_with(b"<") {
                    true => format!("[a page of {} bytes]", body.len()),
                    false => text_of(body),
                };
            }
            Reply::NeverAnswer | Reply::CutTheLine => exchange.outcome = Outcome::Unanswered,
        }
        self.next_id = self.next_id.saturating_add(1);
        self.exchanges.push_back(exchange);
        if self.exchanges.len() > REMEMBERED {
            self.exchanges.pop_front();
        }
    }

    pub(crate) fn exchanges(&self) -> impl DoubleEndedIterator<Item = &Exchange> {
        self.exchanges.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.exchanges.clear();
    }
}

fn text_of(bytes: &[u8]) -> String {
    // What is cut off below need not be looked at before.
    let kept = bytes.get(..bytes.len().min(8 * 1_024)).unwrap_or_default();
    shortened(String::from_utf8_lossy(kept).into_owned())
}
