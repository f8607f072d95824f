//! WeChat's side as a value: no socket, no clock, no thread, no randomness.
//!
//! [`WeChat::handle`] takes a moment, a request and the address it came from, and gives
//! back what WeChat would do. Everything else is for the test around it: what became of
//! a token, what was asked, and what shall go wrong next.

mod accounts;
mod answers;
mod api;
mod app;
mod app_tokens;
mod behavior;
mod call;
mod counts;
mod diagnostics;
mod dispatch;
mod exchange;
mod fault;
mod introspection;
mod journal;
mod json_body;
mod ledger;
mod lineage;
mod logins;
mod mask;
mod mint;
mod quota;
mod read;
mod refusal;
mod reply;
mod rid_log;
mod route;
mod schedule;
mod secret;
mod sns;
mod time;
mod user;
mod wrong;

use std::fmt;

use serde::{Deserialize, Serialize};

use self::accounts::Accounts;
use self::answers::Answers;
use self::counts::Counters;
use self::fault::Faults;
use self::journal::Journal;
use self::logins::Logins;
use self::mint::Mint;
use self::rid_log::RidLog;
use crate::browser::OpenPages;

pub use self::app::{App, AppKind, AppStanding, InvalidApp};
pub use self::app_tokens::{ForeignRefresh, ForeignRefreshError};
pub use self::behavior::{
    AllowListRefusal, Behavior, ClearParameters, ContentType, ForceEffect, ForceSpacing, ForceTooSoon,
    MinuteWindow, QrRefusal, Slots, TicketRepeat,
};
pub use self::call::Mount;
pub use self::counts::{Count, Counts};
pub use self::exchange::{Exchange, Header, Outcome};
pub use self::fault::{CarriedOut, Effect, Fault, InvalidFault, Latency, TooManyFaults, WaitingFault};
pub use self::introspection::{Family, Introspection, MintedBy, Standing};
pub use self::ledger::{Certainty, LEDGER, Language, LedgerEntry, ledger};
pub use self::read::Unreadable;
pub use self::reply::{Delivery, Reply, Served};
pub use self::schedule::{QuotaUse, UnknownPath};
pub use self::secret::{Secret, Secrets};
pub use self::time::Millis;
pub use self::user::{InvalidUser, Unionid, User};

pub(crate) use self::accounts::AppFamily;
pub(crate) use self::app::ShownApp;
pub(crate) use self::call::Call;
pub(crate) use self::fault::FaultSpec;
pub(crate) use self::lineage::Life;
pub(crate) use self::logins::{Consent, Grants, Login, Scope};
pub(crate) use self::read::json as read_json;
pub(crate) use self::route::Route as Path;

/// What a machine is built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
/// - *What a test asks*: [`introspect`](Self::introspect), [`counts`](Self::counts),
///   [`journal`](Self::journal).
///
/// Memory is bounded whatever is sent: per app and kind of token the newest 34, the
/// newest 10 000 codes and 10 000 logins, 1000 refused requests of 12 KiB, 1000
/// exchanges of 20 KiB, 1000 answers, 1000 open pages, 1000 users, 1000 faults;
/// and one counter per app and known path. What is forgotten is treated as never seen.
///
/// Serialised it is the whole of its state, secrets included; what is read back goes on
/// where it was: the same requests get the same bytes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    #[serde(rename = "consents")]
    pub(crate) open_pages: OpenPages,
    rid_log: RidLog,
    faults: Faults,
    /// The last answers of the API.
    answers: Answers,
    journal: Journal,
    counters: Counters,
    rids: u64,
    /// Tokens and tickets minted for clients, to see which requests mint.
    mints: u64,
    user_tokens: u64,
    login_count: u64,
    pub(crate) codes: u64,
    /// Secrets made for apps.
    secrets: u64,
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
            logins: Logins::default(),
            open_pages: OpenPages::default(),
            rid_log: RidLog::default(),
            faults: Faults::default(),
            answers: Answers::default(),
            journal: Journal::default(),
            counters: Counters::default(),
            rids: 0,
            mints: 0,
            user_tokens: 0,
            login_count: 0,
            codes: 0,
            secrets: 0,
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

    /// Lets something go wrong with coming requests, and gives back what to call it off
    /// by. Every fault that fits a request looks at it; the first that is due strikes.
    ///
    /// # Errors
    ///
    /// When 1000 faults are waiting already.
    pub fn inject(&mut self, fault: Fault) -> Result<u64, TooManyFaults> {
        self.faults.add(fault)
    }

    /// Calls off one fault; `false` when it is not waiting (any more).
    pub fn remove_fault(&mut self, id: u64) -> bool {
        self.faults.remove(id)
    }

    /// The faults that still have to strike.
    #[must_use]
    pub fn faults(&self) -> &[WaitingFault] {
        self.faults.waiting()
    }

    /// Calls off every fault that is still waiting.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// How many injected faults have not been spent.
    #[must_use]
    pub fn faults_waiting(&self) -> usize {
        self.faults.waiting().len()
    }

    /// The newest thousand requests and their answers, the oldest first.
    pub fn journal(&self) -> impl DoubleEndedIterator<Item = Exchange> {
        self.journal.exchanges()
    }

    /// Forgets what was asked. The counts stay.
    pub fn clear_journal(&mut self) {
        self.journal.clear();
    }

    /// How WeChat behaves.
    #[must_use]
    pub const fn behavior(&self) -> &Behavior {
        &self.config.behavior
    }

    /// From now on WeChat behaves like this. What was minted before keeps its life.
    pub fn set_behavior(&mut self, behavior: Behavior) {
        self.config.behavior = behavior;
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

    /// A secret that nobody has had: 32 hex digits from the seed.
    pub(crate) fn new_secret(&mut self, appid: &str) -> Secret {
        let nth = self.secrets;
        self.secrets = nth.saturating_add(1);
        self.mint.secret(appid, nth)
    }

    /// Whether what was read back is a state that this machine can be in.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        if self.apps().any(|app| app.check().is_err()) || !self.accounts.are_named_right() {
            return Err("wechat.accounts has an app that cannot be");
        }
        if self.users.len() > user::MAX_USERS || self.users.iter().any(|user| user.check().is_err()) {
            return Err("wechat.users has a user that cannot be");
        }
        if self.mint != Mint::new(self.config.seed) {
            return Err("wechat.mint is not that of wechat.config.seed");
        }
        Ok(())
    }

    /// The tokens or tickets of one kind that an app has had, the newest first.
    pub(crate) fn lives(
        &self,
        now: Millis,
        appid: &str,
        family: AppFamily,
    ) -> impl Iterator<Item = Life<'_>> {
        let account = self.accounts.get(appid);
        account
            .into_iter()
            .flat_map(move |account| account.lineage(family).lives(now))
    }

    /// The web logins that are remembered, the newest first.
    pub(crate) fn newest_logins(&self) -> impl Iterator<Item = &Login> {
        self.logins.newest()
    }

    fn pass_time(&mut self, now: Millis) {
        self.now = self.now.max(now);
    }

    /// The apps, by appid.
    pub fn apps(&self) -> impl Iterator<Item = &App> {
        self.accounts.iter().map(|account| &account.app)
    }

    /// The users, in the order they were added.
    #[must_use]
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// The openid of a user in an app, whether or not either is there: it follows from the seed. A
    /// visitor of the snapshot page gets another one.
    #[must_use]
    pub fn openid(&self, appid: &str, user: &str) -> String {
        self.mint.openid(appid, user)
    }

    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// Who agrees to every login without a page.
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
