//! `tokens` and `foreign-refresh`: what became of a token, and how it ends.

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Answer, Ask, Endpoint};
use crate::machine::{Family, ForeignRefreshError, Millis, Secret, WeChat};
use crate::server::problem::Problem;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        Method::POST,
        "tokens/introspect",
        "Valid or not, why, for how long, and who minted it",
        "Introspection",
        introspect,
    )
    .taking("Token"),
    Endpoint::new(Method::POST, "tokens/void", "Take it back", "Introspection", void).taking("Token"),
    Endpoint::new(
        Method::POST,
        "tokens/expire",
        "End its life",
        "Introspection",
        expire,
    )
    .taking("Token"),
    Endpoint::new(
        Method::POST,
        "foreign-refresh",
        "Another system of the same account fetches a token",
        "ForeignRefresh",
        foreign_refresh,
    )
    .taking("ForeignRefreshOf"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    token: Secret,
}

fn introspect(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    let Asked { token } = ask.json()?;
    let now = ask.world.clock.now();
    Answer::json(&ask.world.wechat.introspect(now, token.expose()))
}

fn void(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    end(ask, WeChat::void)
}

fn expire(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    end(ask, WeChat::expire)
}

fn end(ask: &mut Ask<'_>, end: fn(&mut WeChat, Millis, &str) -> bool) -> Result<Answer, Problem> {
    let Asked { token } = ask.json()?;
    let now = ask.world.clock.now();
    match end(&mut ask.world.wechat, now, token.expose()) {
        true => introspect(ask),
        false => Err(Problem::field("token", "is not one that was minted here")),
    }
}

fn foreign_refresh(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    use ForeignRefreshError::{NotAnAppToken, OverQuota, UnknownApp};
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Refresh {
        appid: String,
        family: Family,
    }
    #[derive(Serialize)]
    struct Refreshed<'a> {
        appid: &'a str,
        family: Family,
        expires_in_s: u64,
    }
    let Refresh { appid, family } = ask.json()?;
    let now = ask.world.clock.now();
    match ask.world.wechat.foreign_refresh(now, &appid, family) {
        Ok(refresh) => Answer::json(&Refreshed {
            appid: &appid,
            family,
            expires_in_s: refresh.expires_in_s,
        }),
        Err(unknown @ UnknownApp) => Err(Problem::field("appid", unknown.to_string())),
        Err(other @ NotAnAppToken) => Err(Problem::field("family", other.to_string())),
        Err(over @ OverQuota) => Err(Problem::new(StatusCode::CONFLICT, over.to_string())),
    }
}
