//! How each [`Effect`] is carried out.

use std::num::NonZeroU32;
use std::time::Duration;

use http::{Response, StatusCode, header};
use serde_json::Value;

use super::WeChat;
use super::accounts::AppFamily;
use super::call::Call;
use super::dispatch::{About, Done};
use super::fault::{CarriedOut, Circumstances, Effect, Struck};
use super::introspection::Family;
use super::quota::daily_limit;
use super::refusal::Refusal;
use super::reply::{Reply, respond};
use super::route::Route;
use super::time::Millis;

impl WeChat {
    pub(super) fn go_wrong(&mut self, call: &mut Call<'_>, about: &About<'_>, struck: Struck) -> Done {
        match struck.effect {
            Effect::Errcode { errcode, errmsg } => {
                let refusal = match errmsg {
                    Some(text) => Refusal::with_text(errcode, text),
                    None => Refusal::of(errcode),
                };
                Done {
                    refused: true,
                    ..self.refused(call, about, refusal)
                }
            }
            Effect::Raw {
                status,
                content_type,
                body,
                carried_out,
            } => {
                self.carry_out_unseen(call, about, carried_out);
                Done {
                    refused: true,
                    ..Done::answered(respond(status, content_type, body))
                }
            }
            Effect::Redirect { location } => {
                let mut response = Response::new(Vec::new());
                *response.status_mut() = StatusCode::FOUND;
                response.headers_mut().insert(header::LOCATION, location);
                Done {
                    refused: true,
                    ..Done::answered(response)
                }
            }
            Effect::ReplyLost => {
                self.carry_out_unseen(call, about, CarriedOut::Yes);
                Done::with(Reply::CutTheLine)
            }
            Effect::Hang(carried_out) => {
                self.carry_out_unseen(call, about, carried_out);
                Done::with(Reply::NeverAnswer)
            }
            Effect::Cut => Done::with(Reply::CutTheLine),
            Effect::Reset => {
                let mut done = Done::with(Reply::CutTheLine);
                done.delivery.reset = true;
                done
            }
            Effect::StaleAnswer => match self.answers.last(about.fingerprint) {
                Some(response) => Done::answered(response),
                None => self.carry_out(call, about),
            },
            effect => self.go_wrong_behind(call, about, &effect, struck.circumstances),
        }
    }

    /// The effects whose reply is the right one, or that change what the right one is.
    fn go_wrong_behind(
        &mut self,
        call: &mut Call<'_>,
        about: &About<'_>,
        effect: &Effect,
        circumstances: Circumstances,
    ) -> Done {
        match effect {
            Effect::ForeignRefresh => self.refresh_around(call, about),
            Effect::ShortLife { expires_in_s } => self.with_short_lives(call, about, *expires_in_s),
            Effect::ClockSkew { by_s } => self.with_skewed_clock(call, about, *by_s),
            Effect::QuotaExhausted => self.with_used_up_quota(call, about, UsedUp::Day),
            Effect::MinuteLimit => self.with_used_up_quota(call, about, UsedUp::Minute),
            _ => {
                let mut done = self.carry_out(call, about);
                self.spoil(&mut done, effect, circumstances);
                done
            }
        }
    }

    /// What happens to a reply after the request was carried out as it should be.
    fn spoil(&mut self, done: &mut Done, effect: &Effect, circumstances: Circumstances) {
        let Reply::Respond(response) = &mut done.reply else {
            return;
        };
        let delivery = &mut done.delivery;
        match effect {
            Effect::Delay(latency) => delivery.delay = Duration::from_millis(latency.ms(circumstances.dice)),
            Effect::Truncated { keep_bytes } => {
                delivery.announced_bytes = Some(response.body().len());
                response.body_mut().truncate(*keep_bytes);
            }
            Effect::Drip { bytes_per_s } => delivery.bytes_per_s = NonZeroU32::new(*bytes_per_s),
            Effect::Relabelled { content_type } => {
                let content_type = content_type.clone();
                response.headers_mut().insert(header::CONTENT_TYPE, content_type);
            }
            Effect::Reordered if circumstances.second => delivery.lets_go = Some(circumstances.id),
            Effect::Reordered => delivery.waits_for = Some(circumstances.id),
            Effect::EarlyVoid { after_s } => {
                let until = self.now.plus_s(*after_s);
                for token in handed_out(response.body()) {
                    match self.accounts.issued_mut(&token) {
                        Some(issued) => issued.void_at(until),
                        None => self.logins.expire_at(&token, until),
                    }
                }
            }
            Effect::RefusedAtFirst { for_s } => {
                let from = self.now.plus_s(*for_s);
                for token in handed_out(response.body()) {
                    if let Some(issued) = self.accounts.issued_mut(&token) {
                        issued.accepted_from = from;
                    }
                }
            }
            _ => {}
        }
    }

