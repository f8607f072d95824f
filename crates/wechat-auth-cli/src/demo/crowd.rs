//! Step 5: everybody at once.

use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::judge::{Broken, equal};
use super::stage::{CROWD, STABLE_FETCH, Stage};

const TASKS: usize = 100;

/// A program has just started, and a hundred requests need a token that nobody has.
pub(super) async fn cold_start(stage: &Stage) -> Result<String, Broken> {
    let source = stage.client.stable_token(Stage::account(CROWD)?);
    let gate = Arc::new(Barrier::new(TASKS));
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (source, gate) = (source.clone(), Arc::clone(&gate));
        tasks.spawn(async move {
            gate.wait().await;
            source.token().await
        });
    }
    let mut served = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        served.push(joined.map_err(|_| Broken::new("a task was lost"))??.id());
    }
    equal("tasks served", served.len(), TASKS)?;
    served.dedup();
    equal("different tokens", served.len(), 1)?;
    equal("fetches", stage.requests(CROWD, STABLE_FETCH), 1)?;
    Ok(format!("tasks: {TASKS}, fetches: 1"))
}
