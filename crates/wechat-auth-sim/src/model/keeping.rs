use core::mem;
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use wechat_auth::Tick;

use super::answer::{Answer, request, throws_doubt};
use super::{
    AfterRefusal, Ahead, Answer40001, BackOff, Budget, Counted, FailedRefresh, Flight, Life, LostAnswer,
    LostLeader, Meanwhile, QuotaEnd, Recheck, Rules, SameToken, Since, Window,
};
use crate::player::Step;

const DAY: Duration = Duration::from_secs(86_400);
const OVERLAP: Duration = Duration::from_secs(300);
/// A fresh token can be refused for a while.
pub(super) const SETTLING: Duration = Duration::from_secs(30);
/// A token refused before it is so old spaces out the fetches.
const SETTLED: Duration = Duration::from_secs(120);
/// How slowly to retry what a person must mend.
const STOPPED: Duration = Duration::from_secs(300);
/// Demands for another token than the current one: what WeChat allows, halved.
const FORCED_A_DAY: usize = 10;

/// Keeps a token by its [`Rules`].
pub struct Model {
    pub(super) rules: Rules,
    pub(super) appid: String,
    pub(super) secret: String,
    pub(super) dice: u64,
    /// What the wall clock said when, in milliseconds since 1970.
    wall: (Tick, u64),
    pub(super) held: Option<Held>,
    pub(super) flight: Option<Aloft>,
    /// When each fetch was sent that nothing was heard of yet.
    pub(super) sent: BTreeMap<u64, Tick>,
    next_attempt: u64,
    pub(super) last_send: Option<Tick>,
    pub(super) not_before: Tick,
    /// Failures in a row.
    pub(super) failures: u32,
    /// Young tokens refused in a row.
    pub(super) strikes: u32,
    /// Sends that count, and demands, of the last day.
    pub(super) counted: VecDeque<Tick>,
    pub(super) forced: VecDeque<Tick>,
    pub(super) demands: bool,
    /// Callers who wait for the fetch under way, and those of the last one who will not look again.
    pub(super) waiting: u32,
    pub(super) owed: u32,
    /// How the fetch went of the caller who asks next.
    pub(super) landing: Option<Landing>,
}

/// How a fetch went for the caller who made it.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Landing {
    Well,
    /// It failed, and nothing says how long to wait: the caller gets the old token, or the error.
    Badly,
    /// It brought the same token, and that counts as a failure.
    InVain,
}

pub(super) struct Held {
    pub(super) text: String,
    pub(super) sent: Tick,
    pub(super) fresh_until: Tick,
    pub(super) usable_until: Tick,
    /// Its end by age.
    pub(super) ends: Tick,
    pub(super) standing: Standing,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Standing {
    Good,
    Refused { first: Tick, trial_at: Option<Tick> },
    OnTrial { first: Tick, since: Tick },
}

pub(super) struct Aloft {
    pub(super) attempt: u64,
    pub(super) until: Tick,
}

impl Model {
    /// A first start with nothing held, when the wall clock says `unix_millis` at `now`.
    pub fn new(rules: Rules, appid: &str, secret: &str, seed: u64, now: Tick, unix_millis: u64) -> Self {
        Self {
            rules,
            appid: appid.to_owned(),
            secret: secret.to_owned(),
            dice: seed,
            wall: (now, unix_millis),
            held: None,
            flight: None,
            sent: BTreeMap::new(),
            next_attempt: 0,
            last_send: None,
            not_before: Tick::ZERO,
            failures: 0,
            strikes: 0,
            counted: VecDeque::new(),
            forced: VecDeque::new(),
            demands: false,
            waiting: 0,
            owed: 0,
            landing: None,
        }
    }

    pub(super) fn usable(&self, now: Tick) -> Option<&Held> {
        let held = self.held.as_ref()?;
        let refused = matches!(held.standing, Standing::Refused { .. });
        (!refused && now < held.usable_until).then_some(held)
    }

    /// One that a fetch in the dark may have replaced, and may as well not have.
    pub(super) fn last_resort(&self, now: Tick) -> Option<&Held> {
        let held = self.held.as_ref()?;
        let refused = matches!(held.standing, Standing::Refused { .. });
        let ends = match self.rules.lost_answer {
            LostAnswer::EndsIt => held.usable_until,
            _ => held.ends,
        };
        (!refused && now < ends).then_some(held)
    }

