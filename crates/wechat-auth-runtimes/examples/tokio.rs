//! The async driver on tokio, over hyper's pooled client.
#![allow(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;
use std::time::Duration;

use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use wechat_auth::app::GetApiDomainIp;
use wechat_auth_client::Client;
use wechat_auth_hyper::HyperTransport;
use wechat_auth_runtimes::Emulated;

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let wechat = Emulated::start()?;
    // Your own client. For the real WeChat it needs TLS: see `HyperTransport::rustls`.
    let hyper = HyperClient::builder(TokioExecutor::new()).build(HttpConnector::new());
    let client = Client::new(HyperTransport::new(hyper))
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
}
