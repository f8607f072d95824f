//! Who keeps the token in a story, and the stage set for it.

use core::ops::{Deref, DerefMut};
use core::time::Duration;

use wechat_auth::Account;
use wechat_auth::keeper::{ClassicApp, Fetch, Policy, Refresh, StableApp};
use wechat_auth_emulator::{App, Behavior, Config, Family, Millis, WeChat};

use super::line::Dial;
use super::stage::{API, APPID, SECRET, START, Stage};
use super::{Finding, at_most, require};
use crate::model::{Ahead, Model, Rules, Source};
use crate::ours::Ours;
use crate::player::Player;

/// Who keeps the token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cast {
    Model(Rules),
    /// The real machine. Of the model's rules it takes over which tokens are kept, how long ahead they are
    /// refreshed and how many sends a day may see, where the story depends on it; all others are its own.
    Ours(Rules),
}

impl Cast {
    pub(crate) fn rules(&self) -> &Rules {
        match self {
            Self::Model(rules) | Self::Ours(rules) => rules,
        }
    }

    /// An instance of it that starts with nothing.
    pub(crate) fn player(&self, seed: u64) -> Box<dyn Player> {
        let unix_millis = Stage::unix_millis(START);
        let account = || Account::new(APPID, SECRET).expect("the account is well formed");
        match self {
            Self::Model(rules) => Box::new(Model::new(*rules, APPID, SECRET, seed, START, unix_millis)),
            Self::Ours(rules) => match rules.source {
                Source::Stable => {
                    let fetch = StableApp::new(account());
                    let policy = adapted(fetch.policy(), rules, &Rules::stable());
                    Box::new(Ours::new(fetch, seed, START, unix_millis).with_policy(policy))
                }
                Source::Classic => {
                    let fetch = ClassicApp::new(account());
                    let policy = adapted(fetch.policy(), rules, &Rules::classic());
                    Box::new(Ours::new(fetch, seed, START, unix_millis).with_policy(policy))
                }
            },
        }
    }
}

fn adapted(mut policy: Policy, rules: &Rules, usual: &Rules) -> Policy {
    if let (Ahead::By(window), true) = (rules.ahead, rules.ahead != usual.ahead) {
        let jitter = Duration::ZERO;
        policy.refresh = Refresh::Before { window, jitter };
    }
    if rules.budget.per_day != usual.budget.per_day {
        policy.budget.per_day = rules.budget.per_day;
        policy.budget.reserve = rules.budget.per_day / 10;
    }
    policy
}

/// What a story starts with: the stage, one instance on it, and its line to WeChat.
pub(super) struct Opening {
    cast: Cast,
    stage: Stage,
    pub(super) line: Dial,
}

impl Opening {
    pub(super) fn new(cast: Cast) -> Self {
        Self::behaving(cast, |_| {})
    }

    /// Starts over with a WeChat that behaves differently.
    pub(super) fn when(&mut self, change: impl FnOnce(&mut Behavior)) {
        *self = Self::behaving(self.cast, change);
    }

    fn behaving(cast: Cast, change: impl FnOnce(&mut Behavior)) -> Self {
        let mut config = Config::new(7);
        change(&mut config.behavior);
        let mut wechat = WeChat::new(config);
        wechat
            .add_app(App::new(APPID, SECRET))
            .expect("the account is well formed");
        let family = match cast.rules().source {
            Source::Stable => Family::Stable,
            Source::Classic => Family::Classic,
        };
        let line = Dial::new();
        let mut stage = Stage::new(wechat, family, Box::new(line.clone()));
        stage.seat(cast.player(1), cast.rules().retries);
        Self { cast, stage, line }
    }

    pub(super) fn path(&self) -> &'static str {
        match self.cast.rules().source {
            Source::Stable => "/cgi-bin/stable_token",
            Source::Classic => "/cgi-bin/token",
        }
    }

    /// One caller comes now, and then one every so often; runs for `time`.
    pub(super) fn call_every(&mut self, every: Duration, time: Duration) {
        let now = self.now();
        self.calls(0, 1, now, every);
        self.run_for(time);
        self.calls_end();
    }

    /// One caller comes; what it starts may end.
    pub(super) fn one_call(&mut self) {
        self.crowd(1);
        self.run_for(secs(1));
    }

    /// Another system with the same account fetches a token.
    pub(super) fn foreign_refresh(&mut self) {
        let now = self.now();
        self.foreign_refresh_at(now);
        self.run_for(Duration::ZERO);
    }

    /// WeChat's clock.
    pub(super) fn wechat_time(&self) -> Millis {
        Millis(Stage::unix_millis(self.now()))
    }

    /// Fetches that WeChat has seen.
    pub(super) fn fetches(&self) -> u64 {
        self.wechat.counts().requests(APPID, self.path())
    }

    /// Tokens that WeChat has minted for the instance.
    pub(super) fn minted(&self) -> u64 {
        self.wechat.counts().minted(APPID, self.path())
    }

    /// API calls that WeChat has seen, and of these how many it refused.
    pub(super) fn api_calls(&self) -> (u64, u64) {
        let counts = self.wechat.counts();
        let calls = counts.iter().filter(|count| count.path == API);
        calls.fold((0, 0), |(all, no), count| {
            (all + count.requests, no + count.refused)
        })
    }

    /// Every caller got through to WeChat, at the first try or the second.
    pub(super) fn every_call_is_accepted(&self) -> Finding {
        let tally = &self.tally;
        require(tally.accepted == tally.calls(), || {
            let (refused, without, calls) = (tally.refused, tally.without, tally.calls());
            format!("of {calls} calls, {refused} were refused and {without} had no token")
        })
    }

    /// WeChat never saw a token that it had to refuse.
    pub(super) fn wechat_refused_no_call(&self) -> Finding {
        at_most(
            0,
            self.api_calls().1,
            "calls were made with a token that was dead",
        )
    }
}

impl Deref for Opening {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl DerefMut for Opening {
    fn deref_mut(&mut self) -> &mut Stage {
        &mut self.stage
    }
}

pub(super) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(super) const fn minutes(minutes: u64) -> Duration {
    secs(minutes * 60)
}

pub(super) const fn hours(hours: u64) -> Duration {
    minutes(hours * 60)
}
