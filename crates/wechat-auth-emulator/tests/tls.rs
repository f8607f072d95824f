//! https, the CA, and the proxy: an unchanged client that trusts the CA gets here, and
//! nowhere else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use wechat_auth_emulator::{Emulator, Running, Tls, TlsError};

const APPID: &str = "wx0000000000000001";
const SECRET: &str = "marker-secret-7f3a";
/// Whoever waits longer waits in vain.
const PATIENCE: Duration = Duration::from_secs(30);

async fn emulator(tls: &Tls) -> Running {
    let builder = Emulator::builder().seed(7).app(APPID, SECRET).tls(tls.clone());
    builder.start().await.unwrap()
}

fn fetch(host: &str) -> String {
    let path = format!("/cgi-bin/token?grant_type=client_credential&appid={APPID}&secret={SECRET}");
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
}

/// A blocking client, in a thread of its own.
async fn client<T: Send + 'static>(story: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(story).await.unwrap()
}

fn line(emulator: &Running) -> impl FnOnce() -> TcpStream + Send + 'static {
    let address = emulator.local_addr();
    move || {
        let line = TcpStream::connect(address).unwrap();
        line.set_read_timeout(Some(PATIENCE)).unwrap();
        line
    }
}

fn ask(mut line: impl Read + Write, request: &str) -> String {
    line.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // The end of a TLS stream may be the end of its line.
    let _ = line.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

/// What the proxy says to CONNECT, up to the empty line.
fn connect(line: &mut TcpStream, target: &str) -> String {
    write!(line, "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        line.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

fn roots(ca_pem: &str) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap();
    roots.add(ca).unwrap();
    roots
}

fn secured(line: TcpStream, ca_pem: &str, name: &str) -> StreamOwned<ClientConnection, TcpStream> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots(ca_pem)).with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), line)
}

#[tokio::test]
async fn one_port_answers_https_and_http() {
    let tls = Tls::new().unwrap();
    let emulator = emulator(&tls).await;
    for name in [
        "localhost",
        "127.0.0.1",
        "api.weixin.qq.com",
        "hk.api.weixin.qq.com",
    ] {
        let (line, tls) = (line(&emulator), tls.clone());
        let answer = client(move || ask(secured(line(), tls.ca_pem(), name), &fetch(name))).await;
        assert!(answer.contains(r#""expires_in":7200"#), "{name}: {answer}");
    }
    let line = line(&emulator);
    let answer = client(move || ask(line(), &fetch("localhost"))).await;
    assert!(answer.contains(r#""expires_in":7200"#), "{answer}");
}

#[tokio::test]
async fn a_proxys_client_reaches_the_emulator_under_wechats_names() {
    let tls = Tls::new().unwrap();
    let emulator = emulator(&tls).await;
    for name in [
        "api.weixin.qq.com",
        "api2.weixin.qq.com",
        "sh.api.weixin.qq.com",
        "sz.api.weixin.qq.com",
        "hk.api.weixin.qq.com",
        "open.weixin.qq.com",
        "mp.weixin.qq.com",
        "API.weixin.qq.com",
    ] {
        let (line, tls) = (line(&emulator), tls.clone());
        let answer = client(move || {
            let mut line = line();
            let opened = connect(&mut line, &format!("{name}:443"));
            assert!(opened.starts_with("HTTP/1.1 200 "), "{name}: {opened}");
            ask(secured(line, tls.ca_pem(), name), &fetch(name))
        })
        .await;
        assert!(answer.contains(r#""expires_in":7200"#), "{name}: {answer}");
    }
    let line = line(&emulator);
    let absolute = fetch("api.weixin.qq.com").replace("GET ", "GET http://api.weixin.qq.com");
    let answer = client(move || ask(line(), &absolute)).await;
    assert!(answer.contains(r#""expires_in":7200"#), "{answer}");
}

#[tokio::test]
async fn the_proxy_leads_nowhere_else_and_names_the_host() {
    let emulator = emulator(&Tls::new().unwrap()).await;
    for (target, host) in [
        ("evil.example:443", "evil.example"),
        ("api.weixin.qq.com:80", "api.weixin.qq.com"),
        (
            "api.weixin.qq.com.evil.example:443",
            "api.weixin.qq.com.evil.example",
        ),
        ("evilapi.weixin.qq.com:443", "evilapi.weixin.qq.com"),
        ("127.0.0.1:443", "127.0.0.1"),
        ("[::1]:443", "[::1]"),
        ("api.weixin.qq.com@evil.example:443", "evil.example"),
    ] {
        let line = line(&emulator);
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n");
        let answer = client(move || ask(line(), &request)).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{target}: {answer}");
        assert!(answer.contains(&format!("nothing to {host} at port")), "{answer}");
    }
    let line = line(&emulator);
    let absolute = fetch("evil.example").replace("GET ", "GET http://evil.example");
    let answer = client(move || ask(line(), &absolute)).await;
    assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
}

#[tokio::test]
async fn the_admin_api_is_not_behind_wechats_names() {
    let tls = Tls::new().unwrap();
    let emulator = emulator(&tls).await;
    for (name, status) in [("api.weixin.qq.com", 403), ("localhost", 200)] {
        let (line, tls) = (line(&emulator), tls.clone());
        let request =
            format!("GET /_emulator/v1/health HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n");
        let answer = client(move || ask(secured(line(), tls.ca_pem(), name), &request)).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{name}: {answer}"
        );
    }
}

#[tokio::test]
async fn who_speaks_nonsense_or_nothing_holds_up_nobody() {
    let tls = Tls::new().unwrap();
    let emulator = emulator(&tls).await;
    let nonsense: &[&[u8]] = &[b"", b"\x16", b"\x16\x03\x01\xff\xff\0\0\0", b"\0\0\0\0"];
    let mut waiting = Vec::new();
    for bytes in nonsense {
        let line = line(&emulator);
        waiting.push(
            client(move || {
                let mut line = line();
                line.write_all(bytes).unwrap();
                line
            })
            .await,
        );
    }
    let half_a_tunnel = line(&emulator);
    waiting.push(
        client(move || {
            let mut line = half_a_tunnel();
            connect(&mut line, "api.weixin.qq.com:443");
            line
        })
        .await,
    );
    let last = line(&emulator);
    let ca = tls.ca_pem().to_owned();
    let answer = client(move || ask(secured(last(), &ca, "localhost"), &fetch("localhost"))).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    emulator.stop().await;
    for mut line in waiting {
        let end = client(move || line.read_to_end(&mut Vec::new())).await;
        assert!(
            end.is_ok() || end.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset),
            "stopping closes every line"
        );
    }
}

/// An empty place of this name; what an earlier run left there is gone.
fn place(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&place);
    place
}

#[test]
fn a_kept_ca_stays_the_same_and_its_key_is_private() {
    let place = place("kept-ca");
    let first = Tls::in_directory(&place).unwrap();
    let again = Tls::in_directory(&place).unwrap();
    assert_eq!(first.ca_pem(), again.ca_pem());
    assert_eq!(fs::read_to_string(place.join("ca.pem")).unwrap(), first.ca_pem());
    assert!(!first.ca_pem().contains("PRIVATE"));
    assert_ne!(Tls::new().unwrap().ca_pem(), first.ca_pem());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let key = place.join("ca-key.pem");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&key), mode(&place)), (0o600, 0o700));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Tls::in_directory(&place), Err(TlsError::KeyNotPrivate)));
    }
}

