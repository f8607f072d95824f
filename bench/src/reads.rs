//! A cached token, read again and again. Every side fetched one from a stub before.
//!
//! A side is a loop over its read and not the read itself: called through a pointer once for thousands of
//! reads, it is compiled as a caller's own loop would be.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::Runtime;
use wechat_auth::Account;
use wechat_auth_client::{Client, blocking};
use wechat_auth_hyper::HyperTransport;
use wechat_auth_ureq::UreqTransport;
use wechat_minapp::client::{MemoryTokenStorage, ReqwestHttpClient, StableToken, WechatMinappSDK};
use wechat_mp_sdk::WechatClient;
use wechat_mp_sdk::token::TokenManager;
use wechat_mp_sdk::types::{AppId, AppSecret};
use wechat_oa_sdk::client::WeChatClient;
use wechat_oa_sdk::config::Config;

use crate::figures::Goal;
use crate::server::Server;

/// Reads so many times.
pub type Loop = Box<dyn Fn(u64) + Sync>;

const APPID: &str = "wx0123456789abcdef";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// All sides, the bare minimum first, and what each is held to.
pub fn sides(runtime: &Runtime, server: &Server) -> Vec<(&'static str, Goal, Loop)> {
    let goal = Goal::AtMost(1.5);
    let mut sides = vec![
        ("clock + ArcSwap::load", Goal::None, minimum()),
        ("the same + Arc::clone", Goal::None, minimum_owned()),
    ];
    sides.extend(with_futures(runtime, server).map(|(name, side)| (name, goal, side)));
    sides.extend(with_threads(server).map(|(name, side)| (name, goal, side)));
    sides.extend([
        ("wechat-mp-sdk", Goal::None, mp_sdk(runtime, server)),
        ("wechat-minapp", Goal::None, minapp(runtime, server)),
        ("wechat-oa-sdk", Goal::None, oa_sdk(runtime)),
    ]);
    sides
}

struct Held {
    token: String,
    until: Instant,
}

fn held() -> ArcSwap<Held> {
    ArcSwap::from_pointee(Held {
        token: "x".repeat(136),
        until: Instant::now() + Duration::from_secs(7200),
    })
}

fn minimum() -> Loop {
    let held = held();
    repeated(move || {
        let now = Instant::now();
        let held = held.load();
        assert!(now < held.until);
        look_at(&held.token);
    })
}

/// A caller who may keep the token needs a share of it: what a lending read saves.
fn minimum_owned() -> Loop {
    let held = held();
    repeated(move || {
        let now = Instant::now();
        let held = held.load_full();
        assert!(now < held.until);
        look_at(&held.token);
    })
}

fn with_futures(runtime: &Runtime, server: &Server) -> [(&'static str, Loop); 2] {
    let hyper = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let client = Client::new(HyperTransport::new(hyper)).with_origin(server.origin());
    let app = client.stable_token(account());
    runtime.block_on(app.token()).expect("the stub has a token");
    let same = app.clone();
    [
        (
            "fresh()",
            repeated(move || look_at(app.fresh().expect("it is fresh").secret().expose())),
        ),
        (
            "token(), async",
            repeated(move || look_at(at_once(same.token()).expect("it is fresh").secret().expose())),
        ),
    ]
}

fn with_threads(server: &Server) -> [(&'static str, Loop); 1] {
    let transport = UreqTransport::new(ureq::config::Config::builder().proxy(None).build());
    let client = blocking::Client::new(transport).with_origin(server.origin());
    let app = client.stable_token(account());
    app.token().expect("the stub has a token");
    let read = move || look_at(app.token().expect("it is fresh").secret().expose());
    [("token(), blocking", repeated(read))]
}

fn mp_sdk(runtime: &Runtime, server: &Server) -> Loop {
    let client = WechatClient::builder()
        .appid(AppId::new(APPID).expect("an appid"))
        .secret(AppSecret::new(SECRET).expect("a secret"))
        .base_url(server.base_url())
        .build()
        .expect("a client without TLS");
    let tokens = TokenManager::new(client);
    runtime
        .block_on(tokens.get_token())
        .expect("the stub has a token");
    repeated(move || look_at(&at_once(tokens.get_token()).expect("it is cached")))
}

fn minapp(runtime: &Runtime, server: &Server) -> Loop {
    let http = Arc::new(ReqwestHttpClient::new());
    let mut kind = StableToken::new(APPID, SECRET, false, http.clone());
    kind.end_point = format!("{}/cgi-bin/stable_token", server.base_url());
    let sdk = WechatMinappSDK::custom(http, Arc::new(MemoryTokenStorage::new(Arc::new(kind))));
    runtime.block_on(sdk.token()).expect("the stub has a token");
    repeated(move || look_at(&at_once(sdk.token()).expect("it is cached")))
}

/// Its host is compiled in: see [`wechat_host`](crate::wechat_host).
fn oa_sdk(runtime: &Runtime) -> Loop {
    let client = WeChatClient::new(Config::new(APPID, SECRET, "callback-token"));
    runtime
        .block_on(client.access_token())
        .expect("the stub has a token");
    repeated(move || look_at(&at_once(client.access_token()).expect("it is cached")))
}

fn account() -> Account {
    Account::new(APPID, SECRET).expect("an account")
}

fn repeated(read: impl Fn() + Sync + 'static) -> Loop {
    Box::new(move |times| (0..times).for_each(|_| read()))
}

fn look_at(token: &str) {
    black_box(token.as_bytes()[0]);
}

/// What a future brings that has nothing to wait for.
fn at_once<O>(future: impl Future<Output = O>) -> O {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a cached read waits"),
    }
}
