//! What must hold in every run, judged by what left, what arrived and what WeChat knows: never by the
//! machine's own opinion.

use core::fmt;
use core::time::Duration;
use std::collections::VecDeque;

use wechat_auth::Tick;
use wechat_auth::keeper::Budget;

use crate::world::{Mode, Nr};

/// A promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// A token handed out is accepted for the next 60 s, or until it dies of age.
    ///
    /// Excused is a token that something outside ended: one of the two tokens minted after it was fetched
    /// by another system, or its answer never reached whoever asked, or it was asked for within a day of
    /// the API refusing good tokens or of a wall clock set back. Excused too is a token past its age that
    /// was restored under a wall clock set back, since nobody knows how much time had passed.
    HandedOutIsAccepted,
    /// No instance sends more than its budget in any rolling day or Beijing day, restarts included. A
    /// wall clock set forward at a restart makes days shorter by as much.
    BudgetHolds,
    /// Two sends of one instance are never closer than a second, restarts included.
    SendsKeepTheirSpacing,
    /// After the n-th failure in a row the next send waits at least half of 2^(n-1) s: up to 2.5 s while
    /// there is a token whose end comes nearer (or seems so by a clock that was moved), else up to half of
    /// the policy's longest back-off. What only a person can mend is retried after four minutes at the
    /// earliest.
    FailuresBackOff,
    /// Once all faults are healed, every instance has a token that WeChat accepts within the bound. Excused
    /// is an instance whose budget is used up.
    RecoveryIsPrompt,
    /// One instance has one fetch under way, whoever asks meanwhile.
    OneFetchAtATime,
    /// Cold callers of one instance cost one fetch, and another for each of them who goes away with it.
    ColdCallersCostOneFetch,
    /// While WeChat would accept the token that an instance holds, its callers get it. Excused is a
    /// classic token five minutes after a fetch whose answer was lost, while another fetch is under way; a
    /// token in its last 15 s; and one restored under a wall clock that was moved.
    GoodTokensAreKept,
    /// Nothing that the machine says holds a token or the secret.
    NothingLeaks,
    /// While WeChat refuses every token, fetches are spaced out.
    RefusalsCauseNoStorm,
    /// No more than 20 forced refreshes a day, 30 s apart.
    ForcedRefreshesAreFew,
    /// Whoever is told to wait is told until when, and that is later than now.
    WaitsEnd,
}

/// A promise that was not kept.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// When.
    pub at: Tick,
    /// By whom.
    pub instance: usize,
    /// In what way.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, millis) = (self.at.as_millis() / 1000, self.at.as_millis() % 1000);
        let (day, hour, minute, second) = (secs / 86_400, secs / 3_600 % 24, secs / 60 % 60, secs % 60);
        write!(
            f,
            "{:?} broken by instance {} on day {day} at {hour:02}:{minute:02}:{second:02}.{millis:03}: {}",
            self.invariant, self.instance, self.what
        )
    }
}

/// More fetches than this in an hour of refusals are a storm.
pub const STORM: u64 = 60;
/// So long a token handed out must be good.
pub const GOOD_FOR: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
/// The holder counts in quarters of an hour, each until its end is a day old.
const COUNTED_AT_MOST: Duration = Duration::from_secs(86_400 + 900);
const SPACING: Duration = Duration::from_secs(1);
/// The longest back-off while there is a token, at its very end.
const NEAR_THE_END: Duration = Duration::from_secs(5);
const FORCED_SPACING: Duration = Duration::from_secs(30);
const FORCED_A_DAY: usize = 20;
const OVERLAP: Duration = Duration::from_secs(300);
/// What a token may lose by counting from the send and cutting off fractions.
const LAST_MOMENTS_S: u64 = 15;

/// What a fetch came to, as an observer of the line knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// A token.
    Token(Nr),
    /// It certainly minted nothing.
    ToNothing,
    /// It may have minted.
    InDoubt,
    /// Too much of something: the wait depends on the calendar.
    Quota,
    /// A person must act.
    NeedsAPerson,
    /// The caller went away; it may have minted.
    Abandoned,
}

