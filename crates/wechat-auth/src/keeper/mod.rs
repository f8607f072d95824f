//! The machine that keeps a token alive.
//!
//! App tokens, tickets and user tokens are all a secret with a life, fetched by a call. A [`Keeper`]
//! decides when to fetch, what an answer or a failure means, and what a caller gets meanwhile. It does
//! nothing itself: time is an argument, and the one thing to do is returned as an [`Action`].
//!
//! ```
//! use wechat_auth::keeper::{Action, Keeper, Outcome, StableApp};
//! use wechat_auth::{Account, Origin, Tick};
//!
//! let account = Account::new("wx0123456789abcdef", "appsecret")?;
//! let mut keeper = Keeper::new(StableApp::new(account), Origin::wechat(), 7);
//!
//! // Nothing is held yet, so the first caller is asked to fetch …
//! let now = Tick::from_secs(1);
//! let Action::Send { attempt, request, .. } = keeper.poll(now) else { panic!() };
//! assert_eq!(format!("{request:?}"), "POST https://api.weixin.qq.com/cgi-bin/stable_token (84 bytes)");
//! // … and all others to wait for that one fetch.
//! assert!(matches!(keeper.poll(now), Action::Wait { .. }));
//!
//! let reply = http::Response::new(br#"{"access_token":"70_abc","expires_in":7200}"#.as_slice());
//! keeper.handle(Tick::from_secs(2), attempt, Outcome::Response(reply));
//! let Action::Ready(token) = keeper.poll(Tick::from_secs(2)) else { panic!() };
//! assert_eq!(token.secret().expose(), "70_abc");
//! assert_eq!(token.usable_until(), Tick::from_secs(1 + 7200));
//! # Ok::<(), wechat_auth::InvalidAccount>(())
//! ```
//!
//! # What each caller is told
//!
//! | held \ fetch | idle | resting, backing off | in flight | stopped (a person must act) |
//! |---|---|---|---|---|
//! | nothing | `Send` | `Wait` if brief, else `Failed` | `Wait` | `Failed` |
//! | fresh | `Ready` | `Ready` | `Ready` | `Ready` |
//! | stale but usable | `Send` | `Ready` | `Ready` | `Ready` |
//! | dead or refused | `Send` | `Wait` if brief, else `Failed` | `Wait` | `Failed` |

mod action;
mod dice;
mod event;
mod fetch;
mod kept;
mod ledger;
mod machine;
mod outcome;
mod policy;
mod rejection;
mod sending;
mod snapshot;
mod table;
#[cfg(test)]
mod tests;

pub use action::{Action, FetchError, Outcome};
pub use event::Event;
pub use fetch::{Ask, ClassicApp, Fetch, StableApp, TicketFetch, UserRenewal};
pub use kept::{AttemptId, Kept, TokenId};
pub use machine::Keeper;
pub use policy::{Budget, Force, Issue, Policy, Refresh};
pub use sending::ForceRefused;
pub use snapshot::{InvalidSnapshot, Snapshot};
