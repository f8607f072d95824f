//! No secret shows: a marker is put into every secret there is, and must not come out of any `Debug`,
//! `Display` or chain of causes. A public type that no such test names makes this one fail.
#![allow(
    clippy::unwrap_used,
    reason = "a test may fail where it stands, in its helpers too"
)]

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use wechat_auth::app::{
    ClearQuotaByAppSecret, GetAccessToken, GetRidInfo, GetStableAccessToken, GetTicket, RidInfo, Ticket,
    TicketType,
};
use wechat_auth::keeper::{
    Action, ClassicApp, Event, Fetch, Keeper, Outcome, Snapshot, StableApp, TicketFetch, UserRenewal,
};
use wechat_auth::login::{OpenId, UserKind, UserToken, UserTokenParts};
use wechat_auth::{
    Account, ApiError, AppId, AppToken, Credential, Endpoint, Grant, Origin, Reply, Request, Rid, Secret,
    Tick,
};

const MARK: &str = "MARK5ec2e75ec2e7MARK";

fn hides(value: &dyn Debug) {
    for shown in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!shown.contains("MARK"), "{shown}");
    }
}

fn hides_error(error: &dyn Error) {
    let mut cause = Some(error);
    while let Some(error) = cause {
        hides(&error);
        assert!(!error.to_string().contains("MARK"), "{error}");
        cause = error.source();
    }
}

fn account() -> Account {
    Account::new("wx0123456789abcdef", MARK).unwrap()
}

fn user_token() -> UserToken {
    UserToken::from_parts(UserTokenParts {
        access_token: Secret::from(MARK),
        refresh_token: Secret::from(MARK),
        openid: OpenId::new(MARK).unwrap(),
        unionid: None,
        scope: "snsapi_base".into(),
        kind: UserKind::Person,
    })
}

#[test]
fn credentials_hide_what_they_are() {
    hides(&Secret::from(MARK));
    hides(&account());
    hides(&AppToken::new(MARK));
    hides(&Ticket::new(MARK));
    hides(&user_token());
    hides(&Grant {
        token: AppToken::new(MARK),
        expires_in: std::time::Duration::from_secs(60),
    });
    hides_error(&Account::new(format!("wx {MARK}"), "s").unwrap_err());
    hides_error(&Account::new("wx", format!("{MARK} ")).unwrap_err());
}

#[test]
fn endpoints_and_their_requests_hide_what_they_carry() {
    fn both<E: Endpoint + Debug>(endpoint: &E, token: &E::Token) {
        hides(endpoint);
        hides(&token.authorize(endpoint.request(&Origin::wechat())));
    }
    both(&GetAccessToken::new(account()), &wechat_auth::NoToken);
    both(
        &GetStableAccessToken::new(account()).force_refresh(),
        &wechat_auth::NoToken,
    );
    both(&ClearQuotaByAppSecret::new(account()), &wechat_auth::NoToken);
    both(&GetTicket::new(TicketType::JsApi), &AppToken::new(MARK));
    let long = Request::get(Origin::wechat().api(), "/x", &[("secret", &MARK.repeat(5000))]);
    hides(&long);
    hides_error(&long.into_http().unwrap_err());
}

#[test]
fn what_wechat_recorded_of_a_request_is_hidden() {
    let body = format!(
        r#"{{"errcode":0,"request":{{"invoke_time":1,"cost_in_ms":2,"request_url":"secret={MARK}",
        "request_body":"{MARK}","response_body":"{MARK}","client_ip":"127.0.0.1"}}}}"#
    );
    let endpoint = GetRidInfo::new(Rid::parse("617682e0-09059ac5-34a8e2ea").unwrap());
    let info: RidInfo = endpoint.parse(http::Response::new(body.as_bytes())).unwrap();
    assert!(info.request_url.expose().contains(MARK));
    hides(&info);
}

