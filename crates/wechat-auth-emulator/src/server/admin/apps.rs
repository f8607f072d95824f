//! `apps`: accounts, their secrets, standing, allow-lists and quotas.

use std::net::IpAddr;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Answer, Ask, Endpoint};
use crate::machine::{App, AppStanding, InvalidApp, QuotaUse, Secret, Secrets, ShownApp};
use crate::server::problem::Problem;

/// Apps that can be made from outside; each has a few KiB of tokens in the end.
const MAX_APPS: usize = 100_000;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        Method::GET,
        "apps",
        "All apps, without their secrets",
        "Apps",
        list,
    ),
    Endpoint::new(Method::POST, "apps", "A new app", "App", create).taking("NewApp"),
    Endpoint::new(Method::GET, "apps/{appid}", "One app", "App", get),
    Endpoint::new(
        Method::POST,
        "apps/{appid}/secret",
        "Replace the secret; the old one is refused at once, tokens live on",
        "RotatedSecret",
        rotate_secret,
    )
    .taking("SecretRotation"),
    Endpoint::new(Method::POST, "apps/{appid}/freeze", "Freeze it", "App", freeze).taking("Freeze"),
    Endpoint::new(
        Method::POST,
        "apps/{appid}/unfreeze",
        "Back in good standing",
        "App",
        unfreeze,
    ),
    Endpoint::new(
        Method::PUT,
        "apps/{appid}/allow-list",
        "The addresses that may fetch an app token; null is every address",
        "App",
        set_allow_list,
    )
    .taking("AllowList"),
    Endpoint::new(
        Method::GET,
        "apps/{appid}/quota",
        "What it has used today",
        "Quotas",
        quotas,
    ),
    Endpoint::new(
        Method::POST,
        "apps/{appid}/quota",
        "Count calls as made today; without a number, all that are left",
        "Quotas",
        consume_quota,
    )
    .taking("QuotaUse"),
];

fn list(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    struct List<'a> {
        apps: Vec<ShownApp<'a>>,
    }
    let apps = ask.world.wechat.apps().map(|app| app.shown(Secrets::Hide));
    Answer::json(&List { apps: apps.collect() })
}

fn create(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    let app: App = ask.json()?;
    let wechat = &mut ask.world.wechat;
    if wechat.app(&app.appid).is_some() {
        return Err(Problem::field("appid", "is taken: there is such an app"));
    }
    if wechat.apps().count() >= MAX_APPS {
        let detail = "there are 100000 apps already";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    put(ask, app)
}

fn get(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    Answer::json(&app(ask)?.shown(Secrets::Hide))
}

fn rotate_secret(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Rotation {
        secret: Option<Secret>,
    }
    #[derive(Serialize)]
    struct Rotated<'a> {
        appid: &'a str,
        secret: &'a str,
    }
    let rotation: Rotation = ask.json()?;
    let mut app = app(ask)?;
    app.secret = match rotation.secret {
        Some(secret) => secret,
        None => ask.world.wechat.new_secret(&app.appid),
    };
    let (appid, secret) = (app.appid.clone(), app.secret.clone());
    put(ask, app)?;
    Answer::json(&Rotated {
        appid: &appid,
        secret: secret.expose(),
    })
}

fn freeze(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Freeze {
        standing: AppStanding,
    }
    let Freeze { standing } = ask.json()?;
    if standing == AppStanding::Good {
        let detail = "must be secret_frozen, token_forbidden or account_frozen";
        return Err(Problem::field("standing", detail));
    }
    let app = app(ask)?.standing(standing);
    put(ask, app)
}

fn unfreeze(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    let app = app(ask)?.standing(AppStanding::Good);
    put(ask, app)
}

fn set_allow_list(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct AllowList {
        #[serde(deserialize_with = "Option::deserialize")]
        addresses: Option<Vec<IpAddr>>,
    }
    let list: AllowList = ask.json()?;
    let mut app = app(ask)?;
    app.allow_list = list.addresses;
    put(ask, app)
}

fn quotas(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    struct Quotas {
        resets_at_unix_s: u64,
        quotas: Vec<QuotaUse>,
    }
    let now = ask.world.clock.now();
    let used = ask.world.wechat.quotas(now, ask.segment());
    Answer::json(&Quotas {
        resets_at_unix_s: ask.world.wechat.quota_reset(now).unix_s(),
        quotas: used.map_err(|_| no_such_app())?,
    })
}

fn consume_quota(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Use {
        path: String,
        calls: Option<u64>,
    }
    let asked: Use = ask.json()?;
    let appid = app(ask)?.appid;
    let now = ask.world.clock.now();
    ask.world
        .wechat
        .consume_quota(now, &appid, &asked.path, asked.calls)
        .map_err(|_| {
            Problem::field(
                "path",
                "must be a path that has a quota by day, such as /cgi-bin/token",
            )
        })?;
    quotas(ask)
}

/// A copy of the app that the path names.
fn app(ask: &Ask<'_>) -> Result<App, Problem> {
    ask.world
        .wechat
        .app(ask.segment())
        .cloned()
        .ok_or_else(no_such_app)
}

fn put(ask: &mut Ask<'_>, app: App) -> Result<Answer, Problem> {
    let answer = Answer::json(&app.shown(Secrets::Hide));
    ask.world.wechat.add_app(app).map_err(|invalid| match invalid {
        InvalidApp::Appid => Problem::field("appid", invalid.to_string()),
        InvalidApp::Secret { .. } => Problem::field("secret", invalid.to_string()),
    })?;
    answer
}

fn no_such_app() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such app")
}
