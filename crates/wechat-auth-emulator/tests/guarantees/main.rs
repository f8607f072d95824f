//! What the emulator guarantees, one file per subject. The names of the tests are the
//! specification.
// clippy.toml allows these inside test functions; here they stand in their helpers too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod admin;
mod app_tokens;
mod apps;
mod book;
mod consent;
mod dashboard;
mod dashboard_guard;
mod determinism;
mod diagnostics;
mod errors;
mod faults;
mod journal;
mod ledger;
mod namespaces;
mod openapi;
mod pages;
mod qr_login;
mod quotas;
mod redaction;
mod robustness;
mod schema;
mod semantic_faults;
mod server;
mod state;
mod tickets;
mod tokens;
mod web_login;
mod wire;
mod world;
