//! A login between its begin and its callback, wherever it is kept.

use wechat_auth::login::{
    AuthorizeUrl, Begin, BrowserNonce, Callback, CodeGrant, LoginError, LoginId, PendingLogin, Redeemed,
    ReturnTo, SEALED_PAYLOAD_MAX, SealKeys, WebLogin,
};

use crate::cookie::BindingCookie;
use crate::{Cause, LoginStore};

/// Where pending logins are.
#[derive(Debug)]
pub(crate) enum Keeping<K> {
    /// On our side.
    Store(K),
    /// Nowhere: in the state, which travels with the browser.
    Sealed(SealKeys),
}

/// The way to WeChat.
#[derive(Debug)]
pub(crate) struct Departure {
    pub(crate) id: LoginId,
    pub(crate) url: AuthorizeUrl,
    pub(crate) browser: BrowserNonce,
}

/// A callback that is genuine.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// Its code has not been spent, as far as is known.
    Open(Spendable),
    /// It came before.
    Again(ReturnTo),
}

/// A code, to be exchanged by whoever [claims](Keeping::claim) it.
#[derive(Debug)]
pub(crate) struct Spendable {
    pub(crate) grant: CodeGrant,
    pub(crate) return_to: ReturnTo,
    claim: Option<Box<Claim>>,
}

/// The pending login as it is, and as it must become before the code is sent.
#[derive(Debug)]
struct Claim {
    old: PendingLogin,
    new: PendingLogin,
}

impl<K: LoginStore> Keeping<K> {
    pub(crate) async fn begin(
        &self,
        login: &WebLogin,
        entropy: [u8; 32],
        now_unix: u64,
        return_to: ReturnTo,
    ) -> Result<Departure, Cause> {
        match self {
            Self::Store(store) => {
                let begun = login.begin(entropy, now_unix, Begin::new().with_return_to(return_to));
                let id = begun.pending.id();
                store.insert(begun.pending, now_unix).await?;
                let (url, browser) = (begun.url, begun.browser);
                Ok(Departure { id, url, browser })
            }
            Self::Sealed(keys) => {
                let fits = return_to.as_str().len() <= SEALED_PAYLOAD_MAX;
                let payload = if fits { return_to } else { ReturnTo::default() };
                let begun = login.begin_sealed(keys, entropy, now_unix, payload.as_str());
                let begun =
                    begun.map_err(|_| Cause::Internal("the payload was measured, and is too long"))?;
                let (id, url, browser) = (begun.id, begun.url, begun.browser);
                Ok(Departure { id, url, browser })
            }
        }
    }

    /// Judges a callback, and changes nothing but that a refusal is remembered.
    pub(crate) async fn judge(
        &self,
        login: &WebLogin,
        callback: &Callback,
        cookie: &BindingCookie,
        now_unix: u64,
    ) -> Result<Arrival, Cause> {
        match self {
            Self::Store(store) => {
                let old = store.get(&callback.login_id()).await?;
                let old = old.ok_or(LoginError::ForeignState)?;
                let mut new = old.clone();
                let judged = new.redeem(login, callback, cookie.nonce(), now_unix);
                if judged.is_err() && new != old {
                    store.replace(&old, new.clone()).await?;
                }
                let return_to = new.return_to(login);
                Ok(match judged? {
                    Redeemed::Exchange(grant) => Arrival::Open(Spendable {
                        grant,
                        return_to,
                        claim: Some(Box::new(Claim { old, new })),
                    }),
                    Redeemed::Repeated => Arrival::Again(return_to),
                })
            }
            Self::Sealed(keys) => {
                let opened = login.open_sealed(keys, callback, cookie.nonce(), now_unix)?;
                let return_to = login.return_to(&opened.payload).unwrap_or_default();
                Ok(match cookie.is_answered() {
                    true => Arrival::Again(return_to),
                    false => Arrival::Open(Spendable {
                        grant: opened.grant,
                        return_to,
                        claim: None,
                    }),
                })
            }
        }
    }

    /// Whether the code is the caller's to exchange. Not when another machine was faster.
    pub(crate) async fn claim(&self, code: Spendable) -> Result<Option<CodeGrant>, Cause> {
        let won = match (self, code.claim) {
            (Self::Store(store), Some(claim)) => store.replace(&claim.old, claim.new).await?,
            _ => true,
        };
        Ok(won.then_some(code.grant))
    }
}
