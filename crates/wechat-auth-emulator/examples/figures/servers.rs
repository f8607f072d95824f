//! The two servers that are compared. Each serves on one thread, prints its address, and
//! ends with its standard input.

use std::convert::Infallible;
use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use wechat_auth_emulator::{Behavior, Emulator};

use crate::{APPID, SECRET};

pub(crate) fn serve(what: &[&str]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (ended, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read(&mut [0; 1]);
        let _ = ended.send(());
    });
    runtime.block_on(async {
        match what {
            ["emulator"] => {
                let mut behavior = Behavior::default();
                behavior.stable_per_minute = u64::MAX;
                behavior.stable_per_day = u64::MAX;
                behavior.api_per_day = u64::MAX;
                let emulator = Emulator::builder().app(APPID, SECRET).behavior(behavior);
                let emulator = emulator.start().await.unwrap();
                println!("{}", emulator.local_addr());
                let _ = end.await;
            }
            ["bare", answer] => {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                println!("{}", listener.local_addr().unwrap());
                tokio::select! {
                    () = bare(listener, Bytes::copy_from_slice(answer.as_bytes())) => {}
                    _ = end => {}
                }
            }
            _ => println!("there is no such server"),
        }
    });
}

/// A server that does nothing but answer with these bytes. Its connections have the
/// emulator's settings.
async fn bare(listener: TcpListener, body: Bytes) {
    loop {
        let (stream, _): (_, SocketAddr) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let body = body.clone();
        tokio::spawn(async move {
            let service = service_fn(|_: http::Request<Incoming>| {
                let body = body.clone();
                async move {
                    let response = http::Response::builder()
                        .header("content-type", "application/json; encoding=utf-8")
                        .body(Full::new(body));
                    Ok::<_, Infallible>(response.unwrap())
                }
            });
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(30))
                .auto_date_header(false)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
