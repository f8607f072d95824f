//! What goes wrong.

use std::borrow::Cow;
use std::fmt;

use http::{HeaderValue, StatusCode};

/// The longest delay of a reply: ten minutes.
pub(super) const MAX_DELAY_MS: u32 = 600_000;

/// What goes wrong.
///
/// The first group is what the network or WeChat's front does to a reply, the second
/// what happens to the tokens and the account behind it.
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
        content_type: HeaderValue,
        /// The body.
        body: Vec<u8>,
        /// Whether WeChat did what was asked before the reply was replaced.
        carried_out: CarriedOut,
    },
    /// A 302 to this address. Nothing is carried out.
    Redirect {
        /// The Location header.
        location: HeaderValue,
    },
    /// The request is carried out, then the line is cut: a token was minted, and
    /// nobody holds it.
    ReplyLost,
    /// The line stays open and nothing comes.
    Hang(CarriedOut),
    /// The line is closed before anything happens.
    Cut,
    /// The line is reset (TCP RST) before anything happens.
    Reset,
    /// The right reply, late.
    Delay(Latency),
    /// The head and so many bytes of the right reply, then the end of the line.
    Truncated {
        /// Bytes of the body that arrive.
        keep_bytes: usize,
    },
    /// The right reply, at this pace.
    Drip {
        /// Bytes of the body a second, at least 1.
        bytes_per_s: u32,
    },
    /// The right reply under another Content-Type.
    Relabelled {
        /// The Content-Type header.
        content_type: HeaderValue,
    },
    /// Two requests are carried out in their order, and answered in the other: the reply
    /// of the struck one waits for that of the next one that fits, 30 s at most.
    Reordered,
    /// The answer that the same request (method, path, query and body) got the last
    /// time. Nothing is carried out. A request without an earlier answer passes by.
    StaleAnswer,

    /// The right reply; but what it hands out dies so many seconds later.
    EarlyVoid {
        /// Seconds from the reply.
        after_s: u64,
    },
    /// Another system of the same account refreshes: after a fetch, in that family; before
    /// a call, in the family of the token that the call carries.
    ForeignRefresh,
    /// The right reply; but calls with the app token it hands out get 40001 at first, while
    /// WeChat goes on handing it out.
    RefusedAtFirst {
        /// Seconds from the reply.
        for_s: u64,
    },
    /// What the reply hands out lives this long, and `expires_in` says so.
    ShortLife {
        /// Seconds, at least 1.
        expires_in_s: u64,
    },
    /// The day's calls of this path are used up: 45009 now, and until the quota day ends
    /// or the quota is cleared.
    QuotaExhausted,
    /// The minute's calls of this path are used up: 45011 now, and until the minute ends.
    MinuteLimit,
    /// A machine of WeChat's whose clock is wrong carries the request out.
    ClockSkew {
        /// Seconds it is ahead; negative when it is behind.
        by_s: i64,
    },
}

impl Effect {
    /// [`Effect::Raw`] with an HTML page, before anything was carried out.
    #[must_use]
    pub fn html(status: StatusCode, body: impl Into<Cow<'static, str>>) -> Self {
        Self::raw(status, "text/html; charset=utf-8", body.into().into_owned())
    }

    /// An empty body, as seen: 200, `text/html; charset=gbk`.
    #[must_use]
    pub fn empty() -> Self {
        Self::raw(StatusCode::OK, "text/html; charset=gbk", "")
    }

    /// Bytes that are neither UTF-8 nor JSON, under a name that says JSON.
    #[must_use]
    pub fn garbage() -> Self {
        Self::raw(
            StatusCode::OK,
            "application/json; encoding=utf-8",
            b"\x1f\x8b\x08\x00{\"access_token\":\xff\xfe\x00",
        )
    }

    fn raw(status: StatusCode, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self::Raw {
            status,
            content_type: HeaderValue::from_static(content_type),
            body: body.into(),
            carried_out: CarriedOut::No,
        }
    }

    /// What it is called in the admin API and the journal.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Errcode { .. } => "errcode",
            Self::Raw { .. } => "raw",
            Self::Redirect { .. } => "redirect",
            Self::ReplyLost => "reply_lost",
            Self::Hang(_) => "hang",
            Self::Cut => "cut",
            Self::Reset => "reset",
            Self::Delay(_) => "latency",
            Self::Truncated { .. } => "truncated",
            Self::Drip { .. } => "slow",
            Self::Relabelled { .. } => "content_type",
            Self::Reordered => "reordered",
            Self::StaleAnswer => "stale_answer",
            Self::EarlyVoid { .. } => "early_void",
            Self::ForeignRefresh => "foreign_refresh",
            Self::RefusedAtFirst { .. } => "refused_at_first",
            Self::ShortLife { .. } => "short_life",
            Self::QuotaExhausted => "quota_exhausted",
            Self::MinuteLimit => "minute_limit",
            Self::ClockSkew { .. } => "clock_skew",
        }
    }
}

/// Name and numbers; a body is only counted: it may be a copy of a real reply.
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
            Self::Hang(carried_out) => write!(f, "Hang({carried_out:?})"),
            Self::Delay(latency) => write!(f, "Delay({latency:?})"),
            other => f.write_str(other.name()),
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

/// How late a reply is, in milliseconds, ten minutes at most. What is random follows from
/// the seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latency {
    /// Always as late.
    Fixed {
        /// Milliseconds.
        ms: u32,
    },
    /// Anything in between, as likely as anything else.
    Uniform {
        /// The least.
        from_ms: u32,
        /// The most.
        to_ms: u32,
    },
    /// Mostly close to the least; one in ten is ten times as late, one in a hundred a
    /// hundred times, and so on (a Pareto distribution), up to a limit.
    LongTail {
        /// The least.
        least_ms: u32,
        /// The most.
        most_ms: u32,
    },
}

impl Latency {
    /// The delay that goes with a random number.
    pub(crate) fn ms(self, dice: u32) -> u64 {
        let ms = match self {
            Self::Fixed { ms } => u64::from(ms),
            Self::Uniform { from_ms, to_ms } => {
                let width = u64::from(to_ms.saturating_sub(from_ms)) + 1;
                u64::from(from_ms) + ((width * u64::from(dice)) >> 32)
            }
            Self::LongTail { least_ms, most_ms } => {
                let rest = (1_u64 << 32) - u64::from(dice);
                ((u64::from(least_ms) << 32) / rest).min(u64::from(most_ms.max(least_ms)))
            }
        };
        ms.min(u64::from(MAX_DELAY_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_stay_within_their_bounds_and_have_the_tail_they_promise() {
        let uniform = Latency::Uniform {
            from_ms: 10,
            to_ms: 20,
        };
        assert_eq!((uniform.ms(0), uniform.ms(u32::MAX)), (10, 20));
        let tail = Latency::LongTail {
            least_ms: 10,
            most_ms: 5_000,
        };
        assert_eq!((tail.ms(0), tail.ms(u32::MAX / 10 * 9)), (10, 99));
        assert_eq!((tail.ms(u32::MAX / 100 * 99), tail.ms(u32::MAX)), (999, 5_000));
        assert_eq!(Latency::Fixed { ms: 7 }.ms(u32::MAX), 7);
    }
}
