//! WeChat credentials, as pure data and state machines.
//!
//! This crate knows everything about WeChat's access tokens and web login except how to send a byte. It
//! has no I/O, no clock, no randomness, no thread and no global: requests are values to be sent, answers
//! are bytes to be handed in, time and entropy are arguments. What it promises:
//!
//! - A token that WeChat still accepts survives every failure around it.
//! - However many callers there are, one fetch is under way at a time, and the day's fetches are not
//!   burnt by a storm of refusals.
//! - A login is bound to the browser that began it, its `state` works once, its `code` is spent once, and
//!   it never redirects to a stranger.
//! - No secret appears in any `Debug`, `Display` or error.
//! - No input makes it panic.
//! - An app token and a user token cannot be confused: the compiler refuses.
//!
//! ```
//! use wechat_auth::app::GetCallbackIp;
//! use wechat_auth::keeper::{Action, Keeper, Outcome, StableApp};
//! use wechat_auth::{Account, Credential, Endpoint, Origin, Tick};
//!
//! let account = Account::new("wx0123456789abcdef", "appsecret")?;
//! let mut keeper = Keeper::new(StableApp::new(account), Origin::wechat(), 7);
//!
//! // The machine says what to do. Sending is the caller's part.
//! let Action::Send { attempt, request, until, .. } = keeper.poll(Tick::ZERO) else { panic!() };
//! let http: http::Request<Vec<u8>> = request.into_http()?;
//! assert_eq!(http.uri(), "https://api.weixin.qq.com/cgi-bin/stable_token");
//!
//! // The answer goes back in, and from then on there is a token.
//! let answer = http::Response::new(br#"{"access_token":"70_abc","expires_in":7200}"#.as_slice());
//! keeper.handle(Tick::from_millis(80), attempt, Outcome::Response(answer));
//! let Action::Ready(token) = keeper.poll(Tick::from_millis(80)) else { panic!() };
//!
//! // A call is a value too; the token is added last.
//! let call = GetCallbackIp::new();
//! let request = token.authorize(call.request(&Origin::wechat()));
//! let answer = http::Response::new(br#"{"ip_list":["127.0.0.1"]}"#.as_slice());
//! assert_eq!(call.parse(answer)?, ["127.0.0.1"]);
//! # let _ = (until, request);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Map
//!
//! | module | what it is |
//! |---|---|
//! | [`keeper`] | the machine that keeps an app token, a ticket or a user token alive |
//! | [`login`] | web login: the authorize URL, the callback, the code, the user token |
//! | [`app`] | calls of the account itself: tokens, tickets, quota, diagnostics |
//! | [`jssdk`] | signatures for pages and cards |
//! | the root | what all of them share: [`Endpoint`], [`Request`], [`ApiError`], [`Secret`], [`Tick`], [`Origin`] |
//!
//! Drivers that do the sending are in `wechat-auth-client`; WeChat's own side, for tests without a
//! network, in `wechat-auth-emulator`.

mod account;
mod advice;
pub mod app;
mod endpoint;
mod error;
mod grant;
pub mod jssdk;
pub mod keeper;
pub mod login;
mod origin;
mod request;
mod secret;
mod time;
mod wire;

pub use account::{Account, AppId, InvalidAccount};
pub use advice::{Advice, CodeInfo};
pub use endpoint::{AppToken, Credential, Endpoint, NoToken};
pub use error::{ApiError, Refusal, Rid};
pub use grant::Grant;
pub use origin::{BaseUrl, InvalidBaseUrl, Origin};
pub use request::{InvalidRequest, Request};
pub use secret::Secret;
pub use time::Tick;
pub use wire::Reply;
