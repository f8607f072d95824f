use super::super::testing::{NOW, callback, login, login_at, state_in};
use super::*;
use crate::{Account, BaseUrl};
use proptest::prelude::*;

fn begun() -> (PendingLogin, String, BrowserNonce) {
    let begun = login().begin([7; 32], NOW, Begin::new());
    let state = state_in(begun.url.as_str()).to_owned();
    (begun.pending, state, begun.browser)
}

/// `redeem` of a fresh login, and whether it left the login as it was.
fn judged(
    login: &WebLogin,
    query: impl Fn(&str) -> String,
    cookie: Option<&str>,
    at: u64,
) -> (Result<Redeemed, LoginError>, bool) {
    let (mut pending, state, browser) = begun();
    let before = pending.clone();
    let callback = Callback::from_query(&query(&state)).unwrap();
    let browser = cookie.map_or(browser, BrowserNonce::from_cookie);
    let result = pending.redeem(login, &callback, &browser, at);
    (result, pending == before)
}

#[test]
fn each_failed_check_has_its_own_error_and_changes_nothing() {
    let good = |state: &str| format!("code=C&state={state}");
    let account = Account::new("wx2", "OTHER").unwrap();
    let other_app = WebLogin::new(account, Scope::UserInfo, login().redirect_uri().clone());
    let other_scope = WebLogin::new(
        login().account().clone(),
        Scope::Base,
        login().redirect_uri().clone(),
    );
    let other_path = login_at("https://shop.example/other");
    for (login, cookie, at, why) in [
        (&login(), Some(""), NOW, LoginError::OtherBrowser),
        (
            &login(),
            Some("07070707070707070707070707070708"),
            NOW,
            LoginError::OtherBrowser,
        ),
        (&other_app, None, NOW, LoginError::OtherAppId),
        (&other_path, None, NOW, LoginError::OtherRedirectUri),
        (&other_scope, None, NOW, LoginError::OtherScope),
        (&login(), None, NOW + 600, LoginError::Expired),
        (&login(), None, NOW - 3600, LoginError::Expired),
    ] {
        assert_eq!(judged(login, good, cookie, at), (Err(why), true), "{why}");
    }
}

#[test]
fn a_changed_state_is_told_from_a_foreign_one() {
    for (state, why) in [
        ("07070707070707070707070707070708", LoginError::ForeignState),
        ("0707070707070707070707070707070", LoginError::ForeignState),
        ("x", LoginError::ForeignState),
        ("ABABABABABABABABABABABABABABABAB", LoginError::ForeignState),
        ("07070707070707070707070707070707x", LoginError::StateMangled),
        (
            "07070707070707070707070707070707%23wechat_redirect",
            LoginError::StateMangled,
        ),
    ] {
        let query = |_: &str| format!("code=C&state={state}");
        assert_eq!(judged(&login(), query, None, NOW), (Err(why), true), "{state}");
    }
    let begun = login().begin([0xab; 32], NOW, Begin::new());
    let mut pending = begun.pending;
    let shouted = callback("C", &state_in(begun.url.as_str()).to_uppercase());
    assert_eq!(shouted.login_id(), pending.id());
    assert_eq!(
        pending.redeem(&login(), &shouted, &begun.browser, NOW),
        Err(LoginError::StateMangled)
    );
}

#[test]
fn the_checks_run_in_the_order_that_tells_a_forger_least() {
    let other = login_at("https://shop.example/other");
    let foreign = |_: &str| "state=x".to_owned();
    let refusal = |state: &str| format!("state={state}");
    assert_eq!(
        judged(&other, foreign, Some(""), 0).0,
        Err(LoginError::ForeignState)
    );
    assert_eq!(
        judged(&other, refusal, Some(""), 0).0,
        Err(LoginError::OtherBrowser)
    );
    assert_eq!(
        judged(&other, refusal, None, 0).0,
        Err(LoginError::OtherRedirectUri)
    );
    assert_eq!(judged(&login(), refusal, None, 0).0, Err(LoginError::Expired));
    assert_eq!(judged(&login(), refusal, None, NOW).0, Err(LoginError::Refused));
}

