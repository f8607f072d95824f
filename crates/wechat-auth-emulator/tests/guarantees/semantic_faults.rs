//! Faults of the machine: which requests they strike, and what they do to the tokens.

use http::{HeaderValue, Method};
use wechat_auth_emulator::{App, Effect, Fault, Latency, Millis, Reply, Standing};

use super::world::{APPID, SECRET, START, World, classic_uri, errcode, field, json, stable_body, world};

const CLASSIC: &str = "/cgi-bin/token";
const STABLE: &str = "/cgi-bin/stable_token";
const BUSY: Effect = Effect::Errcode {
    errcode: -1,
    errmsg: None,
};

fn inject(world: &mut World, fault: Fault) -> u64 {
    world.wechat.inject(fault).unwrap()
}

/// Which of so many classic fetches were struck.
fn struck(world: &mut World, fetches: usize) -> Vec<bool> {
    (0..fetches).map(|_| errcode(&world.classic()) == -1).collect()
}

#[test]
fn a_fault_can_begin_with_the_nth_call_that_fits() {
    let mut world = world();
    world.wechat.add_app(App::new("wx2", "s2")).unwrap();
    inject(&mut world, Fault::on(CLASSIC, BUSY).of_app(APPID).nth(3).times(2));
    world.get(&classic_uri("wx2", "s2"));
    assert_eq!(struck(&mut world, 6), [false, false, true, true, false, false]);
}

#[test]
fn a_path_that_ends_in_a_star_stands_for_all_that_begin_like_it() {
    let mut world = world();
    inject(&mut world, Fault::on("/cgi-bin/*", BUSY).times(2));
    assert_eq!(errcode(&world.get("/sns/auth")), 41001);
    assert_eq!((errcode(&world.classic()), errcode(&world.stable())), (-1, -1));
}

#[test]
fn a_fault_keeps_to_its_time_and_is_gone_after_it() {
    let mut world = world();
    let (from, until) = (Millis::from_unix_s(START + 10), Millis::from_unix_s(START + 20));
    inject(
        &mut world,
        Fault::on(CLASSIC, BUSY).times(u32::MAX).between(from, until),
    );
    let at = |world: &mut World, s| errcode(&world.at(s).classic());
    assert_eq!(
        [at(&mut world, 9), at(&mut world, 10), at(&mut world, 19)],
        [0, -1, -1]
    );
    assert_eq!((at(&mut world, 20), world.wechat.faults_waiting()), (0, 0));
}

#[test]
fn chance_follows_from_the_seed_and_is_about_as_told() {
    let run = || {
        let mut world = world();
        inject(
            &mut world,
            Fault::on(CLASSIC, BUSY).times(u32::MAX).probability(0.3),
        );
        struck(&mut world, 1_000)
    };
    let (one, other) = (run(), run());
    assert_eq!(one, other);
    let hits = one.iter().filter(|hit| **hit).count();
    assert!((250..350).contains(&hits), "{hits}");
    let mut never = world();
    inject(&mut never, Fault::on(CLASSIC, BUSY).probability(0.0));
    assert!(!struck(&mut never, 100).contains(&true));
}

#[test]
fn one_fault_can_be_called_off_by_its_number() {
    let mut world = world();
    let first = inject(&mut world, Fault::on(CLASSIC, BUSY));
    let second = inject(&mut world, Fault::on(CLASSIC, Effect::Cut));
    assert!(world.wechat.remove_fault(second) && !world.wechat.remove_fault(second));
    assert_eq!(world.wechat.faults()[0].id, first);
    assert_eq!(struck(&mut world, 2), [true, false]);
}

#[test]
fn a_stale_answer_is_the_last_one_of_the_same_request() {
    let mut world = world();
    inject(&mut world, Fault::on(CLASSIC, Effect::StaleAnswer));
    let first = world.classic();
    assert_eq!(world.at(100).classic(), first, "minted nothing");
    assert_eq!(world.wechat.counts().minted(APPID, CLASSIC), 1);
    let next = world.classic();
    assert_ne!(next, first);
}

#[test]
fn an_early_void_kills_what_was_handed_out() {
    let mut world = world();
    inject(&mut world, Fault::on(CLASSIC, Effect::EarlyVoid { after_s: 60 }));
    let token = world.classic_token();
    assert_eq!((world.at(59).call(&token), world.at(60).call(&token)), (0, 40001));
    assert_eq!(world.introspect(&token).standing, Standing::Voided);
}

#[test]
fn a_foreign_refresh_comes_after_a_fetch_and_before_a_call() {
    let mut world = world();
    inject(&mut world, Fault::on(CLASSIC, Effect::ForeignRefresh));
    let ours = world.classic_token();
    assert_eq!(world.introspect(&ours).standing, Standing::Previous);

    inject(
        &mut world,
        Fault::on("/cgi-bin/getcallbackip", Effect::ForeignRefresh),
    );
    assert_eq!(world.call(&ours), 40001, "the second one inside the overlap");
}

#[test]
fn a_fresh_token_is_refused_for_a_while_and_handed_out_all_the_same() {
    let mut world = world();
    inject(
        &mut world,
        Fault::on(STABLE, Effect::RefusedAtFirst { for_s: 30 }),
    );
    let token = world.stable_token();
    assert_eq!(world.call(&token), 40001);
    assert_eq!(world.introspect(&token).standing, Standing::NotYet);
    assert_eq!(world.at(29).stable_token(), token);
    assert_eq!(world.at(30).call(&token), 0);
}

