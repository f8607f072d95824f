//! Who takes part: rules that are in use, and ours.

use core::time::Duration;

use crate::model::{
    AfterRefusal, Ahead, Answer40001, BackOff, Budget, Calm, Counted, Empty, FailedRefresh, Flight,
    LateAnswer, Life, LostAnswer, LostLeader, Meanwhile, QuotaEnd, Recheck, Refusal, Restart, Rules,
    SameToken, Since, Source, Window,
};
use crate::museum::Cast;
use crate::player::Player;

/// A policy by name.
#[derive(Clone, Debug)]
pub struct Contestant {
    /// What it does, in English.
    pub english: &'static str,
    /// The same in Chinese.
    pub chinese: &'static str,
    cast: Cast,
}

impl Contestant {
    /// Whether it is the library.
    pub fn is_ours(&self) -> bool {
        matches!(self.cast, Cast::Ours(_))
    }

    pub(super) fn player(&self, seed: u64) -> Box<dyn Player> {
        self.cast.player(seed)
    }

    pub(super) fn retries(&self) -> u32 {
        self.cast.rules().retries
    }
}

/// All of them, ours last.
pub fn contestants(source: Source) -> Vec<Contestant> {
    let by = |seconds| plain(source, Duration::from_secs(seconds));
    let locked = |rules: Rules, recheck| Rules {
        flight: Flight::One,
        recheck,
        late_answer: LateAnswer::Ignored,
        ..rules
    };
    let model = |english, chinese, rules| Contestant {
        english,
        chinese,
        cast: Cast::Model(rules),
    };
    let right = match source {
        Source::Stable => Rules::stable(),
        Source::Classic => Rules::classic(),
    };
    vec![
        model(
            "0 s; no lock; 40001 is the caller's problem",
            "0 秒；无锁；不处理 40001",
            by(0),
        ),
        model(
            "0 s; no lock; 40001 drops the token, one retry",
            "0 秒；无锁；遇 40001 丢弃并重试一次",
            retrying(by(0), 1),
        ),
        model(
            "10 s; no lock; 40001 drops the token, one retry",
            "10 秒；无锁；遇 40001 丢弃并重试一次",
            retrying(by(10), 1),
        ),
        model(
            "60 s; no lock; 40001 drops the token, retries without bound",
            "60 秒；无锁；遇 40001 丢弃并无限重试",
            retrying(by(60), u32::MAX),
        ),
        model(
            "200 s; lock without a second look; 40001 drops the token, one retry",
            "200 秒；有锁，取锁后不再检查；遇 40001 丢弃并重试一次",
            retrying(locked(by(200), Recheck::Never), 1),
        ),
        model(
            "200 s; lock and second look; 40001 drops the token, one retry",
            "200 秒；有锁，取锁后再检查；遇 40001 丢弃并重试一次",
            retrying(locked(by(200), Recheck::Always), 1),
        ),
        model(
            "200 s; the same, but compares before dropping, and keeps the old token when a refresh fails",
            "200 秒；同上，但丢弃前先比较，刷新失败时保留旧 token",
            Rules {
                refusal: Refusal::DropsThatOne,
                failed_refresh: FailedRefresh::KeepsTheOld,
                meanwhile: Meanwhile::OldToken,
                ..retrying(locked(by(200), Recheck::Always), 1)
            },
        ),
        model(
            "1500 s; lock and second look; 40001 is the caller's problem",
            "1500 秒；有锁，取锁后再检查；不处理 40001",
            locked(by(1500), Recheck::Always),
        ),
        Contestant {
            english: "wechat-auth",
            chinese: "wechat-auth",
            cast: Cast::Ours(right),
        },
    ]
}

/// What is written in an afternoon: a cell, its end, and a margin.
fn plain(source: Source, margin: Duration) -> Rules {
    Rules {
        source,
        ahead: Ahead::By(margin),
        window: Window::Stays,
        life: Life::AsTold,
        since: Since::Reply,
        flight: Flight::OneEach,
        recheck: Recheck::Never,
        lost_leader: LostLeader::FreesTheSlot,
        meanwhile: Meanwhile::Nothing,
        failed_refresh: FailedRefresh::WipesIt,
        empty: Empty::Error,
        late_answer: LateAnswer::Stored,
        lost_answer: LostAnswer::Nothing,
        refusal: Refusal::Ignored,
        after_refusal: AfterRefusal::AtOnce,
        retries: 0,
        same_token: SameToken::AskedAgainLater,
        back_off: BackOff::None,
        unreadable: BackOff::None,
        calm: Calm::NewToken,
        answer_40001: Answer40001::NeedsAPerson,
        quota_end: QuotaEnd::TriesAgain,
        budget: Budget {
            per_day: u32::MAX,
            counted: Counted::WhenSuccessful,
        },
        spacing: Duration::ZERO,
        timeout: Duration::from_secs(10),
        restart: Restart::StartsAnew,
    }
}

fn retrying(rules: Rules, retries: u32) -> Rules {
    Rules {
        refusal: Refusal::DropsAny,
        retries,
        ..rules
    }
}
