//! From a request to a reply: which app, which fault, which endpoint.

use std::net::IpAddr;

use http::{Method, Request, Response, StatusCode};

use super::WeChat;
use super::call::Call;
use super::counts::Seen;
use super::fault::{CarriedOut, Effect};
use super::refusal::Refusal;
use super::reply::{Reply, Style, Success, refusal_body, respond};
use super::route::Route;
use super::time::Millis;

impl WeChat {
    /// What WeChat does with a request that arrives at `now` from `peer`.
    ///
    /// Total: any method, path, query and body gets a reply. A `now` earlier than one
    /// seen before counts as that one.
    pub fn handle<B: AsRef<[u8]>>(&mut self, now: Millis, request: &Request<B>, peer: IpAddr) -> Reply {
        self.pass_time(now);
        let call = Call::read(self.now, request, peer);
        let route = Route::of(call.path);
        let appid = self.app_of_call(&call, route);
        self.counters.add(appid.as_deref(), route, &Seen::Request);
        let mints = self.mints;
        let reply = match self.faults.strike(call.path, appid.as_deref()) {
            None => Reply::Respond(self.carry_out(&call, route, appid.as_deref())),
            Some(effect) => {
                self.counters.add(appid.as_deref(), route, &Seen::Refused);
                self.go_wrong(&call, route, appid.as_deref(), effect)
            }
        };
        if self.mints > mints {
            self.counters.add(appid.as_deref(), route, &Seen::Minted);
        }
        reply
    }

    fn go_wrong(
        &mut self,
        call: &Call<'_>,
        route: Option<Route>,
        appid: Option<&str>,
        effect: Effect,
    ) -> Reply {
        let carried_out = match &effect {
            Effect::Raw { carried_out, .. } | Effect::Hang(carried_out) => *carried_out,
            Effect::ReplyLost => CarriedOut::Yes,
            Effect::Errcode { .. } | Effect::Cut => CarriedOut::No,
        };
        if carried_out == CarriedOut::Yes {
            // Dropped on purpose: this is the reply that nobody gets.
            let _ = self.carry_out_uncounted(call, route, appid);
        }
        match effect {
            Effect::Errcode { errcode, errmsg } => {
                let refusal = match errmsg {
                    Some(text) => Refusal::with_text(errcode, text),
                    None => Refusal::of(errcode),
                };
                Reply::Respond(self.refuse(call, appid, &refusal))
            }
            Effect::Raw {
                status,
                content_type,
                body,
                ..
            } => Reply::Respond(respond(status, content_type, body)),
            Effect::Hang(_) => Reply::NeverAnswer,
            Effect::ReplyLost | Effect::Cut => Reply::CutTheLine,
        }
    }

    fn carry_out(&mut self, call: &Call<'_>, route: Option<Route>, appid: Option<&str>) -> Response<Vec<u8>> {
        let (response, refused) = self.carry_out_uncounted(call, route, appid);
        if refused {
            self.counters.add(appid, route, &Seen::Refused);
        }
        response
    }

    fn carry_out_uncounted(
        &mut self,
        call: &Call<'_>,
        route: Option<Route>,
        appid: Option<&str>,
    ) -> (Response<Vec<u8>>, bool) {
        if route.map_or_else(|| is_no_api(call.path), Route::is_page) {
            let response = self.browse(call, route);
            let refused = response.status() >= StatusCode::BAD_REQUEST;
            return (response, refused);
        }
        match self.endpoint(call, route) {
            Ok(success) => {
                let content_type = Style::of(call.path).content_type(&self.config.behavior);
                (success.into_response(content_type), false)
            }
            Err(refusal) => (self.refuse(call, appid, &refusal), true),
        }
    }

    fn endpoint(&mut self, call: &Call<'_>, route: Option<Route>) -> Result<Success, Refusal> {
        let route = route.ok_or(Refusal::INVALID_URL)?;
        if call.method != route.method() {
            return Err(match route.method() {
                Method::POST => Refusal::REQUIRE_POST,
                _ => Refusal::REQUIRE_GET,
            });
        }
        match route {
            Route::Token => self.token(call),
            Route::StableToken => self.stable_token(call),
            Route::GetTicket => self.get_ticket(call),
            Route::GetApiDomainIp | Route::GetCallbackIp => self.ip_list(call, route),
            Route::ClearQuota => self.clear_quota(call),
            Route::ClearQuotaV2 => self.clear_quota_v2(call),
            Route::QuotaGet => self.quota(call),
            Route::RidGet => self.rid(call),
            Route::SnsAccessToken => self.exchange(call),
            Route::SnsRefreshToken => self.refresh(call),
            Route::SnsUserinfo => self.userinfo(call),
            Route::SnsAuth => self.sns_auth(call),
            Route::Authorize | Route::QrConnect | Route::Index => Err(Refusal::INVALID_URL),
        }
    }

    fn refuse(&mut self, call: &Call<'_>, appid: Option<&str>, refusal: &Refusal) -> Response<Vec<u8>> {
        let rid = self.mint.rid(call.now, self.rids);
        self.rids += 1;
        let style = Style::of(call.path);
        let body = refusal_body(refusal, style, &rid);
        if style == Style::Cgi {
            self.rid_log.remember(rid, appid.map(str::to_owned), call, &body);
        }
        respond(
            StatusCode::OK,
            style.content_type(&self.config.behavior).header(),
            body,
        )
    }

    /// The registered app a request is about: the one it names, or the one whose token
    /// it carries.
    fn app_of_call(&self, call: &Call<'_>, route: Option<Route>) -> Option<String> {
        let registered = |appid: &str| self.accounts.get(appid).map(|_| appid.to_owned());
        if let Some(appid) = call.param("appid").and_then(registered) {
            return Some(appid);
        }
        if matches!(route, Some(Route::StableToken | Route::ClearQuotaV2)) {
            return call.json().ok()?.text("appid").ok()?.and_then(registered);
        }
        let token = call.param("access_token")?;
        match self.accounts.find(token, self.now) {
            Some(found) => Some(found.account.app.appid.clone()),
            None => self
                .logins
                .of_token(token)
                .map(|login| login.consent.appid.clone()),
        }
    }
}

/// What a browser asks for by itself, or a mistyped page: a 404, not an errcode.
fn is_no_api(path: &str) -> bool {
    path.starts_with("/connect/") || path == "/favicon.ico"
}
