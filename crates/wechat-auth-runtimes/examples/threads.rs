//! The blocking driver on plain threads, over ureq.
#![allow(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;
use std::thread;
use std::time::Duration;

use ureq::config::Config;
use wechat_auth::app::GetApiDomainIp;
use wechat_auth_client::blocking::{Client, Stop};
use wechat_auth_runtimes::Emulated;
use wechat_auth_ureq::UreqTransport;

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let wechat = Emulated::start()?;
    // Your own configuration. For the real WeChat enable ureq's `rustls` or `native-tls`.
    let config = Config::builder().proxy(None).build();
    let client = Client::new(UreqTransport::new(config))
        .with_origin(wechat.origin())
        .with_clock(wechat.clock());
    let app = client.stable_token(wechat.account()?);

    // Clones share the token: of these eight threads one fetches, and the others wait for it.
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let app = app.clone();
            thread::spawn(move || app.call(&GetApiDomainIp::new()).map(|addresses| addresses.len()))
        })
        .collect();
    for worker in workers {
        let addresses = worker.join().map_err(|_| "a worker panicked")??;
        println!("called: WeChat answers from {addresses} addresses");
    }
    let first = app.token()?.id();
    println!("all with token {first}");

    wechat.advance(Duration::from_secs(7200))?;
    println!("two hours pass");
    app.call(&GetApiDomainIp::new())?;
    let next = app.token()?.id();
    println!("called again, with token {next}");

    // A thread of your own can stay ahead of the callers, until it is told to stop.
    let stop = Stop::new();
    thread::scope(|scope| {
        scope.spawn(|| app.keep_fresh(&stop));
        stop.stop();
    });

    if (wechat.fetches(), next == first) != (2, false) {
        return Err(format!("{} fetches, the last brought {next}", wechat.fetches()).into());
    }
    Ok(())
}
