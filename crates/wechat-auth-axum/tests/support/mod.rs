//! What every test needs: WeChat's side, the example's site on a socket, and a browser.
#![allow(dead_code, reason = "no test needs all of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use hyper_util::client::legacy::{Client as HyperClient, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use wechat_auth::login::{RedirectUri, Scope, WebLogin};
use wechat_auth::{Account, BaseUrl, Origin, Tick};
use wechat_auth_axum::EntryPoint;
use wechat_auth_client::{Client, Clock, Limits, Transport, TransportError};
use wechat_auth_emulator::{Effect, Emulator, Fault, Handle, Running};
use wechat_auth_hyper::HyperTransport;

pub(crate) mod browser;
#[path = "../../examples/login.rs"]
pub(crate) mod shop;

use shop::Sessions;

pub(crate) const APPID: &str = "wxtest000000000001";
pub(crate) const OTHER_APPID: &str = "wxtest000000000002";
pub(crate) const SECRET: &str = "MARKERsecretMARKERsecretMARKER01";

/// The example's site, and the WeChat that it logs in with, each on a socket.
pub(crate) struct World {
    pub(crate) base: String,
    pub(crate) setup: Setup,
    wechat: Running,
    site: JoinHandle<()>,
}

/// What an entry point is made of.
#[derive(Clone)]
pub(crate) struct Setup {
    base: String,
    pub(crate) wechat: Handle,
    origin: Origin,
    line: Line,
}

impl World {
    /// With a way in at `/login` that asks for the profile, one at `/silent` that does not, and one of
    /// another account at `/other`.
    pub(crate) async fn with_three_ways_in() -> Self {
        Self::with(three_ways_in).await
    }

    pub(crate) async fn with(logins: impl FnOnce(&Setup) -> Router<Sessions>) -> Self {
        Self::at("127.0.0.1", logins).await
    }

    /// Under this name in the browser's address bar.
    pub(crate) async fn at(host: &str, logins: impl FnOnce(&Setup) -> Router<Sessions>) -> Self {
        let wechat = Emulator::builder()
            .seed(7)
            .app(APPID, SECRET)
            .app(OTHER_APPID, SECRET);
        let wechat = wechat.start().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let setup = Setup {
            base: format!("http://{host}:{port}"),
            wechat: wechat.handle().clone(),
            origin: Origin::single(BaseUrl::parse(&wechat.base_url()).unwrap()),
            line: Line::new(),
        };
        let site = shop::site(logins(&setup));
        let site = tokio::spawn(async move { axum::serve(listener, site).await.unwrap() });
        Self {
            base: setup.base.clone(),
            setup,
            wechat,
            site,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// How often a code was exchanged, by WeChat's own count.
    pub(crate) fn exchanges(&self) -> u64 {
        let counts = self.wechat.handle().counts();
        let of = |appid| counts.requests(appid, "/sns/oauth2/access_token");
        of(APPID) + of(OTHER_APPID)
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.wechat
            .handle()
            .advance(Duration::from_secs(seconds))
            .unwrap();
    }

    /// The next exchange goes wrong.
    pub(crate) fn spoil_the_exchange(&self, effect: Effect) {
        let fault = Fault::on("/sns/oauth2/access_token", effect);
        self.wechat.handle().inject(fault).unwrap();
    }

    /// Holds everything back that the site sends to WeChat, until the permits are given.
    pub(crate) fn hold_the_line(&self) -> Arc<Semaphore> {
        let gate = &self.setup.line.gate;
        gate.forget_permits(Semaphore::MAX_PERMITS);
        Arc::clone(gate)
    }
}

pub(crate) fn three_ways_in(setup: &Setup) -> Router<Sessions> {
    let silent = setup.entry(APPID, Scope::Base, "/silent");
    let other = setup.entry(OTHER_APPID, Scope::UserInfo, "/other");
    let routers = [setup.login(), silent, other].map(|entry| entry.router(shop::welcome, shop::sorry));
    routers.into_iter().fold(Router::new(), Router::merge)
}

impl Drop for World {
    fn drop(&mut self) {
        self.site.abort();
    }
}

impl Setup {
    /// The usual way in.
    pub(crate) fn login(&self) -> EntryPoint<Line, WechatsClock> {
        self.entry(APPID, Scope::UserInfo, "/login")
    }

    /// One that begins at `path` and comes back to `/wechat` and the path.
    pub(crate) fn entry(&self, appid: &str, scope: Scope, path: &str) -> EntryPoint<Line, WechatsClock> {
        let clock = WechatsClock(self.wechat.clone());
        let entry = EntryPoint::new(self.client(), self.web_login(appid, scope, path), path).unwrap();
        entry.with_clock(clock)
    }

    /// How many requests to WeChat are being held.
    pub(crate) fn held(&self) -> usize {
        self.line.held.load(Ordering::SeqCst)
    }

    pub(crate) fn client(&self) -> Client<Line, WechatsClock> {
        Client::new(self.line.clone())
            .with_clock(WechatsClock(self.wechat.clone()))
            .with_origin(self.origin.clone())
            .with_limits(Limits::within(Duration::from_secs(1)))
    }

    pub(crate) fn web_login(&self, appid: &str, scope: Scope, path: &str) -> WebLogin {
        let account = Account::new(appid, SECRET).unwrap();
        let back = RedirectUri::parse(&format!("{}/wechat{path}", self.base)).unwrap();
        WebLogin::new(account, scope, back).with_origin(self.origin.clone())
    }
}

/// The time is WeChat's, so that both sides are in the same hour.
#[derive(Clone)]
pub(crate) struct WechatsClock(pub(crate) Handle);

impl Clock for WechatsClock {
    fn now(&self) -> Tick {
        Tick::from_millis(self.0.now().0)
    }

    fn unix_millis(&self) -> u64 {
        self.0.now().0
    }
}

/// A line to WeChat that can be held.
#[derive(Clone)]
pub(crate) struct Line {
    hyper: HyperTransport<HttpConnector>,
    gate: Arc<Semaphore>,
    held: Arc<AtomicUsize>,
}

impl Line {
    fn new() -> Self {
        let hyper = HyperClient::builder(TokioExecutor::new()).build(HttpConnector::new());
        Self {
            hyper: HyperTransport::new(hyper),
            gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
            held: Arc::default(),
        }
    }
}

impl Transport for Line {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        self.held.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
        self.held.fetch_sub(1, Ordering::SeqCst);
        self.hyper.send(request, limits).await
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
