// ANCHOR: app_token
use wechat_auth::app::GetApiDomainIp;
use wechat_auth::{Account, Origin};
use wechat_auth_client::Client;
use wechat_auth_hyper::HyperTransport;

async fn app_token(account: Account, origin: Origin) -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::new(HyperTransport::rustls()).with_origin(origin);
    let app = client.stable_token(account);

    // Clone `app` into every task: all share one token, and one of them fetches when it is time.
    let token = app.token().await?;
    let _for_another_sdk: &str = token.secret().expose();

    // Or let it make the call. A token that WeChat refuses is dropped, and the call repeated once.
    let addresses = app.call(&GetApiDomainIp::new()).await?;
    println!("WeChat answers from {} addresses", addresses.len());
    Ok(())
}
// ANCHOR_END: app_token

#[tokio::test]
async fn it_runs() {
    let emulator = wechat_auth_emulator::Emulator::builder()
        .app("wx1", "made-up")
        .start()
        .await
        .unwrap();
    let origin = Origin::single(wechat_auth::BaseUrl::parse(&emulator.base_url()).unwrap());
    app_token(Account::new("wx1", "made-up").unwrap(), origin)
        .await
        .unwrap();
    assert_eq!(
        emulator.handle().counts().minted("wx1", "/cgi-bin/stable_token"),
        1
    );
}
