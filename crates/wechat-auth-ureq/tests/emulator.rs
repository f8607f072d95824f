//! The whole way: blocking driver, ureq, a socket, and WeChat's side.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set its world up has failed"
)]

use std::sync::Barrier;
use std::thread;

use tokio::runtime::Runtime;
use ureq::config::Config;
use wechat_auth::app::GetCallbackIp;
use wechat_auth::{Account, BaseUrl, Origin};
use wechat_auth_client::blocking::Client;
use wechat_auth_emulator::Emulator;
use wechat_auth_ureq::UreqTransport;

const APPID: &str = "wx0123456789abcdef";
const SECRET: &str = "appsecret-of-the-adapter-tests";

#[test]
fn a_thousand_cold_threads_cause_one_fetch_and_a_call_is_accepted() {
    // WeChat's side needs a runtime; the client's side knows nothing of it.
    let runtime = Runtime::new().unwrap();
    let wechat = runtime
        .block_on(Emulator::builder().app(APPID, SECRET).start())
        .unwrap();
    let base = BaseUrl::parse(&wechat.base_url()).unwrap();
    let transport = UreqTransport::new(Config::builder().proxy(None).build());
    let client = Client::new(transport).with_origin(Origin::single(base));
    let app = client.stable_token(Account::new(APPID, SECRET).unwrap());

    let gate = Barrier::new(1000);
    let mut tokens: Vec<_> = thread::scope(|scope| {
        let ask = || {
            gate.wait();
            app.token().unwrap().id()
        };
        let callers: Vec<_> = (0..1000).map(|_| scope.spawn(ask)).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    tokens.dedup();
    assert_eq!(tokens.len(), 1);

    app.call(&GetCallbackIp::new()).unwrap();
    let counts = wechat.handle().counts();
    assert_eq!(counts.requests(APPID, "/cgi-bin/stable_token"), 1);
    assert_eq!(counts.requests(APPID, "/cgi-bin/getcallbackip"), 1);
}
