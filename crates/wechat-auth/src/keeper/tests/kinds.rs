//! What the kinds of tokens have of their own.

use super::*;
use crate::app::{GetTicket, Ticket, TicketType};
use crate::login::{OpenId, UserKind, UserToken, UserTokenParts};
use crate::{AppId, Credential, Grant, Secret};

fn account() -> Account {
    Account::new("wx0123456789abcdef", "appsecret").unwrap()
}

fn user(openid: &str, access_token: &str) -> UserToken {
    UserToken::from_parts(UserTokenParts {
        access_token: Secret::from(access_token),
        refresh_token: Secret::from("R"),
        openid: OpenId::new(openid).unwrap(),
        unionid: None,
        scope: "snsapi_base".to_owned(),
        kind: UserKind::Person,
    })
}

fn renewal(openid: &str) -> UserRenewal {
    UserRenewal::new(&AppId::new("wx0123456789abcdef").unwrap(), &user(openid, "A"))
}

/// A snapshot of one is refused by another, so these words outlive the process.
#[test]
fn each_has_a_name_of_its_own() {
    assert_eq!(StableApp::new(account()).name(), "stable wx0123456789abcdef");
    assert_eq!(ClassicApp::new(account()).name(), "classic wx0123456789abcdef");
    assert_eq!(
        TicketFetch::new(GetTicket::new(TicketType::JsApi)).name(),
        "ticket jsapi"
    );
    assert_eq!(
        renewal("oABC").name(),
        "user wx0123456789abcdef 3e462da50bb5c93bd0eff441eb7a86a8b50ebcb922c4e949be8fe5df387f1412"
    );
}

#[test]
fn one_user_s_snapshot_is_refused_by_another_s_keeper() {
    let held = Grant {
        token: user("oABC", "A"),
        expires_in: core::time::Duration::from_secs(7200),
    };
    let keeper = Keeper::new(renewal("oABC"), Origin::wechat(), 7).holding(held, at(0));
    let saved = keeper.snapshot(at(0), 1_700_000_000_000);
    let restore = |openid| {
        Keeper::restore(
            renewal(openid),
            Origin::wechat(),
            7,
            &saved,
            at(0),
            1_700_000_000_000,
        )
        .err()
    };
    assert_eq!(restore("oABC"), None);
    assert_eq!(restore("oXYZ"), Some(InvalidSnapshot::Foreign));
    assert!(
        !format!("{saved:?}").contains("oABC"),
        "nor does it say who it is"
    );
}

#[test]
fn what_is_saved_is_loaded_and_known_for_the_same() {
    fn holds<F: Fetch>(fetch: &F, token: &F::Token, other: &F::Token) {
        let loaded = fetch.load(&fetch.save(token)).unwrap();
        assert!(fetch.is_same(token, &loaded));
        assert!(!fetch.is_same(token, other));
    }
    let app = |token| AppToken::new(Secret::from(token));
    let ticket = |token| Ticket::new(Secret::from(token));
    holds(&StableApp::new(account()), &app("A"), &app("B"));
    holds(&ClassicApp::new(account()), &app("A"), &app("B"));
    let jsapi = TicketFetch::new(GetTicket::new(TicketType::JsApi));
    holds(&jsapi, &ticket("A"), &ticket("B"));
    holds(&renewal("oABC"), &user("oABC", "A"), &user("oABC", "B"));
}

#[test]
fn a_classic_answer_with_the_held_token_is_no_new_token() {
    let mut world = World(classic()).fetched(0, "A");
    let id = world.ready(1).id();
    world.fetch(4000, &grant("A", 3200));
    assert_eq!(world.ready(4000).id(), id);
}

#[test]
fn each_asks_in_its_own_way_and_reads_the_answer() {
    fn path_of<F: Fetch>(fetch: &F, ask: Ask) -> String {
        let request = fetch.request(ask, &Origin::wechat()).into_http().unwrap();
        request.uri().path().to_owned()
    }
    fn reads<F: Fetch>(fetch: &F, answer: &str) -> bool {
        fetch.parse(http::Response::new(answer.as_bytes())).is_ok()
    }
    let ticket = TicketFetch::new(GetTicket::new(TicketType::JsApi));
    assert_eq!(
        path_of(&StableApp::new(account()), Ask::Force),
        "/cgi-bin/stable_token"
    );
    assert_eq!(
        path_of(&ClassicApp::new(account()), Ask::Normal),
        "/cgi-bin/token"
    );
    assert_eq!(path_of(&ticket, Ask::Normal), "/cgi-bin/ticket/getticket");
    assert_eq!(
        path_of(&renewal("oABC"), Ask::Normal),
        "/sns/oauth2/refresh_token"
    );
    assert!(reads(&ticket, r#"{"errcode":0,"ticket":"T","expires_in":7200}"#));
    assert!(reads(
        &renewal("oABC"),
        r#"{"access_token":"N","refresh_token":"R","openid":"oABC","expires_in":7200}"#
    ));
}

#[test]
fn a_kept_token_authorises_a_request() {
    let mut world = World(stable()).fetched(0, "A");
    let endpoint = crate::app::GetCallbackIp::new();
    let request = world
        .ready(0)
        .authorize(crate::Endpoint::request(&endpoint, &Origin::wechat()));
    let uri = request.into_http().unwrap().uri().to_string();
    assert!(uri.ends_with("?access_token=A"), "{uri}");
}

#[test]
fn a_renewal_uses_the_refresh_token_that_came_last() {
    let mut keeper = Keeper::new(renewal("oABC"), Origin::wechat(), 7);
    let mut renewed_with = |secs: u64| {
        let Action::Send { attempt, request, .. } = keeper.poll(at(secs)) else {
            panic!()
        };
        let answer = format!(
            r#"{{"access_token":"A{secs}","refresh_token":"R{secs}","openid":"oABC","expires_in":7200}}"#
        );
        keeper.handle(
            at(secs),
            attempt,
            Outcome::Response(http::Response::new(answer.as_bytes())),
        );
        request.into_http().unwrap().uri().to_string()
    };
    assert!(renewed_with(0).ends_with("refresh_token=R"));
    assert!(renewed_with(7000).ends_with("refresh_token=R0"));
    assert!(renewed_with(14_000).ends_with("refresh_token=R7000"));
}

#[test]
fn what_is_shown_names_the_number_and_the_kind_and_no_content() {
    let mut world = World(stable()).fetched(0, "A");
    assert_eq!(world.ready(0).id().to_string(), "#1");
    let answer = http::Response::new(b"secret".as_slice());
    assert_eq!(
        format!("{:?}", Outcome::Response(answer)),
        "Response(200, 6 bytes)"
    );
    let credential = Outcome::NoCredential(FetchError::NotSent);
    assert_eq!(format!("{credential:?}"), "NoCredential(NotSent)");
}
