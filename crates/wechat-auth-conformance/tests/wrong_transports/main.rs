//! The suite is itself tested: each transport here breaks one promise or a few, and the cases that guard
//! them say so. Every case catches somebody: none is a test that cannot fail.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set its transport up has failed, and wrong transports may panic"
)]

mod naive;
mod one_line;

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use http::{HeaderMap, Request, Response, StatusCode};
use ureq::config::Config;
use wechat_auth_client::blocking::Transport;
use wechat_auth_client::{Fault, Limits, TransportError};
use wechat_auth_conformance::{Report, run_blocking};
use wechat_auth_ureq::UreqTransport;

type Answer = Result<Response<Vec<u8>>, TransportError>;

/// A transport that keeps all promises, and what is done wrong with it.
struct Wrong(
    UreqTransport,
    fn(&UreqTransport, Request<Vec<u8>>, Limits) -> Answer,
);

impl Transport for Wrong {
    fn send(&self, request: Request<Vec<u8>>, limits: Limits) -> Answer {
        self.1(&self.0, request, limits)
    }
}

fn right() -> UreqTransport {
    UreqTransport::new(Config::builder().proxy(None).build())
}

fn wrong(what: fn(&UreqTransport, Request<Vec<u8>>, Limits) -> Answer) -> Report {
    run_blocking(move || Wrong(right(), what))
}

/// A cache in front, that takes no notice of the query.
struct Remembers(UreqTransport, Mutex<HashMap<String, Response<Vec<u8>>>>);

impl Transport for Remembers {
    fn send(&self, request: Request<Vec<u8>>, limits: Limits) -> Answer {
        let path = request.uri().path().to_owned();
        if let Some(answer) = self.1.lock().unwrap().get(&path) {
            return Ok(answer.clone());
        }
        let answer = self.0.send(request, limits)?;
        self.1.lock().unwrap().insert(path, answer.clone());
        Ok(answer)
    }
}

