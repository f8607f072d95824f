//! WeChat's side as a value: no socket, no clock, no thread, no randomness.
//!
//! [`WeChat::handle`] takes a moment, a request and the address it came from, and gives
//! back what WeChat would do. Everything else is for the test around it: what became of
//! a token, what was asked, and what shall go wrong next.

mod accounts;
mod api;
mod app;
mod app_tokens;
mod behavior;
mod call;
mod counts;
mod diagnostics;
mod dispatch;
mod fault;
mod introspection;
mod lineage;
mod logins;
mod mint;
mod quota;
mod refusal;
mod reply;
mod rid_log;
mod route;
mod secret;
mod sns;
mod time;
mod user;

use std::fmt;

use self::accounts::Accounts;
use self::counts::Counters;
use self::fault::Faults;
use self::logins::Logins;
use self::mint::Mint;
use self::rid_log::RidLog;
use crate::browser::Consents;

pub use self::app::{App, AppKind, AppStanding, InvalidApp};
pub use self::app_tokens::{ForeignRefresh, ForeignRefreshError};
pub use self::behavior::{
    AllowListRefusal, Behavior, ContentType, ForceEffect, ForceTooSoon, QrRefusal, Slots, TicketRepeat,
};
pub use self::counts::{Count, Counts};
pub use self::fault::{CarriedOut, Effect, Fault, TooManyFaults};
pub use self::introspection::{Family, Introspection, MintedBy, Standing};
pub use self::reply::Reply;
pub use self::secret::Secret;
pub use self::time::Millis;
pub use self::user::{InvalidUser, Unionid, User};

pub(crate) use self::call::Call;
pub(crate) use self::logins::{Consent, Grants, Scope};
pub(crate) use self::route::Route as Path;

/// What a machine is built from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Decides every token, openid, code and rid: two machines with the same
    /// configuration give the same bytes to the same requests at the same times.
    pub seed: u64,
    /// How WeChat behaves where that is a number or in doubt.
    pub behavior: Behavior,
}

impl Config {
    /// The default behaviour under this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            behavior: Behavior::default(),
        }
    }
}

/// WeChat's side of app tokens and web login.
///
/// - *What the world brings*: [`handle`](Self::handle).
/// - *What a test arranges*: [`add_app`](Self::add_app), [`add_user`](Self::add_user),
///   [`set_auto_consent`](Self::set_auto_consent), [`inject`](Self::inject),
///   [`foreign_refresh`](Self::foreign_refresh).
/// - *What a test asks*: [`introspect`](Self::introspect), [`counts`](Self::counts).
///
/// Memory is bounded whatever is sent: per app and kind of token the newest 34, the
/// newest 10 000 codes and 10 000 logins, 1000 refused requests of 12 KiB, 1000 open
/// consent pages, 1000 users, 1000 faults; and one counter per app and known path.
/// What is forgotten is treated as never seen.
pub struct WeChat {
    pub(crate) config: Config,
    pub(crate) mint: Mint,
    pub(crate) now: Millis,
    pub(crate) accounts: Accounts,
    users: Vec<User>,
    auto_consent: Option<String>,
    /// The user who answered the last consent page; silent logins go on with that one.
    last_user: Option<String>,
    pub(crate) logins: Logins,
    pub(crate) consents: Consents,
    rid_log: RidLog,
    faults: Faults,
    counters: Counters,
    rids: u64,
    /// Tokens and tickets minted for clients, to see which requests mint.
    mints: u64,
    user_tokens: u64,
    login_count: u64,
    pub(crate) codes: u64,
}

