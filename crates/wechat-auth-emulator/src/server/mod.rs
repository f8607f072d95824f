//! Sockets and a clock around the pure machine.

mod admin;
mod body;
mod clock;
mod connection;
mod crowd;
mod dashboard;
mod guard;
mod handle;
mod line;
mod namespace;
mod problem;
mod request_body;
mod service;
#[cfg(feature = "tls")]
mod tls;
mod world;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;

use self::clock::LAST_UNIX_S;
use self::connection::Entrance;
use self::crowd::Crowd;
use self::guard::Hosts;
use self::world::Template;
use crate::machine::{App, Behavior, Config, InvalidApp, InvalidUser, Millis, User};

pub use self::body::ReplyBody;
pub use self::clock::TooFar;
pub use self::handle::Handle;
pub use self::namespace::NamespaceError;
pub use self::service::LineCut;
#[cfg(feature = "tower")]
pub use self::service::Service;
#[cfg(feature = "tls")]
pub use self::tls::{Environment, Tls, TlsError};

/// How long accepting rests after it failed and nobody could make room: trying at once
/// would only burn a core.
const ACCEPT_REST: Duration = Duration::from_millis(20);

/// Connections that may wait to be accepted, where the system allows so many: who comes
/// when the queue is full tries again after a second.
const BACKLOG: u32 = 4_096;

/// The way to a running emulator.
#[derive(Debug)]
pub struct Emulator {
    _private: (),
}

impl Emulator {
    /// An emulator with seed 0, no apps, the [built-in users](User::built_in), the real
    /// time, and a free port on 127.0.0.1.
    pub fn builder() -> Builder {
        Builder {
            template: Template {
                config: Config::new(0),
                apps: Vec::new(),
                users: Vec::new(),
                auto_consent: None,
                start: None,
                frozen: false,
            },
            hosts: Hosts::default(),
            listen: "127.0.0.1:0".to_owned(),
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

/// What an emulator is to be.
#[derive(Clone, Debug)]
#[must_use = "nothing runs until start() is awaited"]
pub struct Builder {
    template: Template,
    hosts: Hosts,
    listen: String,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

impl Builder {
    /// Decides every token, openid, code and rid.
    pub fn seed(mut self, seed: u64) -> Self {
        self.template.config.seed = seed;
        self
    }

    /// How WeChat behaves where that is a number or in doubt.
    pub fn behavior(mut self, behavior: Behavior) -> Self {
        self.template.config.behavior = behavior;
        self
    }

    /// Adds an app without restrictions.
    pub fn app(self, appid: impl Into<String>, secret: impl Into<String>) -> Self {
        self.add_app(App::new(appid, secret))
    }

    /// Adds an app with all its settings.
    pub fn add_app(mut self, app: App) -> Self {
        self.template.apps.push(app);
        self
    }

    /// Adds a user beside the built-in ones.
    pub fn add_user(mut self, user: User) -> Self {
        self.template.users.push(user);
        self
    }

    /// Where to listen: a loopback address and a port, for example `127.0.0.1:8787`,
    /// `[::1]:0` or `localhost:8787`. Port 0 takes a free one. Any other address needs
    /// [`expose`](Self::expose).
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.listen = address.into();
        self
    }

    /// Answers to this host name too. Otherwise only loopback names are answered to, and on
    /// WeChat's paths those under `weixin.qq.com`.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.told.push(host.into());
        self
    }

    /// Lets it listen where other machines can reach it, for example at `0.0.0.0:8787`: for a
    /// container, whose loopback is nobody else's.
    ///
    /// Whoever reaches the port gets tokens, moves the clock and reads every secret, so only
    /// made-up ones belong there. It then answers to any address as Host; names are refused as
    /// before, unless [told](Self::allow_host).
    pub fn expose(mut self) -> Self {
        self.hosts.addresses = true;
        self
    }

    /// Answers https beside http on the same port, and is a proxy there that leads WeChat's
    /// hosts here: for programs that have those compiled in. They must trust
    /// [`Tls::ca_pem`].
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Lets this user agree to every login at once, without a page.
    pub fn auto_consent(mut self, user: impl Into<String>) -> Self {
        self.template.auto_consent = Some(user.into());
        self
    }

    /// What the clock shows at the start, in seconds since 1970-01-01 UTC.
    ///
    /// # Errors
    ///
    /// When that is past the last second a rid can name, in 2106.
    pub fn start_time_unix(mut self, seconds: u64) -> Result<Self, TooFar> {
        if seconds > LAST_UNIX_S {
            return Err(TooFar);
        }
        self.template.start = Some(Millis::from_unix_s(seconds));
        Ok(self)
    }

    /// Starts with the clock standing still.
    pub fn frozen(mut self) -> Self {
        self.template.frozen = true;
        self
    }

    /// The emulator without a socket: for tests that hold its [`Handle`], and for whoever
    /// brings the requests otherwise.
    ///
    /// # Errors
    ///
    /// When an app or a user is malformed, or the operating system gives no random bytes.
    pub fn build(self) -> Result<Handle, StartError> {
        Handle::new(self.template, self.hosts)
    }

    /// Binds the address and serves it on the tokio runtime this is awaited in.
    ///
    /// # Errors
    ///
    /// When an app or a user is malformed, the address is none, not free, or not on loopback
    /// without [`expose`](Self::expose), the operating system gives no random bytes, or there
    /// is no tokio runtime. Nothing runs then.
    pub async fn start(self) -> Result<Running, StartError> {
        let address = listen_address(&self.listen)?;
        if !self.hosts.addresses && !address.ip().to_canonical().is_loopback() {
            return Err(StartError::NotLoopback { address });
        }
        #[cfg(feature = "tls")]
        let tls = self.tls.clone();
        let handle = self.build()?;
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(StartError::NoRuntime);
        }
        let listener = listener(address).map_err(StartError::Bind)?;
        let local_addr = listener.local_addr().map_err(StartError::Bind)?;
        let entrance = Entrance {
            handle: handle.clone(),
            #[cfg(feature = "tls")]
            tls,
        };
        let task = tokio::spawn(accept(listener, entrance));
        Ok(Running {
            local_addr,
            handle,
            task,
        })
    }
}

fn listen_address(listen: &str) -> Result<SocketAddr, StartError> {
    let numeric = match listen.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => listen.to_owned(),
    };
    numeric.parse().map_err(|_| StartError::BadListenAddress)
}

