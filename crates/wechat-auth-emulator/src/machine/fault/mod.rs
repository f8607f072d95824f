//! Things that go wrong on demand: which requests they strike, and with what.

mod effect;
mod spec;

use serde::{Deserialize, Serialize};

use super::mint::Mint;
use super::time::Millis;

pub use self::effect::{CarriedOut, Effect, Latency};
pub(crate) use self::spec::FaultSpec;
pub use self::spec::InvalidFault;

/// Faults waiting at one time; more are refused.
pub(crate) const MAX_FAULTS: usize = 1_000;
const CERTAIN: u32 = 1_000_000;

/// Something that goes wrong with coming requests.
///
/// It looks at each request that fits its path, its app and its time window, and strikes
/// from the [`nth`](Self::nth) of these on, as often as told.
///
/// ```
/// use wechat_auth_emulator::{Effect, Fault};
///
/// // The next two fetches mint a token, but the replies never arrive.
/// let fault = Fault::on("/cgi-bin/stable_token", Effect::ReplyLost).times(2);
/// // From the tenth call on, every other one or so is told that the system is busy.
/// let busy = Effect::Errcode { errcode: -1, errmsg: None };
/// let fault = Fault::on("/cgi-bin/*", busy).nth(10).times(u32::MAX).probability(0.5);
/// # let _ = fault;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "FaultSpec", try_from = "FaultSpec")]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    path: String,
    appid: Option<String>,
    nth: u64,
    times: u32,
    per_million: u32,
    from: Option<Millis>,
    until: Option<Millis>,
    effect: Effect,
}

impl Fault {
    /// `effect` on the next request for `path`; a path that ends in `*` stands for every
    /// path that begins like it.
    pub fn on(path: impl Into<String>, effect: Effect) -> Self {
        Self {
            path: path.into(),
            appid: None,
            nth: 1,
            times: 1,
            per_million: CERTAIN,
            from: None,
            until: None,
            effect,
        }
    }

    /// Only for requests of this app; others pass by and do not count.
    pub fn of_app(mut self, appid: impl Into<String>) -> Self {
        self.appid = Some(appid.into());
        self
    }

    /// Strikes `times` times instead of once; 0 does nothing.
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Begins with the `nth` request that fits, counted from 1.
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = nth.max(1);
        self
    }

    /// Strikes a request that fits with this probability, from 0 to 1, to a millionth.
    /// The seed decides which.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range before"
    )]
    pub fn probability(mut self, probability: f64) -> Self {
        self.per_million = (probability.clamp(0.0, 1.0) * f64::from(CERTAIN)).round() as u32;
        self
    }

    /// Only for requests within this time of the emulated clock, the end excluded.
    pub fn between(mut self, from: Millis, until: Millis) -> Self {
        self.from = Some(from);
        self.until = Some(until);
        self
    }

    fn fits(&self, sight: &Sight<'_>) -> bool {
        let path = match self.path.strip_suffix('*') {
            Some(prefix) => sight.path.starts_with(prefix),
            None => sight.path == self.path,
        };
        path && self
            .appid
            .as_deref()
            .is_none_or(|wanted| sight.appid == Some(wanted))
            && self.from.is_none_or(|from| from <= sight.now)
            && self.until.is_none_or(|until| sight.now < until)
            && (self.effect != Effect::StaleAnswer || sight.answered_before)
    }
}

/// What a fault sees of a request.
pub(crate) struct Sight<'a> {
    pub(crate) path: &'a str,
    pub(crate) appid: Option<&'a str>,
    pub(crate) now: Millis,
    /// The same request got an answer before.
    pub(crate) answered_before: bool,
}

/// A fault that befalls a request.
pub(crate) struct Struck {
    pub(crate) effect: Effect,
    pub(crate) circumstances: Circumstances,
}

/// What an effect may depend on.
#[derive(Clone, Copy)]
pub(crate) struct Circumstances {
    /// The fault's number.
    pub(crate) id: u64,
    /// Random, from the seed.
    pub(crate) dice: u32,
    /// The second of the two requests of [`Effect::Reordered`].
    pub(crate) second: bool,
}

/// Why a fault cannot be injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a thousand faults are waiting already")]
pub struct TooManyFaults;

/// A fault that still has to strike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WaitingFault {
    /// What to call it off by.
    pub id: u64,
    /// What it is.
    pub fault: Fault,
    /// Requests that fitted it so far.
    pub seen: u64,
    /// Requests it has struck.
    pub struck: u32,
    /// It holds back a reply until the next one that fits.
    holding: bool,
}

impl WaitingFault {
    /// Looks at one request, and says whether it strikes and whether it is the second of
    /// a pair.
    fn strikes(&mut self, sight: &Sight<'_>, mint: &Mint) -> Option<bool> {
        if !self.fault.fits(sight) {
            return None;
        }
        self.seen = self.seen.saturating_add(1);
        if self.holding {
            self.holding = false;
            self.struck = self.struck.saturating_add(1);
            return Some(true);
        }
        let dice = mint.dice(&["fault strikes"], self.id, self.seen);
        let spared = (u64::from(dice) * u64::from(CERTAIN)) >> 32 >= u64::from(self.fault.per_million);
        if spared || self.seen < self.fault.nth || self.is_spent() {
            return None;
        }
        match self.fault.effect {
            Effect::Reordered => self.holding = true,
            _ => self.struck = self.struck.saturating_add(1),
        }
        Some(false)
    }

    const fn is_spent(&self) -> bool {
        self.struck >= self.fault.times
    }
}

/// The faults still to happen, in the order they were injected.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Faults {
    next_id: u64,
    waiting: Vec<WaitingFault>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) -> Result<u64, TooManyFaults> {
        if self.waiting.len() >= MAX_FAULTS {
            return Err(TooManyFaults);
        }
        let id = self.next_id;
        self.next_id = self.next_id.saturating_add(1);
        if fault.times == 0 {
            return Ok(id);
        }
        self.waiting.push(WaitingFault {
            id,
            fault,
            seen: 0,
            struck: 0,
            holding: false,
        });
        Ok(id)
    }

    /// What befalls this request: every fault that fits looks at it, and the first that
    /// is due strikes.
    pub(crate) fn strike(&mut self, sight: &Sight<'_>, mint: &Mint) -> Option<Struck> {
        if self.waiting.is_empty() {
            return None;
        }
        let mut due = None;
        for waiting in &mut self.waiting {
            if due.is_some() {
                waiting.seen = waiting.seen.saturating_add(u64::from(waiting.fault.fits(sight)));
            } else if let Some(second) = waiting.strikes(sight, mint) {
                due = Some(Struck {
                    effect: waiting.fault.effect.clone(),
                    circumstances: Circumstances {
                        id: waiting.id,
                        dice: mint.dice(&["fault effect"], waiting.id, waiting.seen),
                        second,
                    },
                });
            }
        }
        let is_over = |fault: &Fault| fault.until.is_some_and(|until| until <= sight.now);
        self.waiting
            .retain(|waiting| !waiting.is_spent() && !is_over(&waiting.fault));
        due
    }

    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| waiting.id != id);
        self.waiting.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(crate) fn waiting(&self) -> &[WaitingFault] {
        &self.waiting
    }
}
