//! The deadline holds whatever the other side does, or does not do.

use std::time::Duration;

use wechat_auth_client::{Fault, Limits, Reach, Transport};

use crate::check::{Verdict, ensure, failed};
use crate::server::{Line, Server};

/// Long enough to connect on a busy machine, and short of the server's patience.
const DEADLINE: Duration = Duration::from_secs(1);

/// More than any pair of sockets buffers.
const NEVER_TAKEN: usize = 32 << 20;

pub(crate) async fn it_holds_before_the_head<T: Transport>(transport: &T) -> Verdict {
    stalls(transport, "").await
}

pub(crate) async fn it_holds_in_the_middle_of_the_head<T: Transport>(transport: &T) -> Verdict {
    stalls(transport, "HTTP/1.1 200 OK\r\nContent-Le").await
}

pub(crate) async fn it_holds_in_the_middle_of_the_body<T: Transport>(transport: &T) -> Verdict {
    stalls(transport, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").await
}

pub(crate) async fn it_holds_while_a_head_drips<T: Transport>(transport: &T) -> Verdict {
    drips(transport, "HTTP/1.1 200 OK\r\nX-Drip: ").await
}

pub(crate) async fn it_holds_while_a_body_drips<T: Transport>(transport: &T) -> Verdict {
    drips(transport, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n").await
}

pub(crate) async fn it_holds_when_nobody_reads_the_request<T: Transport>(transport: &T) -> Verdict {
    passes(transport, &Server::start(Line::ignore)?, vec![b'x'; NEVER_TAKEN]).await
}

async fn stalls<T: Transport>(transport: &T, after: &'static str) -> Verdict {
    let server = Server::start(move |mut line| {
        line.request();
        line.say(after.as_bytes());
        line.ignore();
    })?;
    passes(transport, &server, b"{}".to_vec()).await
}

async fn drips<T: Transport>(transport: &T, after: &'static str) -> Verdict {
    let server = Server::start(move |mut line| {
        line.request();
        line.say(after.as_bytes());
        line.drip(b'x');
    })?;
    passes(transport, &server, b"{}".to_vec()).await
}

async fn passes<T: Transport>(transport: &T, server: &Server, body: Vec<u8>) -> Verdict {
    let answer = transport.send(server.post(body), Limits::within(DEADLINE)).await;
    ensure!(
        !server.gave_up(),
        "it was still waiting when the server gave up: {answer:?}"
    );
    failed(answer, Reach::MaybeSent, &[Fault::Timeout])
}
