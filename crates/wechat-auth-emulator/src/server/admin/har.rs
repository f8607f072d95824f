//! The journal as an HTTP archive, for the tools that show one.
//!
//! # Source
//!
//! HAR 1.2. Times are those of the emulated clock; what is not known is -1, as the format
//! wants it.

use serde::Serialize;

use crate::machine::Exchange;

#[derive(Serialize)]
pub(super) struct Archive {
    log: Log,
}

#[derive(Serialize)]
struct Log {
    version: &'static str,
    creator: Creator,
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Creator {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    started_date_time: String,
    time: i64,
    request: Request,
    response: Response,
    cache: Cache,
    timings: Timings,
}

#[derive(Serialize)]
struct Cache {}

#[derive(Serialize)]
struct Timings {
    send: i64,
    wait: i64,
    receive: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    http_version: &'static str,
    cookies: [Pair; 0],
    headers: Vec<Pair>,
    query_string: Vec<Pair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<Text>,
    headers_size: i64,
    body_size: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    status: u16,
    status_text: &'static str,
    http_version: &'static str,
    cookies: [Pair; 0],
    headers: Vec<Pair>,
    content: Content,
    #[serde(rename = "redirectURL")]
    redirect_url: String,
    headers_size: i64,
    body_size: i64,
}

#[derive(Serialize)]
struct Pair {
    name: String,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Text {
    mime_type: String,
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    size: usize,
    mime_type: String,
    text: String,
}

const HTTP: &str = "HTTP/1.1";
const UNKNOWN: i64 = -1;

impl Archive {
    pub(super) fn of(exchanges: impl Iterator<Item = Exchange>) -> Self {
        Self {
            log: Log {
                version: "1.2",
                creator: Creator {
                    name: env!("CARGO_PKG_NAME"),
                    version: env!("CARGO_PKG_VERSION"),
                },
                entries: exchanges.map(Entry::of).collect(),
            },
        }
    }
}

impl Entry {
    fn of(exchange: Exchange) -> Self {
        let host = match exchange.path.starts_with("/connect/") {
            true => "open.weixin.qq.com",
            false => "api.weixin.qq.com",
        };
        let query = match exchange.query.is_empty() {
            true => String::new(),
            false => format!("?{}", exchange.query),
        };
        let named = |(name, value)| Pair { name, value };
        let pairs = form_urlencoded::parse(exchange.query.as_bytes()).into_owned();
        let sent = exchange.headers.into_iter();
        let sent: Vec<Pair> = sent.map(|header| named((header.name, header.value))).collect();
        let media_type = sent.iter().find(|header| header.name == "content-type");
        let media_type = media_type.map(|header| header.value.clone());
        let headers = [
            ("content-type", exchange.content_type.clone()),
            ("location", exchange.location.clone()),
        ];
        let header = |(name, value): (&str, Option<String>)| Some(named((name.to_owned(), value?)));
        Self {
            started_date_time: exchange.at_unix_ms.rfc3339(),
            time: 0,
            request: Request {
                method: exchange.method,
                url: format!("https://{host}{}{query}", exchange.path),
                http_version: HTTP,
                cookies: [],
                headers: sent,
                query_string: pairs.map(named).collect(),
                body_size: exchange.body.len(),
                post_data: (!exchange.body.is_empty()).then_some(Text {
                    mime_type: media_type.unwrap_or_default(),
                    text: exchange.body,
                }),
                headers_size: UNKNOWN,
            },
            response: Response {
                // 0 is what the format's readers take for "no answer".
                status: exchange.status.unwrap_or(0),
                status_text: "",
                http_version: HTTP,
                cookies: [],
                headers: headers.into_iter().filter_map(header).collect(),
                content: Content {
                    size: exchange.answer.len(),
                    mime_type: exchange.content_type.unwrap_or_default(),
                    text: exchange.answer,
                },
                redirect_url: exchange.location.unwrap_or_default(),
                headers_size: UNKNOWN,
                body_size: UNKNOWN,
            },
            cache: Cache {},
            timings: Timings {
                send: 0,
                wait: 0,
                receive: 0,
            },
        }
    }
}
