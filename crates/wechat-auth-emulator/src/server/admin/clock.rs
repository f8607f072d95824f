//! `clock`: read, frozen, run, advanced.

use std::time::Duration;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Answer, Ask, Endpoint};
use crate::server::problem::Problem;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        Method::GET,
        "clock",
        "What the emulated clock shows",
        "Clock",
        show,
    ),
    Endpoint::new(
        Method::POST,
        "clock",
        "Freeze, run or advance the clock",
        "Clock",
        set,
    )
    .taking("ClockChange"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    freeze: Option<bool>,
    run: Option<bool>,
    advance_s: Option<u64>,
    advance_to: Option<Moment>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Moment {
    /// The first token, ticket or code dies.
    NextExpiry,
    /// The quota day ends.
    QuotaReset,
}

pub(super) fn show(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    struct Shown {
        now_unix_s: u64,
        now_unix_ms: u64,
        running: bool,
    }
    let now = ask.world.clock.now();
    Answer::json(&Shown {
        now_unix_s: now.unix_s(),
        now_unix_ms: now.0,
        running: ask.world.clock.is_running(),
    })
}

/// Freezing or running comes first, then the jump; a refused jump undoes both.
fn set(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    let change: Change = ask.json()?;
    let mut changed = ask.world.clock;
    match (change.freeze, change.run) {
        (Some(true), None) => changed.freeze(),
        (None, Some(true)) => changed.run(),
        (None, None) if change.advance_s.is_some() || change.advance_to.is_some() => {}
        (Some(false), _) => return Err(Problem::field("freeze", "must be true; to go on, send run")),
        (_, Some(false)) => return Err(Problem::field("run", "must be true; to stop, send freeze")),
        (Some(true), Some(true)) => {
            return Err(Problem::field("run", "contradicts freeze: send one of the two"));
        }
        (None, None) => {
            return Err(Problem::field(
                "advance_s",
                "or advance_to, freeze or run is required",
            ));
        }
    }
    let now = changed.now();
    let (field, by) = match (change.advance_s, change.advance_to) {
        (None, None) => ("advance_s", Duration::ZERO),
        (Some(seconds), None) => ("advance_s", Duration::from_secs(seconds)),
        (None, Some(moment)) => {
            let wechat = &ask.world.wechat;
            let moment = match moment {
                Moment::NextExpiry => wechat.next_expiry(now).ok_or_else(|| {
                    Problem::new(StatusCode::CONFLICT, "nothing is alive that could expire")
                })?,
                Moment::QuotaReset => wechat.quota_reset(now),
            };
            ("advance_to", Duration::from_millis(moment.millis_since(now)))
        }
        (Some(_), Some(_)) => {
            return Err(Problem::field(
                "advance_to",
                "contradicts advance_s: send one of the two",
            ));
        }
    };
    let too_far = |error: crate::server::TooFar| Problem::field(field, error.to_string());
    changed.advance(by).map_err(too_far)?;
    ask.world.clock = changed;
    show(ask)
}
