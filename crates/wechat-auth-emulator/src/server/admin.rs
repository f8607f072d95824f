//! The admin API under `/_emulator/v1/`: what a test in any language needs.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use serde::Serialize;

use super::clock::Clock;
use super::fields::Fields;
use super::guard;
use super::handle::{Handle, World};
use super::problem::Problem;
use crate::machine::{CarriedOut, Effect, Family, Fault};

const ROOT: &str = "/_emulator/v1/";

pub(crate) fn is_admin(path: &str) -> bool {
    path == "/_emulator" || path.starts_with("/_emulator/")
}

/// The reply to an admin request, whatever it is.
pub(crate) fn answer<B: AsRef<[u8]>>(handle: &Handle, request: &Request<B>) -> Response<Vec<u8>> {
    admitted(handle, request).unwrap_or_else(Problem::into_response)
}

fn admitted<B: AsRef<[u8]>>(handle: &Handle, request: &Request<B>) -> Result<Response<Vec<u8>>, Problem> {
    guard::check(request.method(), request.uri(), request.headers())?;
    let name = request.uri().path().strip_prefix(ROOT).unwrap_or_default();
    let body = request.body().as_ref();
    let world = &mut *handle.lock();
    match (name, request.method()) {
        ("health", &Method::GET) => Ok(health(world)),
        ("clock", &Method::GET) => Ok(clock(&world.clock)),
        ("clock", &Method::POST) => set_clock(world, body),
        ("tokens/introspect", &Method::POST) => introspect(world, body),
        ("foreign-refresh", &Method::POST) => foreign_refresh(world, body),
        ("counts", &Method::GET) => Ok(counts(world)),
        ("faults", &Method::POST) => inject(world, body),
        ("faults", &Method::DELETE) => {
            world.wechat.clear_faults();
            Ok(waiting(world))
        }
        ("health" | "counts", _) => Err(Problem::method("GET")),
        ("clock", _) => Err(Problem::method("GET, POST")),
        ("tokens/introspect" | "foreign-refresh", _) => Err(Problem::method("POST")),
        ("faults", _) => Err(Problem::method("POST, DELETE")),
        _ => Err(Problem::new(StatusCode::NOT_FOUND, "there is no such admin path")),
    }
}

fn health(world: &World) -> Response<Vec<u8>> {
    #[derive(Serialize)]
    struct Health {
        status: &'static str,
        name: &'static str,
        version: &'static str,
        seed: u64,
        now_unix_s: u64,
    }
    json(&Health {
        status: "ok",
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        seed: world.wechat.config.seed,
        now_unix_s: world.clock.now().unix_s(),
    })
}

fn clock(clock: &Clock) -> Response<Vec<u8>> {
    #[derive(Serialize)]
    struct Shown {
        now_unix_s: u64,
        now_unix_ms: u64,
        running: bool,
    }
    let now = clock.now();
    json(&Shown {
        now_unix_s: now.unix_s(),
        now_unix_ms: now.0,
        running: clock.is_running(),
    })
}

/// Freezing or running comes first, then the jump; a refused jump undoes both.
fn set_clock(world: &mut World, body: &[u8]) -> Result<Response<Vec<u8>>, Problem> {
    let mut fields = Fields::read(body)?;
    let freeze = fields.flag("freeze")?;
    let run = fields.flag("run")?;
    let advance_s = fields.count("advance_s")?;
    fields.finish()?;

    let mut changed = world.clock;
    match (freeze, run) {
        (Some(true), None) => changed.freeze(),
        (None, Some(true)) => changed.run(),
        (None, None) if advance_s.is_some() => {}
        (Some(false), _) => return Err(Problem::field("freeze", "must be true; to go on, send run")),
        (_, Some(false)) => return Err(Problem::field("run", "must be true; to stop, send freeze")),
        (Some(true), Some(true)) => {
            return Err(Problem::field("run", "contradicts freeze: send one of the two"));
        }
        (None, None) => return Err(Problem::field("advance_s", "or freeze or run is required")),
    }
    if let Some(advance_s) = advance_s {
        changed
            .advance(Duration::from_secs(advance_s))
            .map_err(|too_far| Problem::field("advance_s", too_far.to_string()))?;
    }
    world.clock = changed;
    Ok(clock(&world.clock))
}

fn introspect(world: &World, body: &[u8]) -> Result<Response<Vec<u8>>, Problem> {
    let mut fields = Fields::read(body)?;
    let token = fields.required_text("token")?;
    fields.finish()?;
    Ok(json(&world.wechat.introspect(world.clock.now(), &token)))
}

