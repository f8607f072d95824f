use wechat_auth_emulator::App;

use super::world::{APPID, SECRET, START, World, classic_uri, errcode, field, json, world};

fn rid_of(body: &str) -> String {
    body.split("rid: ").nth(1).unwrap().chars().take(26).collect()
}

fn ask(world: &mut World, token: &str, rid: &str) -> String {
    let uri = format!("/cgi-bin/openapi/rid/get?access_token={token}");
    world.post(&uri, &format!(r#"{{"rid":"{rid}"}}"#))
}

#[test]
fn a_refused_request_can_be_looked_up_without_its_secret() {
    let mut world = world();
    let token = world.stable_token();
    let refused = world.at(5).get(&classic_uri(APPID, "wrong-marker"));
    let rid = rid_of(&refused);
    let reply = json(&ask(&mut world, &token, &rid));
    assert_eq!(reply["errcode"], 0);
    let request = &reply["request"];
    assert_eq!(request["invoke_time"], START + 5);
    assert_eq!(
        request["request_url"],
        format!("grant_type=client_credential&appid={APPID}&secret=***")
    );
    assert_eq!(request["request_body"], "");
    assert_eq!(request["response_body"], refused);
    assert_eq!(request["client_ip"], "127.0.0.1");
    assert!(request["cost_in_ms"].is_u64());
}

#[test]
fn secrets_in_a_body_are_masked_too() {
    let mut world = world();
    let token = world.stable_token();
    let body = r#"{"appid":"wx0000000000000001","secret":"marker"}"#;
    let rid = rid_of(&world.post("/cgi-bin/stable_token", body));
    let reply = ask(&mut world, &token, &rid);
    assert!(!reply.contains("marker") && reply.contains("***"));
}

#[test]
fn rids_that_cannot_be_looked_up() {
    let mut world = world();
    world.wechat.add_app(App::new("wx2", "s2")).unwrap();
    let token = world.stable_token();
    assert_eq!(
        errcode(&ask(&mut world, &token, "00000000-00000000-00000000")),
        76001
    );
    assert_eq!(errcode(&ask(&mut world, &token, "not-a-rid")), 76002);
    assert_eq!(errcode(&ask(&mut world, &token, "")), 76002);
    let of_another = rid_of(&world.get(&classic_uri("wx2", "wrong")));
    assert_eq!(errcode(&ask(&mut world, &token, &of_another)), 76003);
    let of_sns = rid_of(&world.get("/sns/userinfo"));
    assert_eq!(errcode(&ask(&mut world, &token, &of_sns)), 76001);
}

#[test]
fn a_rid_is_known_for_seven_days() {
    let mut world = world();
    let rid = rid_of(&world.get(&classic_uri(APPID, "wrong")));
    let token = world.at(7 * 86_400).stable_token();
    assert_eq!(errcode(&ask(&mut world, &token, &rid)), 0);
    let token = world.at(7 * 86_400 + 1).stable_token();
    assert_eq!(errcode(&ask(&mut world, &token, &rid)), 76004);
}

#[test]
fn the_oldest_of_a_thousand_and_one_refusals_is_forgotten() {
    let mut world = world();
    let token = world.stable_token();
    let first = rid_of(&world.get("/cgi-bin/token"));
    let second = rid_of(&world.get("/cgi-bin/token"));
    for _ in 0..999 {
        world.get("/cgi-bin/token");
    }
    assert_eq!(errcode(&ask(&mut world, &token, &first)), 76001);
    // The question about the first was itself refused, and pushed the second out.
    assert_eq!(errcode(&ask(&mut world, &token, &second)), 76001);
}

#[test]
fn quota_paths_that_make_no_sense_are_told_apart() {
    let mut world = world();
    let token = world.stable_token();
    let uri = format!("/cgi-bin/openapi/quota/get?access_token={token}");
    for (path, code) in [
        ("", 76003),
        ("cgi-bin/token", 76003),
        ("https://api.weixin.qq.com/cgi-bin/token", 76003),
        ("/cgi-bin/nothing", 76021),
        ("/connect/oauth2/authorize", 76021),
        ("/sns/userinfo", 76022),
    ] {
        let body = world.post(&uri, &format!(r#"{{"cgi_path":"{path}"}}"#));
        assert_eq!(errcode(&body), code, "{path}");
    }
    assert_eq!(errcode(&world.post(&uri, "")), 44002);
}

#[test]
fn counts_tell_requests_mints_and_refusals_apart() {
    let mut world = world();
    world.classic();
    world.classic();
    world.get(&classic_uri(APPID, "wrong"));
    let token = field(&world.stable(), "access_token");
    world.stable();
    world.call(&token);
    world.get("/no/such/path");
    world.get(&classic_uri("unregistered", SECRET));
    let counts = world.wechat.counts();
    let classic = "/cgi-bin/token";
    assert_eq!(
        (
            counts.requests(APPID, classic),
            counts.minted(APPID, classic),
            counts.refused(APPID, classic)
        ),
        (3, 2, 1)
    );
    let stable = "/cgi-bin/stable_token";
    assert_eq!(
        (counts.requests(APPID, stable), counts.minted(APPID, stable)),
        (2, 1)
    );
    assert_eq!(counts.requests(APPID, "/cgi-bin/getcallbackip"), 1);
    assert_eq!(counts.total_requests(), 8);
    let unknown: Vec<_> = counts.iter().filter(|count| count.appid.is_none()).collect();
    assert_eq!(unknown.len(), 2);
    assert!(unknown.iter().any(|count| count.path == "*"));
}