/// An observer of one instance.
#[derive(Clone, Debug)]
pub struct Watch {
    mode: Mode,
    budget: Budget,
    /// How far the wall clock was ever moved forward: by so much less does the instance see of a day.
    forward: Duration,
    last_forward: Option<Tick>,
    /// How far it was ever moved back: so much longer may the instance count a send.
    backward: Duration,
    sends: VecDeque<Tick>,
    forced: VecDeque<Tick>,
    beijing: (u64, u64),
    failures: u32,
    not_before: Tick,
    in_flight: Option<(u64, Tick, Tick)>,
    held: Option<(Nr, String)>,
    refused: Option<Nr>,
    /// When the token last received dies of age.
    served_until: Tick,
    doubt: Option<Tick>,
    clock_back: Option<Nr>,
    clock_moved: bool,
}

impl Watch {
    /// Of an instance that nothing is known of yet.
    pub fn new(mode: Mode, budget: Budget) -> Self {
        Self {
            mode,
            budget,
            forward: Duration::ZERO,
            last_forward: None,
            backward: Duration::ZERO,
            sends: VecDeque::new(),
            forced: VecDeque::new(),
            beijing: (0, 0),
            failures: 0,
            not_before: Tick::ZERO,
            in_flight: None,
            held: None,
            refused: None,
            served_until: Tick::ZERO,
            doubt: None,
            clock_back: None,
            clock_moved: false,
        }
    }

    /// A fetch leaves.
    ///
    /// # Errors
    /// The promise it breaks.
    pub fn sends(
        &mut self,
        now: Tick,
        attempt: u64,
        until: Tick,
        forced: bool,
    ) -> Result<(), (Invariant, String)> {
        let seen = now.after(self.forward);
        if let Some((other, _, end)) = self.in_flight
            && now < end.after(SPACING)
        {
            return Err((
                Invariant::OneFetchAtATime,
                format!("attempt {attempt} during attempt {other}"),
            ));
        }
        self.in_flight = Some((attempt, now, until));
        if let Some(last) = self.sends.back()
            && seen.since(*last) < SPACING
        {
            let gap = seen.since(*last);
            return Err((
                Invariant::SendsKeepTheirSpacing,
                format!("{gap:?} after the last"),
            ));
        }
        if now < self.not_before {
            let (early, failures) = (self.not_before.since(now), self.failures);
            return Err((
                Invariant::FailuresBackOff,
                format!("{early:?} too early after {failures} failures"),
            ));
        }
        self.sends.push_back(seen);
        let counted = COUNTED_AT_MOST + self.backward;
        while self.sends.front().is_some_and(|at| seen.since(*at) >= counted) {
            self.sends.pop_front();
        }
        self.count_beijing(now)?;
        let in_a_day = self.sends_in_a_day();
        if in_a_day > u64::from(self.budget.per_day) {
            return Err((
                Invariant::BudgetHolds,
                format!("{in_a_day} sends in a rolling day of {}", self.budget.per_day),
            ));
        }
        if forced { self.demands(seen) } else { Ok(()) }
    }

    fn count_beijing(&mut self, now: Tick) -> Result<(), (Invariant, String)> {
        let day = (crate::world::EPOCH + now.as_millis() + 8 * 3_600_000) / 86_400_000;
        let count = if self.beijing.0 == day {
            self.beijing.1 + 1
        } else {
            1
        };
        self.beijing = (day, count);
        let clock_was_right = self.last_forward.is_none_or(|at| now.since(at) >= DAY);
        if clock_was_right && count > u64::from(self.budget.per_day) {
            return Err((Invariant::BudgetHolds, format!("{count} sends in a Beijing day")));
        }
        Ok(())
    }

    fn demands(&mut self, seen: Tick) -> Result<(), (Invariant, String)> {
        if let Some(last) = self.forced.back()
            && seen.since(*last) < FORCED_SPACING
        {
            let gap = seen.since(*last);
            return Err((
                Invariant::ForcedRefreshesAreFew,
                format!("{gap:?} after the last"),
            ));
        }
        self.forced.push_back(seen);
        while self.forced.front().is_some_and(|at| seen.since(*at) >= DAY) {
            self.forced.pop_front();
        }
        if self.forced.len() > FORCED_A_DAY {
            return Err((
                Invariant::ForcedRefreshesAreFew,
                format!("{} in a day", self.forced.len()),
            ));
        }
        Ok(())
    }

