//! Nothing of a login is shown: not by a type, not by an error, not by an error's causes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail where it stands, in its helpers too"
)]

use std::error::Error;
use std::fmt::Debug;

use wechat_auth::login::{
    AuthorizeUrl, Begin, BrowserNonce, Callback, CheckUserToken, GetUserInfo, InvalidCallback, OpenId,
    PendingLogin, Redeemed, RedirectUri, RefreshUserToken, Scope, SealKey, SealKeys, UnionId, UserKind,
    UserToken, UserTokenParts, WebLogin,
};
use wechat_auth::{Account, ApiError, AppId, Credential, Endpoint, Origin};

/// In every secret of this file. Lower-case hexadecimal, so that it can be a part of a state.
const MARK: &str = "5ec2e75ec2e7";
const MARK_BYTES: [u8; 6] = [0x5e, 0xc2, 0xe7, 0x5e, 0xc2, 0xe7];
const NOW: u64 = 1_750_000_000;

#[test]
fn no_type_shows_a_secret() {
    let mut entropy = [0; 32];
    entropy[2..8].copy_from_slice(&MARK_BYTES);
    entropy[20..26].copy_from_slice(&MARK_BYTES);
    let login = login();
    let data = format!("data{MARK}");
    let request = Begin::new()
        .with_return_to(login.return_to(&format!("/a?ticket={MARK}")).unwrap())
        .with_data(data)
        .unwrap();
    let mut begun = login.begin(entropy, NOW, request.clone());
    assert!(begun.url.as_str().contains(MARK), "the mark is in the state");
    assert!(begun.browser.cookie_value().contains(MARK), "and in the cookie");
    hides(&login);
    hides(&request);
    hides(&begun);
    hides(&begun.url);
    hides(&begun.pending);
    hides(&begun.browser);
    hides(&begun.pending.return_to(&login));

    let callback = callback(&begun.url);
    hides(&callback);
    hides(&callback.login_id());
    let redeemed = begun
        .pending
        .redeem(&login, &callback, &begun.browser, NOW)
        .unwrap();
    hides(&redeemed);
    hides(&begun.pending);
    assert!(
        !begun
            .pending
            .encode()
            .replace(&format!("ticket={MARK}"), "")
            .replace(&format!("data{MARK}"), "")
            .contains(MARK)
    );

    let Redeemed::Exchange(grant) = redeemed else {
        panic!("the first callback of a login exchanges its code");
    };
    hides(&grant);
    hides(&grant.request(&Origin::wechat()));
    let granted = grant
        .parse(http::Response::new(token_reply().as_bytes()))
        .unwrap();
    hides(&granted);
    let user = granted.token;
    hides(&user);
    hides(&user.identity());
    hides(&GetUserInfo::default());
    hides(&user.authorize(CheckUserToken.request(&Origin::wechat())));
    let refresh = RefreshUserToken::new(&AppId::new("wx1").unwrap(), &user);
    hides(&refresh);
    hides(&refresh.request(&Origin::wechat()));
    let profile = format!(r#"{{"openid":"o{MARK}","unionid":"u{MARK}","nickname":"{MARK}"}}"#);
    let profile = GetUserInfo::default()
        .parse(http::Response::new(profile.as_bytes()))
        .unwrap();
    hides(&profile);
    hides(&profile.identity(&user));
    hides(&user.into_parts());
    hides(&OpenId::new(MARK));
    hides(&UnionId::new(MARK));
}

#[test]
fn no_sealed_type_shows_a_secret() {
    let key = SealKey::new(MARK.repeat(3).as_bytes()).unwrap();
    let keys = SealKeys::new(key.clone()).also_opens(key.clone());
    hides(&key);
    hides(&keys);
    let begun = login().begin_sealed(&keys, [3; 32], NOW, MARK).unwrap();
    let state = begun.url.as_str().split("&state=").nth(1).unwrap()[..40].to_owned();
    for shown in [format!("{begun:?}"), format!("{:?}", callback(&begun.url))] {
        assert!(!shown.contains(&state), "{shown}");
    }
    hides(&begun);
    hides(
        &login()
            .open_sealed(&keys, &callback(&begun.url), &begun.browser, NOW)
            .unwrap(),
    );
}

#[test]
fn no_error_shows_what_it_refused() {
    let login = login();
    let long = MARK.repeat(500);
    for text in [MARK, &format!("{MARK}\n"), &format!("https://{MARK}@x/"), &long] {
        explains(RedirectUri::parse(text).unwrap_err());
        explains(login.return_to(text).unwrap_err());
        explains(PendingLogin::decode(text).unwrap_err());
        explains(Begin::new().with_data(format!("\0{text}")).unwrap_err());
        explains(OpenId::new(&format!(" {text}")).unwrap_err());
    }
    let secret = format!(r#"{{"v":1,"appid":"{MARK}"}}"#);
    explains(PendingLogin::decode(&secret).unwrap_err());
    explains(serde_json::from_str::<PendingLogin>(&good_with("v", "7")).unwrap_err());
    explains(SealKey::new(MARK.as_bytes()).unwrap_err());
    let keys = SealKeys::new(SealKey::new(&[1; 32]).unwrap());
    explains(login.begin_sealed(&keys, [0; 32], NOW, &long).unwrap_err());

    for query in [
        format!("x={MARK}"),
        format!("code={MARK}"),
        format!("code=&state={MARK}"),
        format!("code={MARK}&code={MARK}"),
        format!("code={MARK}%ff&state={MARK}"),
        format!("code={MARK}&state={MARK}%"),
        format!("code={long}&state={MARK}"),
    ] {
        let error: InvalidCallback = Callback::from_query(&query).unwrap_err();
        explains(error);
    }

    let begun = login.begin([0; 32], NOW, Begin::new());
    let foreign = Callback::from_query(&format!("code={MARK}&state={MARK}")).unwrap();
    explains(
        begun
            .pending
            .clone()
            .redeem(&login, &foreign, &begun.browser, NOW)
            .unwrap_err(),
    );
    explains(
        login
            .open_sealed(&keys, &foreign, &begun.browser, NOW)
            .unwrap_err(),
    );
    let thief = BrowserNonce::from_cookie(MARK);
    explains(
        begun
            .pending
            .clone()
            .redeem(&login, &callback(&begun.url), &thief, NOW)
            .unwrap_err(),
    );
}

#[test]
fn no_answer_shows_its_tokens_when_it_is_refused() {
    let login = login();
    let mut begun = login.begin([0; 32], NOW, Begin::new());
    let redeemed = begun
        .pending
        .redeem(&login, &callback(&begun.url), &begun.browser, NOW);
    let Ok(Redeemed::Exchange(grant)) = redeemed else {
        panic!("the first callback of a login exchanges its code");
    };
    let user = grant
        .parse(http::Response::new(token_reply().as_bytes()))
        .unwrap()
        .token;
    let refresh = RefreshUserToken::new(&AppId::new("wx1").unwrap(), &user);
    for (from, to) in [
        ("7200", "0"),
        ("\"openid\":\"o", "\"openid\":\"o "),
        ("\"access_token\":\"", "\"access_token\":\" "),
    ] {
        let body = token_reply().replace(from, to);
        let error: ApiError = grant.parse(http::Response::new(body.as_bytes())).unwrap_err();
        explains(error);
        explains(refresh.parse(http::Response::new(body.as_bytes())).unwrap_err());
    }
    let other = token_reply().replace("\"openid\":\"o", "\"openid\":\"p");
    explains(refresh.parse(http::Response::new(other.as_bytes())).unwrap_err());
}

fn login() -> WebLogin {
    let account = Account::new("wx1", format!("secret{MARK}")).unwrap();
    WebLogin::new(
        account,
        Scope::UserInfo,
        RedirectUri::parse("https://shop.example/cb").unwrap(),
    )
}

fn callback(url: &AuthorizeUrl) -> Callback {
    let rest = url.as_str().split("&state=").nth(1).unwrap();
    let state = rest.split('#').next().unwrap();
    Callback::from_query(&format!("code=code{MARK}&state={state}")).unwrap()
}

fn good_with(field: &str, value: &str) -> String {
    let good = login().begin([0; 32], NOW, Begin::new()).pending.encode();
    good.replace(&format!("\"{field}\":1"), &format!("\"{field}\":{value}"))
}

fn token_reply() -> String {
    format!(
        r#"{{"access_token":"A{MARK}","expires_in":7200,"refresh_token":"R{MARK}","openid":"o{MARK}","unionid":"u{MARK}"}}"#
    )
}

fn hides(value: &impl Debug) {
    for shown in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!shown.contains(MARK), "{shown}");
    }
}

