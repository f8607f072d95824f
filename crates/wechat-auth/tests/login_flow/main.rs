//! Web login, told as stories: what happens to a user, an impatient user and an attacker. Beside them
//! stand the properties that no story can exhaust, and what may be seen of a login's secrets.

#![allow(
    clippy::unwrap_used,
    reason = "a test may fail where it stands, in its helpers too"
)]

mod properties;
mod secrets;
mod site;

use site::{NOW, Site, TOKEN, exchanges, reply, state_in, target};
use wechat_auth::login::{
    BrowserNonce, Callback, InvalidCallback, InvalidReturnTo, LoginError, Redeemed, RefreshUserToken,
    SealKey, SealKeys,
};
use wechat_auth::{ApiError, BaseUrl, Credential, Endpoint, Origin, Request};

#[test]
fn a_user_logs_in() {
    let site = Site::new();
    let mut visit = site.click("/basket?item=7", 1);
    let Ok(Redeemed::Exchange(grant)) = site.comes_back(&mut visit, "CODE", NOW + 20) else {
        panic!("the first callback of a login exchanges its code");
    };
    assert_eq!(
        target(grant.request(&Origin::wechat())),
        "https://api.weixin.qq.com/sns/oauth2/access_token\
         ?appid=wx1&secret=APPSECRET&code=CODE&grant_type=authorization_code"
    );
    let user = grant.parse(reply(TOKEN)).unwrap().token;
    assert_eq!(user.identity().openid().unwrap().as_str(), "oABC");
    assert_eq!(
        target(user.authorize(Request::get(Origin::wechat().api(), "/sns/auth", &[]))),
        "https://api.weixin.qq.com/sns/auth?access_token=A&openid=oABC"
    );
    assert_eq!(visit.pending().return_to(&site.login).as_str(), "/basket?item=7");
    assert_eq!(visit.pending().data(), "cart=1");
}

#[test]
fn a_user_says_no_and_a_later_code_of_that_login_is_worth_nothing() {
    let site = Site::new();
    let mut visit = site.click("/", 1);
    let refusal = Callback::from_query(&format!("state={}", visit.state)).unwrap();
    assert_eq!(site.redeem(&mut visit, &refusal, NOW), Err(LoginError::Refused));
    assert_eq!(
        site.redeem(&mut visit, &refusal, NOW),
        Err(LoginError::Refused),
        "reload"
    );
    assert_eq!(site.comes_back(&mut visit, "CODE", NOW), Err(LoginError::Refused));
    // Clicking again begins another login.
    assert!(exchanges(&site.comes_back(&mut site.click("/", 2), "CODE", NOW)));
}

#[test]
fn a_reloaded_callback_does_not_spend_the_code_again() {
    let site = Site::new();
    let mut visit = site.click("/", 1);
    assert!(exchanges(&site.comes_back(&mut visit, "CODE", NOW)));
    for later in [0, 1, 599] {
        assert_eq!(
            site.comes_back(&mut visit, "CODE", NOW + later),
            Ok(Redeemed::Repeated)
        );
    }
    assert_eq!(
        site.comes_back(&mut visit, "CODE", NOW + 600),
        Err(LoginError::Expired)
    );
}

#[test]
fn the_back_button_to_wechat_brings_a_new_code_that_this_login_does_not_take() {
    let site = Site::new();
    let mut visit = site.click("/", 1);
    assert!(exchanges(&site.comes_back(&mut visit, "CODE", NOW)));
    assert_eq!(
        site.comes_back(&mut visit, "CODE2", NOW + 5),
        Err(LoginError::AlreadyRedeemed)
    );
    assert_eq!(
        site.comes_back(&mut visit, "CODE", NOW + 6),
        Ok(Redeemed::Repeated)
    );
}

