//! Reading WeChat's answers: lenient where WeChat is sloppy, strict where it matters.

mod errmsg;
mod mend;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use core::time::Duration;

use serde_json::{Map, Value};

use crate::advice::CodeInfo;
use crate::{ApiError, Refusal, Secret};

use mend::{BackslashQuote, mended};

/// A successful answer, as fields to be read. What is the same for all endpoints was judged by
/// [`Reply::read`]: the HTTP status, the encoding, `errcode`.
///
/// Fields of profile text may hold anything. Absent, `null` and empty are one for optional texts.
#[derive(Clone, PartialEq)]
pub struct Reply {
    fields: Map<String, Value>,
}

/// Answers longer than this are not WeChat's.
const MAX_BODY: usize = 1 << 20;
/// WeChat asks to reserve 512 characters for a token; four times that is not one.
const MAX_TEXT: usize = 2048;
/// WeChat never answers with less than 300 s. What lives shorter than this cannot be kept alive without
/// burning the day's fetches.
const MIN_LIFE_SECS: u64 = 60;
/// Two hours today and thirty days at most; a year is a mistake, and would hide the expiry for good.
const MAX_LIFE_SECS: u64 = 366 * 86_400;

impl Reply {
    /// Reads an answer whatever its `Content-Type` says: WeChat serves JSON as `text/plain`, with a
    /// BOM, with raw control characters and with broken UTF-8 in it.
    ///
    /// Success is an absent `errcode`, or 0 (as a number or as a string). The HTTP status is looked at
    /// only when the body does not read, since a WeChat error explains itself better.
    ///
    /// A field that comes twice counts as its last says.
    ///
    /// # Errors
    /// [`ApiError::WeChat`] for another `errcode`, at the top or inside `base_resp`;
    /// [`ApiError::Status`] for an HTTP status other than 200 without one; [`ApiError::Malformed`] for a
    /// body that is empty, longer than 1 MiB, or not a JSON object, and for an `errcode` that is no number.
    ///
    /// # Source
    /// Captured replies of the live service from 2017 to 2026 (observed).
    pub fn read(response: &http::Response<&[u8]>) -> Result<Self, ApiError> {
        Self::read_as(response, Speaker::Api)
    }

    pub(crate) fn read_as(response: &http::Response<&[u8]>, speaker: Speaker) -> Result<Self, ApiError> {
        let status = response.status().as_u16();
        let read = fields(response.body()).and_then(|fields| Ok((refused(&fields, speaker)?, fields)));
        match read {
            Ok((Some(refusal), _)) => Err(ApiError::WeChat(refusal)),
            _ if status != 200 => Err(ApiError::Status { status }),
            Ok((None, fields)) => Ok(Self { fields }),
            Err(malformed) => Err(malformed),
        }
    }

    /// A text that must be there and not be empty; at most 2048 bytes.
    ///
    /// # Errors
    /// [`ApiError::Malformed`] naming the field.
    pub fn text(&self, field: &'static str) -> Result<&str, ApiError> {
        match self.fields.get(field) {
            Some(Value::String(text)) if text.len() > MAX_TEXT => {
                Err(ApiError::malformed("over-long value", field))
            }
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            Some(Value::String(_)) => Err(ApiError::malformed("empty field", field)),
            None | Some(Value::Null) => Err(ApiError::malformed("missing field", field)),
            Some(_) => Err(ApiError::malformed("not a string", field)),
        }
    }

    /// A text that may be absent; then, or when it is no text, it is empty.
    pub fn text_or_empty(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// A secret that must be there: not empty, at most 2048 bytes, printable ASCII without blanks.
    ///
    /// # Errors
    /// [`ApiError::Malformed`] naming the field, never showing the value.
    pub fn secret(&self, field: &'static str) -> Result<Secret, ApiError> {
        let text = self.text(field)?;
        // Without a branch for each byte: there are hundreds in a token.
        if text.bytes().fold(true, |fine, b| fine & b.is_ascii_graphic()) {
            Ok(Secret::from(text))
        } else {
            Err(ApiError::malformed("characters no token has", field))
        }
    }

    /// A number that must be there and not be negative; WeChat sends some as strings.
    ///
    /// # Errors
    /// [`ApiError::Malformed`] naming the field.
    pub fn u64(&self, field: &'static str) -> Result<u64, ApiError> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Err(ApiError::malformed("missing field", field)),
            Some(value) => whole(value)
                .and_then(|n| u64::try_from(n).ok())
                .ok_or(ApiError::malformed("not a whole number from 0 up", field)),
        }
    }

