//! Every refusal, byte for byte but for the rid.

use http::Method;
use wechat_auth_emulator::{AllowListRefusal, App, AppStanding};

use super::world::{APPID, SECRET, World, classic_uri, errcode, stable_body, with, without_rid, world};

fn refusal(world: &mut World, method: Method, uri: &str, body: &str) -> String {
    without_rid(&super::world::text(world.send(method, uri, body)))
}

fn cgi(errcode: i64, head: &str) -> String {
    format!(r#"{{"errcode":{errcode},"errmsg":"{head} rid: X"}}"#)
}

fn sns(errcode: i64, head: &str) -> String {
    format!(r#"{{"errcode":{errcode},"errmsg":"{head}, rid: X"}}"#)
}

#[test]
fn classic_fetch_checks_appid_then_grant_type_then_secret() {
    let mut world = world();
    let table = [
        ("", 41002, "appid missing"),
        ("?appid=", 41002, "appid missing"),
        ("?appid=nope", 40013, "invalid appid"),
        ("?appid=nope&secret=x&grant_type=wrong", 40013, "invalid appid"),
        ("?appid=wx0000000000000001", 40002, "invalid grant_type"),
        (
            "?appid=wx0000000000000001&grant_type=client_credentials",
            40002,
            "invalid grant_type",
        ),
        (
            "?appid=wx0000000000000001&grant_type=client_credential",
            41004,
            "appsecret missing",
        ),
        (
            "?appid=wx0000000000000001&grant_type=client_credential&secret=x",
            40125,
            "invalid appsecret",
        ),
    ];
    for (query, code, head) in table {
        let body = refusal(&mut world, Method::GET, &format!("/cgi-bin/token{query}"), "");
        assert_eq!(body, cgi(code, head), "{query}");
    }
}

#[test]
fn stable_fetch_wants_json_and_checks_in_the_same_order() {
    let mut world = world();
    let table = [
        ("", 44002, "empty post data"),
        ("grant_type=client_credential", 47001, "data format error"),
        ("[]", 47001, "data format error"),
        (r#"{"appid":7}"#, 47001, "data format error"),
        ("{}", 41002, "appid missing"),
        (r#"{"appid":"nope"}"#, 40013, "invalid appid"),
        (r#"{"appid":"wx0000000000000001"}"#, 40002, "invalid grant_type"),
        (
            r#"{"appid":"wx0000000000000001","grant_type":"client_credential"}"#,
            41004,
            "appsecret missing",
        ),
        (
            r#"{"appid":"wx0000000000000001","grant_type":"client_credential","secret":"x"}"#,
            40125,
            "invalid appsecret",
        ),
        (
            r#"{"appid":"wx0000000000000001","grant_type":"client_credential","secret":"marker-secret-7f3a","force_refresh":"yes"}"#,
            47001,
            "data format error",
        ),
    ];
    for (body, code, head) in table {
        let reply = refusal(&mut world, Method::POST, "/cgi-bin/stable_token", body);
        assert_eq!(reply, cgi(code, head), "{body}");
    }
}

#[test]
fn the_wrong_method_is_named() {
    let mut world = world();
    let body = refusal(&mut world, Method::GET, "/cgi-bin/stable_token", "");
    assert_eq!(body, cgi(43002, "require POST method"));
    let body = refusal(&mut world, Method::POST, &classic_uri(APPID, SECRET), "");
    assert_eq!(body, cgi(43001, "require GET method"));
    let body = refusal(&mut world, Method::POST, "/sns/userinfo", "");
    assert_eq!(body, sns(43001, "require GET method"));
}

#[test]
fn an_unknown_path_is_an_invalid_url() {
    let mut world = world();
    for path in [
        "/cgi-bin/tokens",
        "/cgi-bin/token/",
        "/wxa/business/getuserphonenumber",
    ] {
        assert_eq!(
            refusal(&mut world, Method::GET, path, ""),
            cgi(40066, "invalid url")
        );
    }
    assert_eq!(
        refusal(&mut world, Method::GET, "/sns/nothing", ""),
        sns(40066, "invalid url")
    );
}

#[test]
fn an_address_outside_the_allow_list_is_told_its_address() {
    let mut world = world();
    world
        .wechat
        .add_app(App::new(APPID, SECRET).allow_only(["10.0.0.1".parse().unwrap()]))
        .unwrap();
    let fetch = classic_uri(APPID, SECRET);
    let table = [
        (
            "1.2.3.4",
            "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist",
        ),
        (
            "::ffff:1.2.3.4",
            "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist",
        ),
        (
            "2001:db8::1",
            "invalid ip 2001:db8::1 ipv6 2001:db8::1, not in whitelist",
        ),
    ];
    for (peer, head) in table {
        world.peer = peer.parse().unwrap();
        assert_eq!(refusal(&mut world, Method::GET, &fetch, ""), cgi(40164, head));
    }
    let body = world.post("/cgi-bin/stable_token", &stable_body(APPID, SECRET, false));
    assert_eq!(errcode(&body), 40164);
    world.peer = "10.0.0.1".parse().unwrap();
    assert_eq!(errcode(&world.classic()), 0);
}

#[test]
fn the_allow_list_can_refuse_with_the_other_documented_codes() {
    let table = [
        (
            AllowListRefusal::NotRegistered61004,
            cgi(61004, "access clientip is not registered requestIP: 1.2.3.4"),
        ),
        (
            AllowListRefusal::NotRegistered45035,
            cgi(45035, "access clientip is not registered, not in ip-white-list"),
        ),
    ];
    for (kind, expected) in table {
        let mut world = with(|behavior| behavior.allow_list_refusal = kind);
        world
            .wechat
            .add_app(App::new(APPID, SECRET).allow_only([]))
            .unwrap();
        world.peer = "1.2.3.4".parse().unwrap();
        assert_eq!(
            refusal(&mut world, Method::GET, &classic_uri(APPID, SECRET), ""),
            expected
        );
    }
}

#[test]
fn a_frozen_secret_and_a_punished_account_cannot_fetch() {
    let table = [
        (AppStanding::SecretFrozen, cgi(40243, "appsecret is frozen")),
        (
            AppStanding::TokenForbidden,
            cgi(50004, "user not allow to use accesstoken, maybe for punishment"),
        ),
        (
            AppStanding::AccountFrozen,
            cgi(50007, "user not allow to use accesstoken, account is frozen"),
        ),
    ];
    for (standing, expected) in table {
        let mut world = world();
        let token = world.classic_token();
        world
            .wechat
            .add_app(App::new(APPID, SECRET).standing(standing))
            .unwrap();
        assert_eq!(
            refusal(&mut world, Method::GET, &classic_uri(APPID, SECRET), ""),
            expected
        );
        assert_eq!(world.call(&token), 0, "a token fetched before goes on working");
    }
}

#[test]
fn an_api_call_without_and_with_a_fake_token() {
    let mut world = world();
    let body = refusal(&mut world, Method::GET, "/cgi-bin/getcallbackip", "");
    assert_eq!(body, cgi(41001, "access_token missing"));
    let body = refusal(
        &mut world,
        Method::GET,
        "/cgi-bin/get_api_domain_ip?access_token=fake",
        "",
    );
    assert_eq!(
        body,
        cgi(
            40001,
            "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r"
        )
    );
}

#[test]
fn an_expired_app_token_gets_42001() {
    let mut world = world();
    let token = world.classic_token();
    let uri = format!("/cgi-bin/getcallbackip?access_token={token}");
    let body = refusal(world.at(7_200), Method::GET, &uri, "");
    assert_eq!(body, cgi(42001, "access_token expired"));
}

#[test]
fn a_user_token_means_nothing_to_cgi_bin_and_an_app_token_nothing_to_sns() {
    let mut world = world();
    let login = world.log_in("snsapi_userinfo", "xiaoming");
    assert_eq!(world.call(&login.access_token), 40001);
    let app_token = world.stable_token();
    let uri = format!("/sns/userinfo?access_token={app_token}&openid={}", login.openid);
    assert_eq!(
        refusal(&mut world, Method::GET, &uri, ""),
        sns(40001, "invalid credential, access_token is invalid or not latest")
    );
}

#[test]
fn clear_quota_wants_the_token_s_own_appid() {
    let mut world = world();
    world.wechat.add_app(App::new("wx2", "s2")).unwrap();
    let token = world.stable_token();
    let uri = format!("/cgi-bin/clear_quota?access_token={token}");
    let table = [
        ("", 44002, "empty post data"),
        ("appid=wx", 47001, "data format error"),
        ("{}", 41002, "appid missing"),
        (r#"{"appid":"wx2"}"#, 40013, "invalid appid"),
    ];
    for (body, code, head) in table {
        assert_eq!(
            refusal(&mut world, Method::POST, &uri, body),
            cgi(code, head),
            "{body}"
        );
    }
}

#[test]
fn clear_quota_v2_checks_appid_and_secret() {
    let mut world = world();
    let table = [
        ("", 41002, "appid missing"),
        ("?appid=nope", 40013, "invalid appid"),
        ("?appid=wx0000000000000001", 41004, "appsecret missing"),
        (
            "?appid=wx0000000000000001&appsecret=x",
            40125,
            "invalid appsecret",
        ),
    ];
    for (query, code, head) in table {
        let uri = format!("/cgi-bin/clear_quota/v2{query}");
        assert_eq!(
            refusal(&mut world, Method::POST, &uri, ""),
            cgi(code, head),
            "{query}"
        );
    }
}

#[test]
fn the_sns_endpoints_name_what_is_missing_or_wrong() {
    let mut world = world();
    let app = format!("appid={APPID}");
    let secret = format!("{app}&secret={SECRET}");
    let table = [
        ("/sns/oauth2/access_token".to_owned(), 41002, "appid missing"),
        (
            "/sns/oauth2/access_token?appid=nope".to_owned(),
            40013,
            "invalid appid",
        ),
        (
            format!("/sns/oauth2/access_token?{app}"),
            41004,
            "appsecret missing",
        ),
        (
            format!("/sns/oauth2/access_token?{app}&secret=x"),
            40125,
            "invalid appsecret",
        ),
        (
            format!("/sns/oauth2/access_token?{secret}"),
            40002,
            "invalid grant_type",
        ),
        (
            format!("/sns/oauth2/access_token?{secret}&grant_type=authorization_code"),
            41008,
            "missing code",
        ),
        (
            format!("/sns/oauth2/access_token?{secret}&code=x&grant_type=authorization_code"),
            40029,
            "invalid code",
        ),
        ("/sns/oauth2/refresh_token".to_owned(), 41002, "appid missing"),
        (
            "/sns/oauth2/refresh_token?appid=nope".to_owned(),
            40013,
            "invalid appid",
        ),
        (
            format!("/sns/oauth2/refresh_token?{app}"),
            40002,
            "invalid grant_type",
        ),
        (
            format!("/sns/oauth2/refresh_token?{app}&grant_type=refresh_token"),
            41003,
            "refresh_token missing",
        ),
        (
            format!("/sns/oauth2/refresh_token?{app}&grant_type=refresh_token&refresh_token=x"),
            40030,
            "invalid refresh_token",
        ),
        ("/sns/userinfo".to_owned(), 41001, "access_token missing"),
        ("/sns/userinfo?access_token=x".to_owned(), 41009, "missing openid"),
        (
            "/sns/userinfo?access_token=x&openid=o".to_owned(),
            40001,
            "invalid credential, access_token is invalid or not latest",
        ),
        ("/sns/auth?openid=o".to_owned(), 41001, "access_token missing"),
    ];
    for (uri, code, head) in table {
        assert_eq!(
            refusal(&mut world, Method::GET, &uri, ""),
            sns(code, head),
            "{uri}"
        );
    }
}

#[test]
fn a_rid_begins_with_the_time_of_the_request_and_no_two_are_the_same() {
    let mut world = world();
    let first = world.at(5).get("/cgi-bin/token");
    let rid = first.split("rid: ").nth(1).unwrap();
    assert!(
        rid.starts_with(&format!("{:08x}-", super::world::START + 5)),
        "{rid}"
    );
    assert_ne!(first, world.get("/cgi-bin/token"));
}
