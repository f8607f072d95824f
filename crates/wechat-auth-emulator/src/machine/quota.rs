//! What an account has used up: by Beijing day, by minute, by month.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::behavior::{Behavior, ForceSpacing, MinuteWindow};
use super::route::Route;
use super::time::Millis;

/// Uses within one period; a new period begins at zero.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Used {
    period: u64,
    count: u64,
}

impl Used {
    const fn in_period(self, period: u64) -> u64 {
        if self.period == period { self.count } else { 0 }
    }

    fn add(&mut self, period: u64) {
        *self = Self {
            period,
            count: self.in_period(period).saturating_add(1),
        };
    }
}

/// The calls of one minute.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Minute {
    began: Millis,
    count: u64,
}

impl Minute {
    fn take(&mut self, now: Millis, window: MinuteWindow, limit: u64) -> Result<(), OverQuota> {
        let is_over = match window {
            MinuteWindow::OfTheClock => self.began.unix_s() / 60 != now.unix_s() / 60,
            MinuteWindow::FromTheFirstCall => now >= self.began.plus_s(60),
        };
        if is_over {
            *self = Self { began: now, count: 0 };
        }
        if self.count >= limit {
            return Err(OverQuota::Minute);
        }
        self.count = self.count.saturating_add(1);
        Ok(())
    }
}

/// Why a call may not go ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OverQuota {
    Day,
    Minute,
}

/// The counters of one account.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Quotas {
    calls: BTreeMap<Route, Used>,
    stable_minute: Minute,
    /// Minutes that a fault has closed, by route.
    closed_minutes: BTreeMap<Route, u64>,
    forced: Used,
    last_force: Option<Millis>,
    clears: Used,
}

impl Quotas {
    /// Counts one call of `route`, unless that is one too many.
    pub(crate) fn take(
        &mut self,
        route: Route,
        now: Millis,
        sandbox: bool,
        behavior: &Behavior,
    ) -> Result<(), OverQuota> {
        if self.used(route, now, behavior) >= daily_limit(route, sandbox, behavior) {
            return Err(OverQuota::Day);
        }
        if self.closed_minutes.get(&route) == Some(&(now.unix_s() / 60)) {
            return Err(OverQuota::Minute);
        }
        if route == Route::StableToken {
            self.stable_minute
                .take(now, behavior.stable_minute, behavior.stable_per_minute)?;
        }
        let day = now.beijing_day(behavior.quota_reset_hour);
        self.calls.entry(route).or_default().add(day);
        Ok(())
    }

    /// Calls of `route` counted today.
    pub(crate) fn used(&self, route: Route, now: Millis, behavior: &Behavior) -> u64 {
        let day = now.beijing_day(behavior.quota_reset_hour);
        self.calls.get(&route).map_or(0, |used| used.in_period(day))
    }

    /// Counts `calls` of `route` at once, as if they had been made today.
    pub(crate) fn consume(&mut self, route: Route, calls: u64, now: Millis, behavior: &Behavior) {
        let period = now.beijing_day(behavior.quota_reset_hour);
        let count = self.used(route, now, behavior).saturating_add(calls);
        self.calls.insert(route, Used { period, count });
    }

    /// Says how many calls of `route` were made today.
    pub(crate) fn set_used(&mut self, route: Route, count: u64, now: Millis, behavior: &Behavior) {
        let period = now.beijing_day(behavior.quota_reset_hour);
        self.calls.insert(route, Used { period, count });
    }

    /// Refuses every call of `route` until the minute of the clock is over.
    pub(crate) fn close_minute(&mut self, route: Route, now: Millis) {
        self.closed_minutes.insert(route, now.unix_s() / 60);
    }

    /// Whether a forced refresh comes less than the spacing after the last.
    pub(crate) fn force_is_too_soon(&mut self, now: Millis, behavior: &Behavior) -> bool {
        let too_soon = self
            .last_force
            .is_some_and(|last| now < last.plus_s(behavior.force_spacing_s));
        if behavior.force_spacing_from == ForceSpacing::LastAsked {
            self.last_force = Some(now);
        }
        too_soon
    }

    /// Counts one forced refresh, unless the day's are used up.
    pub(crate) fn take_force(&mut self, now: Millis, behavior: &Behavior) -> Result<(), OverQuota> {
        let day = now.beijing_day(behavior.quota_reset_hour);
        if self.forced.in_period(day) >= behavior.forced_per_day {
            return Err(OverQuota::Day);
        }
        self.forced.add(day);
        self.last_force = Some(now);
        Ok(())
    }

    /// Sets the day's counts back to zero, unless the month's clears are used up.
    pub(crate) fn clear(&mut self, now: Millis, behavior: &Behavior) -> Result<(), OverQuota> {
        let month = now.beijing_month();
        if self.clears.in_period(month) >= behavior.quota_clears_per_month {
            return Err(OverQuota::Day);
        }
        self.clears.add(month);
        self.calls.clear();
        if behavior.clear_quota_restores_forced {
            self.forced = Used::default();
        }
        Ok(())
    }
}

pub(crate) const fn daily_limit(route: Route, sandbox: bool, behavior: &Behavior) -> u64 {
    match (route, sandbox) {
        (Route::Token, false) => behavior.classic_per_day,
        (Route::Token, true) => behavior.classic_per_day_sandbox,
        (Route::StableToken, _) => behavior.stable_per_day,
        _ => behavior.api_per_day,
    }
}
