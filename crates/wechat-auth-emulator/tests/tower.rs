//! The emulator as a `tower` service: no socket, and all the rest.
#![cfg(feature = "tower")]
#![allow(clippy::unwrap_used, reason = "a test helper's way to fail")]

use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use serde_json::Value;
use tower_service::Service;
use wechat_auth_emulator::{Effect, Emulator, Fault, Handle};

const FETCH: &str = "/cgi-bin/token?grant_type=client_credential&appid=wx1&secret=s";

fn emulator() -> Handle {
    Emulator::builder().app("wx1", "s").build().unwrap()
}

async fn ask(handle: &Handle, uri: &str) -> (StatusCode, Value) {
    let request = Request::get(uri)
        .header("host", "localhost")
        .body(Full::<Bytes>::default())
        .unwrap();
    let response = handle.service([127, 0, 0, 1].into()).call(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_service_answers_for_wechat_for_namespaces_and_for_the_admin() {
    let handle = emulator();
    let (status, token) = ask(&handle, FETCH).await;
    assert_eq!((status, &token["expires_in"]), (StatusCode::OK, &7_200.into()));
    let (_, elsewhere) = ask(&handle, &format!("/_ns/one{FETCH}")).await;
    assert_eq!(elsewhere["access_token"], token["access_token"]);
    let (_, namespaces) = ask(&handle, "/_emulator/v1/namespaces").await;
    assert_eq!(namespaces["namespaces"][0], "one");
}

#[tokio::test]
async fn a_cut_line_is_the_service_s_error() {
    let handle = emulator();
    for (effect, reset) in [(Effect::Cut, false), (Effect::Reset, true)] {
        handle.inject(Fault::on("/cgi-bin/token", effect)).unwrap();
        let request = Request::get(FETCH).body(Full::<Bytes>::default()).unwrap();
        let cut = handle
            .service([127, 0, 0, 1].into())
            .call(request)
            .await
            .unwrap_err();
        assert_eq!(cut.reset, reset);
    }
}
