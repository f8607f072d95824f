use wechat_auth_emulator::{Family, Standing, TicketRepeat};

use super::world::{World, errcode, field, json, with, world};

fn ticket(world: &mut World, token: &str, kind: &str) -> String {
    world.get(&format!(
        "/cgi-bin/ticket/getticket?access_token={token}&type={kind}"
    ))
}

#[test]
fn a_ticket_comes_with_errcode_0() {
    let mut world = world();
    let token = world.stable_token();
    let body = ticket(&mut world, &token, "jsapi");
    let text = field(&body, "ticket");
    assert_eq!(
        body,
        format!(r#"{{"errcode":0,"errmsg":"ok","ticket":"{text}","expires_in":7200}}"#)
    );
    assert_eq!(text.len(), 86);
    assert_eq!(world.introspect(&text).family, Some(Family::JsapiTicket));
}

#[test]
fn the_same_ticket_is_given_until_it_ends() {
    let mut world = world();
    let token = world.stable_token();
    let first = field(&ticket(&mut world, &token, "jsapi"), "ticket");
    let again = ticket(world.at(200), &token, "jsapi");
    assert_eq!(field(&again, "ticket"), first);
    assert_eq!(json(&again)["expires_in"], 7_000);
    let token = world.at(7_200).stable_token();
    assert_ne!(field(&ticket(&mut world, &token, "jsapi"), "ticket"), first);
}

#[test]
fn a_second_fetch_can_be_told_to_replace_the_ticket() {
    let mut world = with(|behavior| behavior.ticket_repeat = TicketRepeat::NewTicket);
    let token = world.stable_token();
    let first = field(&ticket(&mut world, &token, "jsapi"), "ticket");
    let second = field(&ticket(&mut world, &token, "jsapi"), "ticket");
    assert_ne!(first, second);
    assert_eq!(world.introspect(&first).standing, Standing::Superseded);
}

#[test]
fn the_two_kinds_of_ticket_are_two_and_a_third_is_refused() {
    let mut world = world();
    let token = world.stable_token();
    let jsapi = field(&ticket(&mut world, &token, "jsapi"), "ticket");
    let card = field(&ticket(&mut world, &token, "wx_card"), "ticket");
    assert_ne!(jsapi, card);
    assert_eq!(errcode(&ticket(&mut world, &token, "nothing")), 40097);
    assert_eq!(world.call(&jsapi), 40001);
}

#[test]
fn the_address_lists_have_no_errcode() {
    let mut world = world();
    let token = world.classic_token();
    for path in ["get_api_domain_ip", "getcallbackip"] {
        assert_eq!(
            world.get(&format!("/cgi-bin/{path}?access_token={token}")),
            r#"{"ip_list":["127.0.0.1","127.0.0.2","101.226.103.0/25"]}"#
        );
    }
}
