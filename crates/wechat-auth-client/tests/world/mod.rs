//! The real driver and the real hyper adapter, over loopback sockets, against the real emulator, all by
//! the emulator's clock: waiting moves that clock instead of sleeping.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "scaffolding that each test file includes, and uses another part of"
)]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use wechat_auth::{Account, BaseUrl, Origin, Tick};
use wechat_auth_client::{Client, Clock, Limits, Transport, TransportError};
use wechat_auth_emulator::{Emulator, Handle, Running};
use wechat_auth_hyper::HyperTransport;

pub const APPID: &str = "wx0123456789abcdef";
pub const SECRET: &str = "appsecret-of-the-driver-tests";

pub struct World {
    wechat: Running,
    line: Line,
    pub client: Client<Line, EmulatorClock>,
}

impl World {
    pub async fn new() -> Self {
        let emulator = Emulator::builder().seed(7).app(APPID, SECRET).frozen();
        let wechat = emulator.start().await.unwrap();
        let hyper: HyperClient<HttpConnector, Full<Bytes>> =
            HyperClient::builder(TokioExecutor::new()).build(HttpConnector::new());
        let line = Line {
            inner: HyperTransport::new(hyper),
            wechat: wechat.handle().clone(),
        };
        let base = BaseUrl::parse(&wechat.base_url()).unwrap();
        let client = Client::new(line.clone())
            .with_origin(Origin::single(base))
            .with_clock(EmulatorClock(wechat.handle().clone()));
        Self { wechat, line, client }
    }

    pub fn account(&self) -> Account {
        Account::new(APPID, SECRET).unwrap()
    }

    pub fn advance(&self, secs: u64) {
        self.wechat.handle().advance(Duration::from_secs(secs)).unwrap();
    }

    /// How often WeChat was asked at `path`.
    pub fn asked(&self, path: &str) -> u64 {
        self.wechat.handle().counts().requests(APPID, path)
    }

    /// The way to WeChat, for what no client would send.
    pub fn line(&self) -> &Line {
        &self.line
    }

    pub fn clock(&self) -> EmulatorClock {
        EmulatorClock(self.handle().clone())
    }

    pub fn handle(&self) -> &Handle {
        self.wechat.handle()
    }
}

#[derive(Clone)]
pub struct Line {
    inner: HyperTransport<HttpConnector>,
    wechat: Handle,
}

impl Transport for Line {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        self.inner.send(request, limits).await
    }

    async fn sleep(&self, duration: Duration) {
        // Whoever can still make progress does so before time passes.
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
        self.wechat.advance(duration).unwrap();
    }
}

#[derive(Clone)]
pub struct EmulatorClock(Handle);

impl EmulatorClock {
    pub fn pass(&self, secs: u64) {
        self.0.advance(Duration::from_secs(secs)).unwrap();
    }
}

impl Clock for EmulatorClock {
    fn now(&self) -> Tick {
        Tick::from_millis(self.0.now().0)
    }

    fn unix_millis(&self) -> u64 {
        self.0.now().0
    }
}

/// Runs `n` of the same future at once and brings all results.
pub async fn at_once<O, Fut>(n: usize, make: impl Fn() -> Fut) -> Vec<O>
where
    Fut: Future<Output = O> + Send + 'static,
    O: Send + 'static,
{
    let gate = Arc::new(tokio::sync::Barrier::new(n));
    let tasks: Vec<_> = (0..n)
        .map(|_| {
            let (gate, future) = (Arc::clone(&gate), make());
            tokio::spawn(async move {
                gate.wait().await;
                future.await
            })
        })
        .collect();
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}
