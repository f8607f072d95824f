//! The promises of a transport, kept by ureq.

use http::Request;
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use wechat_auth_client::blocking::Transport;
use wechat_auth_client::{Fault, Limits, Reach};
use wechat_auth_conformance::{run_blocking, run_tls_blocking};
use wechat_auth_ureq::UreqTransport;

fn transport() -> UreqTransport {
    UreqTransport::new(Config::builder().proxy(None).build())
}

#[test]
fn it_keeps_the_promises_of_a_transport() {
    run_blocking(transport).assert_passed();
}

#[test]
fn it_keeps_them_over_tls() {
    run_tls_blocking(transport).assert_passed();
}

#[test]
fn it_keeps_them_whatever_the_configuration_says() {
    let careless = || {
        let config = Config::builder().proxy(None).max_redirects(10);
        UreqTransport::new(config.http_status_as_error(true).timeout_global(None).build())
    };
    run_blocking(careless).assert_passed();
}

/// Takes as long as it may.
#[derive(Debug)]
struct SlowResolver;

impl Resolver for SlowResolver {
    fn resolve(
        &self,
        _: &http::Uri,
        _: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Err(ureq::Error::Timeout(timeout.reason))
    }
}

#[test]
fn a_deadline_that_passes_before_there_is_a_connection_certainly_sent_nothing() {
    let config = Config::builder().proxy(None).build();
    let transport = UreqTransport::with_parts(config, DefaultConnector::new(), SlowResolver);
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = http::Uri::from_static("http://127.0.0.1:1/");
    let error = transport.send(request, Limits::default()).err();
    let told = error.map(|error| (error.reach(), error.fault()));
    assert_eq!(told, Some((Reach::NotSent, Fault::Timeout)));
}

#[test]
fn debug_shows_nothing_of_the_agent() {
    assert_eq!(format!("{:?}", transport()), "UreqTransport { .. }");
}