#[test]
fn an_answer_and_its_errors_hide_what_a_hostile_server_echoes() {
    for body in [
        format!(r#"{{"errcode":40001,"errmsg":"invalid credential {MARK}{MARK} rid: {MARK}"}}"#),
        format!(r#"{{"errcode":"{MARK}","errmsg":"{MARK}"}}"#),
        format!(r#"{{"errcode":0,"access_token":" {MARK}","expires_in":7200}}"#),
        format!(r#"{{"access_token":"{MARK}","expires_in":"{MARK}"}}"#),
        format!(r#"{{"access_token":{{"{MARK}":1}},"expires_in":"{MARK}"}}"#),
        format!("<html>{MARK}</html>"),
        format!("{{\"{MARK}"),
        MARK.to_owned(),
    ] {
        for status in [200, 302, 403, 502] {
            let response = http::Response::builder()
                .status(status)
                .body(body.as_bytes())
                .unwrap();
            let error = GetAccessToken::new(account()).parse(response).unwrap_err();
            hides_error(&error);
            hides(&error.advice());
            if let ApiError::WeChat(refusal) = &error {
                hides(refusal);
                hides(&refusal.message());
            }
        }
    }
    let reply = format!(r#"{{"access_token":"{MARK}"}}"#);
    hides(&Reply::read(&http::Response::new(reply.as_bytes())).unwrap());
}

#[test]
fn a_keeper_and_everything_it_says_hide_the_token() {
    fn through<F: Fetch + Debug>(fetch: F)
    where
        F::Token: Debug,
    {
        hides(&fetch);
        let mut keeper = Keeper::new(fetch, Origin::wechat(), 1);
        let answers = [
            format!(r#"{{"errcode":-1,"errmsg":"{MARK}"}}"#),
            format!(
                r#"{{"access_token":"{MARK}","ticket":"{MARK}","refresh_token":"{MARK}","openid":"{MARK}","expires_in":7200}}"#
            ),
        ];
        for (secs, answer) in [(0, &answers[0]), (60, &answers[1])] {
            let now = Tick::from_secs(secs);
            let action = keeper.poll(now);
            hides(&action);
            let Action::Send { attempt, .. } = action else {
                unreachable!("time enough went by")
            };
            let outcome = Outcome::Response(http::Response::new(answer.as_bytes()));
            keeper.handle(now, attempt, outcome);
            hides(&keeper);
            hides(&keeper.trouble());
            if let Some(trouble) = keeper.trouble() {
                hides_error(trouble);
            }
        }
        let action = keeper.poll(Tick::from_secs(61));
        assert!(matches!(action, Action::Ready(_)), "{action:?}");
        hides(&action);
        let snapshot: Snapshot = keeper.snapshot(Tick::from_secs(61), 0);
        assert!(snapshot.encode().expose().contains(MARK));
        hides(&snapshot);
        hides(&snapshot.encode());
        while let Some(event) = keeper.poll_event() {
            let event: Event = event;
            hides(&event);
        }
    }
    through(StableApp::new(account()));
    through(ClassicApp::new(account()));
    through(TicketFetch::new(GetTicket::new(TicketType::WxCard)));
    through(UserRenewal::new(&AppId::new("wx1").unwrap(), &user_token()));
}

#[test]
fn an_outcome_hides_the_answer_in_it() {
    let outcome = Outcome::Response(http::Response::new(MARK.as_bytes()));
    assert_eq!(format!("{outcome:?}"), "Response(200, 20 bytes)");
}

/// Types that hold nothing secret, and why.
const HARMLESS: &[&str] = &[
    // Public names, places, times, numbers, rules.
    "AppId",
    "AttemptId",
    "BaseUrl",
    "CodeInfo",
    "LoginId",
    "NoToken",
    "Origin",
    "Policy",
    "Rid",
    "Tick",
    "TokenId",
    // Answers meant to be seen, or sent to a browser.
    "ApiQuota",
    "DailyQuota",
    "RateLimit",
    "Card",
    "CardExt",
    "JsConfig",
    // Questions without a secret in them.
    "ClearQuota",
    "GetApiDomainIp",
    "GetApiQuota",
    "GetCallbackIp",
    // Errors with nothing in them.
    "InvalidApiPath",
    "InvalidRequest",
    "InvalidUserId",
    "PayloadTooLong",
    "WeakSealKey",
    // Choices with nothing in them.
    "Budget",
    "ForceRefused",
    "InvalidSnapshot",
    "Advice",
    "Ask",
    "Force",
    "Issue",
    "Lang",
    "Refresh",
    "Scope",
    "Sex",
    "TicketType",
    "UserKind",
    "InvalidAccount",
    "InvalidBaseUrl",
    "InvalidData",
    "InvalidPart",
    "InvalidPending",
    "InvalidRedirectUri",
    "InvalidReturnTo",
    "LoginError",
];

/// Types that a leak test shows by a value whose type it does not spell out.
const SHOWN: &[&str] = &[
    "Begun",
    "BegunSealed",
    "CodeGrant",
    "FetchError",
    "Identity",
    "Kept",
    "Opened",
    "Refusal",
    "ReturnTo",
];

#[test]
fn every_public_type_is_named_by_a_leak_test_or_is_harmless() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = ["tests/leak.rs", "tests/login_flow/secrets.rs"];
    let tests = tests
        .map(|test| fs::read_to_string(root.join(test)).unwrap())
        .concat();
    let mut known: BTreeSet<&str> = tests.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    known.extend(HARMLESS);
    known.extend(SHOWN);
    let mut unknown = Vec::new();
    each_source(&root.join("src"), &mut |source| {
        for line in source.lines() {
            let item = line
                .strip_prefix("pub struct ")
                .or(line.strip_prefix("pub enum "));
            let name = item.and_then(|item| item.split(|c: char| !c.is_ascii_alphanumeric()).next());
            unknown.extend(name.filter(|name| !known.contains(name)).map(str::to_owned));
        }
    });
    assert!(unknown.is_empty(), "no leak test names {unknown:?}");
}

fn each_source(dir: &Path, found: &mut impl FnMut(&str)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_source(&path, found);
        } else {
            found(&fs::read_to_string(&path).unwrap());
        }
    }
}