#[test]
fn a_code_comes_out_once_and_the_fate_survives_the_store() {
    let (pending, state, browser) = begun();
    let redeem = |pending: &PendingLogin, query: &str| {
        let mut pending = PendingLogin::decode(&pending.encode()).unwrap();
        let callback = Callback::from_query(query).unwrap();
        let result = pending.redeem(&login(), &callback, &browser, NOW);
        (
            result.map(|redeemed| matches!(redeemed, Redeemed::Exchange(_))),
            pending,
        )
    };
    let (first, spent) = redeem(&pending, &format!("code=C&state={state}"));
    assert_eq!(first, Ok(true));
    assert_eq!(
        redeem(&spent, &format!("code=C&state={state}")),
        (Ok(false), spent.clone())
    );
    let over = Err(LoginError::AlreadyRedeemed);
    assert_eq!(
        redeem(&spent, &format!("code=D&state={state}")),
        (over, spent.clone())
    );
    let over = Err(LoginError::AlreadyRedeemed);
    assert_eq!(redeem(&spent, &format!("state={state}")), (over, spent.clone()));

    let (said, refused) = redeem(&pending, &format!("state={state}"));
    assert_eq!(said, Err(LoginError::Refused));
    assert_eq!(
        redeem(&refused, &format!("code=C&state={state}")).0,
        Err(LoginError::Refused)
    );
}

#[test]
fn what_is_stored_holds_neither_state_nor_nonce_nor_code() {
    let (mut pending, state, browser) = begun();
    let _ = pending
        .redeem(&login(), &callback("THECODE", &state), &browser, NOW)
        .unwrap();
    let stored = pending.encode();
    for secret in [&*state, browser.cookie_value(), "THECODE", "APPSECRET"] {
        assert!(!stored.contains(secret), "{stored}");
    }
}

/// What one version wrote, the next must read or refuse: this text may change with its version only.
#[test]
fn the_written_form_is_the_one_of_version_1() {
    let (mut pending, state, browser) = begun();
    let open = r#"{"v":1,"appid":"wx1","scope":"snsapi_userinfo","redirect_uri":"https://shop.example/cb","id":"c121d3ba5db191d1e907811f256e934fa52d6cf6e796020199a6bcc735f84296","browser":"c121d3ba5db191d1e907811f256e934fa52d6cf6e796020199a6bcc735f84296","expires_at":1750000600,"return_to":"/","data":"","fate":"open"}"#;
    assert_eq!(pending.encode(), open);
    let _ = pending
        .redeem(&login(), &callback("C", &state), &browser, NOW)
        .unwrap();
    let code = r#"{"spent":{"code":"6b23c0d5f35d1b11f9b683f0b0a617355deb11277d91ae091d399c655b87940d"}}"#;
    assert_eq!(pending.encode(), open.replace("\"open\"", code));
}

#[test]
fn other_versions_and_damaged_texts_are_refused() {
    let good = begun().0.encode();
    assert_eq!(PendingLogin::decode(&good), Ok(begun().0));
    let found = 2;
    let newer = good
        .replace("\"v\":1", "\"v\":2")
        .replace("\"data\"", "\"something\"");
    assert_eq!(
        PendingLogin::decode(&newer),
        Err(InvalidPending::Version { found })
    );
    let by_serde = serde_json::from_str::<PendingLogin>(&good.replace("\"v\":1", "\"v\":2"));
    assert!(by_serde.unwrap_err().to_string().contains("version 2"));
    for bad in [
        String::new(),
        good.replace("\"v\":1", "\"v\":1,\"w\":1"),
        "null".into(),
        "[1]".into(),
        good.replace("\"v\":1,", ""),
        good.replace("\"v\":1", "\"v\":-1"),
        good.replace("\"v\":1", "\"v\":1,\"v\":1"),
        good.replace("\"data\"", "\"dada\""),
        good.replace("wx1", "wx 1"),
        good.replace("snsapi_userinfo", "snsapi_everything"),
        good.replace("https://shop", "shop"),
        good.replace("\"open\"", "\"done\""),
        good.replace("\"open\"", "{\"spent\":{\"code\":\"00\"}}"),
        good.replace("1750000600", "1e9"),
        good.replace("1750000600", "99999999999999999999"),
        good.replace("\"data\":\"\"", "\"data\":\"\\u0000\""),
        good.replace("\"/\"", &format!("\"{}\"", "x".repeat(1025))),
        good[..good.len() - 1].to_owned(),
        format!("{good}x"),
        format!("{good}{}", " ".repeat(4000)),
        "[".repeat(2000),
    ] {
        assert_eq!(
            PendingLogin::decode(&bad),
            Err(InvalidPending::Unreadable),
            "{bad}"
        );
    }
}

