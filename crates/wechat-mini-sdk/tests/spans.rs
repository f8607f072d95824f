//! A span for each call, which says how it ended, and nothing secret.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set its world up has failed"
)]

mod world;

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use wechat_auth::Account;
use wechat_auth::login::OpenId;
use wechat_mini_sdk::{MediaType, OfficialAccount, TemplateMessage, UploadMedia};
use world::{SECRET, SHOP, World};

/// Writes down everything that anybody says, at every level.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<String>>);

impl Ear {
    fn heard(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    fn hear(&self, line: impl FnOnce(&mut Pen<'_>)) {
        let mut heard = self.0.lock().unwrap();
        line(&mut Pen(&mut heard));
        heard.push('\n');
    }
}

struct Pen<'a>(&'a mut String);

impl Visit for Pen<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Ear {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.hear(|pen| {
            pen.0.push_str(span.metadata().name());
            span.record(pen);
        });
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        self.hear(|pen| values.record(pen));
    }

    fn event(&self, event: &Event<'_>) {
        self.hear(|pen| {
            pen.0.push_str("event");
            event.record(pen);
        });
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn each_call_is_a_span_with_its_path_and_errcode_and_without_any_secret() {
    let ear = Ear::default();
    let _listening = tracing::subscriber::set_default(ear.clone());
    let world = World::new().await;
    let shop = world.account(SHOP);
    let user = OpenId::new("oSECRET_openid_of_a_user_0001").unwrap();

    shop.follower(user.clone()).await.unwrap();
    let cat = UploadMedia::new(MediaType::Image, "cat.png", b"a file").unwrap();
    shop.upload(&cat).await.unwrap();
    let unknown = TemplateMessage::new(&user, "no such template").with("name", "a value");
    shop.send(&unknown).await.unwrap_err();
    let wrong = Account::new(SHOP, "a-wrong-secret").unwrap();
    let wrong = OfficialAccount::new(&world.client(), wrong);
    wrong.follower(user).await.unwrap_err();

    let heard = ear.heard();
    // Events are the HTTP client's: the SDK has none.
    let lines: Vec<&str> = heard.lines().filter(|line| !line.starts_with("event")).collect();
    let span = |path: &str| format!("wechat appid=\"{SHOP}\" path=\"{path}\"");
    assert_eq!(lines[0], span("/cgi-bin/user/info"));
    assert_eq!(lines[1], " errcode=0");
    assert_eq!(lines[2], span("/cgi-bin/media/upload"));
    assert_eq!(lines[3], " errcode=0");
    assert_eq!(lines[4], span("/cgi-bin/message/template/send"));
    assert_eq!(lines[5], " errcode=40037");
    assert!(
        lines[6].starts_with(" error=wechat refused: 40037"),
        "{}",
        lines[6]
    );
    assert_eq!(lines[7], span("/cgi-bin/user/info"));
    assert_eq!(lines[8], " errcode=40125");
    assert_eq!(lines.len(), 10, "{heard}");

    let token = shop.tokens().token().await.unwrap().secret().expose().to_owned();
    let secrets = [
        "SECRET",
        SECRET,
        "a-wrong-secret",
        "access_token=",
        "openid=",
        "purring",
        "a value",
    ];
    for secret in secrets.into_iter().chain([token.as_str()]) {
        assert!(!heard.contains(secret), "{secret} in {heard}");
    }
}