fn listener(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Elsewhere it would let two programs have the same port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Every connection is a task of its own, so that a slow one holds up nobody. They end
/// with this task, which owns them.
async fn accept(listener: TcpListener, entrance: Entrance) {
    let mut crowd = Crowd::default();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Small replies must not wait for the last one's acknowledgement.
                let _ = stream.set_nodelay(true);
                let entrance = entrance.clone();
                crowd.admit(|waiting| entrance.serve(stream, peer.ip(), waiting));
            }
            // Somebody went away before getting in.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            // The usual cause is that every file descriptor is in use.
            Err(_) => {
                if !crowd.make_room().await {
                    tokio::time::sleep(ACCEPT_REST).await;
                }
            }
        }
    }
}

/// An emulator that serves until this is dropped.
#[must_use = "the emulator stops when this is dropped"]
pub struct Running {
    local_addr: SocketAddr,
    handle: Handle,
    task: JoinHandle<()>,
}

impl Running {
    /// What stands in for `https://api.weixin.qq.com` and `https://open.weixin.qq.com`:
    /// scheme, address and port, without a slash at the end. An emulator that listens on every
    /// address of this machine is reached from here by loopback.
    #[must_use]
    pub fn base_url(&self) -> String {
        let mut from_here = self.local_addr;
        match from_here.ip() {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => from_here.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => from_here.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        format!("http://{from_here}")
    }

    /// The bound address.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The clock and the machine, for a test to arrange and to ask.
    #[must_use]
    pub const fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Stops, and returns once the port and every connection are closed.
    pub async fn stop(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("local_addr", &self.local_addr)
            .finish_non_exhaustive()
    }
}

/// Why an emulator did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The listen address is not an address with a port.
    #[error("the listen address must be an address in numbers with a port, such as 127.0.0.1:8787")]
    BadListenAddress,
    /// The listen address can be reached from other machines, and the emulator was not
    /// [exposed](Builder::expose).
    #[error(
        "{address} can be reached from other machines; the emulator gives tokens to anybody, so it listens on loopback only, such as 127.0.0.1:{port}, unless it is exposed on purpose",
        port = address.port()
    )]
    NotLoopback {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The address cannot be bound.
    #[error("the listen address cannot be bound: it is in use, or not this machine's; choose another port")]
    Bind(#[source] io::Error),
    /// An app is malformed.
    #[error(transparent)]
    App(#[from] InvalidApp),
    /// A user is malformed, or the user who shall agree does not exist.
    #[error(transparent)]
    User(#[from] InvalidUser),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes for the dashboard's forms")]
    NoRandomness,
    /// There is no tokio runtime to serve on.
    #[error("the emulator must be started inside a tokio runtime")]
    NoRuntime,
}
