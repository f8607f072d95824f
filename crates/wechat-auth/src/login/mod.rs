//! Web login: a browser goes to WeChat and comes back with a code, and the code becomes a user token.
//!
//! # What it promises
//!
//! - There is no login without a *state*: 128 bits of chance, good for ten minutes and one code.
//! - A callback counts only in the browser that began the login (a cookie's hash is remembered), and
//!   only for the account, redirect URI and scope it was begun with.
//! - A callback that fails a check changes nothing. A forged one cannot spend, spoil or end a login.
//! - The same callback again (a reload, the back button) is [`Redeemed::Repeated`]: no second exchange.
//! - What a server stores holds hashes only: reading the store logs nobody in.
//! - [`ReturnTo`] is a path of this site or on an allow-list: no open redirect.
//! - A [`UserToken`] is not an [`AppToken`](crate::AppToken), and a snapshot user is not a person: the
//!   compiler says so.
//! - Nothing here shows a state, a code, a token, a cookie or an openid in `Debug`, `Display` or an
//!   error.
//!
//! No clock and no randomness: both are arguments.
//!
//! # A login from end to end
//!
//! ```
//! use wechat_auth::login::{Begin, BrowserNonce, Callback, PendingLogin, RedirectUri, Redeemed, Scope, WebLogin};
//! use wechat_auth::{Account, Endpoint, Origin};
//!
//! let account = Account::new("wx0123456789abcdef", "0123456789abcdef0123456789abcdef")?;
//! let callback_at = RedirectUri::parse("https://shop.example/wechat/callback")?;
//! let login = WebLogin::new(account, Scope::UserInfo, callback_at);
//!
//! // The user clicks "log in". 32 fresh random bytes, and the time in Unix seconds:
//! let (entropy, now) = ([7; 32], 1_750_000_000);
//! let request = Begin::new().with_return_to(login.return_to("/basket")?);
//! let begun = login.begin(entropy, now, request);
//! let stored = (begun.pending.id(), begun.pending.encode());
//! let cookie = begun.browser.cookie_value().to_owned();
//! // 303 to begun.url, with the cookie (HttpOnly, Secure, SameSite=Lax).
//! # let state = begun.url.as_str().split("&state=").nth(1).unwrap().split('#').next().unwrap();
//! # let query = format!("code=041AbCdE&state={state}");
//!
//! // WeChat sends the browser back, with `query`.
//! let callback = Callback::from_query(&query)?;
//! assert_eq!(callback.login_id(), stored.0);
//! let mut pending = PendingLogin::decode(&stored.1)?;
//! match pending.redeem(&login, &callback, &BrowserNonce::from_cookie(&cookie), now + 20)? {
//!     Redeemed::Exchange(grant) => {
//!         // Store `pending.encode()` again, then send this once, and never again:
//!         let request = grant.request(&Origin::wechat()).into_http()?;
//!         assert_eq!(request.uri().path(), "/sns/oauth2/access_token");
//!
//!         let reply = br#"{"access_token":"A","expires_in":7200,"refresh_token":"R","openid":"oABC"}"#;
//!         let user = grant.parse(http::Response::new(reply.as_slice()))?.token;
//!         let openid = user.identity().openid().expect("a person, and no snapshot");
//!         assert_eq!(openid.as_str(), "oABC");
//!     }
//!     Redeemed::Repeated => { /* answer as the first time */ }
//! }
//! assert_eq!(pending.return_to(&login).as_str(), "/basket");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Then ask [`GetUserInfo`] for the profile, and [`RefreshUserToken`] for thirty days of further tokens.
//!
//! # Where the pending login is kept
//!
//! In a store, under its [`LoginId`], which gives everything above. Or encrypted and authenticated in a
//! cookie; or nowhere, in a sealed state ([`WebLogin::begin_sealed`]). Without a store there is no single
//! use on our side, since an old cookie brings old news; WeChat, which spends a code once and answers
//! 40163 after that, is then the one to stop a second exchange. The cookie that ties the browser
//! ([`BrowserNonce`]) is needed in all three.
//!
//! # Source
//! Official account documentation, "Web authorisation"; Open Platform documentation, "WeChat login for
//! website apps" (documented).

mod authorize_url;
mod browser;
mod callback;
mod code_grant;
mod digest;
mod error;
mod identity;
mod login_id;
mod pending;
mod percent;
mod redirect_uri;
mod refresh;
mod return_to;
mod saved;
mod scope;
mod sealed;
mod state;
#[cfg(test)]
mod testing;
mod user_info;
mod user_token;
mod web_login;

pub use authorize_url::AuthorizeUrl;
pub use browser::BrowserNonce;
pub use callback::{Callback, InvalidCallback};
pub use code_grant::CodeGrant;
pub use error::LoginError;
pub use identity::{Identity, InvalidUserId, OpenId, UnionId, UserKind};
pub use login_id::LoginId;
pub use pending::{InvalidPending, PendingLogin, Redeemed};
pub use redirect_uri::{InvalidRedirectUri, RedirectUri};
pub use refresh::{REFRESH_TOKEN_LIFE, RefreshUserToken};
pub use return_to::{InvalidReturnTo, ReturnTo};
pub use scope::Scope;
pub use sealed::{BegunSealed, Opened, PayloadTooLong, SEALED_PAYLOAD_MAX, SealKey, SealKeys, WeakSealKey};
pub use user_info::{CheckUserToken, GetUserInfo, Lang, Sex, UserInfo};
pub use user_token::{UserToken, UserTokenParts};
pub use web_login::{Begin, Begun, InvalidData, LOGIN_LIFE, WebLogin};
