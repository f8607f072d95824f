use data_encoding::BASE64;
use http::{Method, Response};
use sha2::{Digest, Sha256};
use wechat_auth_emulator::{App, AppKind, QrRefusal};

use super::world::{APPID, SECRET, World, errcode, text, with, world};

pub(super) const AUTHORIZE: &str = "/connect/oauth2/authorize";
pub(super) const QR: &str = "/connect/qrconnect";
const BACK: &str = "http%3A%2F%2F127.0.0.1%3A3000%2Fcallback";

pub(super) fn link(scope: &str) -> String {
    let door = if scope == "snsapi_login" { QR } else { AUTHORIZE };
    format!("{door}?appid={APPID}&redirect_uri={BACK}&response_type=code&scope={scope}&state=S1")
}

pub(super) fn open(world: &mut World, uri: &str) -> Response<Vec<u8>> {
    world.send(Method::GET, uri, "")
}

pub(super) fn location(response: &Response<Vec<u8>>) -> String {
    assert!(response.status().is_redirection(), "{}", response.status());
    response.headers()["location"].to_str().unwrap().to_owned()
}

pub(super) fn nonce(page: &str) -> String {
    let after = page.split("name=\"nonce\" value=\"").nth(1).expect("a nonce");
    after.split('"').next().unwrap().to_owned()
}

pub(super) fn answer(
    world: &mut World,
    door: &str,
    nonce: &str,
    user: &str,
    decision: &str,
) -> Response<Vec<u8>> {
    world.send(
        Method::POST,
        door,
        &format!("nonce={nonce}&user={user}&decision={decision}"),
    )
}

fn policy(response: &Response<Vec<u8>>) -> String {
    let policy = &response.headers()["content-security-policy"];
    policy.to_str().unwrap().to_owned()
}

#[test]
fn allowing_sends_the_browser_back_with_code_and_state() {
    let mut world = world();
    let page = text(open(&mut world, &link("snsapi_userinfo")));
    let response = answer(&mut world, AUTHORIZE, &nonce(&page), "blank", "allow");
    assert_eq!(response.status(), 303);
    let location = location(&response);
    let code = location
        .strip_prefix("http://127.0.0.1:3000/callback?code=")
        .unwrap();
    let code = code.strip_suffix("&state=S1").unwrap().to_owned();
    assert_eq!(errcode(&world.exchange(&code)), 0);
}

#[test]
fn refusing_sends_the_browser_back_with_the_state_only() {
    let mut world = world();
    for (scope, door) in [("snsapi_userinfo", AUTHORIZE), ("snsapi_login", QR)] {
        let page = text(open(&mut world, &link(scope)));
        let response = answer(&mut world, door, &nonce(&page), "", "refuse");
        assert_eq!(location(&response), "http://127.0.0.1:3000/callback?state=S1");
    }
}

#[test]
fn refusing_a_qr_login_can_be_told_to_stay_on_the_page() {
    let mut world = with(|behavior| behavior.qr_refusal = QrRefusal::NoRedirect);
    let page = text(open(&mut world, &link("snsapi_login")));
    let response = answer(&mut world, QR, &nonce(&page), "", "refuse");
    assert_eq!(response.status(), 200);
    assert!(text(response).contains("id=\"refused\""));
    // The official-account page goes back all the same.
    let page = text(open(&mut world, &link("snsapi_userinfo")));
    assert!(
        answer(&mut world, AUTHORIZE, &nonce(&page), "", "refuse")
            .status()
            .is_redirection()
    );
}

#[test]
fn base_scope_is_silent_and_goes_on_with_the_user_chosen_last() {
    let mut world = world();
    let first = open(&mut world, &link("snsapi_base"));
    assert_eq!(first.status(), 302);
    let openid_of = |world: &mut World, response: &Response<Vec<u8>>| {
        let code = location(response).split(['=', '&']).nth(1).unwrap().to_owned();
        super::world::field(&world.exchange(&code), "openid")
    };
    let first = openid_of(&mut world, &first);
    let page = text(open(&mut world, &link("snsapi_userinfo")));
    assert!(page.contains("id=\"user-xiaoming\" value=\"xiaoming\" required checked"));
    answer(&mut world, AUTHORIZE, &nonce(&page), "blank", "allow");
    let second = open(&mut world, &link("snsapi_base"));
    assert_ne!(openid_of(&mut world, &second), first);
}

