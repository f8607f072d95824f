//! The types behind both colours. The loop is written once, as a future: [`Async`] polls it, and
//! [`Blocking`] runs it to its end on the calling thread, where everything that it waits for is a call
//! that blocks.
//!
//! Programs name the types by their colour: [`Client`](crate::Client) and
//! [`TokenSource`](crate::TokenSource), or those in [`blocking`](crate::blocking).

mod client;
mod colour;
mod shared;
mod source;
mod upstream;

pub use client::Client;
pub use colour::{Async, Blocking};
pub use source::TokenSource;
pub use upstream::{Nothing, Upstream};
