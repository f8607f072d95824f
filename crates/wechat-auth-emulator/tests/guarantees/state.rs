//! Everything out, and in again.

use proptest::prelude::*;
use wechat_auth_emulator::{Effect, Fault, WeChat};

use super::wire::{emulator, get, post, put, send};
use super::world::{APPID, SECRET, World, classic_uri, field, json, world};

const STATE: &str = "/_emulator/v1/state";

/// One step of a story that touches every part of the state.
fn step(world: &mut World, step: u8) -> String {
    world.at_ms += u64::from(step) * 7_000;
    match step % 12 {
        0 => world.classic(),
        1 => world.stable(),
        2 => world.forced(),
        3 => {
            let token = field(&world.stable(), "access_token");
            world.get(&format!(
                "/cgi-bin/ticket/getticket?access_token={token}&type=jsapi"
            ))
        }
        4 => world.get("/cgi-bin/token?appid=nope"),
        5 => {
            let login = world.log_in("snsapi_userinfo", "odd");
            world.refresh(&login.refresh_token) + &world.sns_auth(&login.access_token, &login.openid)
        }
        6 => {
            world.wechat.set_auto_consent(None).unwrap();
            world.get(&format!(
                "/connect/oauth2/authorize?appid={APPID}&redirect_uri=http%3A%2F%2Fa.cn&response_type=code&scope=snsapi_userinfo"
            ))
        }
        7 => {
            let busy = Effect::Errcode {
                errcode: -1,
                errmsg: None,
            };
            let fault = Fault::on("/cgi-bin/*", busy).nth(3).times(2).probability(0.5);
            format!("{:?}", world.wechat.inject(fault))
        }
        8 => {
            let fault = Fault::on("/cgi-bin/token", Effect::StaleAnswer);
            format!("{:?}", world.wechat.inject(fault))
        }
        9 => world.code("snsapi_base", "xiaoming"),
        10 => {
            let now = world.now();
            let token = field(&world.stable(), "access_token");
            world.wechat.void(now, &token).to_string()
        }
        _ => format!("{:?}", world.wechat.counts()),
    }
}

