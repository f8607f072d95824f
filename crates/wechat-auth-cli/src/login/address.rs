//! Which socket to listen on, and what the browser and WeChat call it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::Uri;
use tokio::net::TcpListener;
use wechat_auth::BaseUrl;
use wechat_auth::login::{InvalidRedirectUri, RedirectUri};

use crate::exit::Failure;

/// Where the requests of a login arrive. Everything is beside the callback: the page to begin at is its
/// directory, so a reverse proxy has one place to forward.
#[derive(Debug)]
pub(crate) struct Address {
    pub(crate) redirect_uri: RedirectUri,
    scheme: String,
    authority: String,
    callback: String,
    direct: bool,
}

/// Where to listen, as the command line says it: nothing, or behind a reverse proxy.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ListenAt {
    /// Where the redirect URI points.
    TheRedirectUri,
    /// Here, and something in front of it forwards what arrives at the redirect URI.
    Here(SocketAddr),
}

impl Address {
    /// Opens the socket. Port 0 in the redirect URI becomes the port the system gave.
    ///
    /// # Errors
    /// A usage failure where the two cannot go together, another one where the port is not free.
    pub(crate) async fn bind(redirect_uri: &str, listen: ListenAt) -> Result<(Self, TcpListener), Failure> {
        let parsed = RedirectUri::parse(redirect_uri).map_err(|wrong| Failure::usage(wrong.to_string()))?;
        let unreadable = |_| Failure::usage(InvalidRedirectUri::NotAUrl.to_string());
        let uri: Uri = parsed.as_str().parse().map_err(unreadable)?;
        if uri.path().ends_with('/') {
            return Err(Failure::usage(
                "the redirect URI needs a path such as /callback: the page to begin at is beside it",
            ));
        }
        let socket = match listen {
            ListenAt::Here(socket) if socket.ip().is_loopback() => socket,
            ListenAt::Here(_) => {
                return Err(Failure::usage(
                    "--listen must be an address of this machine only, such as 127.0.0.1:9000: the world's \
                     side is your reverse proxy's",
                ));
            }
            ListenAt::TheRedirectUri => of_redirect_uri(&uri)?,
        };
        let listener = open(socket).await?;
        let direct = matches!(listen, ListenAt::TheRedirectUri);
        let host = uri.host().unwrap_or_default();
        let authority = match (direct, listener.local_addr()) {
            (true, Ok(bound)) if uri.port_u16() == Some(0) => format!("{host}:{}", bound.port()),
            _ => uri.authority().map(ToString::to_string).unwrap_or_default(),
        };
        let scheme = uri.scheme_str().unwrap_or_default().to_owned();
        let rest = uri.path_and_query().map_or("/", |rest| rest.as_str());
        let redirect_uri = RedirectUri::parse(&format!("{scheme}://{authority}{rest}"));
        let address = Self {
            redirect_uri: redirect_uri.map_err(|wrong| Failure::usage(wrong.to_string()))?,
            scheme,
            authority,
            callback: uri.path().to_owned(),
            direct,
        };
        Ok((address, listener))
    }

    /// The page that begins a login, as a browser calls it.
    pub(crate) fn begin_url(&self) -> String {
        format!("{}://{}{}", self.scheme, self.authority, self.directory())
    }

    /// The path of the page that begins a login.
    pub(crate) fn directory(&self) -> &str {
        let end = self.callback.rfind('/').map_or(0, |slash| slash + 1);
        self.callback.get(..end).unwrap_or("/")
    }

    /// The path WeChat sends the browser back to.
    pub(crate) fn callback(&self) -> &str {
        &self.callback
    }

    /// Whether the site is https, as a reverse proxy makes it.
    pub(crate) fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// Whether the browser used another name for this place. A cookie set under that name would not come
    /// back with the callback. Behind a proxy nobody knows.
    pub(crate) fn is_another_name(&self, host: Option<&str>) -> bool {
        self.direct && !host.is_some_and(|host| host.eq_ignore_ascii_case(&self.authority))
    }
}

