//! A sealed state opens if, and only if, this site issued it to this browser.
//!
//! Input that starts with `=` is a list of changes to a genuine state, three characters each: where (two
//! characters) and what stands there afterwards. Any other input is a state somebody made up.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wechat_auth::Account;
use wechat_auth::login::{Callback, LoginError, RedirectUri, Scope, SealKey, SealKeys, WebLogin};

const NOW: u64 = 1_750_000_000;
const PAYLOAD: &str = "/basket?item=7";

fuzz_target!(|input: &str| {
    let account = Account::new("wx0123456789abcdef", "appsecret").unwrap();
    let callback_at = RedirectUri::parse("https://shop.example/cb").unwrap();
    let login = WebLogin::new(account, Scope::UserInfo, callback_at);
    let keys = SealKeys::new(SealKey::new(&[1; 32]).unwrap()).also_opens(SealKey::new(&[2; 32]).unwrap());
    let begun = login.begin_sealed(&keys, [7; 32], NOW, PAYLOAD).unwrap();
    let issued = begun.url.as_str().split("&state=").nth(1).unwrap();
    let issued = issued.split('#').next().unwrap();

    let state = match input.strip_prefix('=') {
        Some(changes) => changed(issued, changes),
        None => input.to_owned(),
    };
    let Ok(callback) = Callback::from_query(&format!("code=C&state={}", encoded(&state))) else {
        return;
    };
    let opened = login.open_sealed(&keys, &callback, &begun.browser, NOW);
    if state == issued {
        assert_eq!(opened.unwrap().payload, PAYLOAD);
        return;
    }
    // A state in another case, or with text appended, is known for what it is and opens nothing either.
    let mangled = state
        .get(..issued.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(issued));
    let error = opened.unwrap_err();
    if mangled {
        assert_eq!(error, LoginError::StateMangled);
    } else {
        assert_eq!(error, LoginError::SealDoesNotOpen);
    }
});

fn changed(issued: &str, changes: &str) -> String {
    let mut state: Vec<char> = issued.chars().collect();
    let changes: Vec<char> = changes.chars().collect();
    for change in changes.chunks_exact(3) {
        let &[high, low, to] = change else {
            return issued.to_owned();
        };
        let at = (high as usize * 64 + low as usize) % (state.len() + 1);
        match state.get_mut(at) {
            Some(place) => *place = to,
            None => state.push(to),
        }
    }
    state.into_iter().collect()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
