//! A site with a login: log in with WeChat, see your profile, log out.
//!
//! `cargo run -p wechat-auth-axum --example login` brings WeChat's side along: nothing leaves this machine.
//! For the real WeChat set `WECHAT_APPID`, `WECHAT_APPSECRET` and `WECHAT_REDIRECT_URI`; `WECHAT_SCOPE`
//! (`snsapi_userinfo`) and `LISTEN` (`127.0.0.1:3000`) have these defaults.
//!
//! The tests of this crate run this very site.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use std::collections::HashMap;
use std::env::var;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::response::{AppendHeaders, Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::header::{COOKIE, HeaderMap, HeaderName, SET_COOKIE};
use maud::html;
use wechat_auth::login::{RedirectUri, Scope, WebLogin};
use wechat_auth::{Account, BaseUrl, Origin};
use wechat_auth_axum::{EntryPoint, LoggedIn, LoginFailure, failure_page};
use wechat_auth_client::Client;
use wechat_auth_emulator::Emulator;
use wechat_auth_hyper::HyperTransport;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listen = var("LISTEN").unwrap_or("127.0.0.1:3000".to_owned());
    let here = format!("http://{listen}/wechat/callback");
    let back = RedirectUri::parse(&var("WECHAT_REDIRECT_URI").unwrap_or(here))?;
    let scope = var("WECHAT_SCOPE").map(|scope| Scope::parse(&scope).ok_or("no such scope"));
    let scope = scope.unwrap_or(Ok(Scope::UserInfo))?;
    let (account, origin, _emulator) = match var("WECHAT_APPID") {
        Ok(appid) => (
            Account::new(appid, var("WECHAT_APPSECRET")?)?,
            Origin::wechat(),
            None,
        ),
        Err(_) => {
            let (appid, secret) = ("wxemulated00000001", "made-up");
            let emulator = Emulator::builder().app(appid, secret).start().await?;
            let origin = Origin::single(BaseUrl::parse(&emulator.base_url())?);
            (Account::new(appid, secret)?, origin, Some(emulator))
        }
    };
    let client = Client::new(HyperTransport::rustls()).with_origin(origin.clone());
    let login = WebLogin::new(account, scope, back).with_origin(origin);
    let logins = EntryPoint::new(client, login, "/login")?.router(welcome, sorry);
    let listener = tokio::net::TcpListener::bind(&listen).await?;
    println!("open http://{listen}/");
    axum::serve(listener, site(logins)).await?;
    Ok(())
}

pub(crate) fn site(logins: Router<Sessions>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/profile", get(profile))
        .route("/logout", post(logout))
        .merge(logins)
        .with_state(Sessions::default())
}

/// WeChat says who it is; the session is ours.
pub(crate) async fn welcome(State(sessions): State<Sessions>, user: LoggedIn) -> Response {
    let Some(id) = sessions.open(user) else {
        return http::StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    session_cookie(&id, 86_400).into_response()
}

pub(crate) async fn sorry(failure: LoginFailure) -> Response {
    eprintln!("a login failed: {}", failure.cause());
    failure_page(failure).await
}

async fn home() -> Html<String> {
    page(&html! {
        h1 { "小店 " small { "A shop" } }
        p { a id="login" href="/login?return_to=/profile" { "微信登录 / Log in with WeChat" } }
    })
}

async fn profile(State(sessions): State<Sessions>, headers: HeaderMap) -> Response {
    let Some(user) = sessions.user(&headers) else {
        return Redirect::to("/").into_response();
    };
    let profile = user.profile.as_ref();
    page(&html! {
        h1 id="nickname" { (profile.map_or("（未授权 / not shared）", |profile| &profile.nickname)) }
        p { "openid: " code id="openid" { (user.openid.as_str()) } }
        @if let Some(unionid) = &user.unionid { p { "unionid: " code { (unionid.as_str()) } } }
        form method="post" action="/logout" { button id="logout" { "退出 / Log out" } }
    })
    .into_response()
}

async fn logout(State(sessions): State<Sessions>, headers: HeaderMap) -> impl IntoResponse {
    sessions.close(&headers);
    (session_cookie("", 0), Redirect::to("/"))
}

/// Who is logged in, by session id. A real site keeps them elsewhere, and not for ever.
#[derive(Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<HashMap<String, LoggedIn>>>);

impl Sessions {
    fn open(&self, user: LoggedIn) -> Option<String> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).ok()?;
        let id = data_encoding::HEXLOWER.encode(&id);
        self.with(|open| open.insert(id.clone(), user));
        Some(id)
    }

    fn user(&self, headers: &HeaderMap) -> Option<LoggedIn> {
        self.with(|open| open.get(session_id(headers)?).cloned())
    }

    fn close(&self, headers: &HeaderMap) {
        self.with(|open| session_id(headers).and_then(|id| open.remove(id)));
    }

    fn with<R>(&self, act: impl FnOnce(&mut HashMap<String, LoggedIn>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Behind https call it `__Host-session` and add `Secure`.
fn session_cookie(id: &str, max_age_s: u32) -> AppendHeaders<[(HeaderName, String); 1]> {
    let line = format!("session={id}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax");
    AppendHeaders([(SET_COOKIE, line)])
}

fn session_id(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|pair| pair.strip_prefix("session="))
}

fn page(body: &maud::Markup) -> Html<String> {
    let head = html! { meta name="viewport" content="width=device-width"; title { "小店 / A shop" }
    style { "body{max-width:26rem;margin:3rem auto;padding:0 1rem;font:16px/1.6 system-ui}a,button{font:inherit}" } };
    Html(html! { (maud::DOCTYPE) html lang="zh-CN" { head { (head) } body { (body) } } }.into_string())
}
