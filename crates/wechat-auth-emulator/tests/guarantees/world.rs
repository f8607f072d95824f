//! A machine, one app, and a clock that is a number.

use std::net::IpAddr;

use http::{Method, Request, Response};
use serde_json::Value;
use wechat_auth_emulator::{App, Behavior, Config, Introspection, Millis, Reply, WeChat};

/// 2023-11-15 06:13:20 in Beijing.
pub(crate) const START: u64 = 1_700_000_000;
pub(crate) const APPID: &str = "wx0000000000000001";
pub(crate) const SECRET: &str = "marker-secret-7f3a";

pub(crate) struct World {
    pub(crate) wechat: WeChat,
    /// Milliseconds since START.
    pub(crate) at_ms: u64,
    pub(crate) peer: IpAddr,
}

pub(crate) fn world() -> World {
    with(|_| {})
}

/// A world whose WeChat behaves otherwise.
pub(crate) fn with(change: impl FnOnce(&mut Behavior)) -> World {
    let mut config = Config::new(7);
    change(&mut config.behavior);
    let mut wechat = WeChat::new(config);
    wechat.add_app(App::new(APPID, SECRET)).unwrap();
    World {
        wechat,
        at_ms: 0,
        peer: [127, 0, 0, 1].into(),
    }
}

impl World {
    /// Moves to `seconds` after the start.
    pub(crate) fn at(&mut self, seconds: u64) -> &mut Self {
        self.at_ms = seconds * 1_000;
        self
    }

    pub(crate) fn at_ms(&mut self, millis: u64) -> &mut Self {
        self.at_ms = millis;
        self
    }

    pub(crate) fn now(&self) -> Millis {
        Millis(START * 1_000 + self.at_ms)
    }

    pub(crate) fn reply(&mut self, method: Method, uri: &str, body: &str) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .body(body.as_bytes().to_vec())
            .unwrap();
        self.wechat.handle(self.now(), &request, self.peer)
    }

    pub(crate) fn send(&mut self, method: Method, uri: &str, body: &str) -> Response<Vec<u8>> {
        self.reply(method, uri, body).response().expect("an answer")
    }

    /// The body of a GET, as text.
    pub(crate) fn get(&mut self, uri: &str) -> String {
        text(self.send(Method::GET, uri, ""))
    }

    /// The body of a POST, as text.
    pub(crate) fn post(&mut self, uri: &str, body: &str) -> String {
        text(self.send(Method::POST, uri, body))
    }

    pub(crate) fn classic(&mut self) -> String {
        self.get(&classic_uri(APPID, SECRET))
    }

    pub(crate) fn stable(&mut self) -> String {
        self.post("/cgi-bin/stable_token", &stable_body(APPID, SECRET, false))
    }

    pub(crate) fn forced(&mut self) -> String {
        self.post("/cgi-bin/stable_token", &stable_body(APPID, SECRET, true))
    }

    pub(crate) fn classic_token(&mut self) -> String {
        field(&self.classic(), "access_token")
    }

    pub(crate) fn stable_token(&mut self) -> String {
        field(&self.stable(), "access_token")
    }

    pub(crate) fn forced_token(&mut self) -> String {
        field(&self.forced(), "access_token")
    }

    /// What an API call with this token gets: its errcode, 0 for success.
    pub(crate) fn call(&mut self, token: &str) -> i64 {
        errcode(&self.get(&format!("/cgi-bin/getcallbackip?access_token={token}")))
    }

    pub(crate) fn introspect(&self, token: &str) -> Introspection {
        self.wechat.introspect(self.now(), token)
    }
}

pub(crate) fn classic_uri(appid: &str, secret: &str) -> String {
    format!("/cgi-bin/token?grant_type=client_credential&appid={appid}&secret={secret}")
}

pub(crate) fn stable_body(appid: &str, secret: &str, force: bool) -> String {
    format!(
        r#"{{"grant_type":"client_credential","appid":"{appid}","secret":"{secret}","force_refresh":{force}}}"#
    )
}

pub(crate) fn text(response: Response<Vec<u8>>) -> String {
    String::from_utf8(response.into_body()).expect("UTF-8")
}

pub(crate) fn json(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|_| panic!("JSON: {body}"))
}

pub(crate) fn field(body: &str, name: &str) -> String {
    json(body)[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {body}"))
        .to_owned()
}

pub(crate) fn errcode(body: &str) -> i64 {
    json(body)["errcode"].as_i64().unwrap_or(0)
}

/// The body with its rid replaced by `X`, after a look at the rid's shape.
pub(crate) fn without_rid(body: &str) -> String {
    let Some((head, rid)) = body.split_once("rid: ") else {
        return body.to_owned();
    };
    let (rid, tail) = rid.split_at(26);
    let groups: Vec<&str> = rid.split('-').collect();
    assert!(
        groups.len() == 3 && groups.iter().all(|group| group.len() == 8),
        "{rid}"
    );
    assert!(
        groups.iter().all(|group| u32::from_str_radix(group, 16).is_ok()),
        "{rid}"
    );
    format!("{head}rid: X{tail}")
}