    pub(super) fn fresh(&self, now: Tick) -> Option<&Held> {
        self.usable(now).filter(|held| now < held.fresh_until)
    }

    pub(super) fn next_send(&self, now: Tick) -> Tick {
        let spaced = match (self.rules.flight, self.last_send) {
            (Flight::One, Some(at)) => at.after(self.rules.spacing),
            _ => Tick::ZERO,
        };
        let trial = match self.held.as_ref().map(|held| held.standing) {
            Some(Standing::Refused { trial_at, .. }) => trial_at.unwrap_or(Tick::ZERO),
            _ => Tick::ZERO,
        };
        let Budget { per_day, .. } = self.rules.budget;
        let today: Vec<Tick> = self
            .counted
            .iter()
            .copied()
            .filter(|at| now.since(*at) < DAY)
            .collect();
        let room = match today.first() {
            Some(oldest) if today.len() >= per_day as usize => oldest.after(DAY),
            _ => Tick::ZERO,
        };
        spaced.max(self.not_before).max(room).max(trial)
    }

    /// What lapsed lapses.
    pub(super) fn settle(&mut self, now: Tick) {
        if let Some(held) = &mut self.held
            && let Standing::Refused {
                first,
                trial_at: Some(at),
            } = held.standing
            && at <= now
        {
            held.standing = Standing::OnTrial { first, since: now };
        }
        let grace = Duration::from_secs(1);
        let lapsed = |aloft: &Aloft| aloft.until.after(grace) <= now;
        if self.rules.lost_leader == LostLeader::FreesTheSlot
            && let Some(aloft) = self.flight.take_if(|aloft| lapsed(aloft))
        {
            let sent = self.sent.get(&aloft.attempt).copied().unwrap_or(now);
            self.landed();
            self.failed(now, sent, &Answer::Nothing);
        }
    }

    pub(super) fn send(&mut self, now: Tick) -> Step {
        let attempt = self.next_attempt;
        self.next_attempt += 1;
        self.last_send = Some(now);
        self.owed = self.owed.saturating_sub(1);
        if self.rules.budget.counted == Counted::WhenSent {
            self.count(now);
        }
        let until = now.after(self.rules.timeout);
        self.flight = Some(Aloft { attempt, until });
        self.sent.insert(attempt, now);
        let force = mem::take(&mut self.demands) && self.may_demand(now);
        let old = |held: &Held| held.text.clone();
        Step::Fetch {
            attempt,
            request: request(&self.rules, &self.appid, &self.secret, force),
            until,
            meanwhile: match self.rules.meanwhile {
                Meanwhile::OldToken => self.usable(now).map(old),
                Meanwhile::Nothing => None,
            },
        }
    }

    fn count(&mut self, now: Tick) {
        self.counted.retain(|at| now.since(*at) < DAY);
        self.counted.push_back(now);
    }

    fn may_demand(&mut self, now: Tick) -> bool {
        self.forced.retain(|at| now.since(*at) < DAY);
        let rested = self.forced.back().is_none_or(|at| now.since(*at) >= SETTLING);
        let may = match self.rules.after_refusal {
            AfterRefusal::ForcedAtOnce => true,
            _ => rested && self.forced.len() < FORCED_A_DAY,
        };
        if may {
            self.forced.push_back(now);
        }
        may
    }

    /// The fetch is over: whoever waited for it asks now.
    pub(super) fn landed(&mut self) {
        self.flight = None;
        let waiting = mem::take(&mut self.waiting);
        self.owed += match self.rules.recheck {
            Recheck::Never => waiting,
            Recheck::UnlessCold if self.held.is_none() => waiting,
            _ => 0,
        };
        self.landing = Some(Landing::Well);
    }

    pub(super) fn granted(&mut self, now: Tick, sent: Tick, text: String, life: Duration) {
        if self.rules.budget.counted == Counted::WhenSuccessful {
            self.count(now);
        }
        let from = match self.rules.since {
            Since::Request => sent,
            Since::Reply => now,
        };
        let life = match self.rules.life {
            Life::AsTold => life,
            Life::TwoHours => Duration::from_secs(7200),
        };
        let usable_until = from.after(life);
        self.not_before = now;
        if let Some(held) = self.held.as_mut().filter(|held| held.text == text) {
            held.usable_until = usable_until;
            held.ends = usable_until;
            return self.same_again(now);
        }
        self.failures = 0;
        self.held = Some(Held {
            text,
            sent,
            fresh_until: usable_until.before(self.margin(life)),
            usable_until,
            ends: usable_until,
            standing: Standing::Good,
        });
    }

