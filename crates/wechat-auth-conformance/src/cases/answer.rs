//! What the caller sees of an answer.

use wechat_auth_client::{Limits, Transport};

use crate::check::{Verdict, answered, answered_with, ensure};
use crate::server::{Server, ok};

pub(crate) async fn every_status_is_an_answer<T: Transport>(transport: &T) -> Verdict {
    const ALL: [u16; 14] = [
        200, 201, 400, 401, 403, 404, 407, 418, 429, 500, 502, 503, 504, 599,
    ];
    let server = Server::answers(|number| {
        let status = ALL.get(number).unwrap_or(&200);
        format!("HTTP/1.1 {status} Whatever\r\nContent-Length: 2\r\n\r\n{{}}").into()
    })?;
    for status in ALL {
        let answer = answered(transport.send(server.get(), Limits::default()).await)
            .map_err(|why| format!("{status}: {why}"))?;
        ensure!(
            answer.status() == status,
            "{} instead of {status}",
            answer.status()
        );
        ensure!(answer.body() == b"{}", "{status} lost its body");
    }
    Ok(())
}

pub(crate) async fn answers_without_a_body_are_answers<T: Transport>(transport: &T) -> Verdict {
    const HEADS: [&str; 4] = [
        "200 OK\r\nContent-Length: 0",
        "204 No Content",
        "304 Not Modified",
        // As WeChat answered in 2017.
        "200 OK\r\nContent-Type: text/html; charset=gbk\r\nContent-Length: 0",
    ];
    let server = Server::answers(|number| {
        let head = HEADS.get(number).unwrap_or(&"500 Too Many");
        format!("HTTP/1.1 {head}\r\n\r\n").into()
    })?;
    for head in HEADS {
        let answer = answered(transport.send(server.get(), Limits::default()).await)
            .map_err(|why| format!("{head}: {why}"))?;
        ensure!(
            head.starts_with(answer.status().as_str()),
            "{} instead of {head}",
            answer.status()
        );
        ensure!(answer.body().is_empty(), "{head} has a body");
    }
    Ok(())
}

pub(crate) async fn repeated_answer_headers_all_arrive<T: Transport>(transport: &T) -> Verdict {
    let server = Server::says(
        b"HTTP/1.1 200 OK\r\nX-Several: one\r\nX-Other: \xe4\xbd\xa0\r\nx-several: two\r\nX-Several: one\r\nContent-Length: 0\r\n\r\n",
    )?;
    let answer = answered(transport.send(server.get(), Limits::default()).await)?;
    let several: Vec<_> = answer.headers().get_all("x-several").iter().collect();
    ensure!(several == ["one", "two", "one"], "{several:?} arrived");
    let other = answer.headers().get("x-other").map(http::HeaderValue::as_bytes);
    ensure!(other == Some(b"\xe4\xbd\xa0"), "{other:?} arrived");
    Ok(())
}

pub(crate) async fn any_body_passes_as_it_is<T: Transport>(transport: &T) -> Verdict {
    const BODIES: [(&str, &[u8]); 6] = [
        ("application/json", b"{\"errcode\":0}"),
        ("text/plain", b"\xef\xbb\xbf{\"errcode\":0}"),
        ("text/html; charset=gbk", b"<html>\xc4\xe3\xba\xc3</html>"),
        ("application/json; charset=utf-16", b"\xff\xfe{\x00"),
        ("not a content type", b"\r\n\r\nHTTP/1.1 500 No\r\n\r\n"),
        ("application/octet-stream", b"\x00\x01\xfe\xff\n"),
    ];
    let server = Server::answers(|number| {
        let (kind, body) = BODIES.get(number).copied().unwrap_or_default();
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
        [head.as_bytes(), body].concat()
    })?;
    for (kind, body) in BODIES {
        answered_with(body, transport.send(server.get(), Limits::default()).await)
            .map_err(|why| format!("{kind}: {why}"))?;
    }
    Ok(())
}

pub(crate) async fn chunks_are_put_together<T: Transport>(transport: &T) -> Verdict {
    let server = Server::says(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0002;ext=1\r\nde\r\n0\r\n\r\n",
    )?;
    answered_with(b"abcde", transport.send(server.get(), Limits::default()).await)
}

pub(crate) async fn interim_answers_are_skipped<T: Transport>(transport: &T) -> Verdict {
    let interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    let server = Server::answers(|_| [interim, ok("final").as_slice()].concat())?;
    answered_with(b"final", transport.send(server.get(), Limits::default()).await)?;
    answered_with(
        b"final",
        transport
            .send(server.post(b"{}".to_vec()), Limits::default())
            .await,
    )
}

pub(crate) async fn a_long_head_is_read<T: Transport>(transport: &T) -> Verdict {
    let lines: String = (0..40)
        .map(|n| format!("X-{n}: {}\r\n", "y".repeat(150)))
        .collect();
    let server = Server::says(format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 2\r\n\r\nok"))?;
    let answer = answered(transport.send(server.get(), Limits::default()).await)?;
    ensure!(
        answer.headers().len() == 41,
        "{} headers arrived",
        answer.headers().len()
    );
    ensure!(answer.body() == b"ok", "the body was lost");
    Ok(())
}

pub(crate) async fn a_compressed_answer_is_decoded_or_left_alone<T: Transport>(transport: &T) -> Verdict {
    const PLAIN: &[u8] = b"hello from the other side";
    const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcbH\xcd\xc9\xc9WH+\xca\xcfU(\xc9HU\xc8\
        \x07\x12E\n\xc5\x99)\xa9\x00m\xfb\x01\x1f\x19\x00\x00\x00";
    let server = Server::says([gzip_head(GZIP.len()).as_bytes(), GZIP].concat())?;
    let answer = answered(transport.send(server.get(), Limits::default()).await)?;
    let encoded = answer.headers().contains_key("content-encoding");
    let decoded = !encoded && answer.body() == PLAIN;
    let left_alone = encoded && answer.body() == GZIP;
    ensure!(
        decoded || left_alone,
        "{} bytes, and content-encoding is there: {encoded}",
        answer.body().len()
    );

    let seen = server.requests().pop().unwrap_or_default();
    let asked = seen
        .header("accept-encoding")
        .iter()
        .any(|value| value.contains("gzip"));
    ensure!(decoded || !asked, "gzip was asked for, and not decoded");
    Ok(())
}

pub(crate) fn gzip_head(length: usize) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n")
}
