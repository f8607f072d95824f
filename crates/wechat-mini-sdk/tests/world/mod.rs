//! WeChat's side on a loopback socket: the emulator for tokens, and the three calls of this SDK beside it,
//! which the emulator does not know. Whether a token is good is for the emulator to say.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "scaffolding that each test file includes, and uses another part of"
)]

mod wechat;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use wechat_auth::{Account, AppId, BaseUrl, Origin, Secret, Tick};
use wechat_auth_client::{Client, Clock, Limits, Transport, TransportError};
use wechat_auth_emulator::{Emulator, Handle};
use wechat_auth_hyper::HyperTransport;
use wechat_mini_sdk::{CentralServer, OfficialAccount};

pub use wechat::Seen;

pub const SHOP: &str = "wx000000000000shop";
pub const NEWS: &str = "wx000000000000news";
pub const SECRET: &str = "appsecret-of-the-sdk-tests";

/// An account whose token comes from the appsecret, over real sockets, by the emulator's clock.
pub type OwnAccount = OfficialAccount<Line, wechat_auth::keeper::StableApp, WorldClock>;

pub struct World {
    pub wechat: Handle,
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl World {
    pub async fn new() -> Self {
        let emulator = Emulator::builder().seed(7).app(SHOP, SECRET).app(NEWS, SECRET);
        let wechat = emulator.frozen().build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::default();
        tokio::spawn(serve(listener, wechat.clone(), Arc::clone(&seen)));
        Self {
            wechat,
            address,
            seen,
        }
    }

    pub fn client(&self) -> Client<Line, WorldClock> {
        let clock = WorldClock(self.wechat.clone());
        let origin = Origin::single(self.base());
        Client::new(Line::new(&self.wechat))
            .with_origin(origin)
            .with_clock(clock)
    }

    pub fn account(&self, appid: &str) -> OwnAccount {
        OfficialAccount::new(&self.client(), Account::new(appid, SECRET).unwrap())
    }

    /// The token server of this world, which gives out `appid`'s token to whoever has its key.
    pub fn central_server(&self, appid: &str) -> CentralServer {
        self.central_server_with(appid, wechat::KEY)
    }

    pub fn central_server_with(&self, appid: &str, key: &str) -> CentralServer {
        CentralServer::new(AppId::new(appid).unwrap(), self.base(), &Secret::from(key)).unwrap()
    }

    fn base(&self) -> BaseUrl {
        BaseUrl::parse(&format!("http://{}", self.address)).unwrap()
    }

    pub fn advance(&self, secs: u64) {
        self.wechat.advance(Duration::from_secs(secs)).unwrap();
    }

    /// How often WeChat was asked for the account's token.
    pub fn fetches(&self, appid: &str) -> u64 {
        self.wechat.counts().requests(appid, "/cgi-bin/stable_token")
    }

    /// How often this SDK's calls came with a good token of the account.
    pub fn calls(&self, appid: &str) -> usize {
        let of = |seen: &&Seen| seen.appid.as_deref() == Some(appid);
        self.seen.lock().unwrap().iter().filter(of).count()
    }

    /// The requests that no emulator answered, in their order.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(listener: TcpListener, wechat: Handle, seen: Arc<Mutex<Vec<Seen>>>) {
    loop {
        let (stream, peer) = listener.accept().await.unwrap();
        let (wechat, seen) = (wechat.clone(), Arc::clone(&seen));
        let answer = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let (wechat, seen) = (wechat.clone(), Arc::clone(&seen));
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await?.to_bytes().to_vec();
                let request = http::Request::from_parts(head, body);
                let response = wechat::answer(&wechat, &seen, &request, peer.ip());
                Ok::<_, hyper::Error>(response.map(|body| Full::new(Bytes::from(body))))
            }
        });
        tokio::spawn(
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer),
        );
    }
}

/// The real hyper adapter. A rest between two fetches moves the world's clock.
#[derive(Clone)]
pub struct Line {
    inner: HyperTransport<HttpConnector>,
    wechat: Handle,
}

impl Line {
    fn new(wechat: &Handle) -> Self {
        let hyper = HyperClient::builder(TokioExecutor::new()).build(HttpConnector::new());
        Self {
            inner: HyperTransport::new(hyper),
            wechat: wechat.clone(),
        }
    }
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
        /// A keeper's patience. Who waits longer waits for somebody else's fetch, and is told when it is there.
        const LONGEST_REST: Duration = Duration::from_secs(3);
        if duration > LONGEST_REST {
            std::future::pending::<()>().await;
        }
        self.wechat.advance(duration).unwrap();
    }
}

#[derive(Clone)]
pub struct WorldClock(Handle);

impl Clock for WorldClock {
    fn now(&self) -> Tick {
        Tick::from_millis(self.0.now().0)
    }

    fn unix_millis(&self) -> u64 {
        self.0.now().0
    }
}
