//! The promises of a transport, kept over services of the tower ecosystem.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::client::legacy::{Client, Error, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceExt};
use wechat_auth_client::{Fault, Limits, Reach, Transport};
use wechat_auth_conformance::run;
use wechat_auth_tower::TowerTransport;

fn hyper() -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).build(HttpConnector::new())
}

#[tokio::test]
async fn hyper_keeps_the_promises_of_a_transport() {
    let transport = || TowerTransport::new(hyper(), tokio::time::sleep).not_sent_when(Error::is_connect);
    run(transport).await.assert_passed();
}

#[tokio::test]
async fn a_stack_of_boxed_middleware_keeps_them() {
    let not_sent = |error: &BoxError| error.downcast_ref::<Error>().is_some_and(Error::is_connect);
    let transport = || {
        let stack = hyper()
            .map_err(BoxError::from)
            .map_request(|request: Request<Full<Bytes>>| request);
        TowerTransport::new(BoxCloneSyncService::new(stack), tokio::time::sleep).not_sent_when(not_sent)
    };
    run(transport).await.assert_passed();
}

#[tokio::test]
async fn without_a_judge_every_failed_call_is_maybe_sent() {
    let report = run(|| TowerTransport::new(hyper(), tokio::time::sleep)).await;
    let failed: Vec<_> = report.failures().map(|(case, _)| case).collect();
    assert_eq!(
        failed,
        [
            "connection::refused_is_certainly_not_sent",
            "connection::a_name_that_does_not_exist_is_certainly_not_sent"
        ]
    );
}

/// A service that is never ready, or fails before it is.
#[derive(Clone)]
struct Unready {
    fails: bool,
}

impl tower::Service<Request<Vec<u8>>> for Unready {
    type Response = Response<Full<Bytes>>;
    type Error = BoxError;
    type Future = std::future::Ready<Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), BoxError>> {
        match self.fails {
            true => std::task::Poll::Ready(Err("shut down".into())),
            false => std::task::Poll::Pending,
        }
    }

    fn call(&mut self, _: Request<Vec<u8>>) -> Self::Future {
        std::future::ready(Err("called before it was ready".into()))
    }
}

#[tokio::test]
async fn a_service_that_fails_before_the_call_certainly_sent_nothing() {
    let transport = TowerTransport::new(Unready { fails: true }, tokio::time::sleep);
    let error = transport.send(Request::default(), Limits::default()).await.err();
    let told = error.map(|error| (error.reach(), error.fault()));
    assert_eq!(told, Some((Reach::NotSent, Fault::Connect)));
}

#[tokio::test]
async fn the_deadline_counts_the_wait_for_a_service_to_be_ready() {
    let transport = TowerTransport::new(Unready { fails: false }, tokio::time::sleep);
    let limits = Limits::within(Duration::from_millis(20));
    let error = transport.send(Request::default(), limits).await.err();
    assert_eq!(error.map(|error| error.fault()), Some(Fault::Timeout));
}

#[test]
fn debug_shows_nothing_of_the_service() {
    let transport = TowerTransport::new(hyper(), tokio::time::sleep);
    assert_eq!(format!("{transport:?}"), "TowerTransport { .. }");
}
