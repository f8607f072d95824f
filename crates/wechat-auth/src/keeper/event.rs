use core::time::Duration;

use super::{FetchError, TokenId};
use crate::Tick;

/// Something worth knowing: drained by [`Keeper::poll_event`](super::Keeper::poll_event), for metrics,
/// logs, alarms, and for saving a snapshot. Nothing in it is secret.
///
/// The newest 32 are kept for whoever drains late.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A request is about to leave, and was counted.
    Sending {
        /// Sends in the rolling day, this one included.
        today: u32,
        /// Whether another token than the current one is demanded.
        forced: bool,
    },
    /// WeChat handed out a token that was not held before.
    Refreshed {
        /// Its number.
        id: TokenId,
        /// WeChat is expected to refuse it from then on.
        usable_until: Tick,
    },
    /// WeChat handed out the held token again, and it lives longer than was known.
    Prolonged {
        /// Its number.
        id: TokenId,
        /// WeChat is expected to refuse it from then on.
        usable_until: Tick,
    },
    /// A fetch failed.
    Failed {
        /// Why, and who must act.
        error: FetchError,
        /// The next one will not start before.
        retry_at: Tick,
    },
    /// A fetch ended in the dark and may have minted a token nobody holds, so the held one is trusted
    /// no longer than this. Afterwards it is served only while no fetch can bring another, until WeChat
    /// refuses it or its own end has come.
    Suspect {
        /// WeChat may refuse it from then on.
        usable_until: Tick,
    },
    /// A call reported that WeChat refused the held token.
    Rejected {
        /// Its number.
        id: TokenId,
        /// How long it had been held.
        age: Duration,
    },
    /// Tokens are refused long before their time, again and again: another system refreshes the same
    /// account. Find it (a test machine, an old deployment, a colleague's tool), or use the stable mode
    /// everywhere.
    ForeignRefresh {
        /// Early refusals within the last day.
        times: u32,
    },
    /// The day's own budget of sends is used up.
    BudgetSpent {
        /// The next send will not start before.
        until: Tick,
    },
}
