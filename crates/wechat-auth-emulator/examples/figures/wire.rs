//! The client: HTTP by hand, so that it costs next to nothing.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::{APPID, SECRET};

/// The requests that are measured.
pub(crate) struct Work {
    pub(crate) name: &'static str,
    pub(crate) request: String,
    /// What a bare server is to answer with.
    pub(crate) answer: String,
}

/// Both, as this emulator answers them.
pub(crate) fn works(emulator: SocketAddr) -> [Work; 2] {
    let mut line = Line::to(emulator);
    let stable = stable();
    let fetched = line.ask(&stable);
    let token = fetched.split('"').nth(3).unwrap();
    let call = format!("GET /cgi-bin/getcallbackip?access_token={token} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let answer = line.ask(&call);
    [
        Work {
            name: "stable_token",
            request: stable,
            answer: fetched,
        },
        Work {
            name: "an API call",
            request: call,
            answer,
        },
    ]
}

/// One connection.
pub(crate) struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    pub(crate) fn to(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: vec![0; 4_096],
        }
    }

    pub(crate) fn send(&mut self, request: &str) {
        self.stream.write_all(request.as_bytes()).unwrap();
    }

    /// How many bytes the answer had.
    pub(crate) fn receive(&mut self) -> usize {
        let mut filled = 0;
        // Every answer here is one small JSON object.
        while filled == 0 || self.buffer[filled - 1] != b'}' {
            let read = self.stream.read(&mut self.buffer[filled..]).unwrap();
            assert!(read > 0, "the line was closed");
            filled += read;
        }
        filled
    }

    /// The body of the answer.
    pub(crate) fn ask(&mut self, request: &str) -> String {
        self.send(request);
        let filled = self.receive();
        let answer = std::str::from_utf8(&self.buffer[..filled]).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        body.to_owned()
    }
}

pub(crate) fn stable() -> String {
    let body = format!(r#"{{"grant_type":"client_credential","appid":"{APPID}","secret":"{SECRET}"}}"#);
    let length = body.len();
    format!(
        "POST /cgi-bin/stable_token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}