#[test]
fn a_short_life_is_what_it_says_for_old_and_new_tokens() {
    let mut world = world();
    let held = world.stable_token();
    inject(
        &mut world,
        Fault::on(STABLE, Effect::ShortLife { expires_in_s: 345 }),
    );
    let body = world.stable();
    assert_eq!(
        (field(&body, "access_token"), json(&body)["expires_in"].as_u64()),
        (held, Some(345))
    );
    inject(
        &mut world,
        Fault::on(CLASSIC, Effect::ShortLife { expires_in_s: 60 }),
    );
    let token = world.classic_token();
    assert_eq!((world.at(59).call(&token), world.at(60).call(&token)), (0, 42001));
    assert_eq!(json(&world.classic())["expires_in"], 7_200);
}

#[test]
fn a_used_up_quota_lasts_until_the_day_ends_and_a_minute_until_the_minute_does() {
    let mut world = world();
    inject(&mut world, Fault::on(CLASSIC, Effect::QuotaExhausted));
    assert_eq!(
        [errcode(&world.classic()), errcode(&world.classic())],
        [45009, 45009]
    );
    let reset = world.wechat.quota_reset(world.now());
    world.at_ms(reset.0 - START * 1_000);
    assert_eq!(errcode(&world.classic()), 0);
    inject(&mut world, Fault::on(CLASSIC, Effect::MinuteLimit));
    assert_eq!(
        [errcode(&world.classic()), errcode(&world.classic())],
        [45011, 45011]
    );
    world.at_ms(reset.0 - START * 1_000 + 60_000);
    assert_eq!(errcode(&world.classic()), 0);
    inject(&mut world, Fault::on("/sns/auth", Effect::MinuteLimit));
    assert_eq!(errcode(&world.get("/sns/auth")), 45011);
}

#[test]
fn a_skewed_clock_judges_one_request_by_its_own_time() {
    let mut world = world();
    let token = world.classic_token();
    inject(
        &mut world,
        Fault::on("/cgi-bin/getcallbackip", Effect::ClockSkew { by_s: 7_200 }),
    );
    assert_eq!((world.call(&token), world.call(&token)), (42001, 0));
    inject(
        &mut world,
        Fault::on(CLASSIC, Effect::ClockSkew { by_s: i64::MIN }),
    );
    world.classic();
    assert_eq!(world.introspect(&token).expires_in_s, 7_200);
}

#[test]
fn what_the_network_does_to_a_reply_stands_in_its_delivery() {
    let mut world = world();
    let serve = |world: &mut World, effect| {
        inject(world, Fault::on(CLASSIC, effect));
        let request = http::Request::get(classic_uri(APPID, SECRET))
            .body(Vec::new())
            .unwrap();
        world.wechat.serve(world.now(), &request, world.peer)
    };
    let late = serve(&mut world, Effect::Delay(Latency::Fixed { ms: 250 }));
    assert_eq!(late.delivery.delay.as_millis(), 250);

    let cut = serve(&mut world, Effect::Truncated { keep_bytes: 5 });
    assert_eq!(cut.delivery.announced_bytes, Some(173));
    assert_eq!(cut.reply.response().unwrap().body(), b"{\"acc");

    let slow = serve(&mut world, Effect::Drip { bytes_per_s: 9 });
    assert_eq!(slow.delivery.bytes_per_s.map(u32::from), Some(9));

    let reset = serve(&mut world, Effect::Reset);
    assert!(reset.delivery.reset && matches!(reset.reply, Reply::CutTheLine));

    let content_type = HeaderValue::from_static("image/png");
    let named = serve(&mut world, Effect::Relabelled { content_type });
    assert_eq!(
        named.reply.response().unwrap().headers()["content-type"],
        "image/png"
    );

    let location = HeaderValue::from_static("http://a.cn/");
    let moved = serve(&mut world, Effect::Redirect { location })
        .reply
        .response()
        .unwrap();
    assert_eq!(
        (moved.status().as_u16(), &moved.headers()["location"]),
        (302, &HeaderValue::from_static("http://a.cn/"))
    );
}

#[test]
fn two_replies_change_places_and_both_requests_are_carried_out() {
    let mut world = world();
    let id = inject(&mut world, Fault::on(CLASSIC, Effect::Reordered));
    let mut serve = || {
        let request = http::Request::get(classic_uri(APPID, SECRET))
            .body(Vec::new())
            .unwrap();
        world
            .wechat
            .serve(Millis::from_unix_s(START), &request, world.peer)
            .delivery
    };
    assert_eq!(serve().waits_for, Some(id));
    assert_eq!(serve().lets_go, Some(id));
    assert_eq!(serve(), wechat_auth_emulator::Delivery::default());
    assert_eq!(world.wechat.counts().minted(APPID, CLASSIC), 3);
}

#[test]
fn a_fault_that_strikes_a_stranger_s_request_harms_nobody() {
    for effect in [
        Effect::QuotaExhausted,
        Effect::MinuteLimit,
        Effect::ForeignRefresh,
        Effect::ShortLife { expires_in_s: 5 },
        Effect::EarlyVoid { after_s: 0 },
        Effect::RefusedAtFirst { for_s: 5 },
        Effect::Truncated { keep_bytes: 9 },
    ] {
        let mut world = world();
        inject(&mut world, Fault::on("/*", effect).times(u32::MAX));
        for uri in [
            "/",
            "/cgi-bin/token",
            "/nothing",
            "/connect/qrconnect",
            "/sns/auth",
        ] {
            world.send(Method::GET, uri, "");
        }
        world.send(Method::POST, STABLE, &stable_body("nobody", "s", true));
    }
}