/// No secret in the error or its causes; and it reads as the house's errors do.
fn explains(error: impl Error + 'static) {
    let mut cause: Option<&dyn Error> = Some(&error);
    while let Some(error) = cause {
        for shown in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
            assert!(!shown.contains(MARK), "{shown}");
        }
        let said = error.to_string();
        assert!(!said.ends_with('.') && !said.starts_with("failed"), "{said}");
        cause = error.source();
    }
}

/// A type that shows nothing at all is no use in a log.
#[test]
fn what_is_shown_names_the_thing_and_what_is_public_of_it() {
    let login = login();
    let mut begun = login.begin([7; 32], NOW, Begin::new());
    let id = begun.pending.id();
    assert_eq!(
        (format!("{id}"), format!("{id:?}")),
        (id.as_str().to_owned(), id.as_str().to_owned())
    );
    assert_eq!(format!("{:?}", begun.browser), "BrowserNonce([redacted])");
    assert_eq!(
        format!("{:?}", login.redirect_uri()),
        login.redirect_uri().as_str()
    );
    assert_eq!(
        format!("{:?}", OpenId::new("oABC").unwrap()),
        "OpenId([redacted])"
    );
    assert_eq!(format!("{:?}", UnionId::new("u").unwrap()), "UnionId([redacted])");
    let pending = format!("{:?}", begun.pending);
    assert!(
        pending.contains(id.as_str()) && pending.contains("open"),
        "{pending}"
    );

    let state = begun.url.as_str().split_once("state=").unwrap().1;
    let state = state.split(['&', '#']).next().unwrap();
    let callback = Callback::from_query(&format!("code=C&state={state}")).unwrap();
    let redeemed = begun.pending.redeem(&login, &callback, &begun.browser, NOW);
    let Ok(Redeemed::Exchange(grant)) = redeemed else {
        panic!()
    };
    let grant = format!("{grant:?}");
    assert!(
        grant.starts_with("CodeGrant") && grant.contains(login.account().appid().as_str()),
        "{grant}"
    );
    assert!(format!("{:?}", begun.pending).contains("spent"));

    let keys = SealKeys::new(SealKey::new(&[1; 32]).unwrap());
    let sealed = login.begin_sealed(&keys, [7; 32], NOW, "p").unwrap();
    let state = sealed.url.as_str().split_once("state=").unwrap().1;
    let state = state.split(['&', '#']).next().unwrap();
    let callback = Callback::from_query(&format!("code=C&state={state}")).unwrap();
    let opened = login.open_sealed(&keys, &callback, &sealed.browser, NOW).unwrap();
    let user = UserToken::from_parts(UserTokenParts {
        access_token: "A".into(),
        refresh_token: "R".into(),
        openid: OpenId::new("oABC").unwrap(),
        unionid: None,
        scope: "snsapi_base".to_owned(),
        kind: UserKind::Person,
    });
    let profile = br#"{"openid":"oABC","nickname":"N"}"#.as_slice();
    let profile = GetUserInfo::default()
        .parse(http::Response::new(profile))
        .unwrap();
    for (shown, name) in [
        (format!("{opened:?}"), "Opened"),
        (format!("{user:?}"), "UserToken"),
        (format!("{profile:?}"), "UserInfo"),
        (format!("{:?}", Begin::new()), "Begin"),
        (format!("{:?}", SealKey::new(&[1; 32]).unwrap()), "SealKey"),
    ] {
        assert!(shown.contains(name), "{shown}");
    }
}
