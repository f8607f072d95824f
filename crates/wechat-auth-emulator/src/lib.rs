//! WeChat's side of app tokens and web login: as a pure value for tests in one thread,
//! and as a server on loopback for everything that speaks HTTP.
//!
//! What it promises:
//!
//! - **It answers as WeChat does**, byte for byte in shape: both families of app tokens
//!   and their overlaps, tickets, quotas, allow-lists, the code flow, and the text of
//!   every error. Where the official pages are silent or contradict each other, the
//!   choice is a field of [`Behavior`]; the [`LEDGER`] says of each behaviour how sure it
//!   is, where it is known from, and which test shows it.
//! - **It repeats itself.** One seed decides every token, openid, code and rid: the same
//!   configuration and the same requests at the same times give the same bytes.
//! - **It can be asked.** [`WeChat::introspect`] says of any token whether it is
//!   accepted, why, for how long, and who minted it; [`WeChat::counts`] and
//!   [`WeChat::journal`] say who asked for what.
//! - **It goes wrong on demand**, in the ways that hurt: [`Effect::ReplyLost`] mints a
//!   token that nobody receives, [`Effect::StaleAnswer`] repeats an old one,
//!   [`WeChat::foreign_refresh`] lets another system replace yours.
//! - **It can be looked at.** A dashboard draws lives and overlaps on a time line, moves the
//!   clock, and lists requests as they come; the pages of a login are those of a phone and
//!   of a website with its QR code. They need no script to do their work.
//! - **It can be put away and taken out.** A machine serialises with all it knows, and
//!   goes on where it was.
//! - **Tests can share it.** Each [namespace](Handle::namespace) of a server has a clock,
//!   a state, faults and a journal of its own, and nothing of it shows in another.
//! - **Programs need no change.** With the feature `tls` it answers https beside http, and
//!   is a proxy that leads WeChat's hosts here and refuses every other: see `Tls`.
//! - **It is not WeChat**, says so on every page, and listens on loopback only, unless it
//!   is [exposed](Builder::expose) on purpose. Memory is bounded, and no Debug output holds
//!   a secret or a token.
//!
//! It shares no code with the client crates, on purpose: neither can hide the other's
//! mistake.
//!
//! ```
//! use wechat_auth_emulator::{App, Config, Millis, WeChat};
//!
//! let mut wechat = WeChat::new(Config::new(7));
//! wechat.add_app(App::new("wx0000000000000001", "app-secret"))?;
//!
//! let noon = Millis::from_unix_s(1_700_000_000);
//! let fetch = http::Request::get(
//!     "/cgi-bin/token?grant_type=client_credential&appid=wx0000000000000001&secret=app-secret",
//! )
//! .body(Vec::new())?;
//! let response = wechat.handle(noon, &fetch, [127, 0, 0, 1].into()).response().unwrap();
//!
//! let body: serde_json::Value = serde_json::from_slice(response.body())?;
//! assert_eq!(body["expires_in"], 7200);
//! let token = body["access_token"].as_str().unwrap();
//! assert!(wechat.introspect(noon.plus_s(7_199), token).valid);
//! assert!(!wechat.introspect(noon.plus_s(7_200), token).valid);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With sockets, inside a tokio runtime:
//!
//! ```
//! use std::time::Duration;
//! use wechat_auth_emulator::Emulator;
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let emulator = Emulator::builder()
//!     .seed(7)
//!     .app("wx0000000000000001", "app-secret")
//!     .auto_consent("xiaoming")
//!     .start()
//!     .await?;
//! // Point a client at emulator.base_url(), then let two hours pass at once.
//! emulator.handle().advance(Duration::from_secs(7_200))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Map
//!
//! | where | what |
//! |---|---|
//! | `machine` | [`WeChat`]: a moment, a request and an address in, a [`Reply`] out |
//! | `browser` | the pages of the same machine: consent, QR login, errors, index |
//! | `page` | what every page has: the notice, the style, the policy, the scripts |
//! | `server` | [`Emulator`]: sockets, a [clock](Handle) that freezes and advances, namespaces, the admin API, the dashboard |
//!
//! # What it does not do
//!
//! Third-party platforms, mini-program sessions and WeCom are not emulated, nor are the
//! limits per minute of `/sns`. The fragment `#wechat_redirect` never reaches a server: a
//! consent page looks for it with a script and complains, and where there is no page, as
//! with a silent login, or no script, its absence goes unnoticed.

mod browser;
mod machine;
mod page;
mod recent;
mod server;

pub use browser::Complaint;
pub use machine::{
    AllowListRefusal, App, AppKind, AppStanding, Behavior, CarriedOut, Certainty, ClearParameters, Config,
    ContentType, Count, Counts, Delivery, Effect, Exchange, Family, Fault, ForceEffect, ForceSpacing,
    ForceTooSoon, ForeignRefresh, ForeignRefreshError, Header, Introspection, InvalidApp, InvalidFault,
    InvalidUser, LEDGER, Language, Latency, LedgerEntry, Millis, MintedBy, MinuteWindow, Mount, Outcome,
    QrRefusal, QuotaUse, Reply, Secret, Secrets, Served, Slots, Standing, TicketRepeat, TooManyFaults,
    Unionid, UnknownPath, Unreadable, User, WaitingFault, WeChat, ledger,
};
#[cfg(feature = "tower")]
pub use server::Service;
pub use server::{
    Builder, Emulator, Handle, LineCut, NamespaceError, ReplyBody, Running, StartError, TooFar,
};
#[cfg(feature = "tls")]
pub use server::{Environment, Tls, TlsError};