#[test]
fn the_largest_login_still_fits() {
    let uri = format!("https://shop.example/{}", "x".repeat(RedirectUri::MAX_LEN - 21));
    let account = Account::new("w".repeat(64), "s").unwrap();
    let login = WebLogin::new(account, Scope::UserInfo, RedirectUri::parse(&uri).unwrap());
    let to = login
        .return_to(&format!("/{}", "x".repeat(ReturnTo::MAX_LEN - 1)))
        .unwrap();
    let request = Begin::new()
        .with_return_to(to)
        .with_data("\"".repeat(Begin::MAX_DATA))
        .unwrap();
    let mut begun = login.begin([1; 32], u64::MAX - 600, request);
    let state = state_in(begun.url.as_str());
    let redeemed = begun
        .pending
        .redeem(&login, &callback("C", state), &begun.browser, u64::MAX - 600);
    let _ = redeemed.unwrap();
    let text = begun.pending.encode();
    assert!(text.len() <= PendingLogin::MAX_ENCODED, "{}", text.len());
    assert_eq!(PendingLogin::decode(&text), Ok(begun.pending));
}

#[test]
fn a_stored_place_to_return_to_is_judged_again() {
    let shop = BaseUrl::parse("https://other.example").unwrap();
    let listed = login().with_return_to([shop]);
    let to = listed.return_to("https://other.example/a").unwrap();
    let pending = listed
        .begin([7; 32], NOW, Begin::new().with_return_to(to))
        .pending;
    assert_eq!(pending.return_to(&listed).as_str(), "https://other.example/a");
    assert_eq!(pending.return_to(&login()).as_str(), "/");
    let slipped_in = begun().0.encode().replace("\"/\"", "\"//evil.example\"");
    let pending = PendingLogin::decode(&slipped_in).unwrap();
    assert_eq!(pending.return_to(&listed).as_str(), "/");
}

#[test]
fn a_written_login_is_read_up_to_its_limit_and_no_further() {
    let padded = |len: usize| format!("{:<len$}", begun().0.encode());
    assert!(PendingLogin::decode(&padded(PendingLogin::MAX_ENCODED)).is_ok());
    assert!(PendingLogin::decode(&padded(PendingLogin::MAX_ENCODED + 1)).is_err());
}

proptest! {
    /// Any text decodes to an error, or to a login that writes and reads itself.
    #[test]
    fn decoding_is_total(text in ".*") {
        prop_assert!(PendingLogin::decode(&text).is_err());
    }

    /// A written login with any one piece replaced decodes to an error or to itself.
    #[test]
    fn decoding_a_damaged_login_is_total(at in 0usize..400, len in 0usize..20, put in ".{0,6}") {
        let mut text = begun().0.encode();
        let at = at.min(text.len());
        let end = (at + len).min(text.len());
        text.replace_range(at..end, &put);
        if let Ok(read) = PendingLogin::decode(&text) {
            let written = read.encode();
            prop_assert!(written.len() <= PendingLogin::MAX_ENCODED);
            prop_assert_eq!(PendingLogin::decode(&written), Ok(read));
        }
    }
}
