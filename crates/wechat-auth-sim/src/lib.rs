//! A simulated world in which app tokens are kept.
//!
//! N instances of a [`Player`], WeChat's side as the emulator's pure machine, and a network that delays,
//! loses, reorders and partitions, all in one thread and in virtual time that jumps to the next wake-up.
//! One `u64` decides everything, so a failure is a number, and its story can be told again.
//!
//! The crate is not published: it is where the guarantees of `wechat-auth` are tried.
#![allow(
    clippy::expect_used,
    reason = "a harness that cannot go on has found something, and says so at once"
)]

mod chance;
pub mod explore;
pub mod invariants;
pub mod model;
pub mod museum;
pub mod network;
mod ours;
pub mod player;
pub mod tournament;
pub mod world;

pub use chance::Chance;
pub use ours::Ours;
pub use player::{Heard, Player, Step};
pub use world::{Mode, Report, Scenario, World};
