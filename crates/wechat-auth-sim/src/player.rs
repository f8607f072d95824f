//! Who plays in the world: something that keeps an app token.

use wechat_auth::Tick;

pub use crate::ours::Ours;

/// One program instance that keeps an app token: the machine under test, or a model of somebody else's.
pub trait Player {
    /// A caller asks for a token now.
    fn poll(&mut self, now: Tick) -> Step;

    /// What became of the fetch `attempt`.
    fn heard(&mut self, now: Tick, attempt: u64, heard: Heard<'_>);

    /// WeChat refused this token value (40001 …) in an API call that was made with it.
    fn refused(&mut self, now: Tick, token: &str);

    /// The same, when it is known that the caller was handed the token at `handed_out`: a player that
    /// serves one value twice, before and after a rest, can then tell a late report from a new one.
    fn refused_since(&mut self, now: Tick, token: &str, handed_out: Tick) {
        let _ = handed_out;
        self.refused(now, token);
    }

    /// When polling would bring something new although nothing happened; [`Tick::MAX`] means never.
    fn wake_at(&self) -> Tick;

    /// The process dies and starts again: what it persisted is all it has. Its wall clock then says
    /// `unix_millis`, which may be wrong.
    fn restart(&mut self, now: Tick, unix_millis: u64);

    /// What it says for a log: drained by the world into the story, and searched for secrets.
    fn says(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// What a player wants done for a caller.
#[allow(clippy::large_enum_variant, reason = "it is made and taken apart at once")]
#[derive(Clone)]
pub enum Step {
    /// Use this token.
    Token(String),
    /// Send this request, and report with [`Player::heard`].
    Fetch {
        /// To be given back with what was heard.
        attempt: u64,
        /// The request.
        request: http::Request<Vec<u8>>,
        /// The deadline, to the last byte of the body.
        until: Tick,
        /// A token that is still good, for a caller who would rather not wait.
        meanwhile: Option<String>,
    },
    /// Ask again when something was heard, or at `until`.
    Wait {
        /// When to ask again at the latest.
        until: Tick,
    },
    /// There is no token to be had now.
    Failed {
        /// The next fetch will not start before; [`Tick::MAX`] means never.
        retry_at: Tick,
    },
}

/// Tokens and requests hold secrets, so neither is shown.
impl core::fmt::Debug for Step {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Token(_) => f.write_str("Token"),
            Self::Fetch { attempt, until, .. } => write!(f, "Fetch({attempt}, until {until:?})"),
            Self::Wait { until } => write!(f, "Wait(until {until:?})"),
            Self::Failed { retry_at } => write!(f, "Failed(retry at {retry_at:?})"),
        }
    }
}

/// What became of a fetch.
pub enum Heard<'a> {
    /// An answer came, whatever it says.
    Response(http::Response<&'a [u8]>),
    /// The request certainly did not reach WeChat.
    NotSent,
    /// No answer: time ran out or the line was cut after the request may have left.
    NoAnswer,
    /// The driver gave up, such as a caller that was cancelled. The request may have left.
    Abandoned,
}

/// An answer holds a token, so only its status is shown.
impl core::fmt::Debug for Heard<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Response(answer) => write!(f, "Response({})", answer.status().as_u16()),
            Self::NotSent => f.write_str("NotSent"),
            Self::NoAnswer => f.write_str("NoAnswer"),
            Self::Abandoned => f.write_str("Abandoned"),
        }
    }
}
