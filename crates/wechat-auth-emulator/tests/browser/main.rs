//! The pages in a real browser, with scripts and without.
//!
//! `cargo test -p wechat-auth-emulator --features browser-tests --test browser`; needs chromium and chromedriver.
//! With `UPDATE_SCREENSHOTS=1` it writes the book's pictures again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

#[path = "../../../wechat-auth-cli/tests/support/chromium.rs"]
mod chromium;
mod consent;
mod dashboard;
mod everybody;
mod qr_login;
mod story;
