//! A fault as JSON: one flat object, in the admin API and in a machine's state.

use data_encoding::BASE64;
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::effect::MAX_DELAY_MS;
use super::{CERTAIN, CarriedOut, Effect, Fault, Latency};
use crate::machine::time::Millis;

/// Every field that any effect has; which of them belong together is checked when it
/// becomes a [`Fault`].
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FaultSpec {
    path: String,
    effect: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    appid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nth: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_unix_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_unix_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errcode: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errmsg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    carried_out: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_ms: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    most_ms: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_per_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_s: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    for_s: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_s: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_s: Option<i64>,
}

/// Why a description of a fault is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {detail}")]
#[non_exhaustive]
pub struct InvalidFault {
    /// The field.
    pub field: String,
    /// What is wrong with it.
    pub detail: &'static str,
}

fn invalid(field: &str, detail: &'static str) -> InvalidFault {
    InvalidFault {
        field: field.to_owned(),
        detail,
    }
}

impl TryFrom<FaultSpec> for Fault {
    type Error = InvalidFault;

    fn try_from(mut spec: FaultSpec) -> Result<Self, InvalidFault> {
        let path = std::mem::take(&mut spec.path);
        let effect = spec.take_effect()?;
        let times = spec.times.take().unwrap_or(1);
        let nth = spec.nth.take().unwrap_or(1);
        if times == 0 {
            return Err(invalid("times", "must be from 1 to 4294967295"));
        }
        if nth == 0 {
            return Err(invalid("nth", "must be at least 1"));
        }
        let probability = spec.probability.take().unwrap_or(1.0);
        if !(0.0..=1.0).contains(&probability) {
            return Err(invalid("probability", "must be from 0 to 1"));
        }
        let fault = Self {
            appid: spec.appid.take(),
            from: spec.from_unix_ms.take().map(Millis),
            until: spec.until_unix_ms.take().map(Millis),
            ..Self::on(path, effect)
                .nth(nth)
                .times(times)
                .probability(probability)
        };
        match spec.left_over() {
            None => Ok(fault),
            Some(field) => Err(invalid(&field, "is not a field of this effect")),
        }
    }
}

impl FaultSpec {
    /// Whether the path can be one of WeChat's; a fault on any other would wait for ever.
    pub(crate) fn check_path(&self) -> Result<(), InvalidFault> {
        match self.path.starts_with('/') && !self.path.starts_with("/_") {
            true => Ok(()),
            false => Err(invalid(
                "path",
                "must be a path of WeChat's, such as /cgi-bin/token or /cgi-bin/*",
            )),
        }
    }

