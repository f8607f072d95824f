//! `https://api.weixin.qq.com` on loopback, for a crate that has that address compiled in.
//!
//! Two variables of the environment bring it here without a change to the crate: `HTTPS_PROXY`, which its
//! HTTP client honours, leads to a proxy that is itself the end of the tunnel, and `SSL_CERT_FILE` names the
//! certificate that it shows. They are read when a client is built, so the program runs itself again with
//! them set.

use std::error::Error;
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::{env, fs, process, thread};

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::server::{self, Counters};

const MARK: &str = "WECHAT_AUTH_BENCH_ON_STAGE";

/// Runs `main` in a process for which WeChat's host is on loopback.
pub fn on_stage(main: impl FnOnce()) -> Result<ExitCode, Box<dyn Error>> {
    if env::var_os(MARK).is_some() {
        main();
        return Ok(ExitCode::SUCCESS);
    }
    let issued = rcgen::generate_simple_self_signed(["api.weixin.qq.com".to_owned()])?;
    let trusted = env::temp_dir().join(format!("wechat-auth-bench-{}.pem", process::id()));
    fs::write(&trusted, issued.cert.pem())?;
    let key = PrivateKeyDer::Pkcs8(issued.signing_key.serialize_der().into());
    let tls = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key)?;

    let listener = TcpListener::bind("127.0.0.1:0")?;
    let proxy = format!("http://{}", listener.local_addr()?);
    let tls = Arc::new(tls);
    thread::spawn(move || server::each_connection(&listener, |stream| answer(stream, Arc::clone(&tls))));

    let mut again = Command::new(env::current_exe()?);
    again.args(env::args_os().skip(1));
    for variable in ["HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] {
        again.env_remove(variable).env_remove(variable.to_lowercase());
    }
    again.env_remove("https_proxy").env("HTTPS_PROXY", proxy);
    let status = again.env("SSL_CERT_FILE", &trusted).env(MARK, "1").status();
    fs::remove_file(&trusted)?;
    Ok(if status?.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Agrees to the tunnel, and is what it leads to.
fn answer(mut stream: TcpStream, tls: Arc<ServerConfig>) -> io::Result<()> {
    server::read_until_blank_line(&mut stream, &mut Vec::new())?;
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let connection = ServerConnection::new(tls).map_err(io::Error::other)?;
    server::serve(StreamOwned::new(connection, stream), &Counters::default())
}
