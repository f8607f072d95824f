use core::fmt;
use std::collections::BTreeMap;

use wechat_auth::AppId;
use wechat_auth::keeper::{Event, Fetch};
use wechat_auth_client::Clock;

use crate::OfficialAccount;

// ANCHOR: metrics
/// What became of the accounts' tokens, counted. `Display` writes the text format that Prometheus reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    accounts: BTreeMap<AppId, Counters>,
}

/// The counters of one account; none ever goes down.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Fetches that left.
    pub fetches: u64,
    /// Fetches that brought a new token.
    pub refreshed: u64,
    /// Fetches that failed.
    pub failed: u64,
    /// Tokens that WeChat refused while they were held.
    pub rejected: u64,
    /// Signs that another system refreshes the account: find it.
    pub foreign_refreshes: u64,
    /// Times that the day's own budget of fetches was used up.
    pub budget_spent: u64,
}

impl Metrics {
    /// Counts what happened to the account's token since the last time. Call it at each scrape, once a
    /// minute at least: a source remembers its newest 32 events.
    pub fn drain<T, F: Fetch, C: Clock>(&mut self, account: &OfficialAccount<T, F, C>) {
        let counters = self.accounts.entry(account.appid().clone()).or_default();
        while let Some(event) = account.tokens().poll_event() {
            counters.count(&event);
        }
    }

    /// One account's counters; all zero before its first [`drain`](Self::drain).
    pub fn of(&self, appid: &AppId) -> Counters {
        self.accounts.get(appid).copied().unwrap_or_default()
    }
}

impl Counters {
    /// For an application that drains the events itself, since an alarm hangs on some.
    pub fn count(&mut self, event: &Event) {
        let counter = match event {
            Event::Sending { .. } => &mut self.fetches,
            Event::Refreshed { .. } => &mut self.refreshed,
            Event::Failed { .. } => &mut self.failed,
            Event::Rejected { .. } => &mut self.rejected,
            Event::ForeignRefresh { .. } => &mut self.foreign_refreshes,
            Event::BudgetSpent { .. } => &mut self.budget_spent,
            _ => return,
        };
        *counter = counter.saturating_add(1);
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, help, read) in SERIES {
            writeln!(f, "# HELP {name} {help}")?;
            writeln!(f, "# TYPE {name} counter")?;
            for (appid, counters) in &self.accounts {
                // An appid needs no escaping: it has letters, digits, `_` and `-` only.
                writeln!(f, "{name}{{appid=\"{appid}\"}} {}", read(counters))?;
            }
        }
        Ok(())
    }
}

type Series = (&'static str, &'static str, fn(&Counters) -> u64);

#[rustfmt::skip]
const SERIES: [Series; 6] = [
    ("wechat_token_fetches_total", "Fetches that left.", |c| c.fetches),
    ("wechat_token_refreshed_total", "Fetches that brought a new token.", |c| c.refreshed),
    ("wechat_token_failed_total", "Fetches that failed.", |c| c.failed),
    ("wechat_token_rejected_total", "Held tokens that WeChat refused.", |c| c.rejected),
    ("wechat_token_foreign_refreshes_total", "Signs of another system.", |c| c.foreign_refreshes),
    ("wechat_token_budget_spent_total", "Days whose fetches were used up.", |c| c.budget_spent),
];
// ANCHOR_END: metrics
