//! What goes back, byte for byte.

use std::fmt;
use std::io::{self, Write};
use std::num::NonZeroU32;
use std::time::Duration;

use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

use super::behavior::{Behavior, ContentType};
use super::refusal::Refusal;

const STABLE_TOKEN_HINT: &str =
    "could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r";

/// What a request gets.
///
/// Exhaustive on purpose: a driver must know how to carry out each of these.
#[must_use = "a reply does nothing until somebody sends it"]
pub enum Reply {
    /// Send this response.
    Respond(Response<Vec<u8>>),
    /// Keep the line open and say nothing.
    NeverAnswer,
    /// Close the line without a byte.
    CutTheLine,
}

impl Reply {
    /// The response, if there is one.
    #[must_use]
    pub fn response(self) -> Option<Response<Vec<u8>>> {
        match self {
            Self::Respond(response) => Some(response),
            Self::NeverAnswer | Self::CutTheLine => None,
        }
    }
}

/// A reply, and how it is to be brought.
#[derive(Debug)]
#[must_use = "a reply does nothing until somebody sends it"]
#[non_exhaustive]
pub struct Served {
    /// What the request gets.
    pub reply: Reply,
    /// When and how; a caller without sockets may leave it alone.
    pub delivery: Delivery,
}

/// How a shell is to bring a reply. By default at once and whole.
///
/// The times are real ones, not those of the emulated clock: a client's own timeouts are
/// what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// Wait this long before the head.
    pub delay: Duration,
    /// Announce a body of this many bytes, send what there is, and cut the line.
    pub announced_bytes: Option<usize>,
    /// Send the body at this pace.
    pub bytes_per_s: Option<NonZeroU32>,
    /// Where the reply says to cut the line: reset it.
    pub reset: bool,
    /// Hold the reply back until the reply that [`lets_go`](Self::lets_go) of the same
    /// number has been sent, 30 s at most.
    pub waits_for: Option<u64>,
    /// Once this reply has been sent, the one that waits for this number may go.
    pub lets_go: Option<u64>,
}

/// Status and length only: bodies hold tokens, and a Location header holds a code.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Respond(response) => f
                .debug_struct("Respond")
                .field("status", &response.status())
                .field("body_bytes", &response.body().len())
                .finish_non_exhaustive(),
            Self::NeverAnswer => f.write_str("NeverAnswer"),
            Self::CutTheLine => f.write_str("CutTheLine"),
        }
    }
}

/// The success body of an endpoint.
pub(crate) struct Success(Vec<u8>);

impl Success {
    /// Plain JSON.
    pub(crate) fn json(value: &impl Serialize) -> Self {
        Self::styled(
            value,
            WeChatText {
                escaped_slashes: false,
                raw_controls: false,
            },
        )
    }

    /// JSON of a user's profile, whose text goes out the way WeChat sends it.
    pub(crate) fn profile(value: &impl Serialize, behavior: &Behavior) -> Self {
        Self::styled(
            value,
            WeChatText {
                escaped_slashes: behavior.escaped_slashes,
                raw_controls: behavior.raw_control_characters,
            },
        )
    }

    /// `{"errcode":0,"errmsg":"ok"}`
    pub(crate) fn ok() -> Self {
        Self(br#"{"errcode":0,"errmsg":"ok"}"#.to_vec())
    }

    fn styled(value: &impl Serialize, text: WeChatText) -> Self {
        // Nearly every reply is shorter.
        let mut body = Vec::with_capacity(256);
        // Our own structs into memory: there is nothing here that can go wrong.
        let written = value.serialize(&mut Serializer::with_formatter(&mut body, text));
        debug_assert!(written.is_ok(), "every reply is plain data");
        Self(body)
    }

    pub(crate) fn into_response(self, content_type: ContentType) -> Response<Vec<u8>> {
        respond(StatusCode::OK, content_type.header(), self.0)
    }
}

/// Which family of paths a reply belongs to; they end their error texts differently.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Head, a blank, `rid: X`; and 40001 points to the stable token.
    Cgi,
    /// Head, a comma, a blank, `rid: X`.
    Sns,
}

impl Style {
    pub(crate) fn of(path: &str) -> Self {
        if path.starts_with("/sns/") {
            Self::Sns
        } else {
            Self::Cgi
        }
    }