#[test]
fn a_forged_state_finds_no_login_and_spoils_none() {
    let site = Site::new();
    let mut visit = site.click("/", 1);
    let forged = Callback::from_query("code=ATTACKER&state=0123456789abcdef0123456789abcdef").unwrap();
    assert_ne!(forged.login_id().as_str(), visit.key);
    assert_eq!(
        site.redeem(&mut visit, &forged, NOW),
        Err(LoginError::ForeignState)
    );
    assert_eq!(
        Callback::from_query("code=ATTACKER").unwrap_err(),
        InvalidCallback::NoState
    );
    assert!(exchanges(&site.comes_back(&mut visit, "CODE", NOW)));
}

#[test]
fn an_attackers_callback_does_not_log_a_victim_in() {
    let site = Site::new();
    // The attacker begins, stops before the callback, and has the victim's browser open it.
    let mut attackers = site.click("/", 1);
    let victims = site.click("/", 2);
    for cookie in [victims.cookie.as_str(), ""] {
        let genuine = std::mem::replace(&mut attackers.cookie, cookie.to_owned());
        assert_eq!(
            site.comes_back(&mut attackers, "ATTACKER", NOW),
            Err(LoginError::OtherBrowser)
        );
        attackers.cookie = genuine;
    }
    assert!(
        exchanges(&site.comes_back(&mut attackers, "ATTACKER", NOW)),
        "nothing was spent"
    );
}

#[test]
fn a_slow_user_starts_again() {
    let site = Site::new();
    assert!(exchanges(&site.comes_back(
        &mut site.click("/", 1),
        "CODE",
        NOW + 599
    )));
    let mut visit = site.click("/", 2);
    assert_eq!(
        site.comes_back(&mut visit, "CODE", NOW + 600),
        Err(LoginError::Expired)
    );
    assert!(visit.pending().is_expired(NOW + 600));
    assert!(!visit.pending().is_expired(NOW + 599));
}

#[test]
fn a_clock_moved_back_does_not_prolong_a_login() {
    let site = Site::new();
    let mut visit = site.click("/", 1);
    assert_eq!(
        site.comes_back(&mut visit, "CODE", NOW - 3600),
        Err(LoginError::Expired)
    );
    assert!(visit.pending().is_expired(NOW - 3600));
}

#[test]
fn two_tabs_of_one_browser_do_not_disturb_each_other() {
    let site = Site::new();
    let (mut one, mut two) = (site.click("/one", 1), site.click("/two", 2));
    assert_ne!(one.key, two.key, "so do the cookies' names");
    assert!(exchanges(&site.comes_back(&mut two, "CODE2", NOW)));
    assert!(exchanges(&site.comes_back(&mut one, "CODE1", NOW)));
    assert_eq!(one.pending().return_to(&site.login).as_str(), "/one");
    assert_eq!(two.pending().return_to(&site.login).as_str(), "/two");
    // One tab's callback with the other's login, by a mistake of ours.
    let crossed = Callback::from_query(&format!("code=CODE1&state={}", one.state)).unwrap();
    assert_eq!(
        site.redeem(&mut two, &crossed, NOW),
        Err(LoginError::ForeignState)
    );
}

#[test]
fn a_state_that_the_browser_changed_is_found_and_named() {
    let site = Site::new();
    let mut visit = site.click("/", 0xab);
    for changed in [
        visit.state.to_uppercase(),
        format!("{}%23wechat_redirect", visit.state),
        format!("{}?from=singlemessage", visit.state),
    ] {
        let callback = Callback::from_query(&format!("code=CODE&state={changed}")).unwrap();
        assert_eq!(callback.login_id().as_str(), visit.key, "{changed}");
        assert_eq!(
            site.redeem(&mut visit, &callback, NOW),
            Err(LoginError::StateMangled),
            "{changed}"
        );
    }
    assert!(exchanges(&site.comes_back(&mut visit, "CODE", NOW)));
}

