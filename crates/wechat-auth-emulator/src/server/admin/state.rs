//! `state`: everything, out and in again.

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Answer, Ask, Endpoint};
use crate::machine::{Millis, WeChat};
use crate::server::clock::{Clock, LAST_UNIX_S};
use crate::server::problem::Problem;
use crate::server::world::World;

/// Changes when an older state can no longer be read.
const VERSION: u32 = 1;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        Method::GET,
        "state",
        "Everything there is, secrets included",
        "State",
        export,
    ),
    Endpoint::new(
        Method::PUT,
        "state",
        "Go on from an exported state",
        "Clock",
        import,
    )
    .taking("State"),
];

#[derive(Serialize)]
struct Exported<'a> {
    version: u32,
    clock: Shown,
    wechat: &'a WeChat,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Imported {
    version: u32,
    clock: Shown,
    wechat: WeChat,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    now_unix_ms: Millis,
    running: bool,
}

fn export(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    Answer::json(&Exported {
        version: VERSION,
        clock: Shown {
            now_unix_ms: ask.world.clock.now(),
            running: ask.world.clock.is_running(),
        },
        wechat: &ask.world.wechat,
    })
}

fn import(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    let state: Imported = ask.json()?;
    if state.version != VERSION {
        return Err(Problem::field("version", "must be 1"));
    }
    if state.clock.now_unix_ms.unix_s() > LAST_UNIX_S {
        let detail = crate::server::TooFar.to_string();
        return Err(Problem::field("clock.now_unix_ms", detail));
    }
    if let Err(detail) = state.wechat.check() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    let clock = match state.clock.running {
        true => Clock::running_from(state.clock.now_unix_ms),
        false => Clock::frozen_at(state.clock.now_unix_ms),
    };
    *ask.world = World::new(clock, state.wechat);
    super::clock::show(ask)
}
