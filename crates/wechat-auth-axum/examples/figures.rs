//! What a login costs this side: handlers beside an empty one in the same run, and memory for logins that
//! wait. WeChat's answer is made up on the spot, so nothing else is measured.
//!
//! `cargo run --release -p wechat-auth-axum --example figures`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for people, who see where it stops"
)]

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{Request, Response};
use tower::ServiceExt;
use wechat_auth::Account;
use wechat_auth::login::{RedirectUri, Scope, SealKey, SealKeys, WebLogin};
use wechat_auth_axum::{EntryPoint, LoggedIn, MemoryStore, failure_page};
use wechat_auth_client::{Client, Limits, Transport, TransportError};

/// Each figure is that of the fastest of so many rounds, beside the empty handler's in the same rounds: what
/// else the machine does is in the slower ones.
const ROUNDS: usize = 40;
const REQUESTS: usize = 2_500;
const WAITING: usize = ROUNDS * REQUESTS;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let kept = entry().with_store(MemoryStore::new(2 * WAITING));
    let kept = kept.router(welcome, failure_page);
    let sealed = entry().sealed(SealKeys::new(SealKey::new(&[7; 32]).unwrap()));
    let sealed = sealed.router(welcome, failure_page);
    for (name, site) in [("store", &kept), ("sealed", &sealed)] {
        let before = resident();
        let mut begin = Fastest::default();
        for _ in 0..ROUNDS {
            let begins = (0..REQUESTS).map(|_| page("/login?return_to=/profile", ""));
            begin.round(site, begins.collect()).await;
        }
        begin.print(&format!("begin, {name}"));
        println!(
            "{name}: {} KiB for {WAITING} pending logins",
            (resident() - before) / 1024
        );
        let mut arrive = Fastest::default();
        for _ in 0..ROUNDS / 4 {
            let mut callbacks = Vec::new();
            for _ in 0..REQUESTS {
                callbacks.push(callback(&ask(site, page("/login", "")).await));
            }
            arrive.round(site, callbacks).await;
        }
        arrive.print(&format!("callback, {name}"));
    }
}

struct Fastest {
    handler: Duration,
    empty: Duration,
}

impl Default for Fastest {
    fn default() -> Self {
        let [handler, empty] = [Duration::MAX; 2];
        Self { handler, empty }
    }
}

impl Fastest {
    async fn round(&mut self, site: &Router, requests: Vec<Request<Body>>) {
        let empty = Router::new().route("/", get(|| async {}));
        let nothing = (0..REQUESTS).map(|_| page("/", "")).collect();
        self.empty = self.empty.min(time(&empty, nothing).await);
        self.handler = self.handler.min(time(site, requests).await);
    }

    fn print(&self, name: &str) {
        let times = self.handler.as_secs_f64() / self.empty.as_secs_f64();
        let [handler, empty] = [self.handler, self.empty].map(|took| took / REQUESTS as u32);
        println!("{name}: {handler:?} each; the empty handler {empty:?}; {times:.1} times");
    }
}

fn entry() -> EntryPoint<MadeUp> {
    let account = Account::new("wx0123456789abcdef", "made-up").unwrap();
    let back = RedirectUri::parse("https://shop.example/wechat/callback").unwrap();
    let login = WebLogin::new(account, Scope::Base, back);
    EntryPoint::new(Client::new(MadeUp), login, "/login").unwrap()
}

async fn welcome(_: LoggedIn) {}

fn page(uri: &str, cookie: &str) -> Request<Body> {
    Request::get(uri)
        .header(COOKIE, cookie)
        .body(Body::empty())
        .unwrap()
}

/// What the browser brings back after this beginning.
fn callback(begun: &Response<Body>) -> Request<Body> {
    let link = begun.headers()[LOCATION].to_str().unwrap();
    let state = link.split("&state=").nth(1).unwrap().split('#').next().unwrap();
    let cookie = begun.headers()[SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    page(&format!("/wechat/callback?code=041AbCdE&state={state}"), cookie)
}

async fn ask(site: &Router, request: Request<Body>) -> Response<Body> {
    let response = site.clone().oneshot(request).await.unwrap();
    assert!(
        response.status().is_success() || response.status() == 303,
        "{response:?}"
    );
    response
}

async fn time(site: &Router, requests: Vec<Request<Body>>) -> Duration {
    let started = Instant::now();
    for request in requests {
        ask(site, request).await;
    }
    started.elapsed()
}

/// Resident memory, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// WeChat, as far as a login needs it.
struct MadeUp;

impl Transport for MadeUp {
    async fn send(&self, _: Request<Vec<u8>>, _: Limits) -> Result<Response<Vec<u8>>, TransportError> {
        let answer = br#"{"access_token":"A","expires_in":7200,"refresh_token":"R","openid":"oABC"}"#;
        Ok(Response::new(answer.to_vec()))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
