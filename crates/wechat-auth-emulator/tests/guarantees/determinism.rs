use std::net::IpAddr;

use http::{Method, Request};
use proptest::prelude::*;
use wechat_auth_emulator::{App, Config, Effect, Family, Fault, Millis, Reply, WeChat};

use super::world::{APPID, SECRET, START, World, field, world};

/// Tokens of both families, tickets, logins, refusals, a page: everything that is minted.
fn story(world: &mut World) -> Vec<String> {
    let mut said = vec![world.classic(), world.at(5).stable(), world.at(40).forced()];
    let token = field(&said[2], "access_token");
    said.push(world.get(&format!(
        "/cgi-bin/ticket/getticket?access_token={token}&type=jsapi"
    )));
    said.push(world.get("/cgi-bin/token?appid=nope"));
    let login = world.log_in("snsapi_userinfo", "odd");
    said.push(login.body);
    world.wechat.set_auto_consent(None).unwrap();
    said.push(world.get(&format!(
        "/connect/oauth2/authorize?appid={APPID}&redirect_uri=http%3A%2F%2Fa.cn&response_type=code&scope=snsapi_userinfo"
    )));
    said
}

#[test]
fn the_same_seed_and_requests_give_the_same_bytes() {
    assert_eq!(story(&mut world()), story(&mut world()));
}

#[test]
fn another_seed_gives_other_tokens() {
    let mut other = World {
        wechat: WeChat::new(Config::new(8)),
        at_ms: 0,
        peer: [127, 0, 0, 1].into(),
    };
    other.wechat.add_app(App::new(APPID, SECRET)).unwrap();
    let (ours, theirs) = (story(&mut world()), story(&mut other));
    assert!(ours.iter().zip(&theirs).all(|(a, b)| a != b));
}

#[test]
fn tokens_and_openids_of_a_seed_stay_the_same_from_release_to_release() {
    let mut world = world();
    let token = world.classic_token();
    assert_eq!(&token[..20], "70_XpKgPYHO0w-IuGeeo");
    assert_eq!(
        world.log_in("snsapi_base", "xiaoming").openid,
        "obD7zE11uwIT2veekNdNANmOloPy"
    );
}

#[test]
fn unrelated_requests_in_between_change_no_token() {
    let mut quiet = world();
    let mut busy = world();
    busy.get("/cgi-bin/token");
    busy.stable();
    busy.log_in("snsapi_base", "xiaoming");
    assert_eq!(quiet.classic(), busy.classic());
}

fn paths() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "/cgi-bin/token",
            "/cgi-bin/stable_token",
            "/cgi-bin/ticket/getticket",
            "/cgi-bin/get_api_domain_ip",
            "/cgi-bin/clear_quota",
            "/cgi-bin/clear_quota/v2",
            "/cgi-bin/openapi/quota/get",
            "/cgi-bin/openapi/rid/get",
            "/sns/oauth2/access_token",
            "/sns/oauth2/refresh_token",
            "/sns/userinfo",
            "/sns/auth",
            "/connect/oauth2/authorize",
            "/connect/qrconnect",
            "/connect/qrconnect/scan",
            "/connect/qrconnect/wait",
            "/",
        ])
        .prop_map(str::to_owned),
        "/[!-~&&[^#?]]{0,20}",
    ]
}

/// Names that endpoints know, values that some of them accept.
fn queries() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "appid",
        "secret",
        "appsecret",
        "grant_type",
        "code",
        "access_token",
        "refresh_token",
        "openid",
        "type",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "forcePopup",
    ])
    .prop_map(str::to_owned);
    let value = prop_oneof![
        prop::sample::select(vec![
            APPID,
            SECRET,
            "client_credential",
            "authorization_code",
            "refresh_token",
            "jsapi",
            "code",
            "snsapi_base",
            "snsapi_userinfo",
            "snsapi_login",
            "http%3A%2F%2Fa.cn%2F%ff",
            "%",
            "%zz",
            "%00",
            "https://[::1",
            "http://%0d%0a",
        ])
        .prop_map(str::to_owned),
        "[!-~&&[^#]]{0,30}",
    ];
    prop::collection::vec((name, value), 0..7).prop_map(|pairs| {
        pairs
            .into_iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect::<Vec<_>>()
            .join("&")
    })
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        Just(super::world::stable_body(APPID, SECRET, true).into_bytes()),
        Just(br#"{"appid":null,"rid":"00000000-00000000-00000000","cgi_path":"/sns/"}"#.to_vec()),
        Just(vec![b'['; 100_000]),
        "nonce=[0-9A-Za-z]{0,32}&user=odd&decision=(allow|refuse)".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// Whatever is sent, at whatever moment, gets a reply, and the machine still works.
    #[test]
    fn any_request_at_any_time_is_answered(
        requests in prop::collection::vec(
            (any::<u64>(), prop::sample::select(vec!["GET", "POST", "HEAD", "BREW"]), paths(), queries(), bodies()),
            1..12,
        ),
        peer in any::<IpAddr>(),
        fault in any::<bool>(),
    ) {
        let mut wechat = WeChat::new(Config::new(1));
        wechat.add_app(App::new(APPID, SECRET)).unwrap();
        if fault {
            let _ = wechat.inject(Fault::on("/cgi-bin/token", Effect::ReplyLost).times(2));
        }
        for (at, method, path, query, body) in requests {
            let now = Millis(START * 1_000 + at % (u64::MAX / 4));
            let Ok(request) = Request::builder()
                .method(Method::from_bytes(method.as_bytes()).unwrap())
                .uri(format!("{path}?{query}"))
                .body(body)
            else { continue };
            if let Reply::Respond(response) = wechat.handle(now, &request, peer) {
                prop_assert!(response.status().as_u16() >= 200);
            }
            let _ = wechat.introspect(Millis(at), &query);
            let _ = wechat.foreign_refresh(Millis(at), APPID, Family::Stable);
        }
        let request = Request::get("/cgi-bin/token").body(Vec::new()).unwrap();
        let _ = wechat.handle(Millis(u64::MAX), &request, peer);
        prop_assert!(wechat.counts().total_requests() > 0);
    }
}
