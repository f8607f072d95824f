//! The async driver of [`wechat_auth`]: it carries out what the machines decide.
//!
//! A [`Client`] is a way to WeChat over a [`Transport`] of the caller's choice. From it come
//! [`TokenSource`]s, each of which keeps one token alive for any number of callers:
//!
//! - One fetch at a time, however many callers; a caller who is cancelled hands over to the next.
//! - A fresh token is read with one clock read and one atomic load: no lock, no allocation.
//! - A call whose token WeChat refuses is repeated once with the next token. One that brought no answer is
//!   never repeated, and a login's code is never sent twice.
//! - Nothing is spawned, no lock is held across an `await`, no runtime and no HTTP client is inside.
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
//! Adapters: `wechat-auth-hyper`. Others implement [`Transport`].

pub mod blocking;
mod client;
mod clock;
mod error;
mod source;
mod transport;

pub use client::Client;
pub use clock::{Clock, MonotonicClock};
pub use error::{CallError, TokenError};
pub use source::{Nothing, TokenSource, Upstream};
pub use transport::{Fault, Limits, Reach, Transport, TransportError};
