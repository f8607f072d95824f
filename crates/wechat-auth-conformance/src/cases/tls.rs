//! Without a connection that can be trusted, nothing is sent.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};
use wechat_auth_client::{Fault, Limits, Reach, Transport};

use crate::check::{SECRET, Verdict, ensure, failed};
use crate::server::{Server, get};

pub(crate) async fn a_certificate_that_nobody_signed_is_certainly_not_sent<T: Transport>(
    transport: &T,
) -> Verdict {
    let config = Arc::new(self_signed().map_err(|error| format!("no TLS server: {error}"))?);
    let arrived = Arc::new(AtomicBool::new(false));
    let at_server = Arc::clone(&arrived);
    let server = Server::start(move |line| {
        let Ok(mut session) = ServerConnection::new(Arc::clone(&config)) else {
            return;
        };
        let mut socket = line.into_stream();
        let mut stream = Stream::new(&mut session, &mut socket);
        if matches!(stream.read(&mut [0]), Ok(1)) {
            at_server.store(true, Ordering::SeqCst);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    })?;
    refused(transport, &server).await?;
    ensure!(!arrived.load(Ordering::SeqCst), "the request arrived");
    Ok(())
}

pub(crate) async fn a_server_without_tls_is_certainly_not_sent<T: Transport>(transport: &T) -> Verdict {
    let server = Server::start(|mut line| {
        line.say(b"HTTP/1.1 400 Plain HTTP Spoken Here\r\n\r\n");
    })?;
    refused(transport, &server).await
}

async fn refused<T: Transport>(transport: &T, server: &Server) -> Verdict {
    let port = server.address().port();
    let request = get(&format!("https://127.0.0.1:{port}/cgi-bin/token?secret={SECRET}"));
    let answer = transport.send(request, Limits::default()).await;
    failed(answer, Reach::NotSent, &[Fault::Connect])
}

fn self_signed() -> Result<ServerConfig, Box<dyn std::error::Error + Send + Sync>> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(ring).with_safe_default_protocol_versions()?;
    Ok(config
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.into()], key)?)
}
