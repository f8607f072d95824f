// ANCHOR: site
use std::error::Error;

use axum::Router;
use axum::response::AppendHeaders;
use http::header::{HeaderName, SET_COOKIE};
use wechat_auth::Account;
use wechat_auth::login::{RedirectUri, Scope, WebLogin};
use wechat_auth_axum::{EntryPoint, LoggedIn, failure_page};
use wechat_auth_client::Client;
use wechat_auth_hyper::HyperTransport;

fn site(account: Account) -> Result<Router, Box<dyn Error>> {
    let back = RedirectUri::parse("https://shop.example/wechat/callback")?;
    let login = WebLogin::new(account, Scope::UserInfo, back);
    let entry = EntryPoint::new(Client::new(HyperTransport::rustls()), login, "/login")?;
    Ok(Router::new().merge(entry.router(welcome, failure_page)))
}

/// The cookies in the answer are the application's; where the browser goes next is taken care of.
async fn welcome(user: LoggedIn) -> AppendHeaders<[(HeaderName, String); 1]> {
    let id = open_session(user.openid.as_str());
    let cookie = format!("__Host-session={id}; Path=/; Secure; HttpOnly; SameSite=Lax");
    AppendHeaders([(SET_COOKIE, cookie)])
}
// ANCHOR_END: site

fn open_session(_: &str) -> &'static str {
    "made-up"
}

// ANCHOR: more
use axum::response::{Html, IntoResponse, Response};
use wechat_auth::login::SealKeys;
use wechat_auth_axum::LoginFailure;
use wechat_auth_client::Transport;

/// Two ways in: a silent one that learns the openid only, and one that asks for the profile. Neither takes
/// the other's callback. Nothing is kept on this side: the logins travel under a seal.
fn two_ways_in<T: Transport + 'static>(
    client: &Client<T>,
    account: &Account,
    keys: &SealKeys,
) -> Result<Router, Box<dyn Error>> {
    let mut site = Router::new();
    for (scope, begin, back) in [
        (Scope::Base, "/enter", "https://shop.example/wechat/enter"),
        (Scope::UserInfo, "/join", "https://shop.example/wechat/join"),
    ] {
        let login = WebLogin::new(account.clone(), scope, RedirectUri::parse(back)?);
        let entry = EntryPoint::new(client.clone(), login, begin)?.sealed(keys.clone());
        site = site.merge(entry.router(welcome, sorry));
    }
    Ok(site)
}

/// Our own page for a failure, and a line in our own log. Nothing in it is secret.
async fn sorry(failure: LoginFailure) -> Response {
    eprintln!("a login failed: {}", failure.cause());
    let (words, again) = (failure.zh(), failure.begin_path());
    let page = format!(
        "<h1>{}</h1><p>{} <a href=\"{again}\">登录</a>",
        words.happened, words.to_do
    );
    (failure.status(), Html(page)).into_response()
}
// ANCHOR_END: more

#[tokio::test]
async fn it_runs() {
    use axum::body::Body;
    use http::{Request, StatusCode};
    use tower::ServiceExt;
    use wechat_auth::login::SealKey;

    let account = Account::new("wx1", "made-up").unwrap();
    let keys = SealKeys::new(SealKey::new(&[7; 32]).unwrap());
    let client = Client::new(HyperTransport::rustls());
    let both = two_ways_in(&client, &account, &keys).unwrap();
    let ask = async |site: &Router, path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        site.clone().oneshot(request).await.unwrap()
    };
    for (site, path) in [
        (&site(account).unwrap(), "/login"),
        (&both, "/enter"),
        (&both, "/join"),
    ] {
        let begun = ask(site, path).await;
        assert_eq!(begun.status(), StatusCode::SEE_OTHER);
        let link = begun.headers()["location"].to_str().unwrap();
        assert!(link.starts_with("https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1&"));
        let cookie = begun.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.starts_with("__Host-wechat-login-") && cookie.ends_with("; Secure"));
    }
    assert_eq!(ask(&both, "/wechat/join?code=1&state=2").await.status(), 400);
}
