//! What a test wants to jump to, and what it wants to bring about without waiting.

use serde::Serialize;

use super::WeChat;
use super::accounts::AppFamily;
use super::logins::End;
use super::quota::daily_limit;
use super::route::Route;
use super::time::Millis;

impl WeChat {
    /// The next moment after `now` at which a token, ticket or code ends that is accepted
    /// now; `None` when nothing is.
    #[must_use]
    pub fn next_expiry(&self, now: Millis) -> Option<Millis> {
        let of_apps = self.accounts.iter().flat_map(|account| {
            AppFamily::ALL
                .into_iter()
                .flat_map(|family| account.lineage(family).iter())
                .map(|issued| issued.accepted_until)
        });
        of_apps.chain(self.logins.ends()).filter(|end| *end > now).min()
    }

    /// When the quota day that holds `now` ends.
    #[must_use]
    pub const fn quota_reset(&self, now: Millis) -> Millis {
        now.next_quota_day(self.config.behavior.quota_reset_hour)
    }

    /// Takes a token, ticket, refresh token or code back: from `now` on it gets what a
    /// replaced one gets. `false` when it is not known.
    pub fn void(&mut self, now: Millis, token: &str) -> bool {
        self.pass_time(now);
        match self.accounts.issued_mut(token) {
            Some(issued) => {
                issued.void_at(self.now);
                true
            }
            None => self.logins.end(token, self.now, End::Void),
        }
    }

    /// Ends the life of a token, ticket, refresh token or code `now`. `false` when it is
    /// not known.
    pub fn expire(&mut self, now: Millis, token: &str) -> bool {
        self.pass_time(now);
        match self.accounts.issued_mut(token) {
            Some(issued) => {
                issued.expire_at(self.now);
                true
            }
            None => self.logins.end(token, self.now, End::Expire),
        }
    }

    /// What an app has used of its quotas today, and of what: every path that has one.
    ///
    /// # Errors
    ///
    /// When there is no such app.
    pub fn quotas(&self, now: Millis, appid: &str) -> Result<Vec<QuotaUse>, UnknownPath> {
        let account = self.accounts.get(appid).ok_or(UnknownPath)?;
        let behavior = &self.config.behavior;
        let of = |route: Route| QuotaUse {
            path: route.path(),
            daily_limit: daily_limit(route, account.app.sandbox, behavior),
            used: account.quotas.used(route, now, behavior),
        };
        Ok(Route::ALL.into_iter().filter(has_quota).map(of).collect())
    }

    /// Counts this many calls of an app for a path as made today; with `None` the rest of
    /// the day's.
    ///
    /// # Errors
    ///
    /// When there is no such app, or the path has no quota. Nothing changes then.
    pub fn consume_quota(
        &mut self,
        now: Millis,
        appid: &str,
        path: &str,
        calls: Option<u64>,
    ) -> Result<(), UnknownPath> {
        self.pass_time(now);
        let route = Route::of(path).filter(has_quota).ok_or(UnknownPath)?;
        let account = self.accounts.get_mut(appid).ok_or(UnknownPath)?;
        let behavior = &self.config.behavior;
        match calls {
            Some(calls) => account.quotas.consume(route, calls, self.now, behavior),
            None => {
                let limit = daily_limit(route, account.app.sandbox, behavior);
                let used = account.quotas.used(route, self.now, behavior).max(limit);
                account.quotas.set_used(route, used, self.now, behavior);
            }
        }
        Ok(())
    }
}

/// `/sns` and clearing itself are not counted by day.
fn has_quota(route: &Route) -> bool {
    !route.is_page()
        && !route.path().starts_with("/sns/")
        && !matches!(route, Route::ClearQuota | Route::ClearQuotaV2)
}

/// What one app has used of one path's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct QuotaUse {
    /// The path.
    pub path: &'static str,
    /// Calls a day.
    pub daily_limit: u64,
    /// Calls today.
    pub used: u64,
}

/// There is no such app, or the path has no quota by day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such app, or the path has no quota by day")]
pub struct UnknownPath;
