//! What WeChat sees of a request.

use http::HeaderValue;
use http::header::CONTENT_TYPE;
use wechat_auth_client::{Limits, Transport};

use crate::check::{Verdict, answered_with, ensure};
use crate::server::{Seen, Server, get, ok};

/// What form encoding leaves as it is, and escapes in both cases.
const TARGET: &str =
    "/cgi-bin/message/custom/send?access_token=MARKER_%2f%2F%E4%BD%A0&x=a+b%20*-._&empty=&x=2";

pub(crate) async fn a_get_arrives_byte_for_byte<T: Transport>(transport: &T) -> Verdict {
    let server = Server::answers(|_| ok("fine"))?;
    let request = get(&format!("http://{}{TARGET}", server.address()));
    answered_with(b"fine", transport.send(request, Limits::default()).await)?;

    let seen = only(&server)?;
    let line = format!("GET {TARGET} HTTP/1.1");
    ensure!(seen.line == line, "it arrived as {}", seen.line);
    let host = server.address().to_string();
    ensure!(
        seen.header("host") == [host.as_str()],
        "host is {:?}",
        seen.header("host")
    );
    let (length, encoding) = (seen.header("content-length"), seen.header("transfer-encoding"));
    let no_body = encoding.is_empty() && (length.is_empty() || length == ["0"]);
    ensure!(no_body, "it arrived with a body: {length:?} {encoding:?}");
    Ok(())
}

pub(crate) async fn a_post_arrives_byte_for_byte<T: Transport>(transport: &T) -> Verdict {
    let server = Server::answers(|_| ok("fine"))?;
    for body in [&b"{\"appid\":\"wx1\"}\r\n\x00\xff"[..], &[b'x'; 100_000], b""] {
        let mut request = server.post(body.to_vec());
        let target = format!("http://{}{TARGET}", server.address());
        *request.uri_mut() = target.parse().unwrap_or_default();
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        request.headers_mut().insert(CONTENT_TYPE, json.clone());
        answered_with(b"fine", transport.send(request, Limits::default()).await)?;

        let seen = server.requests().pop().unwrap_or_default();
        let line = format!("POST {TARGET} HTTP/1.1");
        ensure!(seen.line == line, "it arrived as {}", seen.line);
        ensure!(
            seen.body == body,
            "{} of {} bytes arrived",
            seen.body.len(),
            body.len()
        );
        let kind = seen.header("content-type");
        ensure!(
            kind == [json.to_str().unwrap_or_default()],
            "content-type is {kind:?}"
        );
    }
    Ok(())
}

pub(crate) async fn repeated_request_headers_all_arrive<T: Transport>(transport: &T) -> Verdict {
    let server = Server::answers(|_| ok("fine"))?;
    let mut request = server.get();
    for value in ["one", "two", "one"] {
        request
            .headers_mut()
            .append("x-several", HeaderValue::from_static(value));
    }
    answered_with(b"fine", transport.send(request, Limits::default()).await)?;
    let seen = only(&server)?;
    let arrived = seen.header("x-several");
    ensure!(arrived == ["one", "two", "one"], "{arrived:?} arrived");
    Ok(())
}

fn only(server: &Server) -> Result<Seen, String> {
    let mut requests = server.requests();
    ensure!(requests.len() == 1, "{} requests arrived", requests.len());
    Ok(requests.pop().unwrap_or_default())
}
