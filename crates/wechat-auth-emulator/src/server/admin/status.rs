//! `health`, `counts` and `reset`.

use http::Method;
use serde::Serialize;

use super::{Answer, Ask, Endpoint};
use crate::machine::Counts;
use crate::server::problem::Problem;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        Method::GET,
        "health",
        "Whether it runs, its seed and its time",
        "Health",
        health,
    ),
    Endpoint::new(
        Method::GET,
        "counts",
        "Requests, minted and refused, by app and path",
        "Counts",
        counts,
    ),
    Endpoint::new(
        Method::POST,
        "reset",
        "Back to what it was started with",
        "Health",
        reset,
    ),
];

fn health(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    struct Health {
        status: &'static str,
        name: &'static str,
        version: &'static str,
        seed: u64,
        now_unix_s: u64,
    }
    Answer::json(&Health {
        status: "ok",
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        seed: ask.world.wechat.config.seed,
        now_unix_s: ask.world.clock.now().unix_s(),
    })
}

fn counts(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    struct Report {
        total_requests: u64,
        counts: Counts,
    }
    let counts = ask.world.wechat.counts();
    Answer::json(&Report {
        total_requests: counts.total_requests(),
        counts,
    })
}

fn reset(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    ask.handle.reset_world(ask.world);
    health(ask)
}
