//! The promises of a transport, kept by hyper-util.

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use wechat_auth_conformance::run;
use wechat_auth_hyper::HyperTransport;

fn transport() -> HyperTransport<HttpConnector> {
    let client: Client<HttpConnector, Full<Bytes>> =
        Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    HyperTransport::new(client)
}

#[tokio::test]
async fn it_keeps_the_promises_of_a_transport() {
    run(transport).await.assert_passed();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_them_on_several_threads() {
    run(transport).await.assert_passed();
}

#[cfg(feature = "rustls")]
#[tokio::test]
async fn its_own_client_keeps_them_with_and_without_tls() {
    run(HyperTransport::rustls).await.assert_passed();
    wechat_auth_conformance::run_tls(HyperTransport::rustls)
        .await
        .assert_passed();
}

#[test]
fn debug_shows_no_part_of_the_client() {
    assert_eq!(format!("{:?}", transport()), "HyperTransport { .. }");
}