#[test]
fn what_is_not_such_a_ca_is_refused_and_not_replaced() {
    let other = place("another-ca");
    Tls::in_directory(&other).unwrap();
    let foreign = fs::read(other.join("ca.pem")).unwrap();
    for (name, certificate) in [
        ("foreign", Some(foreign)),
        ("garbage", Some(vec![0])),
        ("half", None),
    ] {
        let place = place(name);
        Tls::in_directory(&place).unwrap();
        let (pem, key) = (place.join("ca.pem"), place.join("ca-key.pem"));
        let kept = fs::read(&key).unwrap();
        match &certificate {
            Some(bytes) => fs::write(&pem, bytes).unwrap(),
            None => fs::remove_file(&pem).unwrap(),
        }
        let refused = Tls::in_directory(&place).unwrap_err();
        assert!(matches!(refused, TlsError::NotOurs), "{name}");
        assert_eq!(fs::read(&key).unwrap(), kept, "{name}");
        assert_eq!(fs::read(&pem).ok(), certificate, "{name}");
    }
}

#[test]
fn neither_debug_nor_an_error_shows_the_key() {
    let place = place("quiet-ca");
    let tls = Tls::in_directory(&place).unwrap();
    let builder = Emulator::builder().tls(tls.clone());
    fs::remove_file(place.join("ca.pem")).unwrap();
    let error = Tls::in_directory(&place).unwrap_err();
    let shown = format!("{tls:?} {builder:?} {error:?} {error}");
    let key = fs::read_to_string(place.join("ca-key.pem")).unwrap();
    for line in key.lines() {
        assert!(!shown.contains(line), "{shown}");
    }
    assert!(!shown.contains("quiet-ca"), "{shown}");
}

#[test]
fn a_leaked_key_vouches_for_wechats_names_and_loopback_only() {
    let place = place("leaked-ca");
    let tls = Tls::in_directory(&place).unwrap();
    let key = fs::read_to_string(place.join("ca-key.pem")).unwrap();
    let key = tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let key = rcgen::KeyPair::try_from(&key).unwrap();
    let mut subject = rcgen::CertificateParams::default();
    subject.distinguished_name = rcgen::DistinguishedName::new();
    subject
        .distinguished_name
        .push(rcgen::DnType::CommonName, "WeChat emulator, not WeChat: test CA");
    let issuer = rcgen::Issuer::new(subject, key);
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots(tls.ca_pem())), provider);
    let verifier = verifier.build().unwrap();
    let vouched = |name: &str| {
        let params = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
        let forged = params
            .signed_by(&rcgen::KeyPair::generate().unwrap(), &issuer)
            .unwrap();
        let server = ServerName::try_from(name.to_owned()).unwrap();
        verifier
            .verify_server_cert(forged.der(), &[], &server, &[], UnixTime::now())
            .is_ok()
    };
    for name in ["api.weixin.qq.com", "localhost", "127.0.0.1"] {
        assert!(vouched(name), "{name}");
    }
    for name in ["bank.example", "qq.com", "evilweixin.qq.com", "10.0.0.1", "::2"] {
        assert!(!vouched(name), "{name}");
    }
}
