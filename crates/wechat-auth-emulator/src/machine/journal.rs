//! What was asked and what was answered: the newest thousand exchanges.
//!
//! Every request is taken down, and hardly any is looked at. So what is kept of one lies
//! in one piece of memory, which the oldest leaves to the newest, and becomes texts when
//! somebody reads.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::Write;
use std::net::IpAddr;

use http::{HeaderMap, HeaderValue, Method, header};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::call::Call;
use super::exchange::{Exchange, Header, Outcome};
use super::mask::{KEPT_BYTES, shortened};
use super::reply::Reply;
use super::time::Millis;
use crate::browser::Complaint;

/// Exchanges remembered.
const REMEMBERED: usize = 1_000;

/// The newest exchanges.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Journal {
    next_id: u64,
    exchanges: Records,
}

/// What a journal is told of an answer.
pub(crate) struct Answered<'a> {
    pub(crate) appid: Option<&'a str>,
    pub(crate) reply: &'a Reply,
    pub(crate) errcode: Option<i64>,
    pub(crate) refused: bool,
    pub(crate) fault: Option<&'static str>,
    pub(crate) complaint: Option<Complaint>,
}

impl Journal {
    pub(crate) fn record(&mut self, at: Millis, call: &Call<'_>, answered: Answered<'_>) {
        let mut texts = self.exchanges.room();
        texts.push(Part::Appid, answered.appid.unwrap_or_default().as_bytes());
        texts.push(Part::Path, call.path.as_bytes());
        texts.push(Part::Query, call.query.as_bytes());
        texts.push_headers(call.headers);
        texts.push(Part::Body, call.body);
        let mut record = Record {
            id: self.next_id,
            at,
            peer: call.peer.to_canonical(),
            method: call.method.clone(),
            outcome: match answered.refused {
                true => Outcome::Refused,
                false => Outcome::Answered,
            },
            status: None,
            errcode: answered.errcode,
            fault: answered.fault.map(Cow::Borrowed),
            content_type: None,
            location: None,
            complaint: answered.complaint.map(Box::new),
            texts,
        };
        match answered.reply {
            Reply::Respond(response) => {
                record.status = Some(response.status().as_u16());
                record.content_type = response.headers().get(header::CONTENT_TYPE).cloned();
                record.location = response.headers().get(header::LOCATION).cloned();
                record.texts.push_answer(response.body());
            }
            Reply::NeverAnswer | Reply::CutTheLine => record.outcome = Outcome::Unanswered,
        }
        self.next_id = self.next_id.saturating_add(1);
        self.exchanges.push(record);
    }

    pub(crate) fn exchanges(&self) -> impl DoubleEndedIterator<Item = Exchange> {
        self.exchanges.0.iter().map(Record::exchange)
    }

    pub(crate) fn clear(&mut self) {
        self.exchanges.0.clear();
    }
}

/// At most [`REMEMBERED`], the oldest first.
#[derive(Default)]
struct Records(VecDeque<Record>);

impl Records {
    /// Room for the next one's texts.
    fn room(&mut self) -> Texts {
        match self.0.len() < REMEMBERED {
            true => Texts::with_room(),
            false => self
                .0
                .pop_front()
                .map(|oldest| oldest.texts.emptied())
                .unwrap_or_default(),
        }
    }

    fn push(&mut self, record: Record) {
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(record);
    }
}

/// Written as what a reader gets.
impl Serialize for Records {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Record::exchange))
    }
}

impl<'de> Deserialize<'de> for Records {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut records = Self::default();
        for exchange in Vec::<Exchange>::deserialize(deserializer)? {
            records.push(Record::of(exchange));
        }
        Ok(records)
    }
}

/// An exchange as it is kept.
struct Record {
    id: u64,
    at: Millis,
    peer: IpAddr,
    method: Method,
    outcome: Outcome,
    status: Option<u16>,
    errcode: Option<i64>,
    fault: Option<Cow<'static, str>>,
    content_type: Option<HeaderValue>,
    location: Option<HeaderValue>,
    complaint: Option<Box<Complaint>>,
    texts: Texts,
}

impl Record {
    fn exchange(&self) -> Exchange {
        let text = |part| self.texts.text(part).into_owned();
        let header = |value: &Option<HeaderValue>| value.as_ref()?.to_str().ok().map(str::to_owned);
        Exchange {
            id: self.id,
            at_unix_ms: self.at,
            peer: self.peer,
            method: self.method.as_str().to_owned(),
            path: text(Part::Path),
            query: text(Part::Query),
            headers: self.texts.headers(),
            body: text(Part::Body),
            appid: Some(text(Part::Appid)).filter(|appid| !appid.is_empty()),
            outcome: self.outcome,
            status: self.status,
            errcode: self.errcode,
            fault: self.fault.as_deref().map(str::to_owned),
            content_type: header(&self.content_type),
            location: header(&self.location),
            answer: text(Part::Answer),
            complaint: self.complaint.as_deref().cloned(),
        }
    }

