//! The async driver on smol, over a `Transport` written for it: hyper's HTTP/1.1 on one connection a request.
#![allow(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use smol::future::FutureExt;
use smol::net::TcpStream;
use smol_hyper::rt::FuturesIo;
use wechat_auth::app::GetApiDomainIp;
use wechat_auth_client::{Client, Fault, Limits, Transport, TransportError};
use wechat_auth_runtimes::Emulated;

struct Smol;

impl Transport for Smol {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        let timeout = async {
            smol::Timer::after(limits.within).await;
            Err(TransportError::maybe_sent(Fault::Timeout))
        };
        exchange(request, limits.max_body).or(timeout).await
    }

    async fn sleep(&self, duration: Duration) {
        smol::Timer::after(duration).await;
    }
}

async fn exchange(
    mut request: http::Request<Vec<u8>>,
    max_body: usize,
) -> Result<http::Response<Vec<u8>>, TransportError> {
    let invalid = TransportError::not_sent(Fault::InvalidRequest);
    let uri = request.uri().clone();
    let (host, port) = (uri.host().ok_or(invalid)?, uri.port_u16().unwrap_or(80));
    let authority = uri
        .authority()
        .map(|authority| HeaderValue::from_str(authority.as_str()));
    let authority = authority.and_then(Result::ok).ok_or(invalid)?;
    request.headers_mut().insert(HOST, authority);
    *request.uri_mut() = uri.path_and_query().cloned().map_or_else(Uri::default, Uri::from);

    let connect = |_| TransportError::not_sent(Fault::Connect);
    let cut = |_| TransportError::maybe_sent(Fault::Cut);
    // For the real WeChat, put TLS around the stream here.
    let stream = TcpStream::connect((host, port)).await.map_err(connect)?;
    let (mut sender, connection) = http1::handshake(FuturesIo::new(stream)).await.map_err(cut)?;
    // Ends when it is dropped, which is when this exchange ends or is cancelled.
    let _connection = smol::spawn(connection);
    let request = request.map(|body| Full::new(Bytes::from(body)));
    let (head, body) = sender.send_request(request).await.map_err(cut)?.into_parts();
    let body = Limited::new(body, max_body).collect().await.map_err(|error| {
        let fault = if error.is::<LengthLimitError>() {
            Fault::BodyTooLarge
        } else {
            Fault::Cut
        };
        TransportError::maybe_sent(fault)
    })?;
    Ok(http::Response::from_parts(head, body.to_bytes().to_vec()))
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    smol::block_on(async {
        let wechat = Emulated::start()?;
        let client = Client::new(Smol)
            .with_origin(wechat.origin())
            .with_clock(wechat.clock());

        let app = client.stable_token(wechat.account()?);
        let first = app.token().await?.id();
        println!("fetched token {first}");
        let addresses = app.call(&GetApiDomainIp::new()).await?;
        println!("called: WeChat answers from {} addresses", addresses.len());

        wechat.advance(Duration::from_secs(7200))?;
        println!("two hours pass");
        app.call(&GetApiDomainIp::new()).await?;
        let next = app.token().await?.id();
        println!("called again, with token {next}");

        if (wechat.fetches(), next == first) != (2, false) {
            return Err(format!("{} fetches, the last brought {next}", wechat.fetches()).into());
        }
        Ok(())
    })
}