    fn take_effect(&mut self) -> Result<Effect, InvalidFault> {
        let required = |field: &str| invalid(field, "is required");
        Ok(match std::mem::take(&mut self.effect).as_str() {
            "" => return Err(required("effect")),
            "errcode" => Effect::Errcode {
                errcode: self.errcode.take().ok_or_else(|| required("errcode"))?,
                errmsg: self.errmsg.take(),
            },
            "raw" => self.take_raw(StatusCode::OK, "text/html", "")?,
            "status" => {
                let status = self.take_status(None)?;
                self.take_raw(status, "text/html; charset=utf-8", "")?
            }
            "html" => {
                let page = "<html><body><h1>502 Bad Gateway</h1></body></html>";
                self.take_raw(StatusCode::BAD_GATEWAY, "text/html; charset=utf-8", page)?
            }
            "empty" => Effect::empty(),
            "garbage" => Effect::garbage(),
            "redirect" => {
                let location = self.location.take().ok_or_else(|| required("location"))?;
                Effect::Redirect {
                    location: header("location", location)?,
                }
            }
            "reply_lost" => Effect::ReplyLost,
            "hang" => Effect::Hang(self.take_carried_out()),
            "cut" => Effect::Cut,
            "reset" => Effect::Reset,
            "latency" => Effect::Delay(self.take_latency()?),
            "truncated" => {
                let keep = self.keep_bytes.take().unwrap_or(10);
                Effect::Truncated {
                    keep_bytes: usize::try_from(keep).unwrap_or(usize::MAX),
                }
            }
            "slow" => match self.bytes_per_s.take().unwrap_or(10) {
                0 => return Err(invalid("bytes_per_s", "must be at least 1")),
                bytes_per_s => Effect::Drip { bytes_per_s },
            },
            "content_type" => {
                let content_type = self.content_type.take().ok_or_else(|| required("content_type"))?;
                Effect::Relabelled {
                    content_type: header("content_type", content_type)?,
                }
            }
            "reordered" => Effect::Reordered,
            "stale_answer" => Effect::StaleAnswer,
            "early_void" => Effect::EarlyVoid {
                after_s: self.after_s.take().unwrap_or(0),
            },
            "foreign_refresh" => Effect::ForeignRefresh,
            "refused_at_first" => Effect::RefusedAtFirst {
                for_s: self.for_s.take().ok_or_else(|| required("for_s"))?,
            },
            "short_life" => match self.expires_in_s.take().ok_or_else(|| required("expires_in_s"))? {
                0 => return Err(invalid("expires_in_s", "must be at least 1")),
                expires_in_s => Effect::ShortLife { expires_in_s },
            },
            "quota_exhausted" => Effect::QuotaExhausted,
            "minute_limit" => Effect::MinuteLimit,
            "clock_skew" => Effect::ClockSkew {
                by_s: self.by_s.take().ok_or_else(|| required("by_s"))?,
            },
            _ => {
                return Err(invalid(
                    "effect",
                    "must be errcode, raw, status, html, empty, garbage, redirect, reply_lost, hang, cut, reset, \
                     latency, truncated, slow, content_type, reordered, stale_answer, early_void, \
                     foreign_refresh, refused_at_first, short_life, quota_exhausted, minute_limit or clock_skew",
                ));
            }
        })
    }

    fn take_raw(
        &mut self,
        status: StatusCode,
        content_type: &str,
        body: &str,
    ) -> Result<Effect, InvalidFault> {
        let status = self.take_status(Some(status))?;
        let content_type = self
            .content_type
            .take()
            .unwrap_or_else(|| content_type.to_owned());
        let body = match (self.body.take(), self.body_base64.take()) {
            (Some(_), Some(_)) => {
                return Err(invalid("body_base64", "contradicts body: send one of the two"));
            }
            (Some(text), None) => text.into_bytes(),
            (None, Some(encoded)) => BASE64
                .decode(encoded.as_bytes())
                .map_err(|_| invalid("body_base64", "must be base64"))?,
            (None, None) => body.as_bytes().to_vec(),
        };
        Ok(Effect::Raw {
            status,
            content_type: header("content_type", content_type)?,
            body,
            carried_out: self.take_carried_out(),
        })
    }

    fn take_status(&mut self, usual: Option<StatusCode>) -> Result<StatusCode, InvalidFault> {
        let Some(status) = self.status.take() else {
            return usual.ok_or_else(|| invalid("status", "is required"));
        };
        StatusCode::from_u16(status)
            .ok()
            .filter(|status| (200..=599).contains(&status.as_u16()))
            .ok_or_else(|| invalid("status", "must be from 200 to 599"))
    }

    fn take_latency(&mut self) -> Result<Latency, InvalidFault> {
        let least = self.ms.take().ok_or_else(|| invalid("ms", "is required"))?;
        let bounded = |field: &str, ms: u32| match ms {
            ms if ms > MAX_DELAY_MS => Err(invalid(field, "must be at most 600000")),
            ms if ms < least => Err(invalid(field, "must be at least ms")),
            ms => Ok(ms),
        };
        bounded("ms", least)?;
        match (self.to_ms.take(), self.most_ms.take()) {
            (None, None) => Ok(Latency::Fixed { ms: least }),
            (Some(to), None) => Ok(Latency::Uniform {
                from_ms: least,
                to_ms: bounded("to_ms", to)?,
            }),
            (None, Some(most)) => Ok(Latency::LongTail {
                least_ms: least,
                most_ms: bounded("most_ms", most)?,
            }),
            (Some(_), Some(_)) => Err(invalid("most_ms", "contradicts to_ms: send one of the two")),
        }
    }