/// The socket that `http://127.0.0.1:PORT/…` or `http://localhost:PORT/…` stands for.
fn of_redirect_uri(uri: &Uri) -> Result<SocketAddr, Failure> {
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    let here = BaseUrl::parse_insecure(&format!("http://{authority}")).is_ok_and(|base| base.is_loopback());
    if !here {
        return Err(Failure::usage(
            "the redirect URI is on another host: say with --listen 127.0.0.1:PORT where your reverse proxy \
             forwards it to",
        ));
    }
    if uri.scheme_str() != Some("http") {
        return Err(Failure::usage(
            "https on this machine needs a reverse proxy that speaks it, and --listen for this end; or use http",
        ));
    }
    let host = uri
        .host()
        .unwrap_or_default()
        .trim_start_matches('[')
        .trim_end_matches(']');
    let ip = host.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    Ok(SocketAddr::new(ip, uri.port_u16().unwrap_or(80)))
}

async fn open(socket: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(socket).await.map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::AddrInUse => "it is in use: end what listens there, or take another port",
            std::io::ErrorKind::PermissionDenied => "not allowed: take a port from 1024 up",
            _ => "this system does not let it: take another address",
        };
        Failure::other(format!("cannot listen on {socket}: {why}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    async fn bound(redirect_uri: &str, listen: ListenAt) -> Result<Address, Failure> {
        Ok(Address::bind(redirect_uri, listen).await?.0)
    }

    #[tokio::test]
    async fn port_0_becomes_the_port_that_was_free() {
        let uri = "http://127.0.0.1:0/wx/callback?shop=1";
        let (address, listener) = Address::bind(uri, ListenAt::TheRedirectUri).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let expected = format!("http://127.0.0.1:{port}/wx/callback?shop=1");
        assert_eq!(address.redirect_uri.as_str(), expected);
        assert_eq!(address.begin_url(), format!("http://127.0.0.1:{port}/wx/"));
        assert_eq!(address.callback(), "/wx/callback");
    }

    #[tokio::test]
    async fn a_cookie_is_only_set_under_the_name_the_callback_has() {
        let address = bound("http://localhost:0/callback", ListenAt::TheRedirectUri)
            .await
            .unwrap();
        let name = address.authority.clone();
        assert!(!address.is_another_name(Some(&name)));
        assert!(address.is_another_name(Some(&name.replace("localhost", "127.0.0.1"))));
        assert!(address.is_another_name(None));
    }

    #[tokio::test]
    async fn a_proxy_in_front_keeps_its_own_name() {
        let here = ListenAt::Here("127.0.0.1:0".parse().unwrap());
        let address = bound("https://shop.example/wechat/callback", here).await.unwrap();
        assert_eq!(
            address.redirect_uri.as_str(),
            "https://shop.example/wechat/callback"
        );
        assert_eq!(address.begin_url(), "https://shop.example/wechat/");
        assert!(address.is_https() && !address.is_another_name(Some("127.0.0.1:9000")));
    }

    #[tokio::test]
    async fn what_cannot_work_is_said_before_anything_happens() {
        for wrong in [
            "callback",
            "http://127.0.0.1:0/",
            "http://127.0.0.1:0",
            "http://127.0.0.1:0/callback#x",
            "https://127.0.0.1:0/callback",
            "http://shop.example/callback",
            "http://127.0.0.1.shop.example:0/callback",
        ] {
            let failure = bound(wrong, ListenAt::TheRedirectUri).await.unwrap_err();
            assert_eq!(failure.exit(), Exit::Usage, "{wrong}: {failure}");
        }
        let open_to_all = ListenAt::Here("0.0.0.0:0".parse().unwrap());
        let failure = bound("https://shop.example/callback", open_to_all)
            .await
            .unwrap_err();
        assert_eq!(failure.exit(), Exit::Usage);
    }

    #[tokio::test]
    async fn a_port_in_use_is_no_usage_failure() {
        let (taken, _listener) = Address::bind("http://127.0.0.1:0/callback", ListenAt::TheRedirectUri)
            .await
            .unwrap();
        let failure = bound(taken.redirect_uri.as_str(), ListenAt::TheRedirectUri)
            .await
            .unwrap_err();
        assert_eq!(failure.exit(), Exit::Failure);
        assert!(failure.to_string().contains("in use"), "{failure}");
    }
}
