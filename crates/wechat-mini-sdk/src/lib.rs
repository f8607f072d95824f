//! A small WeChat SDK on top of `wechat-auth` and `wechat-auth-client`, written to be read: everything an
//! SDK author adds, and nothing about tokens, because that is taken care of below.
//!
//! - A call is one file: a value that says how it is asked and how the answer is read.
//! - A token is never seen, passed or mixed up: each [`OfficialAccount`] brings its own to each call,
//!   replaces one that WeChat refuses, and repeats the call once.
//! - Where tokens come from is a choice: the appsecret, or a [`CentralServer`] that alone knows it.
//! - Spans and metrics hold no secret. The SDK logs nothing by itself.
//! - Any HTTP client and any runtime will do.
//!
//! ```
//! use std::time::Duration;
//! use wechat_auth::{Account, login::OpenId};
//! use wechat_auth_client::{Client, Limits, Transport, TransportError};
//! use wechat_mini_sdk::{MessageId, OfficialAccount, TemplateMessage};
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
//!             _ => br#"{"errcode":0,"errmsg":"ok","msgid":200228332}"#.to_vec(),
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
//! let shop = OfficialAccount::new(&client, Account::new("wx0123456789abcdef", "appsecret")?);
//!
//! let order = TemplateMessage::new(&OpenId::new("o6_bmjrPTlm6_2sgVt7hMZOPfL2M")?, "TM00015")
//!     .with("product", "茶")
//!     .with_client_msg_id("order-1");
//! assert_eq!(shop.send(&order).await?, MessageId(200228332));
//! # Ok(())
//! # }
//! ```
//!
//! # Map
//!
//! | file | what it shows |
//! |---|---|
//! | `account` | the facade: [`OfficialAccount`], generic over transport, token source and clock |
//! | `api` | [`Api`]: what the SDK wants to know of a call beyond the core's `Endpoint` |
//! | `follower` | a `GET` whose answer may be nobody |
//! | `template_message` | a `POST` with JSON |
//! | `media`, `multipart` | a `POST` with a file |
//! | `central_server` | a token source of one's own |
//! | `span` | a span for each call, with the feature `tracing` |
//! | `metrics` | counters from the token's events |
//!
//! The book's chapter for SDK authors leads through these files.

mod account;
mod api;
mod central_server;
mod follower;
mod media;
mod metrics;
mod multipart;
#[cfg(feature = "tracing")]
mod span;
mod template_message;

pub use account::OfficialAccount;
pub use api::Api;
pub use central_server::{CentralServer, InvalidKey};
pub use follower::{Follower, GetFollower};
pub use media::{InvalidMedia, Media, MediaType, UploadMedia};
pub use metrics::{Counters, Metrics};
pub use template_message::{MessageId, TemplateMessage};
