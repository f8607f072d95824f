//! The dashboard at `/_emulator/`: what there is, drawn, and buttons.
//!
//! A page shows one namespace. Each button is a form that becomes one request of the admin
//! API and leads back here, so what can be done here can be done by a program too. Nothing
//! of it is in the journal. Without scripts it is complete; with them it shows what is new
//! by itself and copies.

mod buttons;
mod clock;
mod curl;
mod faults;
mod form_token;
mod logins;
mod requests;
mod time_line;
mod tokens;
mod users;
mod view;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Bytes;
use maud::{Markup, html};

pub(crate) use self::form_token::FormToken;
use self::view::View;
use super::handle::Handle;
use super::problem::Problem;
use super::world::World;
use crate::page::{Page, Watch};

const PATH: &str = "/_emulator/";
/// How often a page looks whether there is something new: with a script, and without.
const LOOK_EVERY_MS: u32 = 2_000;
const RELOAD_EVERY_S: u32 = 5;

/// Whether the dashboard answers for this path. The admin API has all others below it.
pub(crate) fn owns(path: &str) -> bool {
    let below = path.strip_prefix(PATH);
    path == "/_emulator" || below.is_some_and(|path| path.is_empty() || buttons::PATHS.contains(&path))
}

/// The page, or what a button did. Where the request came from is checked already.
pub(crate) fn answer(handle: &Handle, request: &Request<Bytes>) -> Response<Vec<u8>> {
    let view = View::read(request);
    let path = request.uri().path();
    match (path.strip_prefix(PATH), request.method()) {
        (None, &Method::GET) => leads_to(StatusCode::TEMPORARY_REDIRECT, &view.address("")),
        (Some(""), &Method::GET) => page(handle, &view),
        (None | Some(""), _) => Problem::method("GET".to_owned()).into_response(),
        (Some(button), &Method::POST) => match buttons::press(handle, button, request.body()) {
            Ok(()) => leads_to(StatusCode::SEE_OTHER, &view.address(&format!("#{button}"))),
            Err(problem) => not_done(&view, &problem),
        },
        (Some(_), _) => Problem::method("POST".to_owned()).into_response(),
    }
}

fn page(handle: &Handle, view: &View) -> Response<Vec<u8>> {
    let namespaces = handle.namespaces();
    let world = handle.lock();
    let forms = Forms {
        view,
        token: handle.form_token(),
    };
    let body = html! {
        h1 { "控制台 " span.en { "Dashboard" } }
        (places(view, &namespaces))
        (switches(view))
        div.columns {
            div {
                (clock::section(&world, &forms))
                (tokens::section(&world, &forms))
                (logins::section(&world, &forms))
                (faults::section(&world, &forms))
                (users::section(&world, &forms))
            }
            (requests::section(&world, &forms))
        }
    };
    let watch = Watch {
        address: view.address(""),
        every_ms: LOOK_EVERY_MS,
        reload_s: view.reloads.then_some(RELOAD_EVERY_S),
    };
    Page::wide("控制台")
        .staying_here()
        .watching(watch)
        .respond(StatusCode::OK, &body)
}

/// The namespaces beside this one.
fn places(view: &View, namespaces: &[String]) -> Markup {
    let mounts = namespaces
        .iter()
        .map(|name| (name.as_str(), format!("/_ns/{name}")));
    let mounts = [("默认 / default", String::new())].into_iter().chain(mounts);
    html! {
        nav.row aria-label="命名空间 / namespaces" {
            a href={ (view.mount) "/" } { "首页 / index" }
            @if !namespaces.is_empty() {
                span { "命名空间 / namespace:" }
                @for (name, mount) in mounts {
                    @if mount == view.mount { b aria-current="page" { (name) } }
                    @else { a href={ (mount) (PATH) } { (name) } }
                }
            }
        }
    }
}

fn switches(view: &View) -> Markup {
    html! {
        p.row {
            a.button id="secrets" href=(view.with_other_secrets().address("")) {
                @match view.shows_secrets() {
                    true => "隐藏密钥 / Hide secrets",
                    false => "显示密钥 / Show secrets",
                }
            }
            noscript {
                a.button id="again" href=(view.address("")) { "刷新 / Refresh" }
                " "
                a.button id="reload" href=(view.with_other_reloading().address("")) {
                    @match view.reloads {
                        true => "停止自动刷新 / Stop refreshing",
                        false => "自动刷新 / Refresh by itself",
                    }
                }
            }
        }
    }
}

/// A button that was refused; nothing has changed.
fn not_done(view: &View, problem: &Problem) -> Response<Vec<u8>> {
    let body = html! {
        h1 id="error" { "没有执行 " span.en { "Not done" } }
        p { code { (problem.line()) } }
        p { a href=(view.address("")) { "回到控制台 / Back to the dashboard" } }
    };
    Page::phone("没有执行")
        .staying_here()
        .respond(problem.status(), &body)
}

fn leads_to(status: StatusCode, address: &str) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    // A mount holds a namespace's name, which is checked: it can stand in a header.
    let location = HeaderValue::try_from(address).unwrap_or(HeaderValue::from_static(PATH));
    response.headers_mut().insert(header::LOCATION, location);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What each form of a page has.
struct Forms<'a> {
    view: &'a View,
    token: &'a FormToken,
}

impl Forms<'_> {
    /// A form that presses this button.
    fn form(&self, button: &str, fields: &Markup) -> Markup {
        html! {
            form method="post" action=(self.view.button(button)) {
                (self.token.field())
                (fields)
            }
        }
    }
}
