//! https with a CA of its own, and the proxy that leads WeChat's hosts here.

mod authority;
mod directory;
mod environment;
mod proxy;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use self::authority::Authority;
pub use self::environment::Environment;
use super::connection::{Caller, HEADER_TIMEOUT};
use super::line::Line;

/// The names that the certificate is for, and that the proxy leads here.
///
/// # Source
///
/// The API's host and those beside it (general, Shanghai, Shenzhen, Hong Kong), and the
/// hosts of the login pages and of the console.
const WECHAT_HOSTS: [&str; 7] = [
    "api.weixin.qq.com",
    "api2.weixin.qq.com",
    "sh.api.weixin.qq.com",
    "sz.api.weixin.qq.com",
    "hk.api.weixin.qq.com",
    "open.weixin.qq.com",
    "mp.weixin.qq.com",
];

/// What a TLS connection begins with, and no HTTP request does.
const HANDSHAKE: u8 = 0x16;

/// A certificate for WeChat's hosts and loopback, and the CA that signed it.
///
/// The CA may sign for nothing but `weixin.qq.com`, `localhost` and loopback addresses,
/// and its certificate says so. Trust it where the emulator is used, never in a whole
/// system. Clones share one certificate.
#[derive(Clone)]
pub struct Tls {
    ca_pem: Arc<str>,
    acceptor: TlsAcceptor,
}

impl Tls {
    /// With a new CA, whose private key is forgotten before this returns.
    ///
    /// # Errors
    ///
    /// When the system gives no randomness.
    pub fn new() -> Result<Self, TlsError> {
        Self::signed_by(&Authority::new()?)
    }

    /// With the CA that is kept in this directory: its certificate in `ca.pem`, its key in
    /// `ca-key.pem`. A directory that is missing or empty gets a new one, which is good for
    /// ten years; the key can be read by its owner only.
    ///
    /// # Errors
    ///
    /// When the directory cannot be used, others can read the key, or what is there is not
    /// such a CA or no longer good. Nothing is replaced then.
    pub fn in_directory(directory: &Path) -> Result<Self, TlsError> {
        Self::signed_by(&directory::open(directory)?)
    }

    /// The CA's certificate, to be trusted by clients, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    fn signed_by(ca: &Authority) -> Result<Self, TlsError> {
        Ok(Self {
            ca_pem: ca.certificate_pem().into(),
            acceptor: TlsAcceptor::from(ca.server_config()?),
        })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// Why there is no CA to be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The directory, or a file in it, cannot be read or written.
    #[error("the CA's directory cannot be used: {}", .0.kind())]
    Directory(#[source] io::Error),
    /// Others can read the key, so they may have a copy.
    #[error(
        "others can read the CA's key: remove ca.pem and ca-key.pem and let a new CA be made, or set the key's mode to 600 if you are sure that nobody did"
    )]
    KeyNotPrivate,
    /// What is in the directory is not a CA as it is made here, or one that has expired.
    #[error(
        "ca.pem and ca-key.pem are not a CA of the emulator that is good today: remove them and let a new one be made"
    )]
    NotOurs,
    /// No certificate could be made.
    #[error("this system gives no randomness for a certificate")]
    NotMade,
}

/// https, http or a proxy's client: the first byte tells.
pub(crate) async fn serve(tls: &Tls, stream: TcpStream, caller: &Caller) {
    let mut first = [0];
    let Ok(Ok(1)) = timeout(HEADER_TIMEOUT, stream.peek(&mut first)).await else {
        return;
    };
    let line = Line::new(stream, caller.reset.clone());
    match first {
        [HANDSHAKE] => secure(tls, line, caller).await,
        _ => {
            if let Some(tunnel) = proxy::converse(line, caller).await {
                secure(tls, TokioIo::new(tunnel), caller).await;
            }
        }
    }
}

async fn secure(tls: &Tls, io: impl AsyncRead + AsyncWrite + Unpin, caller: &Caller) {
    if let Ok(Ok(stream)) = timeout(HEADER_TIMEOUT, tls.acceptor.accept(io)).await {
        caller.converse(TokioIo::new(stream)).await;
    }
}
