//! Calls that need an app token: tickets and address lists.

use serde::Serialize;

use super::WeChat;
use super::accounts::{AppFamily, Minting};
use super::app_tokens::check_standing;
use super::behavior::{Slots, TicketRepeat};
use super::call::Call;
use super::introspection::{MintedBy, Standing};
use super::lineage::Rotation;
use super::refusal::Refusal;
use super::reply::Success;
use super::route::Route;

/// The addresses of the documented sample.
const IP_LIST: [&str; 3] = ["127.0.0.1", "127.0.0.2", "101.226.103.0/25"];

impl WeChat {
    /// The app whose token came with the call, after counting the call.
    ///
    /// To WeChat a token that was replaced and one that never was are the same: 40001.
    /// A user token is one that never was. 42001 is for a token that died of old age.
    pub(super) fn api_call(&mut self, call: &Call<'_>, route: Route) -> Result<String, Refusal> {
        let appid = self.app_of_token(call)?;
        let account = self.accounts.get_mut(&appid).ok_or(Refusal::INVALID_CREDENTIAL)?;
        account
            .quotas
            .take(route, call.now, account.app.sandbox, &self.config.behavior)?;
        Ok(appid)
    }

    /// The app whose token came with the call.
    pub(super) fn app_of_token(&self, call: &Call<'_>) -> Result<String, Refusal> {
        let token = call.param("access_token").ok_or(Refusal::ACCESS_TOKEN_MISSING)?;
        let found = self
            .accounts
            .find(token, call.now)
            .filter(|found| found.family.is_token());
        match found {
            Some(found) if found.standing.is_accepted() => {
                if !self.config.behavior.frozen_tokens_accepted {
                    check_standing(&found.account.app)?;
                }
                Ok(found.account.app.appid.clone())
            }
            Some(found) if found.standing == Standing::Expired => {
                Err(Refusal::of(self.config.behavior.expired_token_errcode))
            }
            _ => Err(Refusal::of(self.config.behavior.unknown_token_errcode)),
        }
    }

    pub(super) fn get_ticket(&mut self, call: &Call<'_>) -> Result<Success, Refusal> {
        #[derive(Serialize)]
        struct Ticket<'a> {
            errcode: i64,
            errmsg: &'a str,
            ticket: &'a str,
            expires_in: u64,
        }
        let success = |ticket: &str, expires_in| {
            Success::json(&Ticket {
                errcode: 0,
                errmsg: "ok",
                ticket,
                expires_in,
            })
        };
        let appid = self.api_call(call, Route::GetTicket)?;
        let family = match call.param("type") {
            Some("jsapi") => AppFamily::JsapiTicket,
            Some("wx_card") => AppFamily::WxCardTicket,
            _ => return Err(Refusal::INVALID_ARGS),
        };
        if self.config.behavior.ticket_repeat == TicketRepeat::SameTicket {
            let account = self.accounts.get(&appid);
            if let Some(held) = account.and_then(|account| account.alive(family, call.now)) {
                // A ticket in its last second would be given out with a life of 0.
                let expires_in = call.now.seconds_until(held.expires_at);
                if expires_in > 0 {
                    return Ok(success(&held.token, expires_in));
                }
            }
        }
        let minting = Minting {
            family,
            life_s: self.config.behavior.ticket_life_s,
            rotation: Rotation {
                slots: Slots::One,
                overlap_s: 0,
            },
            minted_by: MintedBy::Client,
        };
        let issued = self.mint_for_app(&appid, minting)?;
        Ok(success(&issued.token, call.now.seconds_until(issued.expires_at)))
    }

    /// `get_api_domain_ip` and `getcallbackip`.
    pub(super) fn ip_list(&mut self, call: &Call<'_>, route: Route) -> Result<Success, Refusal> {
        #[derive(Serialize)]
        struct IpList {
            ip_list: [&'static str; 3],
        }
        self.api_call(call, route)?;
        Ok(Success::json(&IpList { ip_list: IP_LIST }))
    }
}
