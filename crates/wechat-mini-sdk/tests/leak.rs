//! No secret shows: a marker is put into every secret there is, and must not come out of any `Debug`,
//! `Display` or chain of causes. A public type that is not named here makes this one fail.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set its world up has failed"
)]

mod world;

use std::error::Error;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use wechat_auth::keeper::{Ask, Fetch};
use wechat_auth::login::{OpenId, UnionId};
use wechat_auth::{AppId, AppToken, BaseUrl, Credential, Endpoint, Origin, Secret};
use wechat_auth_emulator::{CarriedOut, Effect, Fault};
use wechat_mini_sdk::{
    CentralServer, Follower, GetFollower, InvalidKey, MediaType, Metrics, TemplateMessage, UploadMedia,
};
use world::{OwnAccount, SHOP, World};

const MARK: &str = "MARK5ec2e75ec2e7MARK5ec2e7";

fn hides(value: &dyn Debug) {
    let shown = format!("{value:?} {value:#?}");
    assert!(!shown.contains("MARK"), "{shown}");
}

fn hides_error(error: &dyn Error) {
    let mut cause = Some(error);
    while let Some(error) = cause {
        hides(&error);
        assert!(!error.to_string().contains("MARK"), "{error}");
        cause = error.source();
    }
}

#[test]
fn calls_and_their_requests_hide_whom_they_are_about_and_what_they_say() {
    fn both<E: Endpoint<Token = AppToken> + Debug>(endpoint: &E) {
        hides(endpoint);
        let request = endpoint.request(&Origin::wechat());
        hides(&AppToken::new(MARK).authorize(request));
    }
    let user = OpenId::new(MARK).unwrap();
    both(&GetFollower::new(user.clone()));
    both(
        &TemplateMessage::new(&user, "T1")
            .with(MARK, MARK)
            .with_url(MARK)
            .with_client_msg_id(MARK),
    );
    both(&UploadMedia::new(MediaType::Image, &format!("{MARK}.png"), MARK.as_bytes()).unwrap());

    let answer = format!(r#"{{"subscribe":1,"openid":"{MARK}","unionid":"{MARK}","subscribe_time":1}}"#);
    let known: Option<Follower> = GetFollower::new(user)
        .parse(http::Response::new(answer.as_bytes()))
        .unwrap();
    assert_eq!(known.as_ref().unwrap().unionid, UnionId::new(MARK).ok());
    hides(&known);
}

#[tokio::test]
async fn an_account_hides_its_token_and_what_a_hostile_server_echoes() {
    let world = World::new().await;
    let answer = |body: String| Effect::Raw {
        status: http::StatusCode::OK,
        content_type: http::HeaderValue::from_static("application/json"),
        body: body.into_bytes(),
        carried_out: CarriedOut::No,
    };
    let token = answer(format!(r#"{{"access_token":"{MARK}","expires_in":7200}}"#));
    world
        .wechat
        .inject(Fault::on("/cgi-bin/stable_token", token))
        .unwrap();
    let shop: OwnAccount = world.account(SHOP);
    shop.tokens().token().await.unwrap();
    hides(&(&shop, shop.tokens(), shop.clone()));
    let mut metrics = Metrics::default();
    metrics.drain(&shop);
    hides(&metrics);
    assert!(!metrics.to_string().contains("MARK"));

    let echo = answer(format!(
        r#"{{"errcode":40013,"errmsg":"secret={MARK} token={MARK}"}}"#
    ));
    world
        .wechat
        .inject(Fault::on("/cgi-bin/stable_token", echo))
        .unwrap();
    let error = world
        .account(SHOP)
        .follower(OpenId::new(MARK).unwrap())
        .await
        .unwrap_err();
    hides_error(&error);
}

#[test]
fn the_token_servers_key_is_hidden() {
    let base = BaseUrl::parse("https://tokens.internal").unwrap();
    let appid = AppId::new(SHOP).unwrap();
    let server = CentralServer::new(appid.clone(), base.clone(), &Secret::from(MARK)).unwrap();
    hides(&server);
    hides(&server.request(Ask::Normal, &Origin::wechat()));
    hides(
        &server
            .request(Ask::Normal, &Origin::wechat())
            .into_http()
            .unwrap(),
    );
    let bad = Secret::from(format!("{MARK} "));
    let refused: InvalidKey = CentralServer::new(appid, base, &bad).unwrap_err();
    hides_error(&refused);
}

/// Types that hold nothing secret: choices, numbers, names that only their account can use.
const HARMLESS: &[&str] = &["Counters", "InvalidMedia", "Media", "MessageId"];

/// Types that are shown above under another name.
const SHOWN: &[&str] = &["OfficialAccount"];

#[test]
fn every_public_type_is_named_by_this_test_or_is_harmless() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = fs::read_to_string(root.join("tests/leak.rs")).unwrap();
    for source in fs::read_dir(root.join("src")).unwrap() {
        let source = fs::read_to_string(source.unwrap().path()).unwrap();
        let items = source.lines().filter_map(|line| {
            line.strip_prefix("pub struct ")
                .or(line.strip_prefix("pub enum "))
        });
        for item in items {
            let name = item.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap();
            assert!(
                HARMLESS.contains(&name) || SHOWN.contains(&name) || named.contains(name),
                "{name}"
            );
        }
    }
}