#[test]
fn auto_consent_needs_no_page_and_force_popup_brings_it_back() {
    let mut world = world();
    world.wechat.set_auto_consent(Some("xiaoming")).unwrap();
    for scope in ["snsapi_userinfo", "snsapi_login"] {
        assert_eq!(open(&mut world, &link(scope)).status(), 302);
        let forced = format!("{}&forcePopup=true", link(scope));
        assert!(text(open(&mut world, &forced)).contains("id=\"allow\""));
        let unforced = format!("{}&forcePopup=false&connect_redirect=1", link(scope));
        assert_eq!(open(&mut world, &unforced).status(), 302);
    }
    let silent = format!("{}&forcePopup=true", link("snsapi_base"));
    assert_eq!(open(&mut world, &silent).status(), 302);
    assert!(world.wechat.set_auto_consent(Some("nobody")).is_err());
    world.wechat.set_auto_consent(None).unwrap();
    assert_eq!(open(&mut world, &link("snsapi_userinfo")).status(), 200);
}

#[test]
fn a_page_can_be_answered_once_and_for_ten_minutes() {
    let mut world = world();
    let page = text(open(&mut world, &link("snsapi_userinfo")));
    assert!(
        answer(&mut world, AUTHORIZE, &nonce(&page), "xiaoming", "allow")
            .status()
            .is_redirection()
    );
    assert_eq!(
        answer(&mut world, AUTHORIZE, &nonce(&page), "xiaoming", "allow").status(),
        400
    );
    let page = text(open(&mut world, &link("snsapi_userinfo")));
    let late = answer(world.at(600), AUTHORIZE, &nonce(&page), "xiaoming", "allow");
    assert_eq!(late.status(), 400);
    assert!(text(late).contains("此页面已经用过或已过期"));
}

#[test]
fn an_answer_without_a_page_or_a_choice_is_refused() {
    let mut world = world();
    assert_eq!(
        answer(&mut world, AUTHORIZE, "made-up", "xiaoming", "allow").status(),
        400
    );
    for (user, decision) in [("nobody", "allow"), ("", "allow"), ("xiaoming", "perhaps")] {
        let page = text(open(&mut world, &link("snsapi_userinfo")));
        assert_eq!(
            answer(&mut world, AUTHORIZE, &nonce(&page), user, decision).status(),
            400
        );
    }
    // A page of one door is no page of the other.
    let page = text(open(&mut world, &link("snsapi_userinfo")));
    assert_eq!(
        answer(&mut world, QR, &nonce(&page), "xiaoming", "allow").status(),
        400
    );
}

#[test]
fn what_the_answer_adds_to_the_link_changes_nothing() {
    let mut world = world();
    let page = text(open(&mut world, &link("snsapi_userinfo")));
    let body = format!(
        "nonce={}&user=xiaoming&decision=allow&redirect_uri=http%3A%2F%2Fevil.example&state=EVIL",
        nonce(&page)
    );
    let response = world.send(Method::POST, AUTHORIZE, &body);
    assert!(location(&response).starts_with("http://127.0.0.1:3000/callback?code="));
    assert!(location(&response).ends_with("&state=S1"));
}

#[test]
fn a_redirect_uri_keeps_its_own_query_and_fragment() {
    let mut world = world();
    let back = "https%3A%2F%2Fa.cn%2Fcb%3Fx%3D1%26y%3D%25E4%23%2Froute";
    let uri =
        format!("{AUTHORIZE}?appid={APPID}&redirect_uri={back}&response_type=code&scope=snsapi_base&state=");
    let location = location(&open(&mut world, &uri));
    assert!(
        location.starts_with("https://a.cn/cb?x=1&y=%E4&code="),
        "{location}"
    );
    assert!(location.ends_with("&state=#/route"), "{location}");
}