fn foreign_refresh(world: &mut World, body: &[u8]) -> Result<Response<Vec<u8>>, Problem> {
    use crate::machine::ForeignRefreshError::{NotAnAppToken, OverQuota, UnknownApp};
    #[derive(Serialize)]
    struct Refreshed<'a> {
        appid: &'a str,
        family: Family,
        expires_in_s: u64,
    }
    let mut fields = Fields::read(body)?;
    let appid = fields.required_text("appid")?;
    let family = match fields.required_text("family")?.as_str() {
        "classic" => Family::Classic,
        "stable" => Family::Stable,
        _ => return Err(Problem::field("family", "must be classic or stable")),
    };
    fields.finish()?;

    let now = world.clock.now();
    match world.wechat.foreign_refresh(now, &appid, family) {
        Ok(refresh) => Ok(json(&Refreshed {
            appid: &appid,
            family,
            expires_in_s: refresh.expires_in_s,
        })),
        Err(unknown @ UnknownApp) => Err(Problem::field("appid", unknown.to_string())),
        Err(other @ NotAnAppToken) => Err(Problem::field("family", other.to_string())),
        Err(over @ OverQuota) => Err(Problem::new(StatusCode::CONFLICT, over.to_string())),
    }
}

fn counts(world: &World) -> Response<Vec<u8>> {
    #[derive(Serialize)]
    struct Report {
        total_requests: u64,
        counts: crate::machine::Counts,
    }
    let counts = world.wechat.counts();
    json(&Report {
        total_requests: counts.total_requests(),
        counts,
    })
}

fn inject(world: &mut World, body: &[u8]) -> Result<Response<Vec<u8>>, Problem> {
    let mut fields = Fields::read(body)?;
    let path = fields.required_text("path")?;
    if !path.starts_with('/') || is_admin(&path) {
        return Err(Problem::field(
            "path",
            "must be a path of WeChat's, such as /cgi-bin/token",
        ));
    }
    let appid = fields.text("appid")?;
    let times = fields.count("times")?.unwrap_or(1);
    let times = u32::try_from(times).ok().filter(|times| *times > 0);
    let times = times.ok_or_else(|| Problem::field("times", "must be from 1 to 4294967295"))?;
    let effect = effect(&mut fields)?;
    fields.finish()?;

    let fault = Fault::on(path, effect).times(times);
    let fault = match appid {
        Some(appid) => fault.of_app(appid),
        None => fault,
    };
    let full = |error: crate::machine::TooManyFaults| Problem::new(StatusCode::CONFLICT, error.to_string());
    world.wechat.inject(fault).map_err(full)?;
    Ok(waiting(world))
}

fn effect(fields: &mut Fields) -> Result<Effect, Problem> {
    Ok(match fields.required_text("effect")?.as_str() {
        "errcode" => Effect::Errcode {
            errcode: fields
                .integer("errcode")?
                .ok_or_else(|| Problem::field("errcode", "is required"))?,
            errmsg: fields.text("errmsg")?,
        },
        "raw" => raw(fields)?,
        "reply_lost" => Effect::ReplyLost,
        "hang" => Effect::Hang(carried_out(fields)?),
        "cut" => Effect::Cut,
        _ => {
            let detail = "must be errcode, raw, reply_lost, hang or cut";
            return Err(Problem::field("effect", detail));
        }
    })
}

fn raw(fields: &mut Fields) -> Result<Effect, Problem> {
    let status = fields.count("status")?.unwrap_or(200);
    let status = u16::try_from(status)
        .ok()
        .filter(|status| (200..=599).contains(status));
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.ok_or_else(|| Problem::field("status", "must be from 200 to 599"))?;
    let content_type = fields
        .text("content_type")?
        .unwrap_or_else(|| "text/html".to_owned());
    let content_type = HeaderValue::try_from(content_type)
        .map_err(|_| Problem::field("content_type", "cannot stand in a header"))?;
    let body = fields.text("body")?.unwrap_or_default().into_bytes();
    Ok(Effect::Raw {
        status,
        content_type,
        body,
        carried_out: carried_out(fields)?,
    })
}

fn carried_out(fields: &mut Fields) -> Result<CarriedOut, Problem> {
    Ok(match fields.flag("carried_out")? {
        Some(true) => CarriedOut::Yes,
        Some(false) | None => CarriedOut::No,
    })
}

fn waiting(world: &World) -> Response<Vec<u8>> {
    #[derive(Serialize)]
    struct Waiting {
        faults_waiting: usize,
    }
    json(&Waiting {
        faults_waiting: world.wechat.faults_waiting(),
    })
}

fn json(value: &impl Serialize) -> Response<Vec<u8>> {
    let mut response = Response::new(serde_json::to_vec(value).unwrap_or_default());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    response
}
