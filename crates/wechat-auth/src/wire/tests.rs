//! Every quirk of WeChat's answers, named after what is promised about it.

use core::net::IpAddr;
use core::time::Duration;

use super::{Reply, Speaker};
use crate::{Advice, ApiError, CodeInfo, Refusal, Rid, Secret};

fn read(body: impl AsRef<[u8]>) -> Result<Reply, ApiError> {
    Reply::read(&http::Response::new(body.as_ref()))
}

fn read_with_status(status: u16, body: impl AsRef<[u8]>) -> Result<Reply, ApiError> {
    let response = http::Response::builder().status(status);
    Reply::read(&response.body(body.as_ref()).unwrap())
}

fn success(body: impl AsRef<[u8]>) -> Reply {
    read(body).unwrap()
}

fn refusal(body: impl AsRef<[u8]>) -> Refusal {
    match read(body) {
        Err(ApiError::WeChat(refusal)) => refusal,
        other => panic!("not a refusal: {other:?}"),
    }
}

fn malformed<T>(result: Result<T, ApiError>) -> (&'static str, &'static str) {
    match result {
        Err(ApiError::Malformed { what, at }) => (what, at),
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("taken for a success"),
    }
}

// Success and refusal

#[test]
fn success_is_an_absent_errcode_or_zero_however_it_is_written() {
    for body in [
        r#"{"access_token":"a"}"#,
        r#"{"errcode":0,"errmsg":"ok","access_token":"a"}"#,
        r#"{"errcode":"0","access_token":"a"}"#,
        r#"{"errcode":0.0,"access_token":"a"}"#,
        r#"{"errcode":null,"access_token":"a"}"#,
        r#"{"base_resp":{"errcode":0,"errmsg":"ok"},"access_token":"a"}"#,
        r#"{"base_resp":"none","access_token":"a"}"#,
    ] {
        assert_eq!(success(body).text("access_token"), Ok("a"), "{body}");
    }
}

#[test]
fn an_errcode_is_understood_as_a_number_as_a_string_and_nested() {
    for body in [
        r#"{"errcode":40029,"errmsg":"invalid code"}"#,
        r#"{"errcode":"40029","errmsg":"invalid code"}"#,
        r#"{"errcode":" 40029 ","errmsg":"invalid code"}"#,
        r#"{"errcode":40029.0,"errmsg":"invalid code"}"#,
        r#"{"base_resp":{"errcode":40029,"errmsg":"invalid code"}}"#,
        r#"{"errcode":null,"base_resp":{"errcode":"40029","errmsg":"invalid code"}}"#,
        r#"{"errcode":40029,"errmsg":"invalid code","ip_list":[],"parents":[],"n":"x"}"#,
    ] {
        let refusal = refusal(body);
        assert_eq!(
            (refusal.code(), refusal.message()),
            (40029, "invalid code"),
            "{body}"
        );
        assert_eq!(refusal.advice(), Advice::RestartLogin, "{body}");
    }
}