    pub(crate) const fn content_type(self, behavior: &Behavior) -> ContentType {
        match self {
            Self::Cgi => behavior.cgi_content_type,
            Self::Sns => behavior.sns_content_type,
        }
    }
}

/// `{"errcode":40013,"errmsg":"invalid appid rid: …"}`
pub(crate) fn refusal_body(refusal: &Refusal, style: Style, rid: &str) -> Vec<u8> {
    #[derive(Serialize)]
    struct Body {
        errcode: i64,
        errmsg: String,
    }
    let head = &refusal.head;
    let errmsg = match style {
        Style::Cgi if refusal.errcode == 40001 && refusal.head == Refusal::INVALID_CREDENTIAL.head => {
            format!("{head}, {STABLE_TOKEN_HINT} rid: {rid}")
        }
        Style::Cgi => format!("{head} rid: {rid}"),
        Style::Sns => format!("{head}, rid: {rid}"),
    };
    Success::json(&Body {
        errcode: refusal.errcode,
        errmsg,
    })
    .0
}

pub(crate) fn respond(status: StatusCode, content_type: HeaderValue, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// JSON as WeChat writes it: compact, optionally with `\/` and with control characters
/// that nobody escaped.
#[derive(Clone, Copy)]
struct WeChatText {
    escaped_slashes: bool,
    raw_controls: bool,
}

impl Formatter for WeChatText {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, w: &mut W, fragment: &str) -> io::Result<()> {
        if self.escaped_slashes {
            w.write_all(fragment.replace('/', "\\/").as_bytes())
        } else {
            w.write_all(fragment.as_bytes())
        }
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, w: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::Quote => w.write_all(b"\\\""),
            CharEscape::ReverseSolidus => w.write_all(b"\\\\"),
            CharEscape::Solidus => w.write_all(b"\\/"),
            CharEscape::Backspace => w.write_all(b"\\b"),
            CharEscape::FormFeed => w.write_all(b"\\f"),
            CharEscape::LineFeed => w.write_all(b"\\n"),
            CharEscape::CarriageReturn => w.write_all(b"\\r"),
            CharEscape::Tab => w.write_all(b"\\t"),
            CharEscape::AsciiControl(byte) if self.raw_controls => w.write_all(&[byte]),
            CharEscape::AsciiControl(byte) => write!(w, "\\u{byte:04x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RID: &str = "6aac005a-01bfdbee-79769285";

    fn text(errcode: i64, style: Style) -> String {
        String::from_utf8(refusal_body(&Refusal::of(errcode), style, RID)).unwrap()
    }

    #[test]
    fn error_texts_end_as_they_do_on_the_wire() {
        assert_eq!(
            text(40013, Style::Cgi),
            r#"{"errcode":40013,"errmsg":"invalid appid rid: 6aac005a-01bfdbee-79769285"}"#
        );
        assert_eq!(
            text(40013, Style::Sns),
            r#"{"errcode":40013,"errmsg":"invalid appid, rid: 6aac005a-01bfdbee-79769285"}"#
        );
        assert_eq!(
            text(40001, Style::Cgi),
            r#"{"errcode":40001,"errmsg":"invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r rid: 6aac005a-01bfdbee-79769285"}"#
        );
        assert_eq!(
            text(40001, Style::Sns),
            r#"{"errcode":40001,"errmsg":"invalid credential, access_token is invalid or not latest, rid: 6aac005a-01bfdbee-79769285"}"#
        );
    }

    #[test]
    fn damaged_text_goes_out_raw_only_when_asked() {
        let behavior = Behavior::default();
        let profile = Success::profile(&"a\u{7}/\u{8}\"", &behavior);
        assert_eq!(profile.0, b"\"a\x07\\/\\b\\\"\"");
        assert_eq!(Success::json(&"a\u{7}/\u{8}\"").0, b"\"a\\u0007/\\b\\\"\"");
    }

    #[test]
    fn debug_shows_no_body_and_no_header() {
        let mut response = Response::new(b"token-in-body".to_vec());
        response
            .headers_mut()
            .insert(header::LOCATION, HeaderValue::from_static("/?code=hidden"));
        let shown = format!("{:?}", Reply::Respond(response));
        assert!(!shown.contains("token-in-body") && !shown.contains("hidden"));
    }
}