    /// What was written by [`exchange`](Self::exchange) comes back as it was.
    fn of(exchange: Exchange) -> Self {
        let mut texts = Texts::default();
        texts.push(Part::Appid, exchange.appid.unwrap_or_default().as_bytes());
        texts.push(Part::Path, exchange.path.as_bytes());
        texts.push(Part::Query, exchange.query.as_bytes());
        for header in &exchange.headers {
            texts.push_header(&header.name, header.value.as_bytes());
        }
        texts.push(Part::Body, exchange.body.as_bytes());
        texts.push(Part::Answer, exchange.answer.as_bytes());
        let header = |text: Option<String>| text.and_then(|text| HeaderValue::try_from(text).ok());
        Self {
            id: exchange.id,
            at: exchange.at_unix_ms,
            peer: exchange.peer,
            method: Method::from_bytes(exchange.method.as_bytes()).unwrap_or_default(),
            outcome: exchange.outcome,
            status: exchange.status,
            errcode: exchange.errcode,
            fault: exchange.fault.map(Cow::Owned),
            content_type: header(exchange.content_type),
            location: header(exchange.location),
            complaint: exchange.complaint.map(Box::new),
            texts,
        }
    }
}

/// What is copied of an exchange, in the order in which it is pushed.
#[derive(Clone, Copy)]
enum Part {
    Appid,
    Path,
    Query,
    Headers,
    Body,
    Answer,
}

/// The parts one after another, each at most [`KEPT_BYTES`].
#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
    /// Where each part ends.
    ends: [u16; 6],
}

impl Texts {
    /// As much as an exchange usually takes.
    fn with_room() -> Self {
        Self {
            bytes: Vec::with_capacity(768),
            ..Self::default()
        }
    }

    fn emptied(mut self) -> Self {
        self.bytes.clear();
        Self {
            bytes: self.bytes,
            ..Self::default()
        }
    }

    fn push(&mut self, part: Part, text: &[u8]) {
        self.bytes.extend_from_slice(cut(text));
        self.end(part);
    }

    /// Everything up to here belongs to this part or to one before it.
    fn end(&mut self, part: Part) {
        let end = u16::try_from(self.bytes.len()).unwrap_or(u16::MAX);
        for later in self.ends.iter_mut().skip(part as usize) {
            *later = end;
        }
    }

    fn push_headers(&mut self, headers: &HeaderMap) {
        for (name, value) in headers {
            self.push_header(name.as_str(), value.as_bytes());
        }
    }

    /// A line of its own; there is no line's end in any header.
    fn push_header(&mut self, name: &str, value: &[u8]) {
        let length = name.len() + ": \n".len() + value.len();
        if self.part(Part::Headers).len() + length > KEPT_BYTES {
            return;
        }
        for piece in [name.as_bytes(), b": ", value, b"\n"] {
            self.bytes.extend_from_slice(piece);
        }
        self.end(Part::Headers);
    }

    /// Of a page only how long it is.
    fn push_answer(&mut self, body: &[u8]) {
        if body.starts_with(b"<") {
            // Memory takes what is written to it.
            let _ = write!(self.bytes, "[a page of {} bytes]", body.len());
            self.end(Part::Answer);
        } else {
            self.push(Part::Answer, body);
        }
    }

    fn part(&self, part: Part) -> &[u8] {
        let end = |part: usize| self.ends.get(part).map_or(0, |end| usize::from(*end));
        let start = (part as usize).checked_sub(1).map_or(0, end);
        self.bytes.get(start..end(part as usize)).unwrap_or_default()
    }

    fn text(&self, part: Part) -> Cow<'_, str> {
        match String::from_utf8_lossy(self.part(part)) {
            Cow::Borrowed(text) => Cow::Borrowed(text),
            // What replaces a broken byte is longer than it.
            Cow::Owned(text) => Cow::Owned(shortened(text)),
        }
    }

    fn headers(&self) -> Vec<Header> {
        let text = self.text(Part::Headers);
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some(Header {
                name: name.to_owned(),
                value: value.to_owned(),
            })
        };
        text.lines().filter_map(header).collect()
    }
}

/// At most [`KEPT_BYTES`] of a text, cut at a character.
fn cut(text: &[u8]) -> &[u8] {
    let Some(kept) = text.get(..KEPT_BYTES) else {
        return text;
    };
    let goes_on = |byte: Option<&u8>| byte.is_some_and(|byte| byte & 0xc0 == 0x80);
    let mut end = kept.len();
    while goes_on(text.get(end)) && end + 4 > KEPT_BYTES {
        end -= 1;
    }
    kept.get(..end).unwrap_or(kept)
}
