// ANCHOR: threads
use std::thread;

use ureq::config::Config;
use wechat_auth::app::GetApiDomainIp;
use wechat_auth::{Account, Origin};
use wechat_auth_client::blocking::{Client, Stop};
use wechat_auth_ureq::UreqTransport;

fn with_threads(account: Account, origin: Origin) -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::new(UreqTransport::new(Config::default())).with_origin(origin);
    let app = client.stable_token(account);

    let stop = Stop::new();
    thread::scope(|scope| {
        // Not needed: without it, the first caller who finds that it is time fetches.
        scope.spawn(|| app.keep_fresh(&stop));

        let addresses = app.call(&GetApiDomainIp::new());
        stop.stop();
        println!("WeChat answers from {} addresses", addresses?.len());
        Ok(())
    })
}
// ANCHOR_END: threads

#[tokio::test(flavor = "multi_thread")]
async fn it_runs() {
    let emulator = wechat_auth_emulator::Emulator::builder()
        .app("wx1", "made-up")
        .start()
        .await
        .unwrap();
    let origin = Origin::single(wechat_auth::BaseUrl::parse(&emulator.base_url()).unwrap());
    with_threads(Account::new("wx1", "made-up").unwrap(), origin).unwrap();
    assert_eq!(
        emulator.handle().counts().minted("wx1", "/cgi-bin/stable_token"),
        1
    );
}
