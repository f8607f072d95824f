//! `behaviors`: the ledger, and how WeChat behaves now.

use http::Method;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Answer, Ask, Endpoint};
use crate::machine::{Behavior, LEDGER, LedgerEntry};
use crate::server::problem::Problem;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        Method::GET,
        "behaviors",
        "The ledger, and what is configured",
        "Behaviors",
        list,
    ),
    Endpoint::new(
        Method::PATCH,
        "behaviors",
        "Let WeChat behave otherwise",
        "Behaviors",
        change,
    )
    .taking("Behavior"),
];

fn list(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    struct List<'a> {
        configured: &'a Behavior,
        ledger: &'static [LedgerEntry],
    }
    Answer::json(&List {
        configured: ask.world.wechat.behavior(),
        ledger: LEDGER,
    })
}

/// The fields that are named change; the others stay.
fn change(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    let changes: Map<String, Value> = ask.json()?;
    let present = serde_json::to_value(ask.world.wechat.behavior()).unwrap_or_default();
    let mut fields = match present {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    fields.extend(changes);
    let behavior = Behavior::from_json(&serde_json::to_vec(&fields).unwrap_or_default())?;
    ask.world.wechat.set_behavior(behavior);
    list(ask)
}