    /// The outcome of the fetch under way reaches the instance. Gives whether it was the one awaited.
    pub fn hears(&mut self, now: Tick, attempt: u64, came: Came) -> bool {
        let sent = match self.in_flight {
            Some((current, sent, _)) if current == attempt => sent,
            _ => return false,
        };
        self.in_flight = None;
        match came {
            Came::Token(nr) => {
                if self.held.as_ref().is_none_or(|(held, _)| *held != nr) {
                    self.failures = 0;
                    self.doubt = None;
                    self.clock_back = None;
                    self.clock_moved = false;
                } else if self.clock_moved {
                    // The same token turns out to live longer than the clock said.
                    self.failures = 0;
                }
                self.not_before = now;
            }
            Came::Abandoned => self.doubts(sent),
            Came::Quota => self.not_before = now,
            Came::ToNothing => self.fails(now),
            Came::InDoubt => {
                self.doubts(sent);
                self.fails(now);
            }
            Came::NeedsAPerson => self.not_before = now.after(Duration::from_secs(240)),
        }
        true
    }

    fn fails(&mut self, now: Tick) {
        let policy = self.mode.policy();
        // A fraction of a second is lost between WeChat's view of a token's end and the holder's; and more
        // where the holder's clock was moved.
        let most = match self.clock_moved || now < self.served_until.after(SPACING) {
            true => NEAR_THE_END,
            false => policy.backoff_max,
        };
        let full = policy.backoff_first * (1 << self.failures.min(16));
        self.not_before = now.after(full.min(most) / 2);
        self.failures = self.failures.saturating_add(1);
    }

    fn doubts(&mut self, sent: Tick) {
        if self.mode == Mode::Classic {
            self.doubt.get_or_insert(sent);
        }
    }

    /// The token that came, which dies of age at `dies`. If WeChat refused it before, it is not good
    /// until proven.
    pub fn holds(&mut self, nr: Nr, token: String, dies: Tick) {
        self.served_until = dies;
        self.held = (self.refused != Some(nr)).then_some((nr, token));
    }

    /// A call with this token was refused.
    pub fn refused(&mut self, token: Option<Nr>) {
        if self.held.as_ref().is_some_and(|(held, _)| Some(*held) == token) {
            self.refused = token;
            self.held = None;
        }
    }

    /// The token last received and not refused since.
    pub fn held(&self) -> Option<&(Nr, String)> {
        self.held.as_ref()
    }

    /// The process dies. What was under way is nobody's any more, and failures are forgotten.
    pub fn dies(&mut self) {
        if let Some((_, sent, _)) = self.in_flight.take() {
            self.doubts(sent);
        }
        self.failures = 0;
        self.not_before = Tick::ZERO;
    }

    /// It starts again, and its wall clock was moved by so many milliseconds.
    pub fn starts(&mut self, now: Tick, clock: i64) {
        // A refused one may be served again after a rest.
        let held = self.held.as_ref().map(|(nr, _)| *nr).or(self.refused);
        if clock < 0 {
            self.backward += Duration::from_millis(clock.unsigned_abs());
            self.clock_back = held;
        }
        if clock > 0 {
            self.forward += Duration::from_millis(clock.unsigned_abs());
            self.last_forward = Some(now);
        }
        self.clock_moved |= clock != 0;
    }

    /// Whether a dead token may have been taken for alive because of the clock.
    pub fn clock_excuses(&self, nr: Nr) -> bool {
        self.clock_back == Some(nr)
    }

    /// What a caller who gets nothing means, while WeChat would accept the token held for so long.
    pub fn gave_up(&self, now: Tick, left_s: u64) -> GaveUp {
        let waits = self
            .in_flight
            .is_some_and(|(_, _, until)| now < until.after(SPACING));
        match self.doubt {
            _ if left_s <= LAST_MOMENTS_S || self.clock_moved => GaveUp::Rightly,
            Some(since) if waits && now.since(since) >= OVERLAP => GaveUp::WaitsInDoubt,
            _ => GaveUp::Wrongly,
        }
    }

    /// Whether the budget excuses that nothing is fetched.
    pub fn is_spent(&self) -> bool {
        let kept_back = self.budget.per_day.saturating_sub(self.budget.reserve);
        self.sends.len() + 1 >= kept_back as usize
    }

    /// Sends in the day before the last one.
    pub fn sends_in_a_day(&self) -> u64 {
        let Some(last) = self.sends.back() else {
            return 0;
        };
        self.sends.iter().filter(|at| last.since(**at) < DAY).count() as u64
    }
}

/// Why somebody got nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GaveUp {
    /// It was over, or seemed so by a clock that was moved.
    Rightly,
    /// An answer was lost five minutes ago and might have ended it, and a better one may be near.
    WaitsInDoubt,
    /// For no reason.
    Wrongly,
}
