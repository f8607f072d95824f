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
mod determinism;
mod diagnostics;
mod errors;
mod faults;
mod pages;
mod quotas;
mod redaction;
mod server;
mod tickets;
mod web_login;
mod wire;
mod world;