/// What a fault makes of a fetch cannot be read as a token.
fn play(world: &mut World, steps: &[u8]) -> Vec<String> {
    let play = |world: &mut World, nth: u8| {
        if world.wechat.faults_waiting() > 0 && matches!(nth % 12, 3 | 5 | 10) {
            world.wechat.clear_faults();
        }
        step(world, nth)
    };
    steps.iter().map(|nth| play(world, *nth)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    /// A machine that was written down and read back goes on like the one it was.
    #[test]
    fn what_is_read_back_gives_the_same_bytes(
        before in prop::collection::vec(any::<u8>(), 0..25),
        after in prop::collection::vec(any::<u8>(), 1..25),
    ) {
        let mut one = world();
        play(&mut one, &before);
        let written = serde_json::to_string(&one.wechat).unwrap();
        let wechat: WeChat = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(&serde_json::to_string(&wechat).unwrap(), &written);
        let mut other = World { wechat, at_ms: one.at_ms, peer: one.peer };
        prop_assert_eq!(play(&mut one, &after), play(&mut other, &after));
    }
}

#[test]
fn every_kind_of_fault_is_read_back_as_it_was() {
    use wechat_auth_emulator::{CarriedOut, Latency};
    let text = || http::HeaderValue::from_static("text/x");
    let mut world = world();
    for effect in [
        Effect::Errcode {
            errcode: -1,
            errmsg: Some("x".into()),
        },
        Effect::html(http::StatusCode::BAD_GATEWAY, "<p>"),
        Effect::garbage(),
        Effect::empty(),
        Effect::Redirect { location: text() },
        Effect::ReplyLost,
        Effect::Hang(CarriedOut::Yes),
        Effect::Hang(CarriedOut::No),
        Effect::Cut,
        Effect::Reset,
        Effect::Delay(Latency::Fixed { ms: 1 }),
        Effect::Delay(Latency::Uniform { from_ms: 1, to_ms: 2 }),
        Effect::Delay(Latency::LongTail {
            least_ms: 1,
            most_ms: 2,
        }),
        Effect::Truncated { keep_bytes: 3 },
        Effect::Drip { bytes_per_s: 4 },
        Effect::Relabelled { content_type: text() },
        Effect::Reordered,
        Effect::StaleAnswer,
        Effect::EarlyVoid { after_s: 5 },
        Effect::ForeignRefresh,
        Effect::RefusedAtFirst { for_s: 6 },
        Effect::ShortLife { expires_in_s: 7 },
        Effect::QuotaExhausted,
        Effect::MinuteLimit,
        Effect::ClockSkew { by_s: -8 },
    ] {
        let fault = Fault::on("/cgi-bin/*", effect)
            .of_app(APPID)
            .nth(2)
            .times(3)
            .probability(0.25);
        world
            .wechat
            .inject(fault.between(world.now(), world.now().plus_s(9)))
            .unwrap();
    }
    let written = serde_json::to_string(&world.wechat).unwrap();
    let read: WeChat = serde_json::from_str(&written).unwrap();
    assert_eq!(read.faults(), world.wechat.faults());
}

#[tokio::test]
async fn a_state_is_carried_from_one_emulator_to_another() {
    let (one, other) = (emulator().await, emulator().await);
    let held = field(
        &get(one.local_addr(), &classic_uri(APPID, SECRET)).await.body,
        "access_token",
    );
    post(one.local_addr(), "/_emulator/v1/clock", r#"{"advance_s":100}"#).await;
    let state = get(one.local_addr(), STATE).await.body;
    let taken = put(other.local_addr(), STATE, &state).await;
    assert_eq!(taken.status, 200, "{}", taken.body);
    let introspect = format!(r#"{{"token":"{held}"}}"#);
    let (ours, theirs) = (
        post(one.local_addr(), "/_emulator/v1/tokens/introspect", &introspect)
            .await
            .body,
        post(other.local_addr(), "/_emulator/v1/tokens/introspect", &introspect)
            .await
            .body,
    );
    assert_eq!(ours, theirs);
    assert_eq!(json(&ours)["expires_in_s"], 7_100);
    // The journal holds the Host too, so it must be the same.
    let same = format!(
        "GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        classic_uri(APPID, SECRET)
    );
    assert_eq!(
        send(one.local_addr(), same.as_str()).await.body,
        send(other.local_addr(), same.as_str()).await.body
    );
    assert_eq!(
        get(other.local_addr(), STATE).await.body,
        get(one.local_addr(), STATE).await.body
    );
}

#[tokio::test]
async fn a_state_that_cannot_be_is_refused_and_changes_nothing() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    get(to, &classic_uri(APPID, SECRET)).await;
    let state = get(to, STATE).await.json();
    let broken = |change: fn(&mut serde_json::Value)| {
        let mut broken = state.clone();
        change(&mut broken);
        broken.to_string()
    };
    for (body, field) in [
        ("{}".to_owned(), Some("version")),
        (broken(|state| state["version"] = 2.into()), Some("version")),
        (
            broken(|state| state["clock"]["running"] = 1.into()),
            Some("clock.running"),
        ),
        (
            broken(|state| state["clock"]["now_unix_ms"] = u64::MAX.into()),
            Some("clock.now_unix_ms"),
        ),
        (
            broken(|state| state["wechat"]["config"]["behavior"]["overlap_s"] = "x".into()),
            Some("wechat.config.behavior.overlap_s"),
        ),
        (broken(|state| state["wechat"]["config"]["seed"] = 8.into()), None),
        (
            broken(|state| state["wechat"]["accounts"][APPID]["app"]["appid"] = "other".into()),
            None,
        ),
        (
            broken(|state| state["wechat"]["accounts"][APPID]["app"]["secret"] = "".into()),
            None,
        ),
    ] {
        let refused = put(to, STATE, &body).await;
        assert_eq!(refused.status, 400, "{}", refused.body);
        assert_eq!(
            refused.json().get("field").and_then(|field| field.as_str()),
            field
        );
        assert!(!refused.body.contains(SECRET));
    }
    assert_eq!(get(to, STATE).await.json(), state);
}

#[tokio::test]
async fn a_reset_leaves_nothing_but_what_it_was_started_with() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let fresh = get(to, STATE).await.body;
    get(to, &classic_uri(APPID, SECRET)).await;
    post(to, "/_emulator/v1/clock", r#"{"advance_s":100}"#).await;
    post(to, "/_emulator/v1/apps", r#"{"appid":"wx2","secret":"s"}"#).await;
    assert_ne!(get(to, STATE).await.body, fresh);
    post(to, "/_emulator/v1/reset", "{}").await;
    assert_eq!(get(to, STATE).await.body, fresh);
}
