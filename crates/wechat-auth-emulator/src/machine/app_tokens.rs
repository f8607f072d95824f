//! `/cgi-bin/token` and `/cgi-bin/stable_token`: two families of app tokens that know
//! nothing of each other.

use std::net::IpAddr;

use serde::Serialize;

use super::WeChat;
use super::accounts::{Account, AppFamily, Minting};
use super::app::{App, AppStanding};
use super::behavior::{Behavior, ForceEffect, ForceTooSoon, Slots};
use super::call::Call;
use super::introspection::{Family, MintedBy};
use super::lineage::{Issued, Rotation};
use super::refusal::Refusal;
use super::reply::Success;
use super::route::Route;
use super::time::Millis;

const GRANT_TYPE: &str = "client_credential";

#[derive(Serialize)]
struct AccessToken<'a> {
    access_token: &'a str,
    expires_in: u64,
}

fn success(issued: &Issued, now: Millis) -> Success {
    Success::json(&AccessToken {
        access_token: &issued.token,
        expires_in: now.seconds_until(issued.expires_at),
    })
}

impl WeChat {
    /// Every classic fetch mints. A bad appid is reported first, even when nothing else
    /// is there (*observed*).
    pub(super) fn token(&mut self, call: &Call<'_>) -> Result<Success, Refusal> {
        let appid = call.param("appid").ok_or(Refusal::APPID_MISSING)?;
        let account = self.accounts.get_mut(appid).ok_or(Refusal::INVALID_APPID)?;
        if call.param("grant_type") != Some(GRANT_TYPE) {
            return Err(Refusal::INVALID_GRANT_TYPE);
        }
        let behavior = &self.config.behavior;
        let permitted = may_fetch(&account.app, call.param("secret"), call.peer, behavior);
        account.take_fetch(Route::Token, call.now, permitted, behavior)?;
        let rotation = self.rotation(AppFamily::Classic);
        let issued = self.mint_app_token(appid, AppFamily::Classic, rotation, MintedBy::Client)?;
        Ok(success(&issued, call.now))
    }

    /// A stable fetch returns the current token until the last five minutes of its
    /// life; a forced one replaces it, within limits.
    pub(super) fn stable_token(&mut self, call: &Call<'_>) -> Result<Success, Refusal> {
        let body = call.json()?;
        let appid = body.text("appid")?.ok_or(Refusal::APPID_MISSING)?;
        let account = self.accounts.get_mut(appid).ok_or(Refusal::INVALID_APPID)?;
        if body.text("grant_type")? != Some(GRANT_TYPE) {
            return Err(Refusal::INVALID_GRANT_TYPE);
        }
        let behavior = &self.config.behavior;
        let permitted = may_fetch(&account.app, body.text("secret")?, call.peer, behavior);
        let forced = body.flag("force_refresh")?;
        account.take_fetch(Route::StableToken, call.now, permitted, behavior)?;

        let mut rotation = Rotation {
            slots: behavior.stable_slots,
            overlap_s: behavior.overlap_s,
        };
        let too_soon = forced && account.quotas.force_is_too_soon(call.now, behavior);
        let alive = account.alive(AppFamily::Stable, call.now);
        if !forced {
            let window_ms = behavior.stable_renewal_window_s.saturating_mul(1_000);
            if let Some(fresh) = alive.filter(|held| held.expires_at.millis_since(call.now) > window_ms) {
                return Ok(success(fresh, call.now));
            }
        } else if too_soon {
            match (behavior.force_too_soon, alive) {
                (ForceTooSoon::Refused(errcode), _) => return Err(Refusal::of(errcode)),
                (ForceTooSoon::CurrentToken, Some(held)) => return Ok(success(held, call.now)),
                // Nothing is alive to be given back, so this is an ordinary first fetch.
                (ForceTooSoon::CurrentToken, None) => {}
            }
        } else {
            let over = |_| Refusal::of(behavior.force_over_limit_errcode);
            account.quotas.take_force(call.now, behavior).map_err(over)?;
            if behavior.force_effect == ForceEffect::KillsAtOnce {
                rotation.slots = Slots::One;
            }
        }
        let issued = self.mint_app_token(appid, AppFamily::Stable, rotation, MintedBy::Client)?;
        Ok(success(&issued, call.now))
    }