    fn carry_out_unseen(&mut self, call: &Call<'_>, about: &About<'_>, carried_out: CarriedOut) {
        if carried_out == CarriedOut::Yes {
            // Dropped on purpose: this is the reply that nobody gets.
            let _ = self.carry_out(call, about);
        }
    }

    /// A refusal of the other system is its own affair.
    fn refresh_around(&mut self, call: &Call<'_>, about: &About<'_>) -> Done {
        let fetched = match about.route {
            Some(Route::Token) => Some(Family::Classic),
            Some(Route::StableToken) => Some(Family::Stable),
            _ => None,
        };
        let carried = call.param("access_token");
        let carried = carried.and_then(|token| self.accounts.find(token, call.now));
        let carried = carried.map(|found| Family::from(found.family));
        let Some(appid) = about.appid else {
            return self.carry_out(call, about);
        };
        if let (None, Some(family)) = (fetched, carried) {
            let _ = self.foreign_refresh(self.now, appid, family);
        }
        let done = self.carry_out(call, about);
        if let Some(family) = fetched {
            let _ = self.foreign_refresh(self.now, appid, family);
        }
        done
    }

    /// What is alive is shortened, and what is minted for this request is short.
    fn with_short_lives(&mut self, call: &Call<'_>, about: &About<'_>, life_s: u64) -> Done {
        let life_s = life_s.max(1);
        let family = match about.route {
            Some(Route::StableToken) => Some(AppFamily::Stable),
            Some(Route::GetTicket) if call.param("type") == Some("wx_card") => Some(AppFamily::WxCardTicket),
            Some(Route::GetTicket) => Some(AppFamily::JsapiTicket),
            _ => None,
        };
        if let (Some(family), Some(appid)) = (family, about.appid)
            && let Some(account) = self.accounts.get_mut(appid)
            && let Some(issued) = account.lineage_mut(family).current_mut()
        {
            issued.expire_at(call.now.plus_s(life_s));
        }
        let usual = self.config.behavior.clone();
        let behavior = &mut self.config.behavior;
        behavior.app_token_life_s = life_s;
        behavior.ticket_life_s = life_s;
        behavior.user_token_life_s = life_s;
        let done = self.carry_out(call, about);
        self.config.behavior = usual;
        done
    }

    fn with_skewed_clock(&mut self, call: &mut Call<'_>, about: &About<'_>, by_s: i64) -> Done {
        let right = self.now;
        let skew_ms = by_s.saturating_mul(1_000);
        self.now = Millis(right.0.saturating_add_signed(skew_ms));
        call.now = self.now;
        let done = self.carry_out(call, about);
        self.now = right;
        done
    }

    /// `/sns` has no quotas of its own here, and a request without an app has none to use
    /// up: these are only refused.
    fn with_used_up_quota(&mut self, call: &Call<'_>, about: &About<'_>, used_up: UsedUp) -> Done {
        let account = about.appid.and_then(|appid| self.accounts.get_mut(appid));
        match (account, about.route) {
            (Some(account), Some(route)) if !call.path.starts_with("/sns/") => {
                let behavior = &self.config.behavior;
                match used_up {
                    UsedUp::Day => {
                        let limit = daily_limit(route, account.app.sandbox, behavior);
                        account.quotas.set_used(route, limit, call.now, behavior);
                    }
                    UsedUp::Minute => account.quotas.close_minute(route, call.now),
                }
                self.carry_out(call, about)
            }
            _ => self.refused(call, about, Refusal::of(used_up.errcode())),
        }
    }
}

#[derive(Clone, Copy)]
enum UsedUp {
    Day,
    Minute,
}

impl UsedUp {
    const fn errcode(self) -> i64 {
        match self {
            Self::Day => 45009,
            Self::Minute => 45011,
        }
    }
}

/// The tokens and tickets in a reply.
fn handed_out(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    ["access_token", "ticket"]
        .iter()
        .filter_map(|name| body.get(name)?.as_str().map(str::to_owned))
        .collect()
}
