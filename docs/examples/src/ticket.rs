// ANCHOR: ticket
use wechat_auth::Account;
use wechat_auth::app::TicketType;
use wechat_auth::jssdk::{JsConfig, js_config};
use wechat_auth_client::{Client, Transport};

/// What a page hands to `wx.config`. In a real program `app` and `ticket` are made once and shared.
async fn sign_page<T: Transport>(
    client: &Client<T>,
    account: Account,
    page: &str,
    nonce: &str,
    now_unix: u64,
) -> Result<JsConfig, Box<dyn std::error::Error>> {
    let appid = account.appid().clone();
    let app = client.stable_token(account);
    let ticket = client.ticket(TicketType::JsApi, &app);
    Ok(js_config(&appid, &*ticket.token().await?, page, nonce, now_unix)?)
}
// ANCHOR_END: ticket

#[tokio::test]
async fn it_runs() {
    use wechat_auth::{BaseUrl, Origin};

    let emulator = wechat_auth_emulator::Emulator::builder()
        .app("wx1", "made-up")
        .start()
        .await
        .unwrap();
    let origin = Origin::single(BaseUrl::parse(&emulator.base_url()).unwrap());
    let client = Client::new(wechat_auth_hyper::HyperTransport::rustls()).with_origin(origin);
    let account = Account::new("wx1", "made-up").unwrap();
    let config = sign_page(
        &client,
        account,
        "https://shop.example/a?b=1#c",
        "Wm3WZYTPz0wzccnW",
        1_750_000_000,
    );
    let config = config.await.unwrap();
    assert_eq!((config.app_id.as_str(), config.signature.len()), ("wx1", 40));
}
