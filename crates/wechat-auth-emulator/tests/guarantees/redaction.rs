use http::{Method, Request};
use wechat_auth_emulator::{App, CarriedOut, Config, Effect, Emulator, Fault, Secret, StartError, WeChat};

use super::world::{APPID, SECRET, classic_uri, field, text, world};

#[test]
fn debug_of_everything_shows_no_secret_and_no_token() {
    let mut world = world();
    let login = world.log_in("snsapi_userinfo", "xiaoming");
    let reply = world.reply(Method::GET, &classic_uri(APPID, SECRET), "");
    let shown_reply = format!("{reply:?}");
    let token = field(&text(reply.response().unwrap()), "access_token");
    let app = App::new(APPID, SECRET);
    let raw = Effect::Raw {
        status: http::StatusCode::OK,
        content_type: http::HeaderValue::from_static("text/plain"),
        body: token.clone().into_bytes(),
        carried_out: CarriedOut::No,
    };
    let fault = Fault::on("/cgi-bin/token", raw.clone());
    let shown = [
        shown_reply,
        format!("{:?}", world.wechat),
        format!("{app:?}"),
        format!("{:#?}", Emulator::builder().add_app(app)),
        format!("{:?}", Secret::from(SECRET)),
        format!("{:?}", world.introspect(&token)),
        format!("{:?}", world.wechat.counts()),
        format!("{raw:?} {fault:?}"),
    ];
    for text in shown {
        for secret in [SECRET, &token, &login.access_token, &login.refresh_token] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn a_bad_secret_is_not_repeated_in_the_error() {
    let bad = "blank inside";
    let error = WeChat::new(Config::new(0))
        .add_app(App::new(APPID, bad))
        .unwrap_err();
    let start = StartError::from(error.clone());
    assert!(!format!("{error} {error:?} {start} {start:?}").contains(bad));
}

#[test]
fn no_reply_repeats_the_secret_that_was_sent() {
    let mut world = world();
    for uri in [
        format!("/cgi-bin/token?appid={APPID}&secret=leak-marker"),
        format!("/sns/oauth2/access_token?appid={APPID}&secret=leak-marker"),
        "/connect/oauth2/authorize?secret=leak-marker".to_owned(),
        "/leak-marker?access_token=leak-marker".to_owned(),
    ] {
        let request = Request::get(uri).body(Vec::new()).unwrap();
        let reply = world.wechat.handle(world.now(), &request, world.peer);
        assert!(!text(reply.response().unwrap()).contains("leak-marker"));
    }
}
