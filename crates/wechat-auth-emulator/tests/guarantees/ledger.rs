//! The ledger is complete and true, and what it says can be otherwise.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use wechat_auth_emulator::{
    App, AppStanding, Behavior, Certainty, ClearParameters, ForceSpacing, LEDGER, Language, MinuteWindow,
    ledger,
};

use super::wire::{emulator, get, patch};
use super::world::{APPID, SECRET, classic_uri, errcode, stable_body, with, without_rid};

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            *text += &fs::read_to_string(&path).unwrap();
        }
    }
}

#[test]
fn each_behaviour_names_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    sources(&root.join("tests"), &mut text);
    sources(&root.join("src"), &mut text);
    for entry in LEDGER {
        let test = format!("#[test]\nfn {}()", entry.test);
        assert!(text.contains(&test), "{} names no test: {}", entry.id, entry.test);
    }
}

#[test]
fn each_field_is_in_the_ledger_and_whatever_is_assumed_has_one() {
    let fields = serde_json::to_value(Behavior::default()).unwrap();
    let fields: BTreeSet<&str> = fields.as_object().unwrap().keys().map(String::as_str).collect();
    let named: BTreeSet<&str> = LEDGER.iter().filter_map(|entry| entry.field).collect();
    assert_eq!(fields, named);
    // Steps on a page, where whoever sits at the browser decides each time.
    let on_a_page = ["closed_page", "snapshot_page", "qr_steps"];
    let mut ids = BTreeSet::new();
    for entry in LEDGER {
        assert!(ids.insert(entry.id), "{} stands there twice", entry.id);
        let varies = entry.field.is_some() || on_a_page.contains(&entry.id);
        assert!(entry.certainty != Certainty::Assumed || varies, "{}", entry.id);
        assert!(
            entry.en.ends_with('.') && entry.zh.ends_with('。'),
            "{}",
            entry.id
        );
    }
}

/// After a change to the ledger, `UPDATE_BOOK=1 cargo test -p wechat-auth-emulator book`
/// writes the pages again.
#[test]
fn the_book_shows_the_ledger() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for (language, name) in [(Language::En, "en"), (Language::Zh, "zh")] {
        let file = docs.join(name).join("src/generated/emulator-ledger.md");
        let written = ledger(language);
        if std::option_env!("UPDATE_BOOK").is_some() {
            fs::write(&file, &written).unwrap();
        }
        let shown = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(
            shown, written,
            "write it again: UPDATE_BOOK=1 cargo test -p wechat-auth-emulator book"
        );
    }
}

