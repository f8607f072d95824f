//! A running emulator, and requests written by hand.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use wechat_auth_emulator::{Emulator, Running};

use super::schema;
use super::world::{APPID, SECRET, START};

pub(crate) async fn emulator() -> Running {
    Emulator::builder()
        .seed(7)
        .app(APPID, SECRET)
        .start_time_unix(START)
        .unwrap()
        .frozen()
        .start()
        .await
        .unwrap()
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        super::world::json(&self.body)
    }
}

/// Sends the bytes and reads to the end of the connection.
pub(crate) async fn raw(to: SocketAddr, request: impl Into<Vec<u8>>) -> Vec<u8> {
    let request = request.into();
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(to).unwrap();
        // The peer may answer and close before it has read everything.
        let _ = stream.write_all(&request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    })
    .await
    .unwrap()
}

pub(crate) async fn send(to: SocketAddr, request: impl Into<Vec<u8>>) -> Answer {
    let bytes = raw(to, request).await;
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("an HTTP response");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}

pub(crate) async fn get(to: SocketAddr, path: &str) -> Answer {
    request(to, "GET", path, "").await
}

pub(crate) async fn delete(to: SocketAddr, path: &str) -> Answer {
    request(to, "DELETE", path, "").await
}

pub(crate) async fn put(to: SocketAddr, path: &str, body: &str) -> Answer {
    request(to, "PUT", path, body).await
}

pub(crate) async fn patch(to: SocketAddr, path: &str, body: &str) -> Answer {
    request(to, "PATCH", path, body).await
}

/// Every answer of the admin API is held against the OpenAPI document.
async fn request(to: SocketAddr, method: &str, path: &str, body: &str) -> Answer {
    let content = match body {
        "" => String::new(),
        body => format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        ),
    };
    let answer = send(
        to,
        format!("{method} {path} HTTP/1.1\r\nHost: {to}\r\n{content}Connection: close\r\n\r\n{body}"),
    )
    .await;
    schema::hold(method, path, body, &answer);
    answer
}

pub(crate) async fn post_with(to: SocketAddr, path: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    send(
        to,
        format!(
            "POST {path} HTTP/1.1\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ),
    )
    .await
}

pub(crate) async fn post(to: SocketAddr, path: &str, body: &str) -> Answer {
    let headers = format!("Host: {to}\r\nContent-Type: application/json\r\n");
    let answer = post_with(to, path, &headers, body).await;
    schema::hold("POST", path, body, &answer);
    answer
}
