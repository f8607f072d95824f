//! `faults`: what goes wrong next.

use http::{Method, StatusCode};
use serde::Serialize;

use super::{Answer, Ask, Endpoint};
use crate::machine::{Fault, FaultSpec, InvalidFault, TooManyFaults, WaitingFault};
use crate::server::problem::Problem;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        Method::GET,
        "faults",
        "The faults that still have to strike",
        "Faults",
        list,
    ),
    Endpoint::new(Method::POST, "faults", "Let something go wrong", "NewFault", add).taking("Fault"),
    Endpoint::new(
        Method::DELETE,
        "faults",
        "Call all of them off",
        "FaultsWaiting",
        clear,
    ),
    Endpoint::new(
        Method::DELETE,
        "faults/{id}",
        "Call one off",
        "FaultsWaiting",
        remove,
    ),
];

fn list(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    struct List<'a> {
        faults: &'a [WaitingFault],
    }
    Answer::json(&List {
        faults: ask.world.wechat.faults(),
    })
}

fn add(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    struct Added {
        id: u64,
        faults_waiting: usize,
    }
    let spec: FaultSpec = ask.json()?;
    let invalid = |invalid: InvalidFault| Problem::field(invalid.field, invalid.detail);
    spec.check_path().map_err(invalid)?;
    let fault = Fault::try_from(spec).map_err(invalid)?;
    let full = |error: TooManyFaults| Problem::new(StatusCode::CONFLICT, error.to_string());
    let id = ask.world.wechat.inject(fault).map_err(full)?;
    Answer::json(&Added {
        id,
        faults_waiting: ask.world.wechat.faults_waiting(),
    })
}

fn clear(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    ask.world.wechat.clear_faults();
    waiting(ask)
}

fn remove(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    let id = ask.segment().parse().ok();
    match id.is_some_and(|id| ask.world.wechat.remove_fault(id)) {
        true => waiting(ask),
        false => Err(Problem::new(StatusCode::NOT_FOUND, "no such fault is waiting")),
    }
}

fn waiting(ask: &Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    struct Waiting {
        faults_waiting: usize,
    }
    Answer::json(&Waiting {
        faults_waiting: ask.world.wechat.faults_waiting(),
    })
}
