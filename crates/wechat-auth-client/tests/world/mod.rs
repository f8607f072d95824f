//! The real driver in both colours, over loopback sockets, against the real emulator, all by the emulator's
//! clock: waiting moves that clock instead of sleeping.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "scaffolding that each test file includes, and uses another part of"
)]

mod colour;
mod line;

use std::time::Duration;

use wechat_auth::{Account, BaseUrl, Origin, Tick};
use wechat_auth_client::driver::{Async, Blocking};
use wechat_auth_client::{Clock, blocking, driver};
use wechat_auth_emulator::{Emulator, Handle, Running};

pub use self::colour::{Colour, Source};
pub use self::line::{Line, Wire};

pub const APPID: &str = "wx0123456789abcdef";
pub const SECRET: &str = "appsecret-of-the-driver-tests";

pub struct World<K: Colour = Async> {
    wechat: Running,
    pub client: driver::Client<K::Line, EmulatorClock, K>,
}

impl World<Async> {
    pub async fn new() -> Self {
        let wechat = start().await;
        let client = wechat_auth_client::Client::new(Line::new(wechat.handle()));
        let client = client
            .with_origin(origin(&wechat))
            .with_clock(EmulatorClock::of(&wechat));
        Self { wechat, client }
    }
}

impl World<Blocking> {
    /// Needs a runtime with threads of its own, since the test blocks its own.
    pub async fn with_threads() -> Self {
        let wechat = start().await;
        let client = blocking::Client::new(Wire);
        let client = client
            .with_origin(origin(&wechat))
            .with_clock(EmulatorClock::of(&wechat));
        Self { wechat, client }
    }
}

async fn start() -> Running {
    let emulator = Emulator::builder().seed(7).app(APPID, SECRET).frozen();
    emulator.start().await.unwrap()
}

fn origin(wechat: &Running) -> Origin {
    Origin::single(BaseUrl::parse(&wechat.base_url()).unwrap())
}

impl<K: Colour> World<K> {
    pub fn account(&self) -> Account {
        Account::new(APPID, SECRET).unwrap()
    }

    pub fn advance(&self, secs: u64) {
        self.handle().advance(Duration::from_secs(secs)).unwrap();
    }

    /// How often WeChat was asked at `path`.
    pub fn asked(&self, path: &str) -> u64 {
        self.handle().counts().requests(APPID, path)
    }

    /// The way to WeChat, for what no client would send.
    pub fn line(&self) -> Line {
        Line::new(self.handle())
    }

    pub fn clock(&self) -> EmulatorClock {
        EmulatorClock::of(&self.wechat)
    }

    pub fn handle(&self) -> &Handle {
        self.wechat.handle()
    }
}

#[derive(Clone)]
pub struct EmulatorClock {
    wechat: Handle,
    /// The longest wait of a thread that moves the clock instead. Longer ones end by being told.
    longest_jump: Duration,
}

impl EmulatorClock {
    fn of(wechat: &Running) -> Self {
        Self {
            wechat: wechat.handle().clone(),
            // Resting between two fetches takes less, waiting for somebody else's fetch more.
            longest_jump: Duration::from_secs(5),
        }
    }

    /// The same, for one thread that nobody else's fetch keeps waiting.
    pub fn for_one_thread(self) -> Self {
        let longest_jump = Duration::MAX;
        Self { longest_jump, ..self }
    }

    pub fn pass(&self, secs: u64) {
        self.wechat.advance(Duration::from_secs(secs)).unwrap();
    }
}

impl Clock for EmulatorClock {
    fn now(&self) -> Tick {
        Tick::from_millis(self.wechat.now().0)
    }

    fn unix_millis(&self) -> u64 {
        self.wechat.now().0
    }

    fn thread_sleeps(&self, wait: Duration) -> Duration {
        if wait > self.longest_jump {
            return wait;
        }
        self.wechat.advance(wait).unwrap();
        Duration::ZERO
    }
}
