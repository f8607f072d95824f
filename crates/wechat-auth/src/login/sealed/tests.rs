use super::super::Scope;
use super::super::testing::{NOW, callback, login, login_at, state_in};
use super::*;
use crate::Account;
use proptest::prelude::*;

fn key(byte: u8) -> SealKey {
    SealKey::new(&[byte; 32]).unwrap()
}

fn begun(payload: &str) -> (String, BrowserNonce) {
    let begun = login()
        .begin_sealed(&SealKeys::new(key(1)), [7; 32], NOW, payload)
        .unwrap();
    (state_in(begun.url.as_str()).to_owned(), begun.browser)
}

fn open(
    login: &WebLogin,
    keys: &SealKeys,
    state: &str,
    browser: &BrowserNonce,
    at: u64,
) -> Result<String, LoginError> {
    login
        .open_sealed(keys, &callback("C", state), browser, at)
        .map(|opened| opened.payload)
}

fn opens(state: &str) -> Result<String, LoginError> {
    open(&login(), &SealKeys::new(key(1)), state, &begun("").1, NOW)
}

#[test]
fn a_sealed_state_is_short_and_of_the_characters_wechat_allows() {
    for len in 0..=SEALED_PAYLOAD_MAX {
        let payload = "p".repeat(len);
        let (state, _) = begun(&payload);
        assert!(state.len() <= 128);
        assert!(
            state.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7')),
            "{state}"
        );
        assert_eq!(opens(&state), Ok(payload));
    }
    assert_eq!(begun(&"p".repeat(SEALED_PAYLOAD_MAX)).0.len(), 128);
    let keys = SealKeys::new(key(1));
    for len in [SEALED_PAYLOAD_MAX + 1, 256, 300] {
        let refused = login().begin_sealed(&keys, [7; 32], NOW, &"p".repeat(len));
        assert_eq!(refused.unwrap_err(), PayloadTooLong);
    }
}

#[test]
fn a_body_is_as_long_as_it_says() {
    let mut body = begun_body(b"abc");
    assert_eq!(Body::read(&body).unwrap().payload, b"abc");
    body.push(0);
    assert!(Body::read(&body).is_none());
    assert!(Body::read(&body[..15]).is_none());
    assert!(Body::read(&[]).is_none());
}

fn begun_body(payload: &[u8]) -> Vec<u8> {
    Body {
        payload_len: u8::try_from(payload.len()).unwrap(),
        expires_at: NOW,
        nonce: [7; 8],
        payload,
    }
    .write()
}

/// Computed by another program: label and layout may change with the version byte only.
#[test]
fn the_sealed_form_is_the_one_of_version_1() {
    let (state, _) = begun("/basket");
    assert_eq!(
        state,
        "WEDQAADIJ3R5QBYHA4DQOBYHA4XWEYLTNNSXJCNBDQC4POLKTLWC2XSPU5TKIKY"
    );
}

#[test]
fn the_code_comes_out_to_be_exchanged() {
    let (state, browser) = begun("x");
    let keys = SealKeys::new(key(1));
    let opened = login()
        .open_sealed(&keys, &callback("C", &state), &browser, NOW)
        .unwrap();
    assert_eq!(
        opened.grant,
        CodeGrant::new(login().account().clone(), "C".into())
    );
}

#[test]
fn it_opens_only_for_the_browser_and_the_entry_point_that_began() {
    let (state, browser) = begun("x");
    let keys = SealKeys::new(key(1));
    let shut = Err(LoginError::SealDoesNotOpen);
    for other in ["", "07070707070707070707070707070708"] {
        assert_eq!(
            open(&login(), &keys, &state, &BrowserNonce::from_cookie(other), NOW),
            shut
        );
    }
    let uri = || login().redirect_uri().clone();
    let account = Account::new("wx2", "APPSECRET").unwrap();
    for other in [
        WebLogin::new(account, Scope::UserInfo, uri()),
        WebLogin::new(login().account().clone(), Scope::Base, uri()),
        login_at("https://shop.example/other"),
    ] {
        assert_eq!(open(&other, &keys, &state, &browser, NOW), shut);
    }
}

#[test]
fn a_new_key_seals_and_the_old_one_still_opens() {
    let (state, browser) = begun("x");
    let rotated = SealKeys::new(key(2)).also_opens(key(3)).also_opens(key(1));
    assert_eq!(
        open(&login(), &rotated, &state, &browser, NOW).as_deref(),
        Ok("x")
    );
    let dropped = SealKeys::new(key(2)).also_opens(key(3));
    assert_eq!(
        open(&login(), &dropped, &state, &browser, NOW),
        Err(LoginError::SealDoesNotOpen)
    );
    assert_eq!(SealKey::new(&[1; 31]).unwrap_err(), WeakSealKey);
}