#[test]
fn an_errcode_at_the_top_counts_before_a_nested_one() {
    let body = r#"{"errcode":40013,"errmsg":"top","base_resp":{"errcode":0,"errmsg":"ok"}}"#;
    assert_eq!(refusal(body).message(), "top");
    assert!(read(r#"{"errcode":0,"base_resp":{"errcode":40013}}"#).is_ok());
}

#[test]
fn an_errcode_that_is_no_number_is_neither_a_success_nor_a_code() {
    for code in ["\"\"", "\"busy\"", "true", "[]", "{}", "1.5", "1e300", "\"0x1\""] {
        let body = format!(r#"{{"errcode":{code},"access_token":"a"}}"#);
        assert_eq!(malformed(read(&body)), ("not a number", "errcode"), "{body}");
    }
}

#[test]
fn a_refusal_without_a_message_is_still_one() {
    for body in [
        r#"{"errcode":40013}"#,
        r#"{"errcode":40013,"errmsg":null}"#,
        r#"{"errcode":40013,"errmsg":7}"#,
    ] {
        assert_eq!(refusal(body).message(), "", "{body}");
    }
}

#[test]
fn every_code_brings_the_advice_of_the_table() {
    for row in CodeInfo::all() {
        let body = format!(r#"{{"errcode":{},"errmsg":"no"}}"#, row.code);
        let refusal = refusal(&body);
        assert_eq!(refusal.code(), row.code);
        assert_eq!(refusal.advice(), row.advice, "{}", row.code);
        assert_eq!(refusal.info(), Some(row));
        assert_eq!(ApiError::WeChat(refusal).advice(), row.advice);
    }
}

#[test]
fn where_tokens_are_handed_out_no_code_asks_for_a_new_token() {
    for row in CodeInfo::all() {
        let body = format!(r#"{{"errcode":{},"errmsg":"no"}}"#, row.code);
        let response = http::Response::new(body.as_bytes());
        let error = Reply::read_as(&response, Speaker::TokenEndpoint).unwrap_err();
        let expected = match row.advice {
            Advice::NewToken => Advice::FixConfig,
            other => other,
        };
        assert_eq!((error.code(), error.advice()), (Some(row.code), expected));
    }
}

#[test]
fn a_refused_secret_is_not_reported_as_a_refused_token() {
    let body = br#"{"errcode":40001,"errmsg":"invalid credential"}"#.as_slice();
    let error = Reply::read_as(&http::Response::new(body), Speaker::TokenEndpoint).unwrap_err();
    assert_eq!(
        error.to_string(),
        "wechat refused: 40001 invalid credential; the appsecret is wrong: copy it again from the console, \
         or use the newest after a reset"
    );
}

#[test]
fn an_unknown_code_is_retried_later_and_never_fatal() {
    for code in [1, -2, 99_999, i64::MAX, i64::MIN] {
        let refusal = refusal(format!(r#"{{"errcode":{code},"errmsg":"new"}}"#));
        assert_eq!((refusal.code(), refusal.advice()), (code, Advice::RetryLater));
        assert_eq!(refusal.info(), None);
    }
}

#[test]
fn the_tails_of_a_message_become_rid_and_address() {
    let refusal = refusal(
        r#"{"errcode":40164,"errmsg":"invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: 6aac005a-01bfdbee-79769285"}"#,
    );
    assert_eq!(
        refusal.message(),
        "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist"
    );
    assert_eq!(refusal.rid().map(Rid::as_str), Some("6aac005a-01bfdbee-79769285"));
    assert_eq!(refusal.seen_ip(), Some(IpAddr::from([1, 2, 3, 4])));
    assert_eq!(
        refusal.to_string(),
        "wechat refused: 40164 invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist; the caller's \
         address is not on the IP allow-list: add it in the console; 5 to 10 minutes until it works; wechat \
         saw the address 1.2.3.4; rid 6aac005a-01bfdbee-79769285"
    );
}

#[test]
fn every_allow_list_refusal_shows_the_address_that_wechat_saw() {
    for (code, said) in [
        (
            40164,
            "invalid ip 10.0.0.9 ipv6 ::ffff:10.0.0.9, not in whitelist",
        ),
        (
            61004,
            "access clientip is not registered hint: [x!] requestIP: 10.0.0.9",
        ),
        (
            45035,
            "access clientip is not registered, not in ip-white-list: 10.0.0.9",
        ),
        (
            89503,
            "this call needs admin confirmation, ip: 10.0.0.9 rid: 6aac005a-01bfdbee-79769285",
        ),
    ] {
        let refusal = refusal(format!(r#"{{"errcode":{code},"errmsg":"{said}"}}"#));
        assert_eq!(refusal.seen_ip(), Some(IpAddr::from([10, 0, 0, 9])), "{said}");
        assert_eq!(refusal.advice(), Advice::AskOperator);
    }
}

#[test]
fn an_address_in_another_refusal_is_not_taken_for_ours() {
    let refusal = refusal(r#"{"errcode":40013,"errmsg":"invalid appid 1.2.3.4"}"#);
    assert_eq!(refusal.seen_ip(), None);
}

#[test]
fn a_message_that_echoes_a_secret_is_redacted() {
    let refusal = refusal(r#"{"errcode":40125,"errmsg":"invalid secret 0123456789abcdef0123456789abcdef"}"#);
    assert_eq!(refusal.message(), "invalid secret [redacted]");
}

// Status and content type

#[test]
fn the_content_type_decides_nothing() {
    for content_type in [
        "application/json; encoding=utf-8",
        "text/plain",
        "text/html; charset=gbk",
        "image/png",
    ] {
        let response = http::Response::builder().header("content-type", content_type);
        let response = response.body(br#"{"access_token":"a"}"#.as_slice()).unwrap();
        assert!(Reply::read(&response).is_ok(), "{content_type}");
    }
}

#[test]
fn a_gbk_page_of_no_length_is_malformed_and_not_a_success() {
    let response = http::Response::builder().header("content-type", "text/html; charset=gbk");
    let response = response.body(b"".as_slice()).unwrap();
    assert_eq!(malformed(Reply::read(&response)), ("empty body", ""));
    assert_eq!(malformed(read(" \r\n")), ("empty body", ""));
    assert_eq!(malformed(read("\u{feff}")), ("empty body", ""));
}

#[test]
fn a_proxys_page_is_told_from_wechats_answer() {
    let page = "<html><body>502 Bad Gateway</body></html>";
    assert_eq!(read_with_status(502, page), Err(ApiError::Status { status: 502 }));
    assert_eq!(malformed(read(page)), ("HTML or XML, perhaps a proxy's page", ""));
    assert_eq!(read_with_status(404, ""), Err(ApiError::Status { status: 404 }));
    assert_eq!(read_with_status(301, ""), Err(ApiError::Status { status: 301 }));
}

#[test]
fn an_error_of_wechat_explains_itself_better_than_its_status() {
    let body = r#"{"errcode":45009,"errmsg":"reach max api daily quota limit"}"#;
    let error = read_with_status(500, body).unwrap_err();
    assert_eq!(
        (error.code(), error.advice()),
        (Some(45009), Advice::WaitForQuota)
    );
}

#[test]
fn a_success_under_another_status_is_not_believed() {
    for body in [
        r#"{"access_token":"a"}"#,
        r#"{"errcode":0}"#,
        r#"{"errcode":"?"}"#,
    ] {
        for status in [201, 302, 500, 503] {
            assert_eq!(read_with_status(status, body), Err(ApiError::Status { status }));
        }
    }
}

// What is no answer at all

#[test]
fn a_byte_order_mark_is_passed_over() {
    assert_eq!(success("\u{feff}{\"a\":\"b\"}").text("a"), Ok("b"));
    assert_eq!(success("\u{feff}\r\n {\"a\":\"b\"} \n").text("a"), Ok("b"));
}

#[test]
fn what_is_no_object_is_malformed() {
    for body in [
        "[]",
        "[{\"errcode\":0}]",
        "7",
        "\"text\"",
        "null",
        "true",
        "ok",
        "access_token=a",
    ] {
        assert_eq!(malformed(read(body)), ("not a JSON object", ""), "{body}");
    }
    for body in [
        "{",
        "{]",
        "{\"a\"}",
        "{\"a\":1",
        "{\"a\":\"b",
        "{} {}",
        "{\"a\":'b'}",
    ] {
        assert_eq!(malformed(read(body)), ("broken JSON", ""), "{body}");
    }
}

#[test]
fn the_last_of_duplicate_fields_counts() {
    assert_eq!(success(r#"{"a":"x","a":"y"}"#).text("a"), Ok("y"));
    assert_eq!(refusal(r#"{"errcode":0,"errcode":40013}"#).code(), 40013);
}

#[test]
fn ten_megabytes_are_not_wechats() {
    let body = format!(r#"{{"a":"{}"}}"#, "x".repeat(10 << 20));
    assert_eq!(malformed(read(&body)), ("more than 1 MiB of body", ""));
    assert_eq!(
        read_with_status(502, &body),
        Err(ApiError::Status { status: 502 })
    );
}

#[test]
fn deep_nesting_is_malformed_and_does_not_exhaust_the_stack() {
    for depth in [200, 100_000] {
        let body = format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(malformed(read(&body)), ("broken JSON", ""));
        assert!(read(r#"{"a":"#.repeat(depth)).is_err());
    }
}

// Fields

#[test]
fn a_life_is_believed_between_a_minute_and_a_year() {
    let life = |written: &str| success(format!(r#"{{"expires_in":{written}}}"#)).expires_in();
    for (written, secs) in [
        ("7200", 7200),
        ("\"7200\"", 7200),
        ("7200.0", 7200),
        ("345", 345),
        ("60", 60),
        ("31622400", 31_622_400),
    ] {
        assert_eq!(life(written), Ok(Duration::from_secs(secs)), "{written}");
    }
    for (written, what) in [
        ("0", "no life left"),
        ("1", "less than a minute of life"),
        ("59", "less than a minute of life"),
        ("-1", "not a whole number from 0 up"),
        ("\"abc\"", "not a whole number from 0 up"),
        ("\"\"", "not a whole number from 0 up"),
        ("7200.5", "not a whole number from 0 up"),
        ("[]", "not a whole number from 0 up"),
        ("true", "not a whole number from 0 up"),
        ("null", "missing field"),
        ("31622401", "more than a year"),
        ("1000000000000", "more than a year"),
        ("99999999999999999999999", "not a whole number from 0 up"),
        ("1e300", "not a whole number from 0 up"),
    ] {
        assert_eq!(malformed(life(written)), (what, "expires_in"), "{written}");
    }
    assert_eq!(
        malformed(success("{}").expires_in()),
        ("missing field", "expires_in")
    );
}

#[test]
fn a_token_is_there_or_the_answer_is_refused() {
    let token = |written: &str| success(format!(r#"{{"access_token":{written}}}"#)).secret("access_token");
    let longest = "x".repeat(2048);
    assert_eq!(token(&format!("\"{longest}\"")), Ok(Secret::from(&*longest)));
    for (written, what) in [
        ("\"\"", "empty field"),
        ("null", "missing field"),
        ("7", "not a string"),
        ("[\"a\"]", "not a string"),
        ("\" a\"", "characters no token has"),
        ("\"a b\"", "characters no token has"),
        ("\"a\\n\"", "characters no token has"),
        ("\"中\"", "characters no token has"),
        (&*format!("\"{longest}x\""), "over-long value"),
    ] {
        assert_eq!(malformed(token(written)), (what, "access_token"), "{written}");
    }
    assert_eq!(
        malformed(success("{}").secret("access_token")),
        ("missing field", "access_token")
    );
}

#[test]
fn numbers_and_flags_are_read_from_strings_too() {
    let reply = success(r#"{"a":"1","b":0,"c":true,"d":"true","e":"x","f":86}"#);
    assert_eq!(
        (reply.u64("a"), reply.u64("b"), reply.u64("f")),
        (Ok(1), Ok(0), Ok(86))
    );
    let flags = ["a", "b", "c", "d", "e", "missing"].map(|field| reply.flag(field));
    assert_eq!(flags, [true, false, true, true, false, false]);
}

#[test]
fn an_optional_text_list_or_object_may_be_absent_null_or_of_another_kind() {
    let reply = success(r#"{"n":null,"x":7,"list":["a",1,null,"b"],"in":{"a":"b"}}"#);
    for field in ["n", "x", "missing"] {
        assert_eq!(reply.text_or_empty(field), "");
        assert!(reply.strings(field).is_empty());
        assert!(reply.object(field).is_none());
    }
    assert_eq!(reply.strings("list"), ["a", "b"]);
    assert_eq!(reply.object("in").unwrap().text("a"), Ok("b"));
}

#[test]
fn debug_of_an_answer_shows_nothing_of_it() {
    let reply = success(r#"{"access_token":"T0KEN"}"#);
    assert_eq!(format!("{reply:?}"), "Reply { .. }");
}
