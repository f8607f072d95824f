//! One API call, getcallbackip, by each adapter and by the client under it.
//!
//! Between the two stands what a program without us would do: the same client, and the answer read into a
//! list by hand. The bare client sends the same bytes to the same server over a connection that is kept alive, and reads
//! the whole body. It has no deadline, no body limit, and does not look at what the answer says. Only ureq is
//! measured with a deadline too, see [`call_ureq`].

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as HyperClient, Error as HyperError};
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use wechat_auth::keeper::StableApp;
use wechat_auth::{Account, Origin};
use wechat_auth_client::{Client, Clock, MonotonicClock, TokenSource, Transport, blocking};
use wechat_auth_hyper::HyperTransport;
use wechat_auth_reqwest::ReqwestTransport;
use wechat_auth_tower::TowerTransport;
use wechat_auth_ureq::UreqTransport;

/// A token source over an async transport.
pub type App<T, C = MonotonicClock> = TokenSource<StableApp, T, C>;
/// A token source over a blocking transport.
pub type BlockingApp<T, C = MonotonicClock> = blocking::TokenSource<StableApp, T, C>;

/// hyper-util's pooled client.
pub type Hyper = HyperClient<HttpConnector, Full<Bytes>>;
type Sleep = fn(Duration) -> tokio::time::Sleep;

/// hyper-util's client, as bare as it comes.
pub fn hyper() -> Hyper {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    HyperClient::builder(TokioExecutor::new()).build(connector)
}

/// reqwest's builder, without proxies.
pub fn reqwest() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

/// ureq's configuration, without proxies and with a connection for each of our threads.
pub fn ureq() -> ureq::config::Config {
    ureq::config::Config::builder()
        .proxy(None)
        .max_idle_connections_per_host(64)
        .build()
}

/// Our adapter over hyper.
pub fn hyper_transport() -> HyperTransport<HttpConnector> {
    HyperTransport::new(hyper())
}

/// Our adapter over reqwest.
pub fn reqwest_transport() -> ReqwestTransport {
    ReqwestTransport::new(reqwest()).expect("a client without TLS")
}

/// Our adapter over a tower service, which is hyper's client.
pub fn tower_transport() -> TowerTransport<Hyper, Sleep, Full<Bytes>> {
    let sleep: Sleep = tokio::time::sleep;
    TowerTransport::new(hyper(), sleep).not_sent_when(HyperError::is_connect)
}

/// Our adapter over ureq.
pub fn ureq_transport() -> UreqTransport {
    UreqTransport::new(ureq())
}

/// A source of stable tokens.
pub fn app<T: Transport, C: Clock>(transport: T, clock: C, origin: Origin) -> App<T, C> {
    Client::new(transport)
        .with_clock(clock)
        .with_origin(origin)
        .stable_token(account())
}

/// A source of stable tokens for threads.
pub fn blocking_app<T, C>(transport: T, clock: C, origin: Origin) -> BlockingApp<T, C>
where
    T: blocking::Transport,
    C: Clock,
{
    let client = blocking::Client::new(transport).with_clock(clock);
    client.with_origin(origin).stable_token(account())
}

/// The address of the call, token included, as the bare clients ask for it.
pub fn address(base_url: &str, token: &str) -> Arc<str> {
    format!("{base_url}/cgi-bin/getcallbackip?access_token={token}").into()
}

/// The call by hyper alone.
pub async fn call_hyper(client: &Hyper, address: &str) -> Bytes {
    let request = http::Request::get(address)
        .body(Full::default())
        .expect("a valid request");
    let answer = client.request(request).await.expect("an answer");
    answer.into_body().collect().await.expect("a body").to_bytes()
}

/// The call by reqwest alone.
pub async fn call_reqwest(client: &reqwest::Client, address: &str) -> Bytes {
    let answer = client.get(address).send().await.expect("an answer");
    answer.bytes().await.expect("a body")
}

/// The call by ureq alone. A deadline is an option here, because it makes ureq start a thread for each
/// request, in which names are looked up.
pub fn call_ureq(agent: &ureq::Agent, address: &str, within: Option<Duration>) -> Vec<u8> {
    let request = agent.get(address).config().timeout_global(within).build();
    let mut answer = request.call().expect("an answer");
    answer.body_mut().read_to_vec().expect("a body")
}

#[derive(Deserialize)]
struct Answer {
    ip_list: Option<Vec<String>>,
    errcode: Option<i64>,
}

/// The answer as a program without us would read it.
pub fn read_by_hand(body: &[u8]) -> Vec<String> {
    let answer: Answer = serde_json::from_slice(body).expect("JSON");
    assert_eq!(answer.errcode.unwrap_or(0), 0);
    answer.ip_list.expect("a list")
}

fn account() -> Account {
    Account::new("wx0123456789abcdef", "0123456789abcdef0123456789abcdef").expect("an account")
}
