//! The driver of [`wechat_auth`], in two colours: it carries out what the machines decide.
//!
//! A [`Client`] is a way to WeChat over a [`Transport`] of the caller's choice. From it come
//! [`TokenSource`]s, each of which keeps one token alive for any number of callers:
//!
//! - One fetch at a time, however many callers; a caller who is cancelled or panics hands over to the next.
//! - A fresh token is read with one clock read and one atomic load: no lock, no allocation.
//! - A call whose token WeChat refuses is repeated once with the next token. One that brought no answer is
//!   never repeated, and a login's code is never sent twice.
//! - Nothing is spawned, no lock is held while anybody waits, no runtime and no HTTP client is inside.
//! - Futures are `Send` where the transport's are, which [`Transport`] demands.
//!
//! # With futures
//!
//! ```
//! use std::time::Duration;
//! use wechat_auth::{Account, Secret, app::GetCallbackIp};
//! use wechat_auth_client::{Client, Limits, Transport, TransportError};
//!
//! /// Any HTTP client will do; this one answers by itself.
//! struct Echo;
//!
//! impl Transport for Echo {
//!     async fn send(&self, request: http::Request<Vec<u8>>, _: Limits)
//!         -> Result<http::Response<Vec<u8>>, TransportError>
//!     {
//!         Ok(http::Response::new(match request.uri().path() {
//!             "/cgi-bin/stable_token" => br#"{"access_token":"70_abc","expires_in":7200}"#.to_vec(),
//!             _ => br#"{"ip_list":["127.0.0.1"]}"#.to_vec(),
//!         }))
//!     }
//!
//!     async fn sleep(&self, duration: Duration) {
//!         tokio::time::sleep(duration).await;
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(Echo);
//! let app = client.stable_token(Account::new("wx0123456789abcdef", "appsecret")?);
//!
//! assert_eq!(app.token().await?.secret(), &Secret::from("70_abc"));
//! assert_eq!(app.call(&GetCallbackIp::new()).await?, ["127.0.0.1"]);
//! # Ok(())
//! # }
//! ```
//!
//! # With threads
//!
//! The same names in [`blocking`], without a runtime. A thread is put to sleep by `std`, so that the HTTP
//! client is all there is to bring:
//!
//! ```
//! use wechat_auth::{Account, Secret, app::GetCallbackIp};
//! use wechat_auth_client::blocking::{Client, Transport};
//! use wechat_auth_client::{Limits, TransportError};
//!
//! struct Echo;
//!
//! impl Transport for Echo {
//!     fn send(&self, request: http::Request<Vec<u8>>, _: Limits)
//!         -> Result<http::Response<Vec<u8>>, TransportError>
//!     {
//!         Ok(http::Response::new(match request.uri().path() {
//!             "/cgi-bin/stable_token" => br#"{"access_token":"70_abc","expires_in":7200}"#.to_vec(),
//!             _ => br#"{"ip_list":["127.0.0.1"]}"#.to_vec(),
//!         }))
//!     }
//! }
//!
//! let client = Client::new(Echo);
//! let app = client.stable_token(Account::new("wx0123456789abcdef", "appsecret")?);
//!
//! assert_eq!(app.token()?.secret(), &Secret::from("70_abc"));
//! assert_eq!(app.call(&GetCallbackIp::new())?, ["127.0.0.1"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Adapters: `wechat-auth-hyper`, and others that implement one of the two `Transport`s.
//!
//! # Map
//!
//! | where | what |
//! |---|---|
//! | `transport` | [`Transport`], its [`Limits`] and [`TransportError`]: the seam to an HTTP client |
//! | [`driver`] | the loop, written once for both colours, and the types that run it |
//! | [`blocking`] | the names for threads: [`blocking::Transport`], and how [`blocking::Stop`] ends a loop |
//! | `clock` | [`Clock`]: where the driver reads the time |
//! | `error` | why there is no token, or no answer |
//! | `sync` | the lock, the event and the atomic pointer; a model checker's in the unit tests |
//!
//! # How it is tested
//!
//! The unit tests are a model: loom runs the real loop through the orders that two or three threads can
//! meet in, and fails where one waits for ever, fetches twice or reads a refused token. The tests in
//! `tests/` have real sockets and the emulator at the other end, and cancel callers wherever they can wait.

pub mod blocking;
mod clock;
pub mod driver;
mod error;
#[cfg(test)]
mod model;
mod sync;
mod transport;

pub use clock::{Clock, MonotonicClock};
use driver::Async;
pub use driver::{Nothing, Upstream};
pub use error::{CallError, TokenError};
pub use transport::{Fault, Limits, Reach, Transport, TransportError};

/// A way to WeChat: a transport, where WeChat is, and a clock. Cheap to clone; everything made from it
/// shares them.
///
/// What it can do is told at [`driver::Client`].
pub type Client<T, C = MonotonicClock> = driver::Client<T, C, Async>;

/// One token, kept alive for any number of callers. Cheap to clone: clones share the token.
///
/// What it can do is told at [`driver::TokenSource`].
pub type TokenSource<F, T, C = MonotonicClock, U = Nothing> = driver::TokenSource<F, T, C, U, Async>;
