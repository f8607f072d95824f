use core::fmt;
use core::net::IpAddr;

use crate::advice::{Advice, CodeInfo};

/// Why a call brought nothing, sorted by who must act.
///
/// It never carries a body, a URL, or the words of a parser: nothing in it is secret.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// WeChat understood, and said no.
    #[error(transparent)]
    WeChat(Refusal),
    /// The answer is not WeChat's: something in between spoke (a proxy, a gateway, a captive portal).
    /// HTTP status other than 200, without a readable WeChat error in the body.
    #[error("http status {status}, and not WeChat's JSON: look at the proxy or gateway in between")]
    Status {
        /// The HTTP status code.
        status: u16,
    },
    /// HTTP 200, but the body does not say what it must.
    #[error("unexpected answer: {what}{}{at}", if .at.is_empty() { "" } else { " in " })]
    Malformed {
        /// What is wrong, such as "empty body" or "missing field".
        what: &'static str,
        /// The field concerned, or empty for the body as a whole.
        at: &'static str,
    },
}

impl ApiError {
    /// What to do about it, for a program.
    pub fn advice(&self) -> Advice {
        match self {
            Self::WeChat(refusal) => refusal.advice(),
            Self::Status { .. } | Self::Malformed { .. } => Advice::RetryLater,
        }
    }

    /// WeChat's `errcode`, when it was WeChat that refused.
    pub fn code(&self) -> Option<i64> {
        match self {
            Self::WeChat(refusal) => Some(refusal.code),
            _ => None,
        }
    }

    pub(crate) const fn malformed(what: &'static str, at: &'static str) -> Self {
        Self::Malformed { what, at }
    }
}

/// An `errcode` other than 0, with everything WeChat says about it that is worth keeping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) rid: Option<Rid>,
    pub(crate) seen_ip: Option<IpAddr>,
    pub(crate) info: Option<&'static CodeInfo>,
}

impl Refusal {
    /// WeChat's `errcode`.
    pub fn code(&self) -> i64 {
        self.code
    }

    /// The head of WeChat's `errmsg`: without rid and hints, cut to 200 characters, and with every
    /// run of 20 characters that could be a token, a code or an openid replaced by `[redacted]`. For reading, not for
    /// matching: WeChat changes the words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The request's number, which `openapi/rid/get` and WeChat's support ask for.
    pub fn rid(&self) -> Option<&Rid> {
        self.rid.as_ref()
    }

    /// The address WeChat saw the request come from (40164, 45035, 61004): what the allow-list must have.
    pub fn seen_ip(&self) -> Option<IpAddr> {
        self.seen_ip
    }

    /// What to do about it, for a program: a code that is not in the table is tried again later.
    pub fn advice(&self) -> Advice {
        self.info.map_or(Advice::RetryLater, |info| info.advice)
    }

    /// What to do about it, for a person: one line each in English and Chinese. `None` for a code
    /// that is not in the table.
    ///
    /// This is not always [`CodeInfo::of`] the code: 40001 is about the appsecret where a token was asked
    /// for with one, and about the token everywhere else.
    pub fn info(&self) -> Option<&'static CodeInfo> {
        self.info
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wechat refused: {} {}", self.code, self.message)?;
        if let Some(info) = self.info {
            write!(f, "; {}", info.en)?;
        }
        if let Some(ip) = self.seen_ip {
            write!(f, "; wechat saw the address {ip}")?;
        }
        if let Some(rid) = &self.rid {
            write!(f, "; rid {rid}")?;
        }
        Ok(())
    }
}

impl core::error::Error for Refusal {}

/// A request's number: three groups of eight hexadecimal digits.
///
/// # Source
/// Official documentation of `getRidInfo`; the first group is the request's Unix time, as its own
/// sample shows (documented).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rid(String);

impl Rid {
    /// Reads `xxxxxxxx-xxxxxxxx-xxxxxxxx`.
    ///
    /// ```
    /// use wechat_auth::Rid;
    ///
    /// let rid = Rid::parse("617682e0-09059ac5-34a8e2ea").unwrap();
    /// assert_eq!(rid.unix_time(), 1_635_156_704);
    /// assert_eq!(Rid::parse("617682e0"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let mut groups = 0;
        for group in text.split('-') {
            if group.len() != 8 || !group.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None;
            }
            groups += 1;
        }
        (groups == 3).then(|| Self(text.to_owned()))
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// When WeChat received the request, in Unix seconds.
    pub fn unix_time(&self) -> u64 {
        let first = self.0.get(..8).unwrap_or_default();
        u64::from_str_radix(first, 16).unwrap_or_default()
    }
}

impl fmt::Display for Rid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
