use wechat_auth::keeper::StableApp;
use wechat_auth_client::{MonotonicClock, TokenSource, Transport};

// ANCHOR: keep_fresh
/// Call this inside the runtime of your choice; here it is tokio's.
fn stay_ahead<T: Transport + 'static>(app: &TokenSource<StableApp, T>) {
    let app = app.clone();
    tokio::spawn(async move { app.keep_fresh().await });
}

/// What an alarm looks at: the last fetch failed, and a usable token is served all the same.
fn alarm<T: Transport>(app: &TokenSource<StableApp, T, MonotonicClock>) -> Option<String> {
    let trouble = app.trouble()?;
    Some(format!("{trouble} ({:?})", trouble.advice()))
}
// ANCHOR_END: keep_fresh

#[tokio::test]
async fn it_runs() {
    use wechat_auth::{Account, BaseUrl, Origin};

    let emulator = wechat_auth_emulator::Emulator::builder()
        .app("wx1", "made-up")
        .start()
        .await
        .unwrap();
    let origin = Origin::single(BaseUrl::parse(&emulator.base_url()).unwrap());
    let client =
        wechat_auth_client::Client::new(wechat_auth_hyper::HyperTransport::rustls()).with_origin(origin);
    let app = client.stable_token(Account::new("wx1", "made-up").unwrap());
    stay_ahead(&app);
    app.token().await.unwrap();
    assert_eq!(alarm(&app), None);

    let wrong = client.stable_token(Account::new("wx1", "wrong").unwrap());
    wrong.token().await.unwrap_err();
    assert!(alarm(&wrong).unwrap().contains("FixConfig"));
}
