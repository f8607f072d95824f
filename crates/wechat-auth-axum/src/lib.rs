//! "Log in with WeChat" for an [axum] application: the address where a login begins, the one where it comes
//! back, and the cookie between them. The session afterwards is the application's own.
//!
//! What it promises:
//!
//! - A callback logs somebody in only in the browser that began, through the entry point that began it,
//!   within ten minutes, and once. The cookie that ties the browser is `HttpOnly`, `SameSite=Lax`, and on
//!   https `Secure` under a `__Host-` name. Plain http is for loopback hosts; elsewhere it is an error.
//! - A code is sent to WeChat once: not again after a reload, a back button, an answer that never came, or
//!   twenty callbacks at one time. HEAD, POST and prefetches spend none.
//! - The same callback again gets the first one's answer: all of it as long as the browser has not had it,
//!   and the way on without a session after that. So a callback replayed after a logout logs nobody in.
//! - Two tabs do not disturb each other, and a browser keeps eight logins at most.
//! - Pending logins are bounded: in memory, oldest out first; in a [`LoginStore`] of your own; or
//!   [sealed](EntryPoint::sealed) in the state, with nothing kept at all.
//! - A user goes to a path of this site or to an address on the
//!   [allow-list](wechat_auth::login::WebLogin::with_return_to), and nowhere else. `Host` and
//!   `X-Forwarded-…` are not looked at.
//! - Success leads away from the callback's address by a 303. Every answer says `no-store` and
//!   `no-referrer`. Nothing is logged, and the application's handlers see no code.
//! - Each failure has a page in Chinese and English, with a status that fits, or one of your own.
//!
//! ```
//! use axum::Router;
//! use axum::response::AppendHeaders;
//! use http::header::{HeaderName, SET_COOKIE};
//! use wechat_auth::Account;
//! use wechat_auth::login::{RedirectUri, Scope, WebLogin};
//! use wechat_auth_axum::{EntryPoint, LoggedIn, failure_page};
//! use wechat_auth_client::Client;
//! use wechat_auth_hyper::HyperTransport;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let account = Account::new("wx0123456789abcdef", "appsecret")?;
//! let back = RedirectUri::parse("https://shop.example/wechat/callback")?;
//! let login = WebLogin::new(account, Scope::UserInfo, back);
//! let client = Client::new(HyperTransport::rustls());
//!
//! // A login begins at /login?return_to=/basket and comes back to /wechat/callback.
//! let entry = EntryPoint::new(client, login, "/login")?;
//! let app: Router = Router::new().merge(entry.router(welcome, failure_page));
//!
//! /// WeChat says who it is; from here on it is the application's user.
//! async fn welcome(user: LoggedIn) -> AppendHeaders<[(HeaderName, String); 1]> {
//!     let session = open_session(user.openid.as_str());
//!     AppendHeaders([(SET_COOKIE, format!("__Host-session={session}; Path=/; Secure; HttpOnly; SameSite=Lax"))])
//! }
//! # fn open_session(_: &str) -> &'static str { "made up" }
//! # let _ = app;
//! # Ok(())
//! # }
//! ```
//!
//! Any handler of axum's will do in both places, with any extractors: state, cookie jars, headers. A site
//! that runs, with WeChat's side emulated: `cargo run -p wechat-auth-axum --example login`.
//!
//! # Map
//!
//! | where | what |
//! |---|---|
//! | [`EntryPoint`] | the configuration of one way in, and its router |
//! | [`LoggedIn`] | what the application's handler gets |
//! | [`LoginFailure`], [`Cause`], [`failure_page`] | what went wrong, and what a user reads about it |
//! | [`LoginStore`], [`MemoryStore`] | where logins wait for their callback |
//!
//! Inside: `begin` and `callback` answer the two addresses, `routes` is around both, `keeping` is a login
//! between them, `answers` what callbacks were answered with, `cookie` the browser's part.
//!
//! # What it does not do
//!
//! Sessions, rate limits and QR codes embedded in a page. It needs tokio, as axum's server does.
//!
//! [axum]: https://docs.rs/axum

mod answers;
mod begin;
mod callback;
mod cookie;
mod entry_point;
mod failure;
mod keeping;
mod logged_in;
mod page;
mod recent;
mod routes;
mod store;
mod words;

pub use entry_point::{EntryPoint, InvalidEntryPoint};
pub use failure::{Cause, LoginFailure};
pub use logged_in::{LoggedIn, NotOurs};
pub use page::failure_page;
pub use store::{LoginStore, MemoryStore, StoreUnavailable};
pub use words::Words;
