//! An HTTP server that answers as it is told: what stands between us and WeChat on a bad day.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What it was sent, as text, to what it answers, byte for byte. `None` is silence.
type Script = Arc<dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync>;

pub(crate) struct Server {
    pub(crate) url: String,
    /// How many requests came.
    pub(crate) requests: watch::Receiver<usize>,
}

impl Server {
    pub(crate) async fn start(script: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (count, requests) = watch::channel(0);
        let script: Script = Arc::new(script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&script), count.clone()));
            }
        });
        Self { url, requests }
    }
}

async fn converse(mut stream: TcpStream, script: Script, count: watch::Sender<usize>) {
    let Some(request) = read(&mut stream).await else {
        return;
    };
    count.send_modify(|count| *count += 1);
    match script(&request) {
        Some(answer) => {
            // A client that has seen enough hangs up in the middle.
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        None => {
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut seen = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase();
            let length = length.split("content-length: ").nth(1).map_or(0, |rest| {
                rest.split("\r\n").next().unwrap().parse::<usize>().unwrap()
            });
            if body.len() >= length {
                return Some(text);
            }
        }
        if stream.read_buf(&mut seen).await.ok()? == 0 {
            return None;
        }
    }
}

/// A whole answer.
pub(crate) fn answer(status: &str, content_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into_bytes()
}

pub(crate) fn json(body: &str) -> Vec<u8> {
    answer("200 OK", "application/json", body)
}

/// The same text inside a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}