impl WeChat {
    /// A WeChat without apps, and with the [built-in users](User::built_in).
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            mint: Mint::new(config.seed),
            config,
            now: Millis::default(),
            accounts: Accounts::default(),
            users: User::built_in(),
            auto_consent: None,
            last_user: None,
            logins: Logins::new(),
            consents: Consents::new(),
            rid_log: RidLog::new(),
            faults: Faults::default(),
            counters: Counters::default(),
            rids: 0,
            mints: 0,
            user_tokens: 0,
            login_count: 0,
            codes: 0,
        }
    }

    /// Adds an app. An app that is there already is changed: its tokens stay, and so
    /// does what it has used of its quotas.
    ///
    /// # Errors
    ///
    /// When the appid or the secret is malformed; nothing changes then.
    pub fn add_app(&mut self, app: App) -> Result<(), InvalidApp> {
        app.check()?;
        self.accounts.add(app);
        Ok(())
    }

    /// An app as it was added last, for example to clone it, change it and add it again.
    #[must_use]
    pub fn app(&self, appid: &str) -> Option<&App> {
        self.accounts.get(appid).map(|account| &account.app)
    }

    /// Adds a user, or replaces the one with the same id.
    ///
    /// # Errors
    ///
    /// When the user is malformed, or there are 1000 already; nothing changes then.
    pub fn add_user(&mut self, user: User) -> Result<(), InvalidUser> {
        user.check()?;
        if let Some(known) = self.users.iter_mut().find(|known| known.id == user.id) {
            *known = user;
        } else if self.users.len() < user::MAX_USERS {
            self.users.push(user);
        } else {
            return Err(InvalidUser::TooMany);
        }
        Ok(())
    }

    /// From now on this user agrees to every login at once, without a page; `None`
    /// brings the page back.
    ///
    /// # Errors
    ///
    /// When there is no such user; nothing changes then.
    pub fn set_auto_consent(&mut self, user: Option<&str>) -> Result<(), InvalidUser> {
        if user.is_some_and(|id| self.user(id).is_none()) {
            return Err(InvalidUser::Unknown);
        }
        self.auto_consent = user.map(str::to_owned);
        Ok(())
    }

    /// Lets something go wrong with a coming request. The first fault that fits a
    /// request is spent on it.
    ///
    /// # Errors
    ///
    /// When 1000 faults are waiting already.
    pub fn inject(&mut self, fault: Fault) -> Result<(), TooManyFaults> {
        self.faults.add(fault)
    }

    /// Calls off every fault that is still waiting.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// How many injected faults have not been spent.
    #[must_use]
    pub fn faults_waiting(&self) -> usize {
        self.faults.waiting()
    }

    /// The requests seen so far, by app and path.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counters.report()
    }

    /// What WeChat knows about a token, ticket, refresh token or code.
    ///
    /// The question changes nothing, and `now` may be any moment: what is asked is how
    /// the present state would look then.
    #[must_use]
    pub fn introspect(&self, now: Millis, token: &str) -> Introspection {
        let Some(found) = self.accounts.find(token, now) else {
            return self
                .logins
                .introspect(token, now)
                .unwrap_or(Introspection::UNKNOWN);
        };
        let overlap_left_s =
            (found.standing == Standing::Previous).then(|| now.seconds_until(found.issued.accepted_until));
        Introspection {
            known: true,
            valid: found.standing.is_accepted(),
            family: Some(found.family.into()),
            standing: found.standing,
            appid: Some(found.account.app.appid.clone()),
            why: found.standing.why(),
            expires_in_s: now.seconds_until(found.issued.expires_at),
            overlap_left_s,
            minted_by: Some(found.issued.minted_by),
        }
    }

    fn pass_time(&mut self, now: Millis) {
        self.now = self.now.max(now);
    }

    pub(crate) fn users(&self) -> &[User] {
        &self.users
    }

    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(crate) fn auto_consent(&self) -> Option<&str> {
        self.auto_consent.as_deref()
    }

    /// The user a silent login is for: the last one chosen, or the first there is.
    pub(crate) fn silent_user(&self) -> Option<&str> {
        let first = || self.users.first().map(|user| user.id.as_str());
        self.auto_consent().or(self.last_user.as_deref()).or_else(first)
    }

    pub(crate) fn choose_user(&mut self, id: &str) {
        self.last_user = Some(id.to_owned());
    }
}

/// Counts only: everything else here is a secret or names one.
impl fmt::Debug for WeChat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeChat")
            .field("now", &self.now)
            .field("apps", &self.accounts.iter().count())
            .field("users", &self.users.len())
            .finish_non_exhaustive()
    }
}
