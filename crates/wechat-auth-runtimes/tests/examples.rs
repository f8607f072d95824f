//! Every example runs to its end, and says that all went well.
#![allow(clippy::unwrap_used, reason = "an example that fails has said why")]

#[path = "../examples/custom_runtime.rs"]
mod custom_runtime;
#[path = "../examples/smol.rs"]
mod with_smol;
#[path = "../examples/threads.rs"]
mod with_threads;
#[path = "../examples/tokio.rs"]
mod with_tokio;

#[test]
fn tokio_runs_the_async_driver() {
    with_tokio::main().unwrap();
}

#[test]
fn smol_runs_the_async_driver() {
    with_smol::main().unwrap();
}

#[test]
fn plain_threads_run_the_blocking_driver() {
    with_threads::main().unwrap();
}

#[test]
fn one_loop_without_driver_or_executor_runs_the_keeper() {
    custom_runtime::main().unwrap();
}
