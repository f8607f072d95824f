//! How the model asks, and reads what it hears: independent of the library, on purpose.

use core::time::Duration;

use serde_json::Value;

use super::{LostAnswer, Rules, Source};
use crate::player::Heard;

/// What a fetch came to.
pub(super) enum Answer {
    Token {
        text: String,
        life: Duration,
    },
    Errcode(i64),
    /// A proxy's page, or nothing that can be read.
    Unreadable,
    /// The request did not leave.
    NotSent,
    /// Nothing came.
    Nothing,
    /// The caller went away.
    Abandoned,
}

impl Answer {
    pub(super) fn read(heard: &Heard<'_>) -> Self {
        let response = match heard {
            Heard::Response(response) => response,
            Heard::NotSent => return Self::NotSent,
            Heard::NoAnswer => return Self::Nothing,
            Heard::Abandoned => return Self::Abandoned,
        };
        let body: Value = match serde_json::from_slice(response.body()) {
            Ok(body) if response.status().is_success() => body,
            _ => return Self::Unreadable,
        };
        let number = |name: &str| body.get(name).and_then(Value::as_i64);
        let text = body.get("access_token").and_then(Value::as_str);
        match (number("errcode").unwrap_or(0), text, number("expires_in")) {
            (0, Some(text), Some(seconds)) if !text.is_empty() && seconds > 0 => Self::Token {
                text: text.to_owned(),
                life: Duration::from_secs(seconds.unsigned_abs()),
            },
            (0, ..) => Self::Unreadable,
            (errcode, ..) => Self::Errcode(errcode),
        }
    }

    /// Whether a token may have been minted that nobody holds.
    pub(super) fn is_in_the_dark(&self) -> bool {
        matches!(self, Self::Unreadable | Self::Nothing | Self::Abandoned)
    }
}

/// The request for a token; `force` for another than the current one.
pub(super) fn request(rules: &Rules, appid: &str, secret: &str, force: bool) -> http::Request<Vec<u8>> {
    let (builder, body) = match rules.source {
        Source::Classic => {
            let query = format!("grant_type=client_credential&appid={appid}&secret={secret}");
            let uri = format!("https://api.weixin.qq.com/cgi-bin/token?{query}");
            (http::Request::get(uri), Vec::new())
        }
        Source::Stable => {
            let body = serde_json::json!({
                "grant_type": "client_credential", "appid": appid, "secret": secret, "force_refresh": force,
            });
            let to = http::Request::post("https://api.weixin.qq.com/cgi-bin/stable_token");
            (
                to.header("content-type", "application/json"),
                body.to_string().into_bytes(),
            )
        }
    };
    builder.body(body).expect("the parts are plain ascii")
}

/// Whether a fetch in the dark throws doubt on the token held.
pub(super) fn throws_doubt(rules: &Rules) -> bool {
    rules.source == Source::Classic && rules.lost_answer != LostAnswer::Nothing
}