    /// `expires_in`: seconds, a minute at least and no more than a year.
    ///
    /// # Errors
    /// [`ApiError::Malformed`]: a token without a believable end would be served for ever, and one
    /// that is dead in a moment would make every read a fetch.
    pub fn expires_in(&self) -> Result<Duration, ApiError> {
        match self.u64("expires_in")? {
            0 => Err(ApiError::malformed("no life left", "expires_in")),
            1..MIN_LIFE_SECS => Err(ApiError::malformed("less than a minute of life", "expires_in")),
            secs if secs > MAX_LIFE_SECS => Err(ApiError::malformed("more than a year", "expires_in")),
            secs => Ok(Duration::from_secs(secs)),
        }
    }

    /// A list of strings; absent is empty, and other values in it are passed over.
    pub fn strings(&self, field: &str) -> Vec<String> {
        let list = self.fields.get(field).and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// An object inside the answer, as an answer of its own; `None` when absent or `null`.
    pub fn object(&self, field: &str) -> Option<Self> {
        let fields = self.fields.get(field)?.as_object()?.clone();
        Some(Self { fields })
    }

    /// Whether the field says yes: `true`, a number other than 0, or either as a string.
    pub fn flag(&self, field: &str) -> bool {
        match self.fields.get(field) {
            Some(Value::Bool(yes)) => *yes,
            Some(Value::String(text)) if text == "true" => true,
            Some(value) => whole(value).is_some_and(|n| n != 0),
            None => false,
        }
    }
}

impl core::fmt::Debug for Reply {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}

/// Which of WeChat's ends spoke: the same code means different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// A call that is authorised by a token: 40001 is about the token.
    Api,
    /// An endpoint that hands tokens out for a secret: 40001 is about the secret.
    TokenEndpoint,
}

/// What WeChat refused, if it did. An `errcode` that cannot be read is neither a success nor a code:
/// something was said, and nobody can tell what.
fn refused(fields: &Map<String, Value>, speaker: Speaker) -> Result<Option<Refusal>, ApiError> {
    let nested = fields.get("base_resp").and_then(Value::as_object);
    let verdicts = [Some(fields), nested].into_iter().flatten();
    let said = |verdict| Some((verdict, errcode(verdict)?));
    let Some((verdict, code)) = verdicts.into_iter().find_map(said) else {
        return Ok(None);
    };
    match whole(code) {
        Some(0) => Ok(None),
        Some(code) => Ok(Some(refusal(code, verdict, speaker))),
        None => Err(ApiError::malformed("not a number", "errcode")),
    }
}

fn errcode(verdict: &Map<String, Value>) -> Option<&Value> {
    verdict.get("errcode").filter(|code| !code.is_null())
}

fn refusal(code: i64, verdict: &Map<String, Value>, speaker: Speaker) -> Refusal {
    let said = verdict.get("errmsg").and_then(Value::as_str).unwrap_or_default();
    let info = match speaker {
        Speaker::Api => CodeInfo::of(code),
        Speaker::TokenEndpoint => CodeInfo::of_token_endpoint(code),
    };
    let names_address = info.is_some_and(|info| info.advice.names_address());
    Refusal {
        code,
        message: errmsg::head(said),
        rid: errmsg::rid(said),
        seen_ip: names_address.then(|| errmsg::seen_ip(said)).flatten(),
        info,
    }
}

fn fields(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if body.len() > MAX_BODY {
        return Err(ApiError::malformed("more than 1 MiB of body", ""));
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    match body.first() {
        Some(b'{') => object(body)
            .or_else(|| object(&mended(body, BackslashQuote::IsAQuote)))
            .or_else(|| object(&mended(body, BackslashQuote::MayClose)))
            .ok_or(ApiError::malformed("broken JSON", "")),
        Some(b'<') => Err(ApiError::malformed("HTML or XML, perhaps a proxy's page", "")),
        Some(_) => Err(ApiError::malformed("not a JSON object", "")),
        None => Err(ApiError::malformed("empty body", "")),
    }
}

fn object(json: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(json) {
        Ok(Value::Object(fields)) => Some(fields),
        _ => None,
    }
}

/// A whole number, however it is written: `7200`, `"7200"`, `7200.0`.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().and_then(exact)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The integer that a float is. Above 2^53 floats skip integers, so there it is none.
fn exact(float: f64) -> Option<i64> {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    (float.fract() == 0.0 && float.abs() < LIMIT).then_some(float as i64)
}
