use wechat_auth_emulator::{Family, ForceEffect, ForceTooSoon, MintedBy, Slots, Standing};

use super::world::{APPID, SECRET, errcode, field, json, stable_body, with, world};

fn is_token(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[test]
fn a_classic_success_is_token_and_life_without_an_errcode() {
    let mut world = world();
    let body = world.classic();
    let token = field(&body, "access_token");
    assert_eq!(body, format!(r#"{{"access_token":"{token}","expires_in":7200}}"#));
    assert!(token.starts_with("70_") && token.len() == 136 && is_token(&token));
    assert!(world.classic_token().starts_with("71_"));
}

#[test]
fn a_stable_success_has_the_same_two_fields() {
    let mut world = world();
    let body = world.stable();
    let token = field(&body, "access_token");
    assert_eq!(body, format!(r#"{{"access_token":"{token}","expires_in":7200}}"#));
    assert!(token.len() == 157 && is_token(&token));
}

#[test]
fn replies_are_called_json_with_an_odd_parameter() {
    let mut world = world();
    let response = world.send(http::Method::GET, "/cgi-bin/token", "");
    assert_eq!(
        response.headers()["content-type"],
        "application/json; encoding=utf-8"
    );
    assert_eq!(response.status(), 200);
}

#[test]
fn a_replaced_classic_token_works_for_299_seconds_and_not_for_300() {
    let mut world = world();
    let first = world.classic_token();
    let second = world.at(1_000).classic_token();
    assert_ne!(first, second);
    assert_eq!(world.at_ms(1_299_999).call(&first), 0);
    assert_eq!(world.at(1_300).call(&first), 40001);
    assert_eq!(world.call(&second), 0);
}

#[test]
fn a_second_fetch_inside_the_overlap_kills_the_grandparent_at_once() {
    let mut world = world();
    let first = world.classic_token();
    let second = world.at(10).classic_token();
    assert_eq!(world.call(&first), 0);
    world.at(20).classic_token();
    assert_eq!(world.call(&first), 40001);
    assert_eq!(world.at(319).call(&second), 0);
    assert_eq!(world.at(320).call(&second), 40001);
}

#[test]
fn one_slot_kills_the_old_token_at_once() {
    let mut world = with(|behavior| behavior.classic_slots = Slots::One);
    let first = world.classic_token();
    world.at(10).classic_token();
    assert_eq!(world.call(&first), 40001);
}

#[test]
fn overlapping_slots_let_every_replaced_token_live_out_its_overlap() {
    let mut world = with(|behavior| behavior.classic_slots = Slots::Overlapping);
    let first = world.classic_token();
    world.at(10).classic_token();
    world.at(20).classic_token();
    assert_eq!(world.at(309).call(&first), 0);
    assert_eq!(world.at(310).call(&first), 40001);
}

#[test]
fn a_token_that_died_of_old_age_gets_42001_and_a_superseded_one_40001() {
    let mut world = world();
    let first = world.classic_token();
    assert_eq!(world.at_ms(7_199_999).call(&first), 0);
    assert_eq!(world.at(7_200).call(&first), 42001);
    let second = world.classic_token();
    assert_eq!(world.call(&first), 42001);
    world.at(7_300).classic_token();
    assert_eq!(world.at(7_600).call(&second), 40001);
    assert_eq!(world.at(20_000).call(&second), 40001);
}

#[test]
fn the_two_families_know_nothing_of_each_other() {
    let mut world = world();
    let stable = world.stable_token();
    let classic = world.classic_token();
    world.at(10).classic_token();
    world.at(20).classic_token();
    assert_eq!(world.call(&stable), 0);
    world.at(60).forced_token();
    world.at(120).forced_token();
    assert_eq!((world.call(&stable), world.call(&classic)), (40001, 40001));
    let classic = world.classic_token();
    world.at(180).forced_token();
    assert_eq!(world.call(&classic), 0);
}

#[test]
fn a_stable_fetch_returns_the_same_token_with_its_remaining_seconds_rounded_down() {
    let mut world = world();
    let token = world.stable_token();
    let body = world.at_ms(6_854_001).stable();
    assert_eq!(body, format!(r#"{{"access_token":"{token}","expires_in":345}}"#));
}

#[test]
fn a_stable_fetch_mints_only_in_the_last_300_seconds() {
    let mut world = world();
    let first = world.stable_token();
    assert_eq!(json(&world.at_ms(6_899_999).stable())["expires_in"], 300);
    let second = world.at(6_900).stable_token();
    assert_ne!(first, second);
    // Both work until the old one's own end, which comes with the end of the overlap.
    assert_eq!(world.at_ms(7_199_999).call(&first), 0);
    assert_eq!(world.at(7_200).call(&first), 42001);
    assert_eq!(json(&world.stable())["expires_in"], 6_900);
}

#[test]
fn one_force_leaves_the_old_token_its_overlap_and_a_second_one_ends_it() {
    let mut world = world();
    let leaked = world.stable_token();
    world.at(100).forced_token();
    assert_eq!(world.call(&leaked), 0);
    world.at(130).forced_token();
    assert_eq!(world.call(&leaked), 40001);
}

#[test]
fn force_can_be_told_to_kill_at_once() {
    let mut world = with(|behavior| behavior.force_effect = ForceEffect::KillsAtOnce);
    let leaked = world.stable_token();
    let fresh = world.at(100).forced_token();
    assert_eq!((world.call(&leaked), world.call(&fresh)), (40001, 0));
    // An ordinary renewal still overlaps.
    world.at(100 + 6_900).stable_token();
    assert_eq!(world.call(&fresh), 0);
}

#[test]
fn a_force_within_30_seconds_of_the_last_gives_the_current_token_back() {
    let mut world = world();
    let first = world.forced_token();
    let body = world.at_ms(29_999).forced();
    assert_eq!(field(&body, "access_token"), first);
    assert_eq!(json(&body)["expires_in"], 7_170);
    assert_ne!(world.at(30).forced_token(), first);
}

#[test]
fn a_force_too_soon_can_be_told_to_be_refused() {
    let mut world = with(|behavior| behavior.force_too_soon = ForceTooSoon::Refused(45011));
    world.forced_token();
    assert_eq!(errcode(&world.at(29).forced()), 45011);
}

#[test]
fn a_force_too_soon_with_nothing_to_give_back_mints() {
    let mut world = with(|behavior| {
        behavior.app_token_life_s = 10;
        behavior.stable_renewal_window_s = 0;
    });
    let first = world.forced_token();
    assert_ne!(world.at(10).forced_token(), first);
}

#[test]
fn lives_and_overlaps_can_be_short() {
    let mut world = with(|behavior| {
        behavior.app_token_life_s = 60;
        behavior.overlap_s = 5;
    });
    let first = world.classic_token();
    world.at(10).classic_token();
    assert_eq!(world.at_ms(14_999).call(&first), 0);
    assert_eq!(world.at(15).call(&first), 40001);
}

#[test]
fn a_foreign_refresh_replaces_the_token_that_we_hold() {
    let mut world = world();
    let ours = world.classic_token();
    let now = world.at(100).now();
    let foreign = world.wechat.foreign_refresh(now, APPID, Family::Classic).unwrap();
    assert_eq!(foreign.expires_in_s, 7_200);
    let seen = world.introspect(&ours);
    assert!(seen.valid && seen.standing == Standing::Previous);
    assert_eq!(seen.overlap_left_s, Some(300));
    assert_eq!(world.at(400).call(&ours), 40001);
}

#[test]
fn a_foreign_stable_refresh_shows_in_our_next_fetch() {
    let mut world = world();
    let ours = world.stable_token();
    let now = world.at(1).now();
    world.wechat.foreign_refresh(now, APPID, Family::Stable).unwrap();
    let theirs = world.stable_token();
    assert_ne!(ours, theirs);
    assert_eq!(world.introspect(&theirs).minted_by, Some(MintedBy::Foreign));
}

#[test]
fn a_foreign_refresh_of_nothing_is_refused() {
    use wechat_auth_emulator::ForeignRefreshError::{NotAnAppToken, UnknownApp};
    let mut world = world();
    let now = world.now();
    assert_eq!(
        world.wechat.foreign_refresh(now, "wx9", Family::Classic),
        Err(UnknownApp)
    );
    assert_eq!(
        world.wechat.foreign_refresh(now, APPID, Family::User),
        Err(NotAnAppToken)
    );
}

#[test]
fn introspection_tells_every_standing_apart() {
    let mut world = world();
    let first = world.classic_token();
    let seen = world.at(200).introspect(&first);
    assert_eq!(
        (seen.family, seen.standing),
        (Some(Family::Classic), Standing::Current)
    );
    assert_eq!((seen.expires_in_s, seen.overlap_left_s), (7_000, None));
    assert_eq!(seen.appid.as_deref(), Some(APPID));
    assert_eq!(seen.minted_by, Some(MintedBy::Client));
    world.at(1_000).classic_token();
    assert_eq!(world.at(1_299).introspect(&first).overlap_left_s, Some(1));
    assert_eq!(world.at(1_300).introspect(&first).standing, Standing::Superseded);
    let unknown = world.introspect("no-such-token");
    assert!(!unknown.known && !unknown.valid && unknown.standing == Standing::Unknown);
}

#[test]
fn a_rotated_secret_replaces_the_old_one_and_leaves_tokens_alone() {
    let mut world = world();
    let token = world.classic_token();
    world
        .wechat
        .add_app(wechat_auth_emulator::App::new(APPID, "rotated"))
        .unwrap();
    assert_eq!(errcode(&world.classic()), 40125);
    assert_eq!(world.call(&token), 0);
    let body = world.post("/cgi-bin/stable_token", &stable_body(APPID, "rotated", false));
    assert_eq!(errcode(&body), 0);
    assert!(!body.contains(SECRET));
}

#[test]
fn time_never_runs_backwards_inside_the_machine() {
    let mut world = world();
    let token = world.at(7_000).classic_token();
    world.at(20_000).call(&token);
    assert_eq!(world.at(7_100).call(&token), 42001);
}
