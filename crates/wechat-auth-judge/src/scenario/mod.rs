//! What a program is put through.

mod login;
mod token;

use serde::{Deserialize, Serialize};

use crate::trial::{Over, Trial};

/// What a program is put through. Each has a WeChat of its own, and a new start of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Scenario {
    /// 50 callers at once, and no token yet.
    ColdStart,
    /// The token's life ends, and the program's clock says so.
    Expiry,
    /// The token's life ends, and the program's clock does not say so: 42001.
    UnforeseenExpiry,
    /// Under load another system refreshes the account: 40001.
    ForeignRefresh,
    /// WeChat refuses every token for a while: 40001, whatever is fetched.
    Refusals,
    /// WeChat is busy: fetches get -1.
    Busy,
    /// Fetches get an HTML page with status 500.
    ServerError,
    /// Fetches get no answer.
    Hang,
    /// The day's fetches are used up: 45009.
    Quota,
    /// The token has 345 seconds left when it is fetched.
    ShortLife,
    /// A token is minted, and the answer is lost.
    ReplyLost,
    /// The token is still good, and every attempt to replace it fails.
    RefreshFails,
    /// A user logs in.
    Login,
    /// The same callback comes three times, twice at once.
    ReusedCode,
    /// A callback brings a state that nobody gave out.
    ForgedState,
    /// A callback brings a state that was given to another browser.
    OtherBrowser,
}

impl Scenario {
    /// Every scenario, in the order of the table.
    pub const ALL: [Self; 16] = [
        Self::ColdStart,
        Self::Expiry,
        Self::UnforeseenExpiry,
        Self::ForeignRefresh,
        Self::Refusals,
        Self::Busy,
        Self::ServerError,
        Self::Hang,
        Self::Quota,
        Self::ShortLife,
        Self::ReplyLost,
        Self::RefreshFails,
        Self::Login,
        Self::ReusedCode,
        Self::ForgedState,
        Self::OtherBrowser,
    ];