#[test]
fn without_a_state_none_comes_back() {
    let mut world = world();
    let uri = format!("{AUTHORIZE}?appid={APPID}&redirect_uri={BACK}&response_type=code&scope=snsapi_base");
    assert!(!location(&open(&mut world, &uri)).contains("state"));
}

#[test]
fn every_fault_of_a_link_gets_its_own_page_in_both_languages() {
    let mut world = world();
    world
        .wechat
        .add_app(App::new("wxoa", SECRET).kind(AppKind::OfficialAccount))
        .unwrap();
    world
        .wechat
        .add_app(App::new("wxweb", SECRET).kind(AppKind::Website))
        .unwrap();
    world
        .wechat
        .add_app(App::new("wxdom", SECRET).redirect_domain("a.cn"))
        .unwrap();
    let long = "x".repeat(129);
    let table: Vec<(String, Option<u32>, &str)> = vec![
        (AUTHORIZE.to_owned(), Some(10012), "the link has no appid"),
        (format!("{AUTHORIZE}?appid=nope"), Some(40013), "there is no app"),
        (
            format!("{AUTHORIZE}?appid=wxweb"),
            Some(10016),
            "is a website app",
        ),
        (format!("{QR}?appid=wxoa"), None, "is an official account"),
        (
            format!("{AUTHORIZE}?appid={APPID}"),
            Some(10011),
            "no redirect_uri",
        ),
        (
            format!("{AUTHORIZE}?appid={APPID}&redirect_uri=%2Fcb"),
            Some(10003),
            "not an absolute",
        ),
        (
            format!("{AUTHORIZE}?appid={APPID}&redirect_uri=http%253A%252F%252Fa.cn"),
            Some(10003),
            "encoded twice",
        ),
        (
            format!("{AUTHORIZE}?appid=wxdom&redirect_uri=http%3A%2F%2Fb.a.cn%2F"),
            Some(10003),
            "leads to b.a.cn",
        ),
        (
            format!("{AUTHORIZE}?appid={APPID}&redirect_uri={BACK}&response_type=token"),
            None,
            "response_type must be code",
        ),
        (
            format!("{AUTHORIZE}?appid={APPID}&redirect_uri={BACK}&response_type=code"),
            Some(10010),
            "the link has no scope",
        ),
        (link("snsapi_nothing"), Some(10005), "the scope is wrong"),
        (
            link("snsapi_login").replace(QR, AUTHORIZE),
            Some(10005),
            "the scope is wrong",
        ),
        (
            link("snsapi_base").replace(AUTHORIZE, QR),
            Some(10005),
            "the scope is wrong",
        ),
        (
            link("snsapi_base").replace("S1", "a_b"),
            None,
            "only a-z, A-Z and 0-9",
        ),
        (
            link("snsapi_base").replace("S1", &long),
            None,
            "longer than 128 bytes",
        ),
        (
            format!("{}&scope=snsapi_base", link("snsapi_base")),
            None,
            "more than once",
        ),
        (
            format!("{AUTHORIZE}?redirect_uri={BACK}&appid={APPID}&response_type=code&scope=snsapi_base"),
            None,
            "documented order",
        ),
    ];
    for (uri, code, en) in table {
        let response = open(&mut world, &uri);
        assert_eq!(response.status(), 400, "{uri}");
        let page = text(response);
        assert!(page.contains(en), "{uri}: {page}");
        assert!(
            page.contains("id=\"error\"") && page.contains("id=\"mend\""),
            "{uri}"
        );
        assert!(
            page.split("id=\"error\">")
                .nth(1)
                .unwrap()
                .chars()
                .take(40)
                .any(|c| !c.is_ascii())
        );
        match code {
            Some(code) => assert!(page.contains(&format!("<code id=\"error-code\">{code}</code>"))),
            None => assert!(!page.contains("id=\"error-code\"")),
        }
    }
}

