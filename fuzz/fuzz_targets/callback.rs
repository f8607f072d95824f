//! What a browser brings to the callback address: any query reads or is refused, and neither the state
//! nor the code shows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wechat_auth::Account;
use wechat_auth::login::{Begin, BrowserNonce, Callback, LoginError, Redeemed, RedirectUri, Scope, WebLogin};

const NOW: u64 = 1_750_000_000;

fuzz_target!(|query: &str| {
    let read = Callback::from_query(query);
    let shown = format!("{read:?}");
    assert!(
        read.is_err() || matches!(&*shown, "Ok(Callback(code))" | "Ok(Callback(refused))"),
        "{shown}"
    );
    same_by_uri(query, &shown);
    let Ok(callback) = read else { return };

    let id = callback.login_id();
    assert_eq!(id.as_str().len(), 64);
    assert!(
        id.as_str()
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    );

    // It belongs to no login but the one with the state that the corpus knows: 32 times a.
    let account = Account::new("wx0123456789abcdef", "appsecret").unwrap();
    let callback_at = RedirectUri::parse("https://shop.example/cb").unwrap();
    let login = WebLogin::new(account, Scope::UserInfo, callback_at);
    let begun = login.begin([0xaa; 32], NOW, Begin::new());
    let mut pending = begun.pending.clone();
    let stranger = BrowserNonce::from_cookie("");
    let error = pending.redeem(&login, &callback, &stranger, NOW).unwrap_err();
    assert!(
        matches!(
            error,
            LoginError::OtherBrowser | LoginError::ForeignState | LoginError::StateMangled
        ),
        "{error:?}"
    );
    assert!(
        pending == begun.pending,
        "a callback without the cookie changed the login"
    );

    match pending.redeem(&login, &callback, &begun.browser, NOW) {
        Ok(Redeemed::Exchange(_)) => {
            let again = pending.redeem(&login, &callback, &begun.browser, NOW);
            assert!(
                matches!(again, Ok(Redeemed::Repeated)),
                "one code is exchanged once"
            );
        }
        Ok(Redeemed::Repeated) => unreachable!("nothing was redeemed yet"),
        Err(LoginError::Refused) => {
            let again = pending.redeem(&login, &callback, &begun.browser, NOW);
            assert_eq!(again.unwrap_err(), LoginError::Refused);
        }
        Err(_) => assert!(pending == begun.pending, "a foreign callback changed the login"),
    }
});

/// A server that hands over the whole target reads the same as one that hands over the query.
fn same_by_uri(query: &str, shown: &str) {
    let Ok(uri) = format!("/cb?{query}").parse::<http::Uri>() else {
        return;
    };
    if uri.query() == Some(query) {
        assert_eq!(format!("{:?}", Callback::from_uri(&uri)), shown);
    }
}
