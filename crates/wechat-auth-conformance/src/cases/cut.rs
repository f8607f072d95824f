//! A line cut at any point is no answer, the request may have arrived, and it is not repeated.

use wechat_auth_client::{Limits, Transport};

use crate::check::{Verdict, ensure, was_cut};
use crate::server::{Line, Server};

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

pub(crate) async fn before_the_head<T: Transport>(transport: &T) -> Verdict {
    after(transport, "").await
}

pub(crate) async fn in_the_head<T: Transport>(transport: &T) -> Verdict {
    after(transport, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-").await
}

pub(crate) async fn before_the_body<T: Transport>(transport: &T) -> Verdict {
    after(transport, HEAD).await
}

pub(crate) async fn in_the_body<T: Transport>(transport: &T) -> Verdict {
    after(transport, format!("{HEAD}abc")).await
}

pub(crate) async fn in_a_chunk<T: Transport>(transport: &T) -> Verdict {
    after(transport, format!("{CHUNKED}3\r\nab")).await
}

pub(crate) async fn between_chunks<T: Transport>(transport: &T) -> Verdict {
    after(transport, format!("{CHUNKED}3\r\nabc\r\n")).await
}

pub(crate) async fn by_a_reset_before_the_head<T: Transport>(transport: &T) -> Verdict {
    resets(transport, "").await
}

pub(crate) async fn by_a_reset_in_the_body<T: Transport>(transport: &T) -> Verdict {
    resets(transport, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").await
}

pub(crate) async fn what_is_not_http_is_no_answer<T: Transport>(transport: &T) -> Verdict {
    after(transport, "SSH-2.0-OpenSSH_9.2\r\n").await?;
    after(transport, b"\x15\x03\x03\x00\x02\x02\x46").await?;
    after(
        transport,
        "{\"access_token\":\"70_abc\",\"expires_in\":7200}\r\n\r\n",
    )
    .await
}

pub(crate) async fn a_malformed_chunk_is_no_answer<T: Transport>(transport: &T) -> Verdict {
    after(transport, format!("{CHUNKED}zz\r\nabc\r\n0\r\n\r\n")).await?;
    after(transport, format!("{CHUNKED}3\r\nabcXX0\r\n\r\n")).await?;
    after(
        transport,
        format!("{CHUNKED}fffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
    )
    .await
}

async fn after<T: Transport>(transport: &T, said: impl AsRef<[u8]>) -> Verdict {
    let said = said.as_ref().to_vec();
    cuts(transport, move |mut line| {
        line.request();
        line.say(&said);
    })
    .await
}

async fn resets<T: Transport>(transport: &T, after: &'static str) -> Verdict {
    cuts(transport, move |mut line| {
        line.request();
        line.say(after.as_bytes());
        line.reset();
    })
    .await
}

async fn cuts<T: Transport>(transport: &T, each: impl Fn(Line) + Send + Sync + 'static) -> Verdict {
    let server = Server::start(each)?;
    for (number, request) in [server.get(), server.post(b"{}".to_vec())]
        .into_iter()
        .enumerate()
    {
        let asked = request.method().clone();
        was_cut(transport.send(request, Limits::default()).await)?;
        let arrived = server.requests().len() - number;
        ensure!(arrived == 1, "{asked} arrived {arrived} times");
    }
    Ok(())
}
