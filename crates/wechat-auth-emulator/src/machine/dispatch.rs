//! From a request to a reply: which app, which fault, which endpoint.

use std::net::IpAddr;

use http::{Method, Request, Response, StatusCode};

use super::WeChat;
use super::call::{Call, Fingerprint};
use super::counts::Seen;
use super::fault::Sight;
use super::journal::Answered;
use super::refusal::Refusal;
use super::reply::{Delivery, Reply, Served, Style, Success, refusal_body, respond};
use super::route::Route;
use super::time::Millis;
use crate::browser::Complaint;

impl WeChat {
    /// What WeChat does with a request that arrives at `now` from `peer`.
    ///
    /// Total: any method, path, query and body gets a reply. A `now` earlier than one
    /// seen before counts as that one. How a fault wants the reply to be brought is left
    /// out; [`serve`](Self::serve) says it.
    pub fn handle<B: AsRef<[u8]>>(&mut self, now: Millis, request: &Request<B>, peer: IpAddr) -> Reply {
        self.serve(now, request, peer).reply
    }

    /// As [`handle`](Self::handle), with the pace at which a shell is to bring the reply.
    ///
    /// A [`Mount`](crate::Mount) among the request's extensions goes before the links of
    /// pages.
    pub fn serve<B: AsRef<[u8]>>(&mut self, now: Millis, request: &Request<B>, peer: IpAddr) -> Served {
        self.pass_time(now);
        let mut call = Call::read(self.now, request, peer);
        let route = Route::of(call.path);
        let appid = self.app_of_call(&call, route);
        let mints = self.mints;
        let fingerprint = call.fingerprint();
        let sight = Sight {
            path: call.path,
            appid: appid.as_deref(),
            now: self.now,
            answered_before: self.answers.knows(fingerprint),
        };
        let struck = self.faults.strike(&sight, &self.mint);
        let fault = struck.as_ref().map(|struck| struck.effect.name());
        let about = About {
            route,
            appid: appid.as_deref(),
            fingerprint,
        };
        let done = match struck {
            None => self.carry_out(&call, &about),
            Some(struck) => self.go_wrong(&mut call, &about, struck),
        };
        let seen = Seen {
            minted: self.mints > mints,
            refused: done.refused,
        };
        self.counters.add(appid.as_deref(), route, &seen);
        let answered = Answered {
            appid: appid.as_deref(),
            reply: &done.reply,
            errcode: done.errcode,
            refused: done.refused,
            fault,
            complaint: done.complaint,
        };
        if !done.unremarkable {
            self.journal.record(self.now, &call, answered);
        }
        Served {
            reply: done.reply,
            delivery: done.delivery,
        }
    }

    /// What is asked, without a fault in the way.
    pub(super) fn carry_out(&mut self, call: &Call<'_>, about: &About<'_>) -> Done {
        if about.route.map_or_else(|| is_no_api(call.path), Route::is_page) {
            let browsed = self.browse(call, about.route);
            return Done {
                refused: browsed.response.status() >= StatusCode::BAD_REQUEST,
                complaint: browsed.complaint,
                unremarkable: browsed.unremarkable,
                ..Done::answered(browsed.response)
            };
        }
        let done = match self.endpoint(call, about.route) {
            Ok(success) => {
                let content_type = Style::of(call.path).content_type(&self.config.behavior);
                Done {
                    errcode: Some(0),
                    ..Done::answered(success.into_response(content_type))
                }
            }
            Err(refusal) => self.refused(call, about, refusal),
        };
        if let Reply::Respond(response) = &done.reply {
            self.answers.remember(about.fingerprint, response);
        }
        done
    }

    pub(super) fn refused(&mut self, call: &Call<'_>, about: &About<'_>, refusal: Refusal) -> Done {
        let errcode = refusal.errcode;
        Done {
            errcode: Some(errcode),
            refused: errcode != 0,
            ..Done::answered(self.refuse(call, about.appid, refusal))
        }
    }

    fn endpoint(&mut self, call: &Call<'_>, route: Option<Route>) -> Result<Success, Refusal> {
        let route = route.ok_or_else(|| self.unknown_path())?;
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
            Route::Authorize | Route::QrConnect | Route::QrScan | Route::QrWait | Route::Index => {
                Err(self.unknown_path())
            }
        }
    }

    fn unknown_path(&self) -> Refusal {
        Refusal::of(self.config.behavior.unknown_path_errcode)
    }

    fn refuse(&mut self, call: &Call<'_>, appid: Option<&str>, refusal: Refusal) -> Response<Vec<u8>> {
        let rid = self.mint.rid(call.now, self.rids);
        self.rids = self.rids.saturating_add(1);
        let style = Style::of(call.path);
        let refusal = match self.config.behavior.errmsgs.get(&refusal.errcode) {
            Some(text) => Refusal::with_text(refusal.errcode, text.clone()),
            None => refusal,
        };
        let body = refusal_body(&refusal, style, &rid);
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

/// What is known of a request before it is carried out.
pub(super) struct About<'a> {
    pub(super) route: Option<Route>,
    pub(super) appid: Option<&'a str>,
    pub(super) fingerprint: Fingerprint,
}

/// What became of a request.
pub(super) struct Done {
    pub(super) reply: Reply,
    pub(super) delivery: Delivery,
    /// 0 is success; `None` when the answer is not in WeChat's shape.
    pub(super) errcode: Option<i64>,
    pub(super) refused: bool,
    pub(super) complaint: Option<Complaint>,
    /// A page that looks again and again would drive everything else out of the journal.
    pub(super) unremarkable: bool,
}

impl Done {
    pub(super) fn answered(response: Response<Vec<u8>>) -> Self {
        Self::with(Reply::Respond(response))
    }

    pub(super) fn with(reply: Reply) -> Self {
        Self {
            refused: !matches!(reply, Reply::Respond(_)),
            reply,
            delivery: Delivery::default(),
            errcode: None,
            complaint: None,
            unremarkable: false,
        }
    }
}

/// What a browser asks for by itself, or a mistyped page: a 404, not an errcode.
fn is_no_api(path: &str) -> bool {
    path.starts_with("/connect/") || path == "/favicon.ico"
}
