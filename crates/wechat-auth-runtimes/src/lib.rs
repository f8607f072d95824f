//! One program, in four runtimes. Each fetches an app token, makes a call with it, lets two hours pass, and
//! goes on with the next token:
//!
//! | example | what runs it |
//! |---|---|
//! | `tokio` | the async driver, over hyper's pooled client |
//! | `smol` | the async driver, over a `Transport` of sixty lines for smol |
//! | `threads` | the blocking driver, over ureq |
//! | `custom_runtime` | no driver and no executor: one loop that turns a `Keeper` and a socket |
//!
//! ```sh
//! cargo run -p wechat-auth-runtimes --example smol
//! ```
//!
//! They are texts to copy from. This library is what they have in common and a copy leaves out: [`Emulated`]
//! stands in for WeChat, on a thread of its own, so that no example needs another runtime than its own.
//!
//! ```
//! use std::time::Duration;
//! use wechat_auth_client::Clock;
//! use wechat_auth_runtimes::Emulated;
//!
//! let wechat = Emulated::start()?;
//! let before = wechat.clock().now();
//! wechat.advance(Duration::from_secs(7200))?;
//! assert!(wechat.clock().now().since(before) >= Duration::from_secs(7200));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::error::Error;
use std::fmt;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use wechat_auth::{Account, BaseUrl, InvalidAccount, Origin, Tick};
use wechat_auth_client::Clock;
use wechat_auth_emulator::{Emulator, Handle, TooFar};

const APPID: &str = "wx0123456789abcdef";
const SECRET: &str = "made-up";
const FETCH: &str = "/cgi-bin/stable_token";

/// WeChat's side on a loopback port. It serves until the program ends.
pub struct Emulated {
    wechat: Handle,
    origin: Origin,
}

impl Emulated {
    /// Starts it on a thread of its own, with a tokio runtime that nothing else sees.
    ///
    /// # Errors
    /// When no loopback port is free.
    pub fn start() -> Result<Self, Box<dyn Error>> {
        let (started, hears) = mpsc::channel();
        thread::spawn(move || {
            // Whoever started it knows that it failed when the channel closes.
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .ok()?;
            runtime.block_on(async {
                let emulator = Emulator::builder().app(APPID, SECRET).start().await.ok()?;
                started
                    .send((emulator.base_url(), emulator.handle().clone()))
                    .ok()?;
                std::future::pending::<Option<()>>().await
            })
        });
        let (url, wechat) = hears.recv()?;
        let origin = Origin::single(BaseUrl::parse(&url)?);
        Ok(Self { wechat, origin })
    }

    /// Where it is, in place of the real WeChat.
    pub fn origin(&self) -> Origin {
        self.origin.clone()
    }

    /// An account that it knows.
    ///
    /// # Errors
    /// Never, with the account that is written here.
    pub fn account(&self) -> Result<Account, InvalidAccount> {
        Account::new(APPID, SECRET)
    }

    /// Its clock, in place of the machine's own, so that two hours can pass at once.
    pub fn clock(&self) -> WeChatClock {
        WeChatClock(self.wechat.clone())
    }

    /// Lets so much time pass at once.
    ///
    /// # Errors
    /// [`TooFar`], past the year 2106.
    pub fn advance(&self, by: Duration) -> Result<(), TooFar> {
        self.wechat.advance(by)
    }

    /// How often a token was fetched.
    pub fn fetches(&self) -> u64 {
        self.wechat.counts().requests(APPID, FETCH)
    }
}

impl fmt::Debug for Emulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulated")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// The clock of an [`Emulated`] WeChat: runs in real time, and is advanced.
#[derive(Clone)]
pub struct WeChatClock(Handle);

impl Clock for WeChatClock {
    fn now(&self) -> Tick {
        Tick::from_millis(self.unix_millis())
    }

    fn unix_millis(&self) -> u64 {
        self.0.now().0
    }
}

impl fmt::Debug for WeChatClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WeChatClock").field(&self.now()).finish()
    }
}
