//! The promises. A case is written once, for both colours.

mod answer;
mod connection;
mod cut;
mod deadline;
mod future;
mod limit;
mod redirect;
mod request;
#[cfg(feature = "tls")]
mod tls;

use std::future::Future;
use std::pin::Pin;

use wechat_auth_client::Transport;

use crate::check::Verdict;

/// A promise, by its name.
pub(crate) struct Case<T> {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&T) -> Running<'_>,
}

pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;

macro_rules! cases {
    ($($file:ident::$name:ident),+ $(,)?) => {
        vec![$(Case { name: concat!(stringify!($file), "::", stringify!($name)), run: |transport| Box::pin($file::$name(transport)) }),+]
    };
}

pub(crate) fn all<T: Transport>() -> Vec<Case<T>> {
    cases![
        request::a_get_arrives_byte_for_byte,
        request::a_post_arrives_byte_for_byte,
        request::repeated_request_headers_all_arrive,
        answer::every_status_is_an_answer,
        answer::answers_without_a_body_are_answers,
        answer::repeated_answer_headers_all_arrive,
        answer::any_body_passes_as_it_is,
        answer::chunks_are_put_together,
        answer::interim_answers_are_skipped,
        answer::a_long_head_is_read,
        answer::a_compressed_answer_is_decoded_or_left_alone,
        redirect::redirects_are_not_followed,
        limit::a_body_at_the_limit_is_an_answer,
        limit::an_announced_body_over_the_limit_is_refused,
        limit::a_chunked_body_over_the_limit_is_refused,
        limit::an_endless_body_is_refused,
        limit::the_limit_counts_decoded_bytes,
        limit::a_head_of_endless_lines_is_refused,
        limit::a_head_of_one_endless_line_is_refused,
        deadline::it_holds_before_the_head,
        deadline::it_holds_in_the_middle_of_the_head,
        deadline::it_holds_in_the_middle_of_the_body,
        deadline::it_holds_while_a_head_drips,
        deadline::it_holds_while_a_body_drips,
        deadline::it_holds_when_nobody_reads_the_request,
        cut::before_the_head,
        cut::in_the_head,
        cut::before_the_body,
        cut::in_the_body,
        cut::in_a_chunk,
        cut::between_chunks,
        cut::by_a_reset_before_the_head,
        cut::by_a_reset_in_the_body,
        cut::what_is_not_http_is_no_answer,
        cut::a_malformed_chunk_is_no_answer,
        connection::it_is_used_again,
        connection::one_closed_while_idle_is_told_truthfully,
        connection::a_request_cut_on_a_used_one_is_not_repeated,
        connection::a_stray_answer_reaches_nobody,
        connection::answers_go_to_those_who_asked,
        connection::refused_is_certainly_not_sent,
        connection::a_name_that_does_not_exist_is_certainly_not_sent,
    ]
}

/// What has no meaning for a blocking transport.
pub(crate) fn only_async<T: Transport>() -> Vec<Case<T>> {
    cases![
        future::a_dropped_call_leaves_nothing_behind,
        future::sleep_lasts_as_long_as_asked,
    ]
}

#[cfg(feature = "tls")]
pub(crate) fn tls<T: Transport>() -> Vec<Case<T>> {
    cases![
        tls::a_certificate_that_nobody_signed_is_certainly_not_sent,
        tls::a_server_without_tls_is_certainly_not_sent,
    ]
}
