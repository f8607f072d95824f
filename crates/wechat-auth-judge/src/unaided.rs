//! A program that speaks no contract: it does its own work, while things go wrong around it.
//!
//! What a scenario does between two questions is done here when the program's first call has
//! succeeded, and an outage begins with its first fetch.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use tokio::time::sleep;
use wechat_auth_emulator::{CarriedOut, Effect, Handle, Running};

use crate::hand::{
    self, FETCHES, FETCHES_IN_TROUBLE, ON_THE_WAY, PAST_THE_END, SECRET, SILENCE, TROUBLE, errcode,
};
use crate::leaks;
use crate::program::Launch;
use crate::scenario::Scenario;
use crate::score::{Figures, Finding, Place, Score, Verdict};

/// A program that has not ended by then is ended.
const TO_ITS_END: Duration = Duration::from_secs(120);
/// How often the judge looks whether it is time for something to happen.
const LOOK: Duration = Duration::from_millis(5);
/// Every path with an app token that the emulator has.
const CALLS: [&str; 4] = [
    "/cgi-bin/get*",
    "/cgi-bin/ticket/*",
    "/cgi-bin/openapi/*",
    "/cgi-bin/clear_quota",
];

/// What happens around the program.
struct Plan {
    /// What happens to fetches from the beginning, and to how many.
    fetches: (Effect, u32),
    /// How long after the first fetch that ends.
    ends_after: Option<Duration>,
    /// What happens once a call has succeeded.
    then: Then,
    /// How many fetches there may be from beginning to end, if that matters.
    allowed: Option<u64>,
    /// Whether the program can succeed.
    can_succeed: bool,
}

enum Then {
    Nothing,
    ClockJumps,
    ForeignRefresh,
    Refusals,
}

impl Plan {
    const QUIET: Self = Self {
        fetches: (ON_THE_WAY, u32::MAX),
        ends_after: None,
        then: Then::Nothing,
        allowed: Some(1),
        can_succeed: true,
    };

    /// `None` is a scenario that needs questions.
    fn of(scenario: Scenario) -> Option<Self> {
        let outage = |effect| Self {
            fetches: (effect, u32::MAX),
            ends_after: Some(TROUBLE),
            // And the one that brings the token.
            allowed: Some(FETCHES_IN_TROUBLE + 1),
            ..Self::QUIET
        };
        let after_a_call = |then, more| Self {
            then,
            allowed: Some(1 + more),
            ..Self::QUIET
        };
        Some(match scenario {
            Scenario::ColdStart => Self::QUIET,
            Scenario::UnforeseenExpiry => after_a_call(Then::ClockJumps, 1),
            Scenario::ForeignRefresh => after_a_call(Then::ForeignRefresh, 2),
            Scenario::Refusals => after_a_call(Then::Refusals, FETCHES_IN_TROUBLE + 1),
            Scenario::Busy => outage(errcode(-1)),
            Scenario::ServerError => outage(hand::html_500()),
            Scenario::Hang => Self {
                ends_after: Some(SILENCE),
                allowed: None,
                ..outage(Effect::Hang(CarriedOut::No))
            },
            Scenario::Quota => Self {
                fetches: (errcode(45009), u32::MAX),
                allowed: Some(5),
                can_succeed: false,
                ..Self::QUIET
            },
            Scenario::ShortLife => Self {
                fetches: (hand::short_lives(), u32::MAX),
                allowed: Some(2),
                ..Self::QUIET
            },
            Scenario::ReplyLost => Self {
                fetches: (Effect::ReplyLost, 1),
                allowed: Some(3),
                ..Self::QUIET
            },
            _ => return None,
        })
    }

    /// Does what is to be done while the program runs.
    async fn happen(&self, wechat: &Handle) -> Infallible {
        let (effect, times) = &self.fetches;
        hand::suffer(wechat, &FETCHES, effect, *times);
        let outage = async {
            if let Some(after) = self.ends_after {
                until(|| hand::seen(wechat).fetches > 0).await;
                sleep(after).await;
                hand::heal(wechat);
            }
        };
        let then = async {
            if !matches!(self.then, Then::Nothing) {
                until(|| calls_succeeded(wechat) > 0).await;
            }
            match self.then {
                Then::Nothing => {}
                Then::ClockJumps => {
                    // Only the year 2106 is too far.
                    let _ = wechat.advance(PAST_THE_END);
                }
                Then::ForeignRefresh => hand::foreign_refresh(wechat),
                Then::Refusals => {
                    hand::suffer(wechat, &CALLS, &errcode(40001), u32::MAX);
                    sleep(TROUBLE).await;
                    hand::heal(wechat);
                }
            }
        };
        tokio::join!(outage, then);
        std::future::pending().await
    }
}

/// Runs the program to its end in this scenario.
pub(crate) async fn judge(scenario: Scenario, launch: &Launch, emulator: &Running) -> io::Result<Score> {
    let wechat = emulator.handle();
    let Some(plan) = Plan::of(scenario) else {
        return Ok(Score {
            scenario,
            verdict: Verdict::Unsupported,
            findings: Vec::new(),
            figures: Figures::default(),
        });
    };
    let (code, log) = tokio::select! {
        ended = launch.run_to_its_end(TO_ITS_END) => ended?,
        never = plan.happen(wechat) => match never {},
    };
    let figures = hand::seen(wechat);
    let mut findings = Vec::new();
    match code {
        None => findings.push(Finding::DidNotEnd {
            within_s: TO_ITS_END.as_secs(),
        }),
        Some(0) => {}
        Some(code) if plan.can_succeed => findings.push(Finding::ExitCode { code }),
        Some(_) => {}
    }
    if wechat.counts().total_requests() == 0 {
        findings.push(Finding::NothingAsked);
    }
    if let Some(allowed) = plan.allowed
        && figures.fetches > allowed
    {
        let made = figures.fetches;
        findings.push(Finding::Fetches { made, allowed });
    }
    findings.extend(leaks::find(&log, Place::Log, SECRET, wechat));
    Ok(Score {
        scenario,
        verdict: match findings.is_empty() {
            true => Verdict::Held,
            false => Verdict::Broken,
        },
        findings,
        figures,
    })
}

async fn until(mut it_is: impl FnMut() -> bool) {
    while !it_is() {
        sleep(LOOK).await;
    }
}

fn calls_succeeded(wechat: &Handle) -> u64 {
    let counts = wechat.counts();
    let calls = counts.iter().filter(|count| !FETCHES.contains(&count.path));
    calls
        .map(|count| count.requests.saturating_sub(count.refused))
        .sum()
}
