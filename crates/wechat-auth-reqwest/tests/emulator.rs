//! The whole way: driver, reqwest, a socket, and WeChat's side.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set its world up has failed"
)]

use std::sync::Arc;

use tokio::sync::Barrier;
use wechat_auth::app::GetCallbackIp;
use wechat_auth::{Account, BaseUrl, Origin};
use wechat_auth_client::{Client, Transport};
use wechat_auth_emulator::Emulator;
use wechat_auth_reqwest::ReqwestTransport;

const APPID: &str = "wx0123456789abcdef";
const SECRET: &str = "appsecret-of-the-adapter-tests";

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_cold_callers_cause_one_fetch_and_a_call_is_accepted() {
    let wechat = Emulator::builder().app(APPID, SECRET).start().await.unwrap();
    let base = BaseUrl::parse(&wechat.base_url()).unwrap();
    let client = Client::new(transport()).with_origin(Origin::single(base));
    let app = client.stable_token(Account::new(APPID, SECRET).unwrap());

    let gate = Arc::new(Barrier::new(1000));
    let callers: Vec<_> = (0..1000)
        .map(|_| {
            let (app, gate) = (app.clone(), Arc::clone(&gate));
            tokio::spawn(async move {
                gate.wait().await;
                app.token().await.unwrap().id()
            })
        })
        .collect();
    let mut tokens = Vec::new();
    for caller in callers {
        tokens.push(caller.await.unwrap());
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 1);

    app.call(&GetCallbackIp::new()).await.unwrap();
    let counts = wechat.handle().counts();
    assert_eq!(counts.requests(APPID, "/cgi-bin/stable_token"), 1);
    assert_eq!(counts.requests(APPID, "/cgi-bin/getcallbackip"), 1);
}

fn transport() -> impl Transport + 'static {
    // Whoever installs it second finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    ReqwestTransport::new(reqwest::Client::builder().no_proxy()).unwrap()
}
