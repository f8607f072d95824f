use std::net::IpAddr;
use std::sync::Mutex;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Request, Response};
use serde_json::{Value, json};
use wechat_auth_emulator::Handle;

use super::SECRET;

/// What a client shows the token server.
pub const KEY: &str = "key-of-the-token-server";
/// For how many seconds the token server vouches for a token.
const VOUCHED: u64 = 600;

/// A request that no emulator answered.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    /// The account whose token it carried; `None` for one that WeChat refuses.
    pub appid: Option<String>,
    pub query: String,
    pub authorization: Option<String>,
    pub content_type: String,
    pub body: Vec<u8>,
}

pub fn answer(
    wechat: &Handle,
    seen: &Mutex<Vec<Seen>>,
    request: &Request<Vec<u8>>,
    peer: IpAddr,
) -> Response<Vec<u8>> {
    let path = request.uri().path();
    let query = request.uri().query().unwrap_or_default();
    if let Some(appid) = path.strip_prefix("/v1/app-token/") {
        return central_server(wechat, request, appid, peer);
    }
    let answered = match path {
        "/cgi-bin/user/info" => user_info,
        "/cgi-bin/message/template/send" => template_send,
        "/cgi-bin/media/upload" => media_upload,
        _ => return wechat.with(|wechat, now| wechat.handle(now, request, peer).response().unwrap()),
    };
    let token = query.strip_prefix("access_token=").unwrap_or_default();
    let known = wechat.introspect(token.split('&').next().unwrap_or_default());
    let appid = known.appid.filter(|_| known.valid);
    let header = |name| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    seen.lock().unwrap().push(Seen {
        path: path.to_owned(),
        appid: appid.clone(),
        query: query.to_owned(),
        authorization: header(AUTHORIZATION),
        content_type: header(CONTENT_TYPE).unwrap_or_default(),
        body: request.body().clone(),
    });
    let body = match appid {
        Some(appid) => answered(&appid, query, request.body()),
        None => {
            json!({"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest"})
        }
    };
    Response::new(body.to_string().into_bytes())
}

fn user_info(appid: &str, query: &str, _: &[u8]) -> Value {
    let openid = query.split("openid=").nth(1).unwrap();
    if openid.starts_with("stranger") {
        return json!({"subscribe": 0, "openid": openid});
    }
    json!({"subscribe": 1, "openid": openid, "language": "zh_CN", "subscribe_time": 1382694957,
        "unionid": "o6_bmasdasdsad6_2sgVt7hMZOPfL", "subscribe_scene": appid, "tagid_list": [128, 2]})
}

fn template_send(_: &str, _: &str, body: &[u8]) -> Value {
    let message: Value = serde_json::from_slice(body).unwrap();
    match message["template_id"].as_str() {
        Some("no such template") => json!({"errcode": 40037, "errmsg": "invalid template_id"}),
        _ => json!({"errcode": 0, "errmsg": "ok", "msgid": 200228332}),
    }
}

fn media_upload(_: &str, _: &str, _: &[u8]) -> Value {
    json!({"type": "image", "media_id": "MEDIA_1", "created_at": 1380000000})
}

/// The company's own server: it has the appsecret, and gives the current token to whoever has the key.
fn central_server(
    wechat: &Handle,
    request: &Request<Vec<u8>>,
    appid: &str,
    peer: IpAddr,
) -> Response<Vec<u8>> {
    let authorized = request.headers().get(AUTHORIZATION);
    if authorized.is_none_or(|value| value != format!("Bearer {KEY}").as_str()) {
        return Response::builder()
            .status(401)
            .body(b"who are you?".to_vec())
            .unwrap();
    }
    let ask = json!({"grant_type": "client_credential", "appid": appid, "secret": SECRET});
    let ask = Request::post("/cgi-bin/stable_token")
        .body(ask.to_string().into_bytes())
        .unwrap();
    let answer = wechat.with(|wechat, now| wechat.handle(now, &ask, peer).response().unwrap());
    let mut answer: Value = serde_json::from_slice(answer.body()).unwrap();
    answer["appid"] = json!(appid);
    answer["expires_in"] = json!(answer["expires_in"].as_u64().unwrap().min(VOUCHED));
    Response::new(answer.to_string().into_bytes())
}
