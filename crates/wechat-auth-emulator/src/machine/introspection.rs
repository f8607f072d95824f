//! The judge: what WeChat knows about a token, which no real WeChat would tell.

use serde::{Deserialize, Serialize};

/// What became of a token. It never holds the token itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Introspection {
    /// Whether this emulator minted it and still remembers it.
    pub known: bool,
    /// Whether a call with it would be accepted now.
    pub valid: bool,
    /// What it is.
    pub family: Option<Family>,
    /// Where it stands among its kind.
    pub standing: Standing,
    /// The app it belongs to.
    pub appid: Option<String>,
    /// A sentence for a reader.
    pub why: &'static str,
    /// Whole seconds until the end of its own life; 0 when that has passed.
    pub expires_in_s: u64,
    /// For a replaced token that still works: whole seconds until it stops.
    pub overlap_left_s: Option<u64>,
    /// Who asked for it.
    pub minted_by: Option<MintedBy>,
}

impl Introspection {
    pub(crate) const UNKNOWN: Self = Self {
        known: false,
        valid: false,
        family: None,
        standing: Standing::Unknown,
        appid: None,
        why: Standing::Unknown.why(),
        expires_in_s: 0,
        overlap_left_s: None,
        minted_by: None,
    };
}

/// The kinds of text that WeChat mints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Family {
    /// An app token of `/cgi-bin/token`.
    Classic,
    /// An app token of `/cgi-bin/stable_token`.
    Stable,
    /// A ticket for the JS-SDK.
    JsapiTicket,
    /// A ticket for cards.
    WxCardTicket,
    /// A user token of the web login.
    User,
    /// The refresh token of a web login.
    Refresh,
    /// The code that a browser brings back.
    Code,
}

/// Where a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Standing {
    /// The newest of its kind, and alive.
    Current,
    /// Replaced, but inside the overlap.
    Previous,
    /// Replaced, and no longer accepted.
    Superseded,
    /// Past the end of its own life.
    Expired,
    /// Minted a moment ago, and refused for a while: the fault
    /// [`Effect::RefusedAtFirst`](crate::Effect::RefusedAtFirst).
    NotYet,
    /// Taken back before its time, and not replaced.
    Voided,
    /// A code that was exchanged.
    Used,
    /// Never minted here, or too long ago to be remembered.
    Unknown,
}

impl Standing {
    /// Whether a call with such a token is accepted.
    #[must_use]
    pub const fn is_accepted(self) -> bool {
        matches!(self, Self::Current | Self::Previous)
    }

    pub(crate) const fn why(self) -> &'static str {
        match self {
            Self::Current => "the newest of its kind, and alive",
            Self::Previous => "replaced by a newer one, and still inside the overlap",
            Self::Superseded => "replaced by a newer one, and the overlap is over or was cut short",
            Self::Expired => "its own life is over",
            Self::NotYet => "minted a moment ago, and refused for a while",
            Self::Voided => "taken back before its time",
            Self::Used => "a code works once, and this one was exchanged",
            Self::Unknown => "not minted here, or so long ago that it was forgotten",
        }
    }
}

/// Who asked for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MintedBy {
    /// Somebody who sent a request.
    Client,
    /// The other system of a foreign refresh.
    Foreign,
}
