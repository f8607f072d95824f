// ANCHOR: web_login
use wechat_auth::login::{
    Begin, Begun, BrowserNonce, Callback, GetUserInfo, PendingLogin, Redeemed, UserInfo, WebLogin,
};
use wechat_auth_client::{Client, Transport};

/// The user clicked "log in": redirect to `url`, set the cookie `browser`, store `pending`.
fn begin(login: &WebLogin, entropy: [u8; 32], now_unix: u64, next: &str) -> Begun {
    // A path of this site or an address on the allow-list; anything else becomes "/".
    let return_to = login.return_to(next).unwrap_or_default();
    login.begin(entropy, now_unix, Begin::new().with_return_to(return_to))
}

/// The browser is back, with a query and the cookie. `None`: the same callback came again.
async fn finish<T: Transport>(
    client: &Client<T>,
    login: &WebLogin,
    store: &mut String,
    query: &str,
    cookie: &str,
    now_unix: u64,
) -> Result<Option<UserInfo>, Box<dyn std::error::Error>> {
    let callback = Callback::from_query(query)?;
    let mut pending = PendingLogin::decode(store)?;
    match pending.redeem(login, &callback, &BrowserNonce::from_cookie(cookie), now_unix)? {
        Redeemed::Exchange(grant) => {
            // First remember that the code is spent, then spend it. It is sent once, whatever happens.
            *store = pending.encode();
            let granted = client.exchange(grant).await?;
            let user = client.user_token(login.account().appid(), granted);
            Ok(Some(user.call(&GetUserInfo::default()).await?))
        }
        Redeemed::Repeated => Ok(None),
    }
}
// ANCHOR_END: web_login

#[tokio::test]
async fn it_runs() {
    use std::time::{SystemTime, UNIX_EPOCH};
    use wechat_auth::login::{LoginError, RedirectUri, Scope};
    use wechat_auth::{Account, BaseUrl, Origin};
    use wechat_auth_client::Limits;
    use wechat_auth_hyper::HyperTransport;

    let emulator = wechat_auth_emulator::Emulator::builder()
        .app("wx1", "made-up")
        .auto_consent("xiaoming");
    let emulator = emulator.start().await.unwrap();
    let origin = Origin::single(BaseUrl::parse(&emulator.base_url()).unwrap());
    let transport = std::sync::Arc::new(HyperTransport::rustls());
    let client = Client::new(transport.clone()).with_origin(origin.clone());
    let account = Account::new("wx1", "made-up").unwrap();
    let callback_at = RedirectUri::parse("https://shop.example/wechat/callback").unwrap();
    let login = WebLogin::new(account, Scope::UserInfo, callback_at).with_origin(origin);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();

    let begun = begin(&login, [7; 32], now, "//evil.example");
    assert_eq!(begun.pending.return_to(&login).as_str(), "/");
    let page = http::Request::get(begun.url.as_str()).body(Vec::new()).unwrap();
    let page = transport.send(page, Limits::default()).await.unwrap();
    let back: http::Uri = page.headers()["location"].to_str().unwrap().parse().unwrap();
    let (mut store, cookie) = (begun.pending.encode(), begun.browser.cookie_value());

    let query = back.query().unwrap();
    let stranger = finish(&client, &login, &mut store, query, "", now)
        .await
        .unwrap_err();
    assert_eq!(stranger.downcast_ref(), Some(&LoginError::OtherBrowser));
    let user = finish(&client, &login, &mut store, query, cookie, now)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(user.nickname, "小明");
    assert!(
        finish(&client, &login, &mut store, query, cookie, now)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        emulator
            .handle()
            .counts()
            .requests("wx1", "/sns/oauth2/access_token"),
        1
    );
}
