//! `clear_quota`, `openapi/quota/get`, `openapi/rid/get`: WeChat about itself.

use serde::Serialize;

use super::WeChat;
use super::app_tokens::check_secret;
use super::behavior::ClearParameters;
use super::call::Call;
use super::json_body::JsonBody;
use super::quota::daily_limit;
use super::refusal::Refusal;
use super::reply::Success;
use super::route::Route;

/// How long a rid can be asked about.
const RID_LIFE_S: u64 = 7 * 86_400;

impl WeChat {
    pub(super) fn clear_quota(&mut self, call: &Call<'_>) -> Result<Success, Refusal> {
        let owner = self.app_of_token(call)?;
        let body = call.json()?;
        let appid = body.text("appid")?.ok_or(Refusal::APPID_MISSING)?;
        if appid != owner {
            return Err(Refusal::INVALID_APPID);
        }
        self.clear_quota_of(appid, call)
    }

    /// One page says the parameters are in the URL, another that they are in the body:
    /// by default either will do, and the URL wins.
    pub(super) fn clear_quota_v2(&mut self, call: &Call<'_>) -> Result<Success, Refusal> {
        let place = self.config.behavior.clear_by_secret_in;
        let nothing = JsonBody::default();
        let body = if call.body.is_empty() || place == ClearParameters::Url {
            &nothing
        } else {
            call.json()?
        };
        let parameter = |name| match call.param(name) {
            Some(value) if place != ClearParameters::Body => Ok(Some(value)),
            _ => body.text(name),
        };
        let appid = parameter("appid")?.ok_or(Refusal::APPID_MISSING)?;
        let account = self.accounts.get(appid).ok_or(Refusal::INVALID_APPID)?;
        check_secret(&account.app, parameter("appsecret")?)?;
        self.clear_quota_of(appid, call)
    }

    fn clear_quota_of(&mut self, appid: &str, call: &Call<'_>) -> Result<Success, Refusal> {
        let account = self.accounts.get_mut(appid).ok_or(Refusal::INVALID_APPID)?;
        account
            .quotas
            .clear(call.now, &self.config.behavior)
            .map_err(|_| Refusal::NO_MORE_CLEARS)?;
        Ok(Success::ok())
    }

    pub(super) fn quota(&mut self, call: &Call<'_>) -> Result<Success, Refusal> {
        #[derive(Serialize)]
        struct Reply {
            errcode: i64,
            errmsg: &'static str,
            quota: Quota,
            #[serde(skip_serializing_if = "Option::is_none")]
            rate_limit: Option<RateLimit>,
        }
        #[derive(Serialize)]
        struct Quota {
            daily_limit: u64,
            used: u64,
            remain: u64,
        }
        #[derive(Serialize)]
        struct RateLimit {
            call_count: u64,
            refresh_second: u64,
        }
        let appid = self.api_call(call, Route::QuotaGet)?;
        let body = call.json()?;
        let path = body.text("cgi_path")?.filter(|path| path.starts_with('/'));
        let path = path.ok_or(Refusal::CGI_PATH_MALFORMED)?;
        if path.starts_with("/sns/") {
            return Err(Refusal::CGI_PATH_FORBIDDEN);
        }
        let known = Route::of(path).filter(|route| !route.is_page());
        let route = known.ok_or(Refusal::CGI_PATH_UNKNOWN)?;

        let behavior = &self.config.behavior;
        let account = self.accounts.get(&appid).ok_or(Refusal::INVALID_CREDENTIAL)?;
        let daily_limit = daily_limit(route, account.app.sandbox, behavior);
        let used = account.quotas.used(route, call.now, behavior);
        let rate_limit = (route == Route::StableToken).then_some(RateLimit {
            call_count: behavior.stable_per_minute,
            refresh_second: 60,
        });
        Ok(Success::json(&Reply {
            errcode: 0,
            errmsg: "ok",
            quota: Quota {
                daily_limit,
                used,
                remain: daily_limit.saturating_sub(used),
            },
            rate_limit,
        }))
    }

    /// Only refusals show a rid, so only refusals can be asked about; and none under
    /// `/sns`.
    pub(super) fn rid(&mut self, call: &Call<'_>) -> Result<Success, Refusal> {
        #[derive(Serialize)]
        struct Reply<'a> {
            errcode: i64,
            errmsg: &'static str,
            request: Request<'a>,
        }
        #[derive(Serialize)]
        struct Request<'a> {
            invoke_time: u64,
            cost_in_ms: u64,
            request_url: &'a str,
            request_body: &'a str,
            response_body: &'a str,
            client_ip: String,
        }
        let appid = self.api_call(call, Route::RidGet)?;
        let body = call.json()?;
        let rid = body
            .text("rid")?
            .filter(|rid| is_rid(rid))
            .ok_or(Refusal::RID_MALFORMED)?;
        let refused = self.rid_log.get(rid).ok_or(Refusal::RID_NOT_FOUND)?;
        if refused.appid.as_ref().is_some_and(|owner| *owner != appid) {
            return Err(Refusal::RID_OF_ANOTHER_ACCOUNT);
        }
        if refused.at.seconds_until(call.now) > RID_LIFE_S {
            return Err(Refusal::of(self.config.behavior.expired_rid_errcode));
        }
        Ok(Success::json(&Reply {
            errcode: 0,
            errmsg: "ok",
            request: Request {
                invoke_time: refused.at.unix_s(),
                cost_in_ms: 0,
                request_url: &refused.query,
                request_body: &refused.body,
                response_body: &refused.response,
                client_ip: refused.peer.to_canonical().to_string(),
            },
        }))
    }
}

fn is_rid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let hex = |group: &&str| group.len() == 8 && group.bytes().all(|b| b.is_ascii_hexdigit());
    groups.len() == 3 && groups.iter().all(hex)
}
