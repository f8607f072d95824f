//! `namespaces`: worlds beside this one.

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Answer, Ask, Endpoint};
use crate::server::problem::Problem;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        Method::GET,
        "namespaces",
        "The namespaces that are open",
        "Namespaces",
        list,
    ),
    Endpoint::new(
        Method::POST,
        "namespaces",
        "Open one ahead of its first use",
        "Namespaces",
        open,
    )
    .taking("Namespace"),
    Endpoint::new(
        Method::DELETE,
        "namespaces/{name}",
        "Forget one",
        "Namespaces",
        close,
    ),
];

fn list(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    struct List {
        namespaces: Vec<String>,
    }
    Answer::json(&List {
        namespaces: ask.handle.namespaces(),
    })
}

fn open(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Namespace {
        namespace: String,
    }
    let Namespace { namespace } = ask.json()?;
    ask.handle.namespace(&namespace)?;
    list(ask)
}

fn close(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    match ask.handle.close_namespace(ask.segment()) {
        true => list(ask),
        false => Err(Problem::new(StatusCode::NOT_FOUND, "no such namespace is open")),
    }
}
