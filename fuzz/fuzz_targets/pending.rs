//! What a store or a cookie gives back: any text is a pending login or is refused, what is one survives
//! being written and read again, and what was slipped into it leads nowhere else.
//!
//! Input that starts with `=` is what an application asked for (where to return to, a line end, its
//! data); any other is a stored text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wechat_auth::Account;
use wechat_auth::login::{Begin, PendingLogin, RedirectUri, Scope, WebLogin};

const NOW: u64 = 1_750_000_000;

fuzz_target!(|text: &str| {
    let account = Account::new("wx0123456789abcdef", "appsecret").unwrap();
    let callback_at = RedirectUri::parse("https://shop.example/cb").unwrap();
    let login = WebLogin::new(account, Scope::UserInfo, callback_at);
    match text.strip_prefix('=') {
        Some(asked) => begun(&login, asked),
        None => stored(&login, text),
    }
});

fn stored(login: &WebLogin, text: &str) {
    let Ok(pending) = PendingLogin::decode(text) else {
        return;
    };
    survives(&pending);
    let _ = (pending.is_expired(NOW), pending.id());
    assert!(
        pending.return_to(login).as_str().starts_with('/'),
        "the allow-list is empty"
    );
    assert!(!pending.return_to(login).as_str().starts_with("//"));
}

fn begun(login: &WebLogin, asked: &str) {
    let (return_to, data) = asked.split_once('\n').unwrap_or((asked, ""));
    let mut request = Begin::new();
    if let Ok(return_to) = login.return_to(return_to) {
        request = request.with_return_to(return_to);
    }
    if let Ok(with_data) = request.clone().with_data(data) {
        request = with_data;
    }
    let pending = login.begin([7; 32], NOW, request).pending;
    survives(&pending);
    assert!(data != pending.data() || data.len() <= Begin::MAX_DATA);
}

fn survives(pending: &PendingLogin) {
    let written = pending.encode();
    assert!(
        written.len() <= PendingLogin::MAX_ENCODED,
        "{} bytes",
        written.len()
    );
    let read = PendingLogin::decode(&written).expect("what was written reads");
    assert!(read == *pending);
}