#[tokio::test]
async fn the_ledger_is_served_and_behaviours_are_changed_from_outside() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let listed = get(to, "/_emulator/v1/behaviors").await.json();
    assert_eq!(listed["ledger"].as_array().unwrap().len(), LEDGER.len());
    assert_eq!(listed["configured"]["overlap_s"], 300);

    let changed = patch(
        to,
        "/_emulator/v1/behaviors",
        r#"{"overlap_s":7,"classic_slots":"one"}"#,
    )
    .await;
    assert_eq!(changed.json()["configured"]["overlap_s"], 7);
    let nonsense = [
        (r#"{"overlap_s":"7"}"#, "overlap_s"),
        (r#"{"classic_slots":"three"}"#, "classic_slots"),
        (r#"{"overlap_s":9,"no_such":1}"#, "no_such"),
    ];
    for (body, field) in nonsense {
        let refused = patch(to, "/_emulator/v1/behaviors", body).await;
        assert_eq!(
            (refused.status, &refused.json()["field"]),
            (400, &Value::from(field)),
            "{body}"
        );
    }
    let kept = emulator.handle().with(|wechat, _| wechat.behavior().clone());
    assert_eq!(kept.overlap_s, 7);
}

#[test]
fn the_spacing_of_forces_can_count_from_the_last_one_asked_for() {
    for (from, is_new) in [
        (ForceSpacing::LastEffective, true),
        (ForceSpacing::LastAsked, false),
    ] {
        let mut world = with(|behavior| behavior.force_spacing_from = from);
        let first = world.forced_token();
        assert_eq!(world.at(20).forced_token(), first);
        assert_eq!(world.at(40).forced_token() != first, is_new, "{from:?}");
    }
}

#[test]
fn a_minute_can_begin_with_the_first_call() {
    // START is 20 s into a minute of the clock.
    for (window, at_50, at_61) in [
        (MinuteWindow::OfTheClock, 0, 45011),
        (MinuteWindow::FromTheFirstCall, 45011, 0),
    ] {
        let mut world = with(|behavior| {
            behavior.stable_minute = window;
            behavior.stable_per_minute = 2;
        });
        world.stable();
        world.stable();
        assert_eq!(errcode(&world.stable()), 45011);
        assert_eq!(errcode(&world.at(50).stable()), at_50, "{window:?}");
        world.stable();
        assert_eq!(errcode(&world.at(61).stable()), at_61, "{window:?}");
    }
}

#[test]
fn the_allow_list_can_be_told_to_come_before_the_secret() {
    for (first, code) in [(false, 40125), (true, 40164)] {
        let mut world = with(|behavior| behavior.allow_list_before_secret = first);
        let app = App::new(APPID, SECRET).allow_only(["10.0.0.1".parse().unwrap()]);
        world.wechat.add_app(app).unwrap();
        assert_eq!(errcode(&world.get(&classic_uri(APPID, "wrong"))), code);
    }
}

#[test]
fn a_frozen_account_can_be_told_to_lose_its_tokens() {
    for (accepted, code) in [(true, 0), (false, 50007)] {
        let mut world = with(|behavior| behavior.frozen_tokens_accepted = accepted);
        let token = world.classic_token();
        let frozen = App::new(APPID, SECRET).standing(AppStanding::AccountFrozen);
        world.wechat.add_app(frozen).unwrap();
        assert_eq!(world.call(&token), code);
    }
}

#[test]
fn the_errcodes_that_are_assumed_can_be_chosen() {
    let mut world = with(|behavior| {
        behavior.unknown_path_errcode = -1;
        behavior.unknown_token_errcode = 40014;
        behavior.expired_token_errcode = 40001;
        behavior.force_over_limit_errcode = 45011;
        behavior.forced_per_day = 0;
        behavior.expired_user_token_errcode = 42007;
    });
    assert_eq!(errcode(&world.get("/cgi-bin/nothing")), -1);
    assert_eq!(world.call("70_never"), 40014);
    assert_eq!(errcode(&world.forced()), 45011);
    let token = world.classic_token();
    let login = world.log_in("snsapi_userinfo", "xiaoming");
    assert_eq!(world.at(7_200).call(&token), 40001);
    assert_eq!(
        errcode(&world.sns_auth(&login.access_token, &login.openid)),
        42007
    );
}

#[test]
fn refused_fetches_can_be_told_to_cost() {
    for (count, code) in [(false, 0), (true, 45009)] {
        let mut world = with(|behavior| {
            behavior.refused_fetches_count = count;
            behavior.classic_per_day = 1;
            behavior.stable_per_day = 1;
        });
        assert_eq!(errcode(&world.get(&classic_uri(APPID, "wrong"))), 40125);
        assert_eq!(errcode(&world.classic()), code);
        let wrong = stable_body(APPID, "wrong", false);
        assert_eq!(errcode(&world.post("/cgi-bin/stable_token", &wrong)), 40125);
        assert_eq!(errcode(&world.stable()), code);
    }
}

#[test]
fn clearing_by_secret_can_be_told_to_want_its_parameters_in_one_place() {
    let uri = format!("/cgi-bin/clear_quota/v2?appid={APPID}&appsecret={SECRET}");
    let body = format!(r#"{{"appid":"{APPID}","appsecret":"{SECRET}"}}"#);
    for (place, in_url, in_body) in [
        (ClearParameters::Either, 0, 0),
        (ClearParameters::Url, 0, 41002),
        (ClearParameters::Body, 41002, 0),
    ] {
        let mut world = with(|behavior| behavior.clear_by_secret_in = place);
        assert_eq!(errcode(&world.post(&uri, "{}")), in_url, "{place:?}");
        assert_eq!(
            errcode(&world.post("/cgi-bin/clear_quota/v2", &body)),
            in_body,
            "{place:?}"
        );
    }
}

#[test]
fn a_refused_exchange_can_be_told_to_spend_the_code() {
    for (spends, code) in [(false, 0), (true, 40163)] {
        let mut world = with(|behavior| behavior.refused_exchange_spends_code = spends);
        let text = world.code("snsapi_base", "xiaoming");
        let wrong = format!("/sns/oauth2/access_token?appid={APPID}&secret=wrong&code={text}");
        assert_eq!(errcode(&world.get(&wrong)), 40125);
        assert_eq!(errcode(&world.exchange(&text)), code);
    }
}

#[test]
fn the_text_of_any_errcode_can_be_chosen() {
    let mut world = with(|behavior| {
        behavior.errmsgs.insert(40013, "no such account".to_owned());
    });
    assert_eq!(
        without_rid(&world.get("/cgi-bin/token?appid=nope")),
        r#"{"errcode":40013,"errmsg":"no such account rid: X"}"#
    );
    assert_eq!(
        errcode(&super::world::world().get("/cgi-bin/token?appid=nope")),
        40013
    );
}
