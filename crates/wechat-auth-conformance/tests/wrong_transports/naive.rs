//! The client that everybody writes once: it knows `Content-Length`, waits for so long at each read, asks for
//! gzip without knowing it, and keeps its connection whatever is still on it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;

use http::{HeaderName, HeaderValue, Request, Response};
use wechat_auth_client::blocking::Transport;
use wechat_auth_client::{Fault, Limits, TransportError};

#[derive(Default)]
pub(crate) struct Naive {
    kept: Mutex<Option<BufReader<TcpStream>>>,
}

impl Transport for Naive {
    fn send(&self, request: Request<Vec<u8>>, limits: Limits) -> Result<Response<Vec<u8>>, TransportError> {
        let kept = self.kept.lock().unwrap().take();
        let mut stream = match kept {
            Some(stream) => stream,
            None => connect(&request).map_err(|_| TransportError::not_sent(Fault::Connect))?,
        };
        let exchanged = exchange(&mut stream, &request, limits);
        let answer = exchanged.map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => TransportError::maybe_sent(Fault::Timeout),
            _ => TransportError::maybe_sent(Fault::Cut),
        })?;
        *self.kept.lock().unwrap() = Some(stream);
        Ok(answer)
    }
}

fn connect(request: &Request<Vec<u8>>) -> io::Result<BufReader<TcpStream>> {
    TcpStream::connect(request.uri().authority().unwrap().as_str()).map(BufReader::new)
}

fn exchange(
    stream: &mut BufReader<TcpStream>,
    request: &Request<Vec<u8>>,
    limits: Limits,
) -> io::Result<Response<Vec<u8>>> {
    stream.get_ref().set_read_timeout(Some(limits.within))?;
    stream.get_ref().set_write_timeout(Some(limits.within))?;
    stream.get_mut().write_all(&written(request))?;
    let mut answer = read_head(stream)?;
    if let Some(length) = answer.headers().get("content-length") {
        let mut body = vec![0; length.to_str().unwrap().parse().unwrap()];
        stream.read_exact(&mut body)?;
        *answer.body_mut() = body;
    } else {
        stream.read_to_end(answer.body_mut())?;
    }
    Ok(answer)
}

/// As bytes on the wire.
pub(crate) fn written(request: &Request<Vec<u8>>) -> Vec<u8> {
    let (method, uri) = (request.method(), request.uri());
    let (target, host) = (uri.path_and_query().unwrap(), uri.authority().unwrap());
    let length = request.body().len();
    let mut bytes = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\naccept-encoding: gzip\r\n");
    bytes += &format!("content-length: {length}\r\n");
    for (name, value) in request.headers() {
        bytes += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    [bytes.as_bytes(), b"\r\n", request.body()].concat()
}

pub(crate) fn read_head(stream: &mut impl BufRead) -> io::Result<Response<Vec<u8>>> {
    let mut answer = Response::default();
    let status = read_line(stream)?;
    let status = status
        .get(9..12)
        .and_then(|status| http::StatusCode::from_bytes(status).ok());
    *answer.status_mut() = status.ok_or(io::ErrorKind::InvalidData)?;
    loop {
        let line = read_line(stream)?;
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            return Ok(answer);
        };
        let name = HeaderName::from_bytes(&line[..colon]).ok();
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok();
        let (name, value) = name.zip(value).ok_or(io::ErrorKind::InvalidData)?;
        answer.headers_mut().append(name, value);
    }
}

fn read_line(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line)?;
    if line.ends_with(b"\r\n") {
        Ok(line)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}
