use wechat_auth_emulator::{App, Family, ForeignRefreshError};

use super::world::{APPID, SECRET, World, classic_uri, errcode, json, with, without_rid, world};

/// Seconds from the start of a world, 06:13:20 in Beijing, to its next midnight.
const TO_MIDNIGHT: u64 = 24 * 3_600 - (6 * 3_600 + 13 * 60 + 20);

fn fetch_until_refused(world: &mut World) -> u64 {
    (0..).find(|_| errcode(&world.classic()) == 45009).unwrap()
}

#[test]
fn two_thousand_classic_fetches_a_day_and_again_after_midnight_in_beijing() {
    let mut world = world();
    assert_eq!(fetch_until_refused(&mut world), 2_000);
    assert_eq!(
        without_rid(&world.classic()),
        r#"{"errcode":45009,"errmsg":"reach max api daily quota limit rid: X"}"#
    );
    assert_eq!(errcode(&world.at_ms(TO_MIDNIGHT * 1_000 - 1).classic()), 45009);
    assert_eq!(errcode(&world.at(TO_MIDNIGHT).classic()), 0);
}

#[test]
fn the_hour_of_the_reset_can_be_moved() {
    let mut world = with(|behavior| {
        behavior.quota_reset_hour = 8;
        behavior.classic_per_day = 1;
    });
    assert_eq!(fetch_until_refused(&mut world), 1);
    let eight_o_clock = 8 * 3_600 - (6 * 3_600 + 13 * 60 + 20);
    assert_eq!(errcode(&world.at(eight_o_clock - 1).classic()), 45009);
    assert_eq!(errcode(&world.at(eight_o_clock).classic()), 0);
}

#[test]
fn a_sandbox_account_has_two_hundred() {
    let mut world = world();
    world.wechat.add_app(App::new(APPID, SECRET).sandbox()).unwrap();
    assert_eq!(fetch_until_refused(&mut world), 200);
}

#[test]
fn refused_fetches_cost_nothing() {
    let mut world = with(|behavior| behavior.classic_per_day = 1);
    for _ in 0..10 {
        assert_eq!(errcode(&world.get(&classic_uri(APPID, "wrong"))), 40125);
    }
    assert_eq!(errcode(&world.classic()), 0);
}

#[test]
fn the_quotas_of_two_apps_are_two() {
    let mut world = with(|behavior| behavior.classic_per_day = 1);
    world.wechat.add_app(App::new("wx2", "s2")).unwrap();
    assert_eq!(errcode(&world.classic()), 0);
    assert_eq!(errcode(&world.get(&classic_uri("wx2", "s2"))), 0);
    assert_eq!(errcode(&world.classic()), 45009);
}

#[test]
fn ten_thousand_stable_fetches_a_minute() {
    let mut world = world();
    world.at(40); // the first second of a minute of the clock
    for _ in 0..10_000 {
        assert_eq!(errcode(&world.stable()), 0);
    }
    assert_eq!(
        without_rid(&world.stable()),
        r#"{"errcode":45011,"errmsg":"api minute-quota reach limit, must slower, retry next minute rid: X"}"#
    );
    assert_eq!(errcode(&world.at_ms(99_999).stable()), 45011);
    assert_eq!(errcode(&world.at(100).stable()), 0);
}

#[test]
fn the_day_of_the_stable_interface_counts_both_modes() {
    let mut world = with(|behavior| behavior.stable_per_day = 3);
    world.stable();
    world.forced();
    world.stable();
    assert_eq!(errcode(&world.forced()), 45009);
    assert_eq!(errcode(&world.at(TO_MIDNIGHT).stable()), 0);
}

#[test]
fn twenty_forced_refreshes_a_day_take_effect() {
    let mut world = world();
    for nth in 0..20 {
        world.at(nth * 30);
        assert_eq!(errcode(&world.forced()), 0);
    }
    assert_eq!(errcode(&world.at(600).forced()), 45009);
    assert_eq!(errcode(&world.stable()), 0);
    assert_eq!(errcode(&world.at(TO_MIDNIGHT).forced()), 0);
}

#[test]
fn a_force_too_soon_does_not_count_as_one_of_the_twenty() {
    let mut world = with(|behavior| behavior.forced_per_day = 2);
    let first = world.forced_token();
    assert_eq!(world.at(10).forced_token(), first);
    assert_eq!(world.at(20).forced_token(), first);
    assert_ne!(world.at(30).forced_token(), first);
    assert_eq!(errcode(&world.at(60).forced()), 45009);
}