    /// What it is called on the command line and in the scorecard.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ColdStart => "cold-start",
            Self::Expiry => "expiry",
            Self::UnforeseenExpiry => "unforeseen-expiry",
            Self::ForeignRefresh => "foreign-refresh",
            Self::Refusals => "refusals",
            Self::Busy => "busy",
            Self::ServerError => "server-error",
            Self::Hang => "hang",
            Self::Quota => "quota",
            Self::ShortLife => "short-life",
            Self::ReplyLost => "reply-lost",
            Self::RefreshFails => "refresh-fails",
            Self::Login => "login",
            Self::ReusedCode => "reused-code",
            Self::ForgedState => "forged-state",
            Self::OtherBrowser => "other-browser",
        }
    }

    /// The scenario of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    /// What happens, and what the program must do, in Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::ColdStart => "冷启动时 50 个调用同时到来：只获取一次凭证，全部成功",
            Self::Expiry => "凭证到期，程序的时钟也走到了：20 个调用全部成功，再获取一次",
            Self::UnforeseenExpiry => "凭证到期而程序的时钟没有走到（42001）：20 个调用全部成功，再获取一次",
            Self::ForeignRefresh => "负载下另一系统刷新了同一账号（40001）：没有调用失败，至多再获取两次",
            Self::Refusals => "5 秒内微信拒绝一切凭证（40001）：获取不超过 10 次，随后 60 秒内恢复",
            Self::Busy => "5 秒内获取凭证都得到 -1：获取不超过 10 次，随后 30 秒内恢复",
            Self::ServerError => "5 秒内获取凭证都得到 500 和 HTML：获取不超过 10 次，随后 30 秒内恢复",
            Self::Hang => "8 秒内获取凭证都没有应答：每个调用都有结果，随后 30 秒内恢复",
            Self::Quota => "当天获取次数用尽（45009）：5 秒内获取不超过 5 次，每个调用都有结果",
            Self::ShortLife => "凭证只剩 345 秒：20 个调用全部成功，获取不超过 2 次",
            Self::ReplyLost => "凭证已生成而应答丢失：30 秒内恢复，获取不超过 3 次",
            Self::RefreshFails => "凭证仍然有效而续期一再失败：没有调用失败",
            Self::Login => "用户登录：链接被微信接受，openid 正确，code 换取一次",
            Self::ReusedCode => "同一回调来了三次，其中两次同时：code 只换取一次，至少一次成功",
            Self::ForgedState => "回调的 state 无人发出：拒绝，且不换取",
            Self::OtherBrowser => "回调的 state 发给了另一浏览器：拒绝，且不换取",
        }
    }

    /// What happens, and what the program must do, in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::ColdStart => "50 calls at once on a cold start: one fetch, and all succeed",
            Self::Expiry => {
                "the token ends, as the program's clock says: 20 calls succeed, with one fetch more"
            }
            Self::UnforeseenExpiry => {
                "the token ends before the program's clock says so (42001): 20 calls succeed, with one fetch more"
            }
            Self::ForeignRefresh => {
                "another system refreshes the account under load (40001): no call fails, with two fetches more"
            }
            Self::Refusals => {
                "for 5 s WeChat refuses every token (40001): 10 fetches at most, and a recovery within 60 s"
            }
            Self::Busy => "for 5 s fetches get -1: 10 fetches at most, and a recovery within 30 s",
            Self::ServerError => {
                "for 5 s fetches get 500 and HTML: 10 fetches at most, and a recovery within 30 s"
            }
            Self::Hang => "for 8 s fetches get no answer: every call ends, and a recovery within 30 s",
            Self::Quota => {
                "the day's fetches are used up (45009): 5 more at most in 5 s, and every call ends"
            }
            Self::ShortLife => "the token has 345 s left: 20 calls succeed, with 2 fetches at most",
            Self::ReplyLost => {
                "a token is minted and the answer lost: a recovery within 30 s, with 3 fetches at most"
            }
            Self::RefreshFails => "the token is good and every attempt to replace it fails: no call fails",
            Self::Login => "a user logs in: a link that WeChat accepts, the right openid, one exchange",
            Self::ReusedCode => {
                "the same callback three times, twice at once: one exchange, and one success at least"
            }
            Self::ForgedState => "a callback with a state that nobody gave out: refused, without an exchange",
            Self::OtherBrowser => {
                "a callback with a state that was given to another browser: refused, without an exchange"
            }
        }
    }

    /// Puts the program through it.
    pub(crate) async fn run(self, trial: &mut Trial) -> Result<(), Over> {
        match self {
            Self::ColdStart => token::cold_start(trial).await,
            Self::Expiry => token::expiry(trial).await,
            Self::UnforeseenExpiry => token::unforeseen_expiry(trial).await,
            Self::ForeignRefresh => token::foreign_refresh(trial).await,
            Self::Refusals => token::refusals(trial).await,
            Self::Busy => token::busy(trial).await,
            Self::ServerError => token::server_error(trial).await,
            Self::Hang => token::hang(trial).await,
            Self::Quota => token::quota(trial).await,
            Self::ShortLife => token::short_life(trial).await,
            Self::ReplyLost => token::reply_lost(trial).await,
            Self::RefreshFails => token::refresh_fails(trial).await,
            Self::Login => login::login(trial).await,
            Self::ReusedCode => login::reused_code(trial).await,
            Self::ForgedState => login::forged_state(trial).await,
            Self::OtherBrowser => login::other_browser(trial).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_has_one_name_everywhere() {
        for scenario in Scenario::ALL {
            assert_eq!(Scenario::of_name(scenario.name()), Some(scenario));
            let written = serde_json::to_value(scenario).unwrap();
            assert_eq!(written, scenario.name());
        }
        assert_eq!(Scenario::of_name("nonsense"), None);
    }
}