    /// Another system of the same account fetches a token, and tells nobody.
    ///
    /// A classic fetch rotates and counts against the day's quota, as anybody's does. A
    /// stable one is a forced refresh that heeds neither the spacing nor the limits, so
    /// that a test can cause one whenever it needs one.
    ///
    /// # Errors
    ///
    /// When there is no such app, the family is not an app token's, or the day's
    /// classic fetches are used up. Nothing changes then.
    pub fn foreign_refresh(
        &mut self,
        now: Millis,
        appid: &str,
        family: Family,
    ) -> Result<ForeignRefresh, ForeignRefreshError> {
        self.pass_time(now);
        let account = self
            .accounts
            .get_mut(appid)
            .ok_or(ForeignRefreshError::UnknownApp)?;
        let family = match family {
            Family::Classic => {
                let (now, sandbox) = (self.now, account.app.sandbox);
                account
                    .quotas
                    .take(Route::Token, now, sandbox, &self.config.behavior)
                    .map_err(|_| ForeignRefreshError::OverQuota)?;
                AppFamily::Classic
            }
            Family::Stable => AppFamily::Stable,
            _ => return Err(ForeignRefreshError::NotAnAppToken),
        };
        let rotation = self.rotation(family);
        let issued = self
            .mint_app_token(appid, family, rotation, MintedBy::Foreign)
            .map_err(|_| ForeignRefreshError::UnknownApp)?;
        Ok(ForeignRefresh {
            expires_in_s: self.now.seconds_until(issued.expires_at),
        })
    }

    fn rotation(&self, family: AppFamily) -> Rotation {
        let behavior = &self.config.behavior;
        let slots = match family {
            AppFamily::Stable => behavior.stable_slots,
            _ => behavior.classic_slots,
        };
        Rotation {
            slots,
            overlap_s: behavior.overlap_s,
        }
    }

    fn mint_app_token(
        &mut self,
        appid: &str,
        family: AppFamily,
        rotation: Rotation,
        minted_by: MintedBy,
    ) -> Result<Issued, Refusal> {
        let life_s = self.config.behavior.app_token_life_s;
        self.mint_for_app(
            appid,
            Minting {
                family,
                life_s,
                rotation,
                minted_by,
            },
        )
    }

    pub(super) fn mint_for_app(&mut self, appid: &str, minting: Minting) -> Result<Issued, Refusal> {
        self.mints = self.mints.saturating_add(1);
        self.accounts
            .mint(&self.mint, appid, self.now, minting)
            .ok_or(Refusal::INVALID_APPID)
    }
}

impl Account {
    /// Counts a fetch that is permitted, or any.
    fn take_fetch(
        &mut self,
        route: Route,
        now: Millis,
        permitted: Result<(), Refusal>,
        behavior: &Behavior,
    ) -> Result<(), Refusal> {
        if permitted.is_ok() || behavior.refused_fetches_count {
            self.quotas.take(route, now, self.app.sandbox, behavior)?;
        }
        permitted
    }
}

/// The order WeChat checks in: secret, address (or the reverse), standing.
fn may_fetch(app: &App, secret: Option<&str>, peer: IpAddr, behavior: &Behavior) -> Result<(), Refusal> {
    let check_address = || match app.allows(peer) {
        true => Ok(()),
        false => Err(Refusal::outside_the_allow_list(peer, behavior.allow_list_refusal)),
    };
    if behavior.allow_list_before_secret {
        check_address()?;
        check_secret(app, secret)?;
    } else {
        check_secret(app, secret)?;
        check_address()?;
    }
    check_standing(app)
}

pub(super) fn check_secret(app: &App, secret: Option<&str>) -> Result<(), Refusal> {
    match secret.ok_or(Refusal::APPSECRET_MISSING)? {
        right if right == app.secret.expose() => Ok(()),
        _ => Err(Refusal::INVALID_APPSECRET),
    }
}

pub(super) fn check_standing(app: &App) -> Result<(), Refusal> {
    match app.standing {
        AppStanding::Good => Ok(()),
        AppStanding::SecretFrozen => Err(Refusal::SECRET_FROZEN),
        AppStanding::TokenForbidden => Err(Refusal::TOKEN_FORBIDDEN),
        AppStanding::AccountFrozen => Err(Refusal::ACCOUNT_FROZEN),
    }
}

/// What a foreign refresh brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForeignRefresh {
    /// Life of the token that nobody here holds, in seconds.
    pub expires_in_s: u64,
}

/// Why a foreign refresh did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignRefreshError {
    /// There is no app with this appid.
    #[error("there is no app with this appid")]
    UnknownApp,
    /// Only classic and stable tokens can be refreshed by another system.
    #[error("only the families classic and stable can be refreshed")]
    NotAnAppToken,
    /// The other system would be refused with 45009.
    #[error("the day's classic fetches are used up")]
    OverQuota,
}