/// Who is wrong, how the suite runs on it, and the cases that must catch it.
type Culprit = (&'static str, fn() -> Report, &'static [&'static str]);

const CULPRITS: &[Culprit] = &[
    (
        "follows redirects",
        || {
            wrong(|inner, request, limits| {
                let mut again = request.clone();
                let answer = inner.send(request, limits)?;
                let Some(location) = answer.headers().get("location") else {
                    return Ok(answer);
                };
                *again.uri_mut() = location.to_str().unwrap().parse().unwrap();
                inner.send(again, limits)
            })
        },
        &["redirect::redirects_are_not_followed"],
    ),
    (
        "has no deadline",
        || wrong(|inner, request, limits| inner.send(request, patient(limits))),
        &[
            "deadline::it_holds_before_the_head",
            "deadline::it_holds_in_the_middle_of_the_head",
            "deadline::it_holds_in_the_middle_of_the_body",
            "deadline::it_holds_while_a_head_drips",
            "deadline::it_holds_while_a_body_drips",
            "deadline::it_holds_when_nobody_reads_the_request",
        ],
    ),
    (
        "has no body limit",
        || wrong(|inner, request, limits| inner.send(request, at_most(usize::MAX, limits))),
        &[
            "limit::an_announced_body_over_the_limit_is_refused",
            "limit::a_chunked_body_over_the_limit_is_refused",
            "limit::an_endless_body_is_refused",
            "limit::the_limit_counts_decoded_bytes",
        ],
    ),
    (
        "refuses a body at the limit",
        || wrong(|inner, request, limits| inner.send(request, at_most(limits.max_body - 1, limits))),
        &["limit::a_body_at_the_limit_is_an_answer"],
    ),
    (
        "calls every failure certainly not sent",
        || {
            wrong(|inner, request, limits| {
                let answer = inner.send(request, limits);
                answer.map_err(|error| TransportError::not_sent(error.fault()))
            })
        },
        &[
            "cut::before_the_head",
            "cut::in_the_body",
            "cut::by_a_reset_before_the_head",
            "deadline::it_holds_before_the_head",
            "connection::a_request_cut_on_a_used_one_is_not_repeated",
        ],
    ),
    (
        "calls every failure a cut line",
        || {
            wrong(|inner, request, limits| {
                let answer = inner.send(request, limits);
                answer.map_err(|_| TransportError::maybe_sent(Fault::Cut))
            })
        },
        &[
            "connection::refused_is_certainly_not_sent",
            "connection::a_name_that_does_not_exist_is_certainly_not_sent",
            "limit::an_endless_body_is_refused",
            "deadline::it_holds_before_the_head",
        ],
    ),
    (
        "repeats what was cut",
        || {
            wrong(|inner, request, limits| {
                let again = request.clone();
                let answer = inner.send(request, limits);
                answer.or_else(|_| inner.send(again, limits))
            })
        },
        &[
            "cut::before_the_head",
            "cut::by_a_reset_before_the_head",
            "connection::a_request_cut_on_a_used_one_is_not_repeated",
        ],
    ),
    (
        "sends everything twice",
        || {
            wrong(|inner, request, limits| {
                let _ = inner.send(request.clone(), limits);
                inner.send(request, limits)
            })
        },
        &[
            "request::repeated_request_headers_all_arrive",
            "connection::one_closed_while_idle_is_told_truthfully",
        ],
    ),
    (
        "takes half an answer for an answer",
        || {
            wrong(|inner, request, limits| match inner.send(request, limits) {
                Err(error) if error.fault() == Fault::Cut => Ok(Response::default()),
                answer => answer,
            })
        },
        &[
            "cut::before_the_head",
            "cut::in_the_head",
            "cut::before_the_body",
            "cut::in_the_body",
            "cut::in_a_chunk",
            "cut::between_chunks",
            "cut::by_a_reset_before_the_head",
            "cut::by_a_reset_in_the_body",
            "cut::what_is_not_http_is_no_answer",
            "cut::a_malformed_chunk_is_no_answer",
        ],
    ),
    (
        "changes the request on the way",
        || {
            wrong(|inner, mut request, limits| {
                let tidied = request.uri().to_string().replace("%2f", "%2F");
                *request.uri_mut() = tidied.parse().unwrap();
                inner.send(request, limits)
            })
        },
        &[
            "request::a_get_arrives_byte_for_byte",
            "request::a_post_arrives_byte_for_byte",
        ],
    ),
    (
        "drops repeated headers of the request",
        || {
            wrong(|inner, mut request, limits| {
                *request.headers_mut() = last_of_each(request.headers());
                inner.send(request, limits)
            })
        },
        &["request::repeated_request_headers_all_arrive"],
    ),
    (
        "drops repeated headers of the answer",
        || {
            wrong(|inner, request, limits| {
                let mut answer = inner.send(request, limits)?;
                *answer.headers_mut() = last_of_each(answer.headers());
                Ok(answer)
            })
        },
        &["answer::repeated_answer_headers_all_arrive"],
    ),
    (
        "takes a status for a failure",
        || {
            wrong(|inner, request, limits| {
                let answer = inner.send(request, limits)?;
                refuse_if(answer.status() >= StatusCode::BAD_REQUEST, answer)
            })
        },
        &["answer::every_status_is_an_answer"],
    ),
    (
        "takes an empty body for a failure",
        || {
            wrong(|inner, request, limits| {
                let answer = inner.send(request, limits)?;
                refuse_if(answer.body().is_empty(), answer)
            })
        },
        &["answer::answers_without_a_body_are_answers"],
    ),
    (
        "refuses more than twenty headers",
        || {
            wrong(|inner, request, limits| {
                let answer = inner.send(request, limits)?;
                refuse_if(answer.headers().len() > 20, answer)
            })
        },
        &["answer::a_long_head_is_read"],
    ),
    (
        "takes every body for text",
        || {
            wrong(|inner, request, limits| {
                let answer = inner.send(request, limits)?;
                Ok(answer.map(|body| String::from_utf8_lossy(&body).into_owned().into()))
            })
        },
        &["answer::any_body_passes_as_it_is"],
    ),
    (
        "answers from memory",
        || run_blocking(|| Remembers(right(), Mutex::default())),
        &["connection::answers_go_to_those_who_asked"],
    ),
    (
        "connects anew for each call",
        || wrong(|_, request, limits| right().send(request, limits)),
        &["connection::it_is_used_again"],
    ),
    (
        "is naive",
        || run_blocking(naive::Naive::default),
        &[
            "answer::chunks_are_put_together",
            "answer::interim_answers_are_skipped",
            "answer::a_compressed_answer_is_decoded_or_left_alone",
            "limit::an_endless_body_is_refused",
            "limit::a_head_of_endless_lines_is_refused",
            "limit::a_head_of_one_endless_line_is_refused",
            "connection::a_stray_answer_reaches_nobody",
        ],
    ),
    (
        "shares one line among all callers",
        one_line::report,
        &[
            "future::a_dropped_call_leaves_nothing_behind",
            "future::sleep_lasts_as_long_as_asked",
        ],
    ),
    #[cfg(feature = "tls")]
    (
        "trusts everybody",
        || {
            let anybody = ureq::tls::TlsConfig::builder().disable_verification(true).build();
            let config = Config::builder().proxy(None).tls_config(anybody).build();
            wechat_auth_conformance::run_tls_blocking(move || UreqTransport::new(config.clone()))
        },
        &["tls::a_certificate_that_nobody_signed_is_certainly_not_sent"],
    ),
    #[cfg(feature = "tls")]
    (
        "calls TLS that was not agreed on a cut line",
        || {
            wechat_auth_conformance::run_tls_blocking(|| {
                Wrong(right(), |inner, request, limits| {
                    let answer = inner.send(request, limits);
                    answer.map_err(|_| TransportError::maybe_sent(Fault::Cut))
                })
            })
        },
        &[
            "tls::a_certificate_that_nobody_signed_is_certainly_not_sent",
            "tls::a_server_without_tls_is_certainly_not_sent",
        ],
    ),
];

#[test]
fn each_wrong_transport_is_caught_by_the_cases_that_guard_its_promise_and_every_case_catches_one() {
    let reports: Vec<_> = CULPRITS
        .iter()
        .map(|(who, report, _)| (who, thread::spawn(report)))
        .collect();
    let (mut cases, mut catching) = (BTreeSet::new(), BTreeSet::new());
    for ((who, report), (_, _, guards)) in reports.into_iter().zip(CULPRITS) {
        let report = report.join().unwrap();
        let caught: BTreeSet<_> = report.failures().map(|(case, _)| case).collect();
        for guard in *guards {
            assert!(
                caught.contains(guard),
                "{guard} lets pass one that {who}:\n{report}"
            );
        }
        cases.extend(report.cases());
        catching.extend(*guards);
    }
    let idle: Vec<_> = cases.difference(&catching).collect();
    assert!(idle.is_empty(), "these cases catch nobody: {idle:?}");
}

#[test]
fn a_right_transport_is_not_accused() {
    run_blocking(right).assert_passed();
}

#[test]
#[should_panic(expected = "FAIL  redirect::redirects_are_not_followed")]
fn a_failing_test_names_the_case() {
    let (_, follows_redirects, _) = CULPRITS[0];
    follows_redirects().assert_passed();
}

fn patient(mut limits: Limits) -> Limits {
    limits.within = Duration::from_secs(60);
    limits
}

fn last_of_each(headers: &HeaderMap) -> HeaderMap {
    let mut last = HeaderMap::new();
    for (name, value) in headers {
        last.insert(name, value.clone());
    }
    last
}

fn refuse_if(refused: bool, answer: Response<Vec<u8>>) -> Answer {
    if refused {
        return Err(TransportError::maybe_sent(Fault::Cut));
    }
    Ok(answer)
}

fn at_most(max_body: usize, mut limits: Limits) -> Limits {
    limits.max_body = max_body;
    limits
}