#[test]
fn a_foreign_classic_refresh_counts_against_our_quota() {
    let mut world = with(|behavior| behavior.classic_per_day = 1);
    let now = world.now();
    assert!(world.wechat.foreign_refresh(now, APPID, Family::Classic).is_ok());
    assert_eq!(errcode(&world.classic()), 45009);
    let over = world.wechat.foreign_refresh(now, APPID, Family::Classic);
    assert_eq!(over, Err(ForeignRefreshError::OverQuota));
}

#[test]
fn clearing_gives_the_day_back_ten_times_a_month() {
    let mut world = with(|behavior| behavior.classic_per_day = 1);
    let clear = format!("/cgi-bin/clear_quota/v2?appid={APPID}&appsecret={SECRET}");
    for _ in 0..10 {
        assert_eq!(errcode(&world.classic()), 0);
        assert_eq!(errcode(&world.classic()), 45009);
        assert_eq!(world.post(&clear, ""), r#"{"errcode":0,"errmsg":"ok"}"#);
    }
    assert_eq!(
        without_rid(&world.post(&clear, "")),
        r#"{"errcode":48006,"errmsg":"forbid to clear quota because of reaching the limit rid: X"}"#
    );
    // 15 November: fifteen days and a bit to December.
    let december = TO_MIDNIGHT + 15 * 86_400;
    assert_eq!(errcode(&world.at(december - 1).post(&clear, "")), 48006);
    assert_eq!(errcode(&world.at(december).post(&clear, "")), 0);
}

#[test]
fn both_ways_to_clear_share_the_ten() {
    let mut world = with(|behavior| behavior.quota_clears_per_month = 2);
    let token = world.stable_token();
    let by_token = format!("/cgi-bin/clear_quota?access_token={token}");
    let by_secret = format!("/cgi-bin/clear_quota/v2?appid={APPID}&appsecret={SECRET}");
    assert_eq!(
        world.post(&by_token, &format!(r#"{{"appid":"{APPID}"}}"#)),
        r#"{"errcode":0,"errmsg":"ok"}"#
    );
    assert_eq!(errcode(&world.post(&by_secret, "")), 0);
    assert_eq!(
        errcode(&world.post(&by_token, &format!(r#"{{"appid":"{APPID}"}}"#))),
        48006
    );
}

#[test]
fn clearing_by_secret_takes_its_parameters_from_the_url_or_the_body() {
    let mut world = world();
    let body = format!(r#"{{"appid":"{APPID}","appsecret":"{SECRET}"}}"#);
    assert_eq!(errcode(&world.post("/cgi-bin/clear_quota/v2", &body)), 0);
    let mixed = format!("/cgi-bin/clear_quota/v2?appid={APPID}");
    assert_eq!(errcode(&world.post(&mixed, &body)), 0);
}

#[test]
fn clearing_does_not_give_forced_refreshes_back_unless_told_to() {
    for (restores, expected) in [(false, 45009), (true, 0)] {
        let mut world = with(|behavior| {
            behavior.forced_per_day = 1;
            behavior.clear_quota_restores_forced = restores;
        });
        world.forced();
        world.post(
            &format!("/cgi-bin/clear_quota/v2?appid={APPID}&appsecret={SECRET}"),
            "",
        );
        assert_eq!(errcode(&world.at(60).forced()), expected);
    }
}

#[test]
fn the_quota_call_shows_limit_used_and_remain() {
    let mut world = world();
    world.classic();
    let token = world.classic_token();
    let uri = format!("/cgi-bin/openapi/quota/get?access_token={token}");
    assert_eq!(
        world.post(&uri, r#"{"cgi_path":"/cgi-bin/token"}"#),
        r#"{"errcode":0,"errmsg":"ok","quota":{"daily_limit":2000,"used":2,"remain":1998}}"#
    );
    let stable = json(&world.post(&uri, r#"{"cgi_path":"/cgi-bin/stable_token"}"#));
    assert_eq!(stable["quota"]["daily_limit"], 500_000);
    assert_eq!(stable["rate_limit"]["call_count"], 10_000);
    assert_eq!(stable["rate_limit"]["refresh_second"], 60);
}

#[test]
fn an_api_call_beyond_its_own_limit_gets_45009() {
    let mut world = with(|behavior| behavior.api_per_day = 2);
    let token = world.stable_token();
    assert_eq!(
        [world.call(&token), world.call(&token), world.call(&token)],
        [0, 0, 45009]
    );
}