#[test]
fn a_changed_state_is_told_from_a_forged_one() {
    let (state, _) = begun("payload");
    for changed in [
        state.to_lowercase(),
        format!("{state}A"),
        format!("{}%20x", state.to_lowercase()),
    ] {
        assert_eq!(opens(&changed), Err(LoginError::StateMangled), "{changed}");
    }
    for forged in [&state[1..], &state[..state.len() - 1], "x", "W", "WEAAAAAA"] {
        assert_eq!(opens(forged), Err(LoginError::SealDoesNotOpen), "{forged}");
    }
}

#[test]
fn the_callbacks_login_id_is_the_one_begun_however_the_state_was_changed() {
    let keys = SealKeys::new(key(1));
    let begun = login().begin_sealed(&keys, [7; 32], NOW, "p").unwrap();
    let state = state_in(begun.url.as_str());
    for seen in [state.to_owned(), state.to_lowercase(), format!("{state}x")] {
        assert_eq!(callback("C", &seen).login_id(), begun.id);
    }
}

#[test]
fn time_and_refusal_count_once_the_seal_is_open() {
    let (state, browser) = begun("x");
    let keys = SealKeys::new(key(1));
    assert!(open(&login(), &keys, &state, &browser, NOW + 599).is_ok());
    for late in [NOW + 600, NOW - 3600, u64::MAX] {
        assert_eq!(
            open(&login(), &keys, &state, &browser, late),
            Err(LoginError::Expired)
        );
    }
    let refusal = Callback::from_query(&format!("state={state}")).unwrap();
    let refused = login().open_sealed(&keys, &refusal, &browser, NOW);
    assert_eq!(refused.unwrap_err(), LoginError::Refused);
    // In nine million years the time no longer fits, and must not begin anew.
    let far = login().begin_sealed(&keys, [7; 32], (1 << 48) + NOW, "").unwrap();
    let state = state_in(far.url.as_str());
    assert_eq!(
        open(&login(), &keys, state, &browser, NOW),
        Err(LoginError::Expired)
    );
    let end_of_time = login().begin_sealed(&keys, [7; 32], u64::MAX, "").unwrap();
    let state = state_in(end_of_time.url.as_str());
    assert_eq!(
        open(&login(), &keys, state, &browser, NOW),
        Err(LoginError::Expired)
    );
}

proptest! {
    /// Nothing but the state that was sealed opens, and only with the key and in the browser it was
    /// sealed for.
    #[test]
    fn one_changed_character_shuts_it(at in 0usize..64, put in "[A-Z2-7]", payload in "[a-z/]{1,20}") {
        let (state, _) = begun(&payload);
        let mut changed = state.clone();
        let at = at % state.len();
        changed.replace_range(at..=at, &put);
        prop_assert_eq!(opens(&changed).is_ok(), changed == state);
    }

    /// Any text is judged without a panic, and opens nothing.
    #[test]
    fn no_text_opens(state in "[A-Za-z0-9]{1,140}|W[A-Z2-7]{0,130}|.{1,60}") {
        let mut query = String::from("code=C&state=");
        super::super::percent::encode_into(&mut query, &state);
        let callback = Callback::from_query(&query).unwrap();
        let keys = SealKeys::new(key(1));
        let opened = login().open_sealed(&keys, &callback, &begun("").1, NOW);
        prop_assert_eq!(opened.unwrap_err(), LoginError::SealDoesNotOpen);
    }

    #[test]
    fn another_key_or_cookie_opens_nothing(other in 2u8.., cookie in "[0-9a-f]{32}|.{0,40}", payload in ".{0,12}") {
        let (state, browser) = begun(&payload);
        let keys = SealKeys::new(key(other));
        prop_assert_eq!(open(&login(), &keys, &state, &browser, NOW), Err(LoginError::SealDoesNotOpen));
        let thief = BrowserNonce::from_cookie(&cookie);
        prop_assume!(thief != browser);
        let keys = SealKeys::new(key(1));
        prop_assert_eq!(open(&login(), &keys, &state, &thief, NOW), Err(LoginError::SealDoesNotOpen));
    }
}

#[test]
fn a_clock_beyond_what_a_state_can_hold_makes_a_state_that_still_opens() {
    let keys = SealKeys::new(key(1));
    let begun = login().begin_sealed(&keys, [7; 32], u64::MAX, "p").unwrap();
    let opened = open(
        &login(),
        &keys,
        state_in(begun.url.as_str()),
        &begun.browser,
        EXPIRY_MAX - 1,
    );
    assert_eq!(opened, Ok("p".to_owned()));
    assert_eq!(EXPIRY_MAX.to_be_bytes(), [0, 0, 255, 255, 255, 255, 255, 255]);
}
