//! Every Rust block of the book and of the README. The book includes the parts between anchors; each file
//! ends with a test that runs them, where it can against the emulator.

#![cfg_attr(not(test), allow(dead_code, reason = "only the tests run it"))]

mod app_token;
mod axum_login;
mod by_hand;
mod endpoint;
mod event_loop;
mod in_memory;
#[cfg(test)]
mod numbers;
mod own_adapter;
mod rotation;
mod sealed_login;
mod threads;
mod ticket;
mod web_login;
