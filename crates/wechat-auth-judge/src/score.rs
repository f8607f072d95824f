//! What a program did in one scenario.

use std::fmt;

use serde::{Deserialize, Serialize};
use wechat_auth_emulator::Family;

use crate::scenario::Scenario;

/// Whether a program did what the scenario asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// It did.
    Held,
    /// It did not: see [`Score::findings`].
    Broken,
    /// It says that it cannot do what the scenario is about.
    Unsupported,
}

/// What a program did in one scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Score {
    /// Which.
    pub scenario: Scenario,
    /// Whether it held.
    pub verdict: Verdict,
    /// What was found wrong; empty unless the verdict is [`Verdict::Broken`].
    pub findings: Vec<Finding>,
    /// What was counted.
    pub figures: Figures,
}

impl Score {
    /// How many kinds of secret were told in how many places.
    #[must_use]
    pub fn leaks(&self) -> usize {
        let leaks = self
            .findings
            .iter()
            .filter(|finding| matches!(finding, Finding::Leak { .. }));
        leaks.count()
    }
}

/// What was counted in one scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Figures {
    /// Calls, logins and callbacks that the judge asked for.
    pub asked: u64,
    /// Those that failed or were not answered.
    pub failed: u64,
    /// Requests for app tokens that reached WeChat.
    pub fetches: u64,
    /// API calls that WeChat refused or left unanswered.
    pub refused: u64,
    /// Exchanges of codes that reached WeChat.
    pub exchanges: u64,
    /// Milliseconds of real time from the end of the trouble to the first call that succeeded.
    pub recovery_ms: Option<u64>,
}

/// Something wrong. It names no secret, and repeats nothing that the program said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Finding {
    /// Calls failed that need not have failed.
    Failed {
        /// How many.
        failed: u64,
        /// Of how many.
        asked: u64,
    },
    /// Calls got no answer within the judge's patience.
    Unanswered {
        /// How many.
        unanswered: u64,
    },
    /// More requests for app tokens than the scenario needs.
    Fetches {
        /// How many.
        made: u64,
        /// How many there may be.
        allowed: u64,
    },
    /// After the trouble no call succeeded.
    NotRecovered {
        /// Seconds the judge waited.
        within_s: u64,
    },
    /// The token that the program handed out is not one that WeChat accepts.
    WrongToken,
    /// The authorize link is one that WeChat refuses.
    WrongLink {
        /// What is wrong with it.
        why: String,
    },
    /// The authorize link does not end in `#wechat_redirect`.
    NoFragment,
    /// The openid is not that of the user who logged in.
    WrongOpenid,
    /// More exchanges than codes.
    Exchanges {
        /// How many.
        made: u64,
        /// How many there may be.
        allowed: u64,
    },
    /// A callback that belongs to no login of this browser was taken for one.
    ForgeryAccepted,
    /// A secret, token or code stands in a log or in an error's text.
    Leak {
        /// What.
        leaked: Leaked,
        /// Where.
        place: Place,
    },
    /// The program ended while it was needed.
    Ended,
    /// The program did not say that it was there.
    NotReady {
        /// Seconds the judge waited.
        within_s: u64,
    },
    /// A command that does its own work did not end.
    DidNotEnd {
        /// Seconds the judge waited.
        within_s: u64,
    },
    /// A command that does its own work failed.
    ExitCode {
        /// What it ended with.
        code: i32,
    },
    /// A command that does its own work asked nothing of WeChat.
    NothingAsked,
}

/// What must not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Leaked {
    /// The appsecret.
    Appsecret,
    /// A token, a ticket or a code.
    Minted(Family),
}

/// Where something was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Place {
    /// In what the program wrote to stderr, or to stdout beside its answers.
    Log,
    /// In the text of an error.
    Error,
}

impl Finding {
    /// The sentence in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Failed { failed, asked } => format!("{asked} 次请求中有 {failed} 次本不该失败"),
            Self::Unanswered { unanswered } => format!("{unanswered} 次请求一直没有结果"),
            Self::Fetches { made, allowed } => format!("获取凭证 {made} 次，至多应为 {allowed} 次"),
            Self::NotRecovered { within_s } => format!("故障结束后 {within_s} 秒内仍未恢复"),
            Self::WrongToken => "给出的凭证微信不认".to_owned(),
            Self::WrongLink { why } => format!("授权链接会被微信拒绝（{why}）"),
            Self::NoFragment => "授权链接末尾没有 #wechat_redirect".to_owned(),
            Self::WrongOpenid => "openid 不是登录者的".to_owned(),
            Self::Exchanges { made, allowed } => format!("换取 {made} 次，至多应为 {allowed} 次"),
            Self::ForgeryAccepted => "接受了不属于本浏览器的回调".to_owned(),
            Self::Leak { leaked, place } => {
                let place = match place {
                    Place::Log => "日志",
                    Place::Error => "错误信息",
                };
                format!("{place}中出现了 {}", leaked.name())
            }
            Self::Ended => "程序中途退出".to_owned(),
            Self::NotReady { within_s } => {
                format!("程序 {within_s} 秒内没有应答：它按约定回答 hello 吗？不按约定的命令用 --unaided")
            }
            Self::DidNotEnd { within_s } => format!("命令 {within_s} 秒内没有结束"),
            Self::ExitCode { code } => format!("命令以 {code} 退出"),
            Self::NothingAsked => "命令没有向微信发出任何请求".to_owned(),
        }
    }
}

/// The sentence in English.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { failed, asked } => write!(f, "{failed} of {asked} failed that need not have"),
            Self::Unanswered { unanswered } => write!(f, "{unanswered} never came to an end"),
            Self::Fetches { made, allowed } => write!(f, "{made} fetches, where {allowed} would do"),
            Self::NotRecovered { within_s } => {
                write!(f, "no call succeeded in the {within_s} s after the trouble")
            }
            Self::WrongToken => f.write_str("the token it hands out is none that WeChat accepts"),
            Self::WrongLink { why } => write!(f, "WeChat refuses the authorize link: {why}"),
            Self::NoFragment => f.write_str("the authorize link does not end in #wechat_redirect"),
            Self::WrongOpenid => f.write_str("the openid is not that of the user who logged in"),
            Self::Exchanges { made, allowed } => write!(f, "{made} exchanges, where {allowed} would do"),
            Self::ForgeryAccepted => {
                f.write_str("a callback was taken that belongs to no login of this browser")
            }
            Self::Leak { leaked, place } => {
                let place = match place {
                    Place::Log => "the log",
                    Place::Error => "an error",
                };
                write!(f, "{place} shows the {}", leaked.name())
            }
            Self::Ended => f.write_str("the program ended while it was needed"),
            Self::NotReady { within_s } => write!(
                f,
                "the program did not answer in {within_s} s: does it speak the contract? if not, use --unaided"
            ),
            Self::DidNotEnd { within_s } => write!(f, "the command did not end in {within_s} s"),
            Self::ExitCode { code } => write!(f, "the command ended with {code}"),
            Self::NothingAsked => f.write_str("the command asked nothing of WeChat"),
        }
    }
}

impl Leaked {
    /// As WeChat's documentation calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Appsecret => "appsecret",
            Self::Minted(Family::JsapiTicket | Family::WxCardTicket) => "ticket",
            Self::Minted(Family::Refresh) => "refresh_token",
            Self::Minted(Family::Code) => "code",
            Self::Minted(_) => "access_token",
        }
    }
}