    fn margin(&mut self, life: Duration) -> Duration {
        let margin = match self.rules.ahead {
            Ahead::HalfLife => life / 2 + self.roll(life / 20),
            Ahead::By(margin) => margin,
        };
        match (self.rules.ahead, self.rules.window) {
            (Ahead::By(_), Window::Shrinks) => margin.min(life / 2),
            _ => margin,
        }
    }

    fn same_again(&mut self, now: Tick) {
        let wait = self.wait(self.rules.back_off);
        let Some(held) = &mut self.held else { return };
        match held.standing {
            Standing::Refused { first, .. } if now.since(first) >= SETTLING => {
                held.standing = Standing::OnTrial { first, since: now };
            }
            Standing::Refused { first, .. } => self.not_before = first.after(SETTLING),
            _ if self.rules.same_token == SameToken::Failure => {
                self.landing = Some(Landing::InVain);
            }
            _ => self.not_before = now.after(wait),
        }
    }

    pub(super) fn failed(&mut self, now: Tick, sent: Tick, answer: &Answer) {
        if throws_doubt(&self.rules)
            && answer.is_in_the_dark()
            && let Some(held) = &mut self.held
        {
            held.usable_until = held.usable_until.min(sent.after(OVERLAP));
            held.fresh_until = held.fresh_until.min(sent);
        }
        if self.rules.failed_refresh == FailedRefresh::WipesIt {
            self.held = None;
        }
        let pause = match answer {
            Answer::Abandoned => Duration::ZERO,
            Answer::Errcode(40001) if self.rules.answer_40001 == Answer40001::RefusedToken => {
                self.held = None;
                Duration::ZERO
            }
            Answer::Errcode(45009) => match self.rules.quota_end {
                QuotaEnd::WaitsForTheDay => self.until_next_day(now),
                QuotaEnd::BacksOff => self.wait(self.rules.back_off),
                QuotaEnd::TriesAgain => Duration::ZERO,
            },
            Answer::Errcode(40001 | 40013 | 40125 | 40164 | 40243 | 50004 | 50007) => STOPPED,
            Answer::Unreadable => self.wait(self.rules.unreadable),
            _ => self.wait(self.rules.back_off),
        };
        self.not_before = now.after(pause);
        if pause == Duration::ZERO && !matches!(answer, Answer::Abandoned) {
            self.landing = self.landing.map(|_| Landing::Badly);
        }
    }

    fn wait(&mut self, back_off: BackOff) -> Duration {
        self.failures = self.failures.saturating_add(1);
        match back_off {
            BackOff::None => Duration::ZERO,
            BackOff::Doubling { first, most } => {
                let full = first.saturating_mul(1 << (self.failures - 1).min(16)).min(most);
                full / 2 + self.roll(full / 2)
            }
        }
    }

    fn until_next_day(&self, now: Tick) -> Duration {
        let (at, unix_millis) = self.wall;
        let beijing = unix_millis / 1000 + now.since(at).as_secs() + 8 * 3600;
        Duration::from_secs(86_400 - beijing % 86_400)
    }

    /// SplitMix64: any spread will do.
    fn roll(&mut self, most: Duration) -> Duration {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.dice ^ (self.dice >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX - 1);
        Duration::from_millis((mixed >> 27) % (millis + 1))
    }

    pub(super) fn strike(&mut self, now: Tick, age: Duration) {
        self.strikes = if age < SETTLED { self.strikes + 1 } else { 0 };
        let delay = match self.strikes {
            0 | 1 => Duration::ZERO,
            n => SETTLING.saturating_mul(1 << (n - 2).min(2)),
        };
        let spaced = self.last_send.map_or(now, |at| at.after(delay));
        self.not_before = now.max(spaced);
    }
}

/// The token and the appsecret stay out of sight.
impl core::fmt::Debug for Model {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Model")
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