#[test]
fn order_and_state_can_be_told_to_be_lenient() {
    let mut world = with(|behavior| {
        behavior.strict_parameter_order = false;
        behavior.strict_state = false;
    });
    let uri = format!(
        "{AUTHORIZE}?state=a%26b%3Dc&scope=snsapi_base&response_type=code&redirect_uri={BACK}&appid={APPID}"
    );
    assert!(location(&open(&mut world, &uri)).ends_with("&state=a%26b%3Dc"));
}

#[test]
fn extra_parameters_come_after_the_documented_ones() {
    let mut world = world();
    let after = format!("{}&connect_redirect=1&uin=x", link("snsapi_base"));
    assert_eq!(open(&mut world, &after).status(), 302);
    let before = link("snsapi_base").replace("appid=", "connect_redirect=1&appid=");
    assert_eq!(open(&mut world, &before).status(), 400);
}

#[test]
fn nothing_that_came_in_a_request_can_act() {
    let mut world = world();
    for scope in ["snsapi_userinfo", "snsapi_login"] {
        let response = open(&mut world, &link(scope));
        let policy = policy(&response);
        let page = text(response);
        assert!(page.contains("&lt;script&gt;alert("));
        assert!(!page.contains('\u{7}') && page.contains('\u{2407}'));
        let scripts: Vec<&str> = page.split("<script>").skip(1).collect();
        assert_eq!(scripts.len(), 1, "one, and it is ours");
        let script = scripts[0].split("</script>").next().unwrap();
        let hash = BASE64.encode(&Sha256::digest(script));
        assert!(
            policy.contains(&format!("script-src 'sha256-{hash}';")),
            "{policy}"
        );
    }
    let hostile = format!("{AUTHORIZE}?appid=%22%3E%3Cscript%3E&redirect_uri=%3Cscript%3E");
    assert!(!text(open(&mut world, &hostile)).contains("<script"));
}

#[test]
fn every_page_says_that_it_is_not_wechat_and_is_never_cached() {
    let mut world = world();
    for uri in [
        link("snsapi_userinfo"),
        link("snsapi_login"),
        AUTHORIZE.to_owned(),
        "/".to_owned(),
        "/favicon.ico".to_owned(),
        "/connect/other".to_owned(),
    ] {
        let response = open(&mut world, &uri);
        let headers = response.headers();
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        let policy = policy(&response);
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
        assert!(policy.contains("form-action 'self' http: https:;") && !policy.contains("unsafe"));
        assert!(
            text(response).contains("这不是微信 / Emulator: This is not WeChat"),
            "{uri}"
        );
    }
}

#[test]
fn the_index_lists_apps_and_endpoints_and_no_secret() {
    let mut world = world();
    let response = open(&mut world, "/");
    assert_eq!(response.status(), 200);
    let page = text(response);
    assert!(page.contains(APPID) && page.contains("/cgi-bin/stable_token"));
    assert!(!page.contains(SECRET));
}

#[test]
fn a_page_answers_no_other_method() {
    let mut world = world();
    let response = world.send(Method::PUT, &link("snsapi_base"), "");
    assert_eq!(
        (response.status().as_u16(), &response.headers()["allow"]),
        (405, &"GET, POST".parse().unwrap())
    );
    assert_eq!(world.send(Method::HEAD, &link("snsapi_base"), "").status(), 405);
    assert_eq!(world.send(Method::POST, "/", "").status(), 405);
}

#[test]
fn the_oldest_of_a_thousand_and_one_open_pages_is_closed() {
    let mut world = world();
    let first = text(open(&mut world, &link("snsapi_userinfo")));
    let second = text(open(&mut world, &link("snsapi_userinfo")));
    for _ in 0..999 {
        open(&mut world, &link("snsapi_userinfo"));
    }
    assert_eq!(
        answer(&mut world, AUTHORIZE, &nonce(&first), "blank", "allow").status(),
        400
    );
    assert_eq!(
        answer(&mut world, AUTHORIZE, &nonce(&second), "blank", "allow").status(),
        303
    );
}