    fn take_carried_out(&mut self) -> CarriedOut {
        match self.carried_out.take() {
            Some(true) => CarriedOut::Yes,
            Some(false) | None => CarriedOut::No,
        }
    }

    /// The first field that nobody took.
    fn left_over(&self) -> Option<String> {
        let Ok(Value::Object(fields)) = serde_json::to_value(self) else {
            return None;
        };
        fields
            .into_iter()
            .map(|(name, _)| name)
            .find(|name| name != "path" && name != "effect")
    }
}

fn header(field: &str, text: String) -> Result<HeaderValue, InvalidFault> {
    HeaderValue::try_from(text).map_err(|_| invalid(field, "cannot stand in a header"))
}

impl From<Fault> for FaultSpec {
    fn from(fault: Fault) -> Self {
        let mut spec = Self {
            path: fault.path,
            effect: fault.effect.name().to_owned(),
            appid: fault.appid,
            nth: (fault.nth != 1).then_some(fault.nth),
            times: Some(fault.times),
            probability: (fault.per_million != CERTAIN)
                .then(|| f64::from(fault.per_million) / f64::from(CERTAIN)),
            from_unix_ms: fault.from.map(|from| from.0),
            until_unix_ms: fault.until.map(|until| until.0),
            ..Self::default()
        };
        spec.put_effect(fault.effect);
        spec
    }
}

impl FaultSpec {
    fn put_effect(&mut self, effect: Effect) {
        let text = |value: &HeaderValue| value.to_str().map(str::to_owned).ok();
        let done = |carried_out| (carried_out == CarriedOut::Yes).then_some(true);
        match effect {
            Effect::Errcode { errcode, errmsg } => {
                self.errcode = Some(errcode);
                self.errmsg = errmsg;
            }
            Effect::Raw {
                status,
                content_type,
                body,
                carried_out,
            } => {
                self.status = Some(status.as_u16());
                self.content_type = text(&content_type);
                self.carried_out = done(carried_out);
                match String::from_utf8(body) {
                    Ok(text) => self.body = Some(text),
                    Err(bytes) => self.body_base64 = Some(BASE64.encode(bytes.as_bytes())),
                }
            }
            Effect::Redirect { location } => self.location = text(&location),
            Effect::Hang(carried_out) => self.carried_out = done(carried_out),
            Effect::Delay(latency) => {
                let (least, to, most) = match latency {
                    Latency::Fixed { ms } => (ms, None, None),
                    Latency::Uniform { from_ms, to_ms } => (from_ms, Some(to_ms.max(from_ms)), None),
                    Latency::LongTail { least_ms, most_ms } => (least_ms, None, Some(most_ms.max(least_ms))),
                };
                let bounded = |ms: u32| ms.min(MAX_DELAY_MS);
                self.ms = Some(bounded(least));
                self.to_ms = to.map(bounded);
                self.most_ms = most.map(bounded);
            }
            Effect::Truncated { keep_bytes } => self.keep_bytes = u64::try_from(keep_bytes).ok(),
            Effect::Drip { bytes_per_s } => self.bytes_per_s = Some(bytes_per_s.max(1)),
            Effect::Relabelled { content_type } => self.content_type = text(&content_type),
            Effect::EarlyVoid { after_s } => self.after_s = Some(after_s),
            Effect::RefusedAtFirst { for_s } => self.for_s = Some(for_s),
            Effect::ShortLife { expires_in_s } => self.expires_in_s = Some(expires_in_s.max(1)),
            Effect::ClockSkew { by_s } => self.by_s = Some(by_s),
            Effect::ReplyLost
            | Effect::Cut
            | Effect::Reset
            | Effect::Reordered
            | Effect::StaleAnswer
            | Effect::ForeignRefresh
            | Effect::QuotaExhausted
            | Effect::MinuteLimit => {}
        }
    }
}
