//! Things that go wrong on demand.

use std::borrow::Cow;
use std::fmt;

use http::StatusCode;

/// Faults waiting at one time; more are refused.
pub(crate) const MAX_FAULTS: usize = 1_000;

/// Something that goes wrong with the next requests of one path.
///
/// ```
/// use wechat_auth_emulator::{Effect, Fault};
///
/// // The next two fetches mint a token, but the replies never arrive.
/// let fault = Fault::on("/cgi-bin/stable_token", Effect::ReplyLost).times(2);
/// # let _ = fault;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    path: String,
    appid: Option<String>,
    times: u32,
    effect: Effect,
}

impl Fault {
    /// `effect` on the next request for `path`.
    pub fn on(path: impl Into<String>, effect: Effect) -> Self {
        Self {
            path: path.into(),
            appid: None,
            times: 1,
            effect,
        }
    }

    /// Only for requests of this app; others pass by and do not count.
    pub fn of_app(mut self, appid: impl Into<String>) -> Self {
        self.appid = Some(appid.into());
        self
    }

    /// On the next `times` requests instead of one; 0 does nothing.
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn hits(&self, path: &str, appid: Option<&str>) -> bool {
        self.times > 0
            && self.path == path
            && self.appid.as_deref().is_none_or(|wanted| appid == Some(wanted))
    }
}

/// What goes wrong.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// A business error in WeChat's shape. Nothing is carried out.
    Errcode {
        /// The code, for example -1 or 45009.
        errcode: i64,
        /// The head of the errmsg; `None` takes the usual one.
        errmsg: Option<String>,
    },
    /// This status and body instead of the reply: a proxy's HTML page, an empty body,
    /// garbage.
    Raw {
        /// The HTTP status.
        status: StatusCode,
        /// The Content-Type header.
        content_type: http::HeaderValue,
        /// The body.
        body: Vec<u8>,
        /// Whether WeChat did what was asked before the reply was replaced.
        carried_out: CarriedOut,
    },
    /// The request is carried out, then the line is cut: a token was minted, and
    /// nobody holds it.
    ReplyLost,
    /// The line stays open and nothing comes.
    Hang(CarriedOut),
    /// The line is cut before anything happens.
    Cut,
}

impl Effect {
    /// [`Effect::Raw`] with an HTML page, before anything was carried out.
    #[must_use]
    pub fn html(status: StatusCode, body: impl Into<Cow<'static, str>>) -> Self {
        Self::Raw {
            status,
            content_type: http::HeaderValue::from_static("text/html; charset=utf-8"),
            body: body.into().into_owned().into_bytes(),
            carried_out: CarriedOut::No,
        }
    }
}

/// A body is only counted: it may be a copy of a real reply.
impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Errcode { errcode, .. } => write!(f, "Errcode({errcode})"),
            Self::Raw {
                status,
                body,
                carried_out,
                ..
            } => f
                .debug_struct("Raw")
                .field("status", status)
                .field("body_bytes", &body.len())
                .field("carried_out", carried_out)
                .finish_non_exhaustive(),
            Self::ReplyLost => f.write_str("ReplyLost"),
            Self::Hang(carried_out) => write!(f, "Hang({carried_out:?})"),
            Self::Cut => f.write_str("Cut"),
        }
    }
}

/// Whether a request that got no proper answer took effect all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CarriedOut {
    /// It did: a fetch has minted.
    Yes,
    /// It did not.
    No,
}

/// Why a fault cannot be injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a thousand faults are waiting already")]
pub struct TooManyFaults;

/// The faults still to happen, in the order they were injected.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) -> Result<(), TooManyFaults> {
        if self.0.len() >= MAX_FAULTS {
            return Err(TooManyFaults);
        }
        self.0.push(fault);
        Ok(())
    }

    /// What befalls this request; the first fault that fits is spent by one.
    pub(crate) fn strike(&mut self, path: &str, appid: Option<&str>) -> Option<Effect> {
        let index = self.0.iter().position(|fault| fault.hits(path, appid))?;
        let fault = self.0.get_mut(index)?;
        fault.times -= 1;
        let effect = fault.effect.clone();
        self.0.retain(|fault| fault.times > 0);
        Some(effect)
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn waiting(&self) -> usize {
        self.0.len()
    }
}
