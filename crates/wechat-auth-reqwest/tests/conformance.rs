//! The promises of a transport, kept by reqwest.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot build its client has failed"
)]

use reqwest::ClientBuilder;
use wechat_auth_conformance::{run, run_tls};
use wechat_auth_reqwest::ReqwestTransport;

fn builder() -> ClientBuilder {
    // Whoever installs it second finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

fn transport() -> ReqwestTransport {
    ReqwestTransport::new(builder()).unwrap()
}

#[tokio::test]
async fn it_keeps_the_promises_of_a_transport() {
    run(transport).await.assert_passed();
}

#[tokio::test]
async fn it_keeps_them_over_tls() {
    run_tls(transport).await.assert_passed();
}

#[tokio::test]
async fn it_keeps_them_whatever_the_builder_says_of_redirects_and_compression() {
    let careless = || {
        let eager = reqwest::retry::for_host("127.0.0.1").classify_fn(|tried| match *tried.method() {
            http::Method::GET => tried.retryable(),
            _ => tried.success(),
        });
        let builder = builder().redirect(reqwest::redirect::Policy::limited(10));
        ReqwestTransport::new(builder.retry(eager).referer(true).gzip(true)).unwrap()
    };
    run(careless).await.assert_passed();
}

#[test]
fn debug_shows_nothing_of_the_client() {
    assert_eq!(format!("{:?}", transport()), "ReqwestTransport { .. }");
}
