//! No secret shows, whatever a server answers: not in a source, not in an error, not in its causes.
#![allow(
    clippy::unwrap_used,
    reason = "a test may fail where it stands, in its helpers too"
)]

mod world;

use std::error::Error;
use std::fmt::Debug;

use wechat_auth::Account;
use wechat_auth::app::{GetCallbackIp, TicketType};
use wechat_auth_client::blocking::Stop;
use wechat_auth_emulator::{CarriedOut, Effect, Fault};
use world::{APPID, World};

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

/// What a server can do to get a secret printed.
fn effects() -> [Effect; 8] {
    let raw = |status: u16, body: &str| Effect::Raw {
        status: http::StatusCode::from_u16(status).unwrap(),
        content_type: http::HeaderValue::from_static("text/html"),
        body: body.as_bytes().to_vec(),
        carried_out: CarriedOut::No,
    };
    [
        raw(
            200,
            &format!(r#"{{"errcode":40013,"errmsg":"secret={MARK} token={MARK}"}}"#),
        ),
        raw(200, &format!("<html>{MARK}</html>")),
        raw(502, MARK),
        raw(200, ""),
        raw(200, &"x".repeat(10 << 20)),
        raw(
            200,
            &format!(r#"{{"access_token":"{MARK}","expires_in":"{MARK}"}}"#),
        ),
        Effect::Cut,
        Effect::ReplyLost,
    ]
}

#[tokio::test]
async fn neither_a_source_nor_its_errors_show_the_secret_or_the_token() {
    for effect in effects() {
        let world = World::new().await;
        let account = Account::new(APPID, MARK).unwrap();
        let app = world.client.stable_token(account.clone());
        let ticket = world.client.ticket(TicketType::JsApi, &app);
        let every = Fault::on("/cgi-bin/stable_token", effect.clone()).times(100);
        world.handle().inject(every).unwrap();
        let error = app.token().await.unwrap_err();
        hides_error(&error);
        hides_error(error.cause());
        hides_error(&app.call(&GetCallbackIp::new()).await.unwrap_err());
        hides_error(&ticket.token().await.unwrap_err());
        hides(&app.trouble());
        hides(&(&world.client, &app, &ticket));

        let classic = world.client.classic_token(account);
        let every = Fault::on("/cgi-bin/token", effect).times(100);
        world.handle().inject(every).unwrap();
        hides_error(&classic.token().await.unwrap_err());
        hides(&classic);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_does_a_source_for_threads() {
    for effect in effects() {
        let world = World::with_threads().await;
        let app = world.client.stable_token(Account::new(APPID, MARK).unwrap());
        let ticket = world.client.ticket(TicketType::JsApi, &app);
        let every = Fault::on("/cgi-bin/stable_token", effect).times(100);
        world.handle().inject(every).unwrap();
        let error = app.token().unwrap_err();
        hides_error(&error);
        hides_error(error.cause());
        hides_error(&app.call(&GetCallbackIp::new()).unwrap_err());
        hides_error(&ticket.token().unwrap_err());
        hides(&app.trouble());
        hides(&(&world.client, &app, &ticket));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_token_is_not_shown_in_either_colour() {
    let answer = format!(r#"{{"access_token":"{MARK}","expires_in":7200}}"#);
    let effect = Effect::Raw {
        status: http::StatusCode::OK,
        content_type: http::HeaderValue::from_static("application/json"),
        body: answer.into_bytes(),
        carried_out: CarriedOut::No,
    };
    let every = Fault::on("/cgi-bin/stable_token", effect).times(100);

    let world = World::new().await;
    world.handle().inject(every.clone()).unwrap();
    let app = world.client.stable_token(world.account());
    assert_eq!(app.token().await.unwrap().secret().expose(), MARK);
    hides(&(app.token().await.unwrap(), app.fresh(), &app, app.snapshot()));

    let world = World::with_threads().await;
    world.handle().inject(every).unwrap();
    let app = world.client.stable_token(world.account());
    assert_eq!(app.token().unwrap().secret().expose(), MARK);
    hides(&(
        app.token().unwrap(),
        app.fresh(),
        &app,
        app.snapshot(),
        Stop::new(),
    ));
    hides(&std::iter::from_fn(|| app.poll_event()).collect::<Vec<_>>());
}