#[test]
fn the_callback_of_one_entry_point_is_not_taken_by_another() {
    let site = Site::new();
    let other = Site::at("https://shop.example/vip/callback");
    let mut visit = site.click("/", 1);
    assert_eq!(
        other.comes_back(&mut visit, "CODE", NOW),
        Err(LoginError::OtherRedirectUri)
    );
    assert!(exchanges(&site.comes_back(&mut visit, "CODE", NOW)));
}

#[test]
fn a_place_to_return_to_elsewhere_is_refused_before_the_login_begins() {
    let login = Site::new()
        .login
        .with_return_to([BaseUrl::parse("https://app.example").unwrap()]);
    for elsewhere in [
        "//evil.example",
        "https://evil.example/",
        "https://app.example.evil.example/",
    ] {
        assert_eq!(
            login.return_to(elsewhere),
            Err(InvalidReturnTo::NotAllowed),
            "{elsewhere}"
        );
    }
    assert!(login.return_to("https://app.example/after").is_ok());
}

#[test]
fn a_refresh_keeps_who_the_user_is() {
    let site = Site::new();
    let Ok(Redeemed::Exchange(grant)) = site.comes_back(&mut site.click("/", 1), "CODE", NOW) else {
        panic!("the first callback of a login exchanges its code");
    };
    let user = grant.parse(reply(TOKEN)).unwrap().token;
    let refresh = RefreshUserToken::new(site.login.account().appid(), &user);
    let fresh = refresh.parse(reply(
        r#"{"access_token":"A2","expires_in":7200,"refresh_token":"R","openid":"oABC","scope":"snsapi_userinfo"}"#,
    ));
    let fresh = fresh.unwrap().token;
    assert_eq!(fresh.access_token().expose(), "A2");
    assert_eq!(fresh.identity(), user.identity(), "unionid included");
    let foreign = refresh.parse(reply(
        r#"{"access_token":"A3","expires_in":7200,"refresh_token":"R","openid":"oXYZ"}"#,
    ));
    assert!(matches!(foreign, Err(ApiError::Malformed { at: "openid", .. })));
}

#[test]
fn a_snapshot_visitor_is_no_user_and_stays_none_after_a_refresh() {
    let site = Site::new();
    let Ok(Redeemed::Exchange(grant)) = site.comes_back(&mut site.click("/", 1), "CODE", NOW) else {
        panic!("the first callback of a login exchanges its code");
    };
    let visitor = grant.parse(reply(&TOKEN.replace('}', r#","is_snapshotuser":1}"#)));
    let visitor = visitor.unwrap().token;
    assert_eq!(visitor.identity().openid(), None);
    let refresh = RefreshUserToken::new(site.login.account().appid(), &visitor);
    let fresh = refresh.parse(reply(TOKEN)).unwrap().token;
    assert_eq!(
        (fresh.identity().openid(), fresh.identity().unionid()),
        (None, None)
    );
}

#[test]
fn a_server_without_memory_logs_in_by_a_sealed_state() {
    let login = Site::new().login;
    let keys = SealKeys::new(SealKey::new(&[9; 32]).unwrap());
    let begun = login.begin_sealed(&keys, [7; 32], NOW, "/basket").unwrap();
    let query = format!("code=CODE&state={}", state_in(begun.url.as_str()));
    let callback = Callback::from_query(&query).unwrap();
    assert_eq!(callback.login_id(), begun.id);
    let opened = login
        .open_sealed(&keys, &callback, &begun.browser, NOW + 20)
        .unwrap();
    assert_eq!(login.return_to(&opened.payload).unwrap().as_str(), "/basket");
    assert!(target(opened.grant.request(&Origin::wechat())).contains("&code=CODE&"));
    let stranger = BrowserNonce::from_cookie("");
    let shut = login.open_sealed(&keys, &callback, &stranger, NOW + 20);
    assert_eq!(shut.unwrap_err(), LoginError::SealDoesNotOpen);
}
