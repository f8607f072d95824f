use http::{HeaderValue, Method, StatusCode};
use wechat_auth_emulator::{App, CarriedOut, Effect, Fault, MintedBy, Reply, Standing};

use super::world::{APPID, SECRET, World, classic_uri, errcode, text, without_rid, world};

const CLASSIC: &str = "/cgi-bin/token";

fn fetch(world: &mut World) -> Reply {
    world.reply(Method::GET, &classic_uri(APPID, SECRET), "")
}

#[test]
fn an_errcode_strikes_as_often_as_told_and_carries_nothing_out() {
    let mut world = world();
    let effect = Effect::Errcode {
        errcode: -1,
        errmsg: None,
    };
    world.wechat.inject(Fault::on(CLASSIC, effect).times(2)).unwrap();
    assert_eq!(
        without_rid(&world.classic()),
        r#"{"errcode":-1,"errmsg":"system error rid: X"}"#
    );
    assert_eq!(errcode(&world.classic()), -1);
    assert_eq!(errcode(&world.classic()), 0);
    assert_eq!(world.wechat.counts().minted(APPID, CLASSIC), 1);
    assert_eq!(world.wechat.faults_waiting(), 0);
}

#[test]
fn an_errcode_may_bring_its_own_text() {
    let mut world = world();
    let effect = Effect::Errcode {
        errcode: 45009,
        errmsg: Some("api freq out of limit".into()),
    };
    world.wechat.inject(Fault::on("/sns/userinfo", effect)).unwrap();
    assert_eq!(
        without_rid(&world.get("/sns/userinfo")),
        r#"{"errcode":45009,"errmsg":"api freq out of limit, rid: X"}"#
    );
}

#[test]
fn a_lost_reply_has_minted_a_token_that_nobody_holds() {
    let mut world = world();
    let held = world.classic_token();
    world
        .at(100)
        .wechat
        .inject(Fault::on(CLASSIC, Effect::ReplyLost))
        .unwrap();
    assert!(matches!(fetch(&mut world), Reply::CutTheLine));
    let seen = world.introspect(&held);
    assert_eq!(
        (seen.standing, seen.overlap_left_s),
        (Standing::Previous, Some(300))
    );
    assert_eq!(seen.minted_by, Some(MintedBy::Client));
    let counts = world.wechat.counts();
    assert_eq!(
        (counts.minted(APPID, CLASSIC), counts.refused(APPID, CLASSIC)),
        (2, 1)
    );
}

#[test]
fn a_hang_never_answers_whether_or_not_it_was_carried_out() {
    for (carried_out, minted) in [(CarriedOut::Yes, 1), (CarriedOut::No, 0)] {
        let mut world = world();
        world
            .wechat
            .inject(Fault::on(CLASSIC, Effect::Hang(carried_out)))
            .unwrap();
        assert!(matches!(fetch(&mut world), Reply::NeverAnswer));
        assert_eq!(world.wechat.counts().minted(APPID, CLASSIC), minted);
    }
}

#[test]
fn a_cut_comes_before_anything_happens() {
    let mut world = world();
    world.wechat.inject(Fault::on(CLASSIC, Effect::Cut)).unwrap();
    assert!(matches!(fetch(&mut world), Reply::CutTheLine));
    assert_eq!(world.wechat.counts().minted(APPID, CLASSIC), 0);
}

#[test]
fn html_empty_and_garbage_bodies_replace_the_reply() {
    let mut world = world();
    world
        .wechat
        .inject(Fault::on(
            CLASSIC,
            Effect::html(StatusCode::BAD_GATEWAY, "<h1>502"),
        ))
        .unwrap();
    let response = fetch(&mut world).response().unwrap();
    assert_eq!(response.status(), 502);
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(text(response), "<h1>502");

    let empty = Effect::Raw {
        status: StatusCode::OK,
        content_type: HeaderValue::from_static("text/html; charset=gbk"),
        body: Vec::new(),
        carried_out: CarriedOut::Yes,
    };
    world.wechat.inject(Fault::on(CLASSIC, empty)).unwrap();
    assert_eq!(fetch(&mut world).response().unwrap().body(), b"");
    assert_eq!(world.wechat.counts().minted(APPID, CLASSIC), 1);
}

#[test]
fn a_fault_of_one_app_lets_the_others_pass() {
    let mut world = world();
    world.wechat.add_app(App::new("wx2", "s2")).unwrap();
    world
        .wechat
        .inject(Fault::on(CLASSIC, Effect::Cut).of_app("wx2"))
        .unwrap();
    assert_eq!(errcode(&world.classic()), 0);
    let other = world.reply(Method::GET, &classic_uri("wx2", "s2"), "");
    assert!(matches!(other, Reply::CutTheLine));
}

#[test]
fn faults_of_one_path_strike_in_the_order_they_were_injected() {
    let mut world = world();
    for errcode in [-1, 45009] {
        let effect = Effect::Errcode {
            errcode,
            errmsg: None,
        };
        world.wechat.inject(Fault::on(CLASSIC, effect)).unwrap();
    }
    assert_eq!(
        [errcode(&world.classic()), errcode(&world.classic())],
        [-1, 45009]
    );
}

#[test]
fn faults_can_be_called_off_and_are_a_thousand_at_most() {
    let mut world = world();
    for _ in 0..1_000 {
        world.wechat.inject(Fault::on(CLASSIC, Effect::Cut)).unwrap();
    }
    assert!(world.wechat.inject(Fault::on(CLASSIC, Effect::Cut)).is_err());
    world.wechat.clear_faults();
    assert_eq!(errcode(&world.classic()), 0);
}

#[test]
fn a_fault_for_no_times_does_nothing() {
    let mut world = world();
    world
        .wechat
        .inject(Fault::on(CLASSIC, Effect::Cut).times(0))
        .unwrap();
    assert_eq!(errcode(&world.classic()), 0);
}
