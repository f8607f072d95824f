// ANCHOR: sealed
use wechat_auth::login::{BegunSealed, BrowserNonce, Callback, CodeGrant, SealKeys, WebLogin};

/// Nothing is stored: what would be, up to 48 bytes, travels in the state, under a seal.
fn begin(
    login: &WebLogin,
    keys: &SealKeys,
    entropy: [u8; 32],
    now_unix: u64,
    next: &str,
) -> Result<BegunSealed, Box<dyn std::error::Error>> {
    Ok(login.begin_sealed(keys, entropy, now_unix, next)?)
}

/// Clear the cookie with the answer, whatever it is: then the same callback opens nothing.
fn open(
    login: &WebLogin,
    keys: &SealKeys,
    query: &str,
    cookie: &str,
    now_unix: u64,
) -> Result<(CodeGrant, String), Box<dyn std::error::Error>> {
    let callback = Callback::from_query(query)?;
    let opened = login.open_sealed(keys, &callback, &BrowserNonce::from_cookie(cookie), now_unix)?;
    // The payload is ours, but it is not secret, and where it leads is judged again.
    let next = login.return_to(&opened.payload).unwrap_or_default();
    Ok((opened.grant, next.as_str().to_owned()))
}
// ANCHOR_END: sealed

#[test]
fn it_runs() {
    use wechat_auth::Account;
    use wechat_auth::login::{RedirectUri, Scope, SealKey};

    let keys = SealKeys::new(SealKey::new(&[9; 32]).unwrap());
    let callback_at = RedirectUri::parse("https://shop.example/wechat/callback").unwrap();
    let account = Account::new("wx1", "made-up").unwrap();
    let login = WebLogin::new(account, Scope::Base, callback_at);
    let begun = begin(&login, &keys, [7; 32], 1_750_000_000, "/basket").unwrap();
    let state = begun.url.as_str().split("&state=").nth(1).unwrap();
    let query = format!("code=C&state={}", state.split('#').next().unwrap());
    let (_, next) = open(&login, &keys, &query, begun.browser.cookie_value(), 1_750_000_001).unwrap();
    assert_eq!(next, "/basket");
    assert!(open(&login, &keys, &query, "", 1_750_000_001).is_err());
}
