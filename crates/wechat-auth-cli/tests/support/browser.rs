//! A browser as the tests need it: it shows every single answer, and follows only when told.

use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

pub(crate) struct Browser {
    client: Client<HttpConnector, Full<bytes::Bytes>>,
    pub(crate) cookies: Vec<String>,
    /// Sent along with every request.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) url: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build(HttpConnector::new()),
            cookies: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// One request, one answer.
    pub(crate) async fn get(&mut self, url: &str) -> Answer {
        self.send(Method::GET, url, String::new()).await
    }

    /// As [`get`](Self::get), and then wherever it is sent.
    pub(crate) async fn open(&mut self, url: &str) -> Answer {
        let answer = self.get(url).await;
        self.follow(answer).await
    }

    /// Clicks a button of the emulator's consent page; brings the answer, which sends back.
    pub(crate) async fn click(&mut self, page: &Answer, user: &str, decision: &str) -> Answer {
        let nonce = page.text.split("name=\"nonce\" value=\"").nth(1).expect("a form");
        let nonce = nonce.split('"').next().unwrap();
        let body = format!("nonce={nonce}&user={user}&decision={decision}");
        let url = page.url.split('?').next().unwrap().to_owned();
        self.send(Method::POST, &url, body).await
    }

    pub(crate) async fn follow(&mut self, mut answer: Answer) -> Answer {
        while let Some(to) = answer.location() {
            answer = self.get(&to).await;
        }
        answer
    }

    pub(crate) async fn send(&mut self, method: Method, url: &str, body: String) -> Answer {
        assert!(
            url.starts_with("http://127.0.0.1:"),
            "the tests stay at home: {url}"
        );
        let mut request = Request::builder()
            .method(method)
            .uri(url.split('#').next().unwrap());
        if !self.cookies.is_empty() {
            request = request.header(COOKIE, self.cookies.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.body(Full::from(body)).unwrap();
        let (head, body) = self.client.request(request).await.unwrap().into_parts();
        for line in head.headers.get_all(SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            self.cookies.push(pair.to_owned());
        }
        let text = body.collect().await.unwrap().to_bytes();
        Answer {
            url: url.to_owned(),
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(text.to_vec()).unwrap(),
        }
    }
}

impl Answer {
    /// Where it sends the browser, in full.
    pub(crate) fn location(&self) -> Option<String> {
        let to = self.headers.get(LOCATION)?.to_str().unwrap();
        if to.contains("://") {
            return Some(to.to_owned());
        }
        let origin: String = self.url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        Some(format!("{origin}{to}"))
    }

    /// The `state` in the link that it sends to.
    pub(crate) fn state(&self) -> String {
        let link = self.location().expect("a redirect");
        let state = link.split("state=").nth(1).expect("a state");
        state.split(['&', '#']).next().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn is_the_page(&self, slug: &str) {
        assert!(self.url.ends_with(&format!("/result/{slug}")), "{self:?}");
        assert!(self.text.contains(&format!("<main id=\"{slug}\">")), "{self:?}");
    }
}
