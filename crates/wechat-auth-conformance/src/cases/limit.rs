//! No answer fills the memory.

use wechat_auth_client::{Fault, Limits, Reach, Transport};

use super::answer::gzip_head;
use crate::check::{Answer, Verdict, answered_with, ensure, failed};
use crate::server::{Line, Server};

const LIMIT: usize = 10_000;

/// Nothing is limitless: a client that took this much will take more.
const FAR_TOO_MUCH: usize = 32 << 20;

pub(crate) async fn a_body_at_the_limit_is_an_answer<T: Transport>(transport: &T) -> Verdict {
    let body = [b'x'; LIMIT];
    for answer in [announced(LIMIT), chunked(LIMIT), until_the_end(LIMIT)] {
        let server = Server::says(answer)?;
        answered_with(&body, transport.send(server.get(), limits()).await)?;
    }
    Ok(())
}

pub(crate) async fn an_announced_body_over_the_limit_is_refused<T: Transport>(transport: &T) -> Verdict {
    let server = Server::says(announced(LIMIT + 1))?;
    too_large(transport.send(server.get(), limits()).await)
}

pub(crate) async fn a_chunked_body_over_the_limit_is_refused<T: Transport>(transport: &T) -> Verdict {
    let server = Server::says(chunked(LIMIT + 1))?;
    too_large(transport.send(server.get(), limits()).await)
}

pub(crate) async fn an_endless_body_is_refused<T: Transport>(transport: &T) -> Verdict {
    let server = endless(until_the_end(0), vec![b'x'; 64 << 10])?;
    too_large(transport.send(server.get(), limits()).await)?;
    ensure!(!server.gave_up(), "{FAR_TOO_MUCH} bytes were taken before");
    Ok(())
}

pub(crate) async fn the_limit_counts_decoded_bytes<T: Transport>(transport: &T) -> Verdict {
    // 65 536 times the letter 0.
    let mut gzip = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xed\xc1\x81\0\0\0\0\x80 \xa5\xfd\xe9\x16\xa9\n".to_vec();
    gzip.extend([0; 60]);
    gzip.extend(b"j\x0bQIh\0\0\x01\0");
    let server = Server::says([gzip_head(gzip.len()).as_bytes(), &gzip].concat())?;
    match transport.send(server.get(), limits()).await {
        Ok(left_alone) => {
            ensure!(
                *left_alone.body() == gzip,
                "{} bytes came through",
                left_alone.body().len()
            );
            Ok(())
        }
        refused => too_large(refused),
    }
}

pub(crate) async fn a_head_of_endless_lines_is_refused<T: Transport>(transport: &T) -> Verdict {
    let line = format!("X-Y: {}\r\n", "y".repeat(1000));
    endless_head(transport, line.into()).await
}

pub(crate) async fn a_head_of_one_endless_line_is_refused<T: Transport>(transport: &T) -> Verdict {
    endless_head(transport, vec![b'y'; 64 << 10]).await
}

async fn endless_head<T: Transport>(transport: &T, again: Vec<u8>) -> Verdict {
    let server = endless(b"HTTP/1.1 200 OK\r\nX-Z: ".to_vec(), again)?;
    let answer = transport.send(server.get(), limits()).await;
    failed(answer, Reach::MaybeSent, &[Fault::Cut, Fault::BodyTooLarge])?;
    ensure!(!server.gave_up(), "{FAR_TOO_MUCH} bytes were taken before");
    Ok(())
}

fn endless(first: Vec<u8>, again: Vec<u8>) -> Result<Server, String> {
    Server::start(move |mut line: Line| {
        line.request();
        line.say(&first);
        line.keep_saying(&again, FAR_TOO_MUCH);
    })
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_body = LIMIT;
    limits
}

fn too_large(answer: Answer) -> Verdict {
    failed(answer, Reach::MaybeSent, &[Fault::BodyTooLarge])
}

fn announced(length: usize) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{}",
        "x".repeat(length)
    )
    .into()
}

fn chunked(length: usize) -> Vec<u8> {
    let (half, rest) = (length / 2, length - length / 2);
    let (first, second) = ("x".repeat(half), "x".repeat(rest));
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{half:x}\r\n{first}\r\n{rest:x}\r\n{second}\r\n0\r\n\r\n").into()
}

fn until_the_end(length: usize) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}",
        "x".repeat(length)
    )
    .into()
}
