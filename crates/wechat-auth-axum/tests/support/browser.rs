//! A browser that shows each single answer, and follows only when told.

use std::collections::BTreeMap;

use axum::body::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

#[derive(Clone)]
pub(crate) struct Browser {
    client: Client<HttpConnector, Full<Bytes>>,
    /// By name. It goes everywhere: WeChat's side sets none and reads none.
    pub(crate) jar: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
}

#[derive(Debug)]
pub(crate) struct Answer {
    url: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build(HttpConnector::new()),
            jar: BTreeMap::new(),
            headers: HeaderMap::new(),
        }
    }

    /// One request, one answer.
    pub(crate) async fn get(&mut self, url: &str) -> Answer {
        self.send(Method::GET, url, String::new()).await
    }

    /// The same, and then wherever it leads.
    pub(crate) async fn open(&mut self, url: &str) -> Answer {
        let mut answer = self.get(url).await;
        while let Some(to) = answer.location() {
            answer = self.get(&to).await;
        }
        answer
    }

    /// From the beginning to WeChat's answer: the address that brings the browser back.
    pub(crate) async fn comes_back(&mut self, begin: &str, decision: &str) -> String {
        let page = self.open(begin).await;
        self.decide(&page, decision).await
    }

    /// Clicks a button of the consent page: `allow` or `refuse`.
    pub(crate) async fn decide(&mut self, page: &Answer, decision: &str) -> String {
        self.decide_as(page, "xiaoming", decision).await
    }

    /// Allows what a page asks that another browser shows, and keeps the answer from it.
    pub(crate) async fn allow_beside(url: &str, text: &str) -> String {
        let page = Answer {
            url: url.to_owned(),
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            text: text.to_owned(),
        };
        Self::new().decide(&page, "allow").await
    }

    pub(crate) async fn decide_as(&mut self, page: &Answer, user: &str, decision: &str) -> String {
        let nonce = page.text.split("name=\"nonce\" value=\"").nth(1);
        let nonce = nonce.unwrap_or_else(|| panic!("no form: {page:?}"));
        let nonce = nonce.split('"').next().unwrap();
        let body = format!("nonce={nonce}&user={user}&decision={decision}");
        let url = page.url.split('?').next().unwrap().to_owned();
        let answer = self.send(Method::POST, &url, body).await;
        answer.location().unwrap()
    }

    pub(crate) async fn send(&mut self, method: Method, url: &str, body: String) -> Answer {
        let (to, _) = url.split_once('#').unwrap_or((url, ""));
        assert!(
            to.starts_with("http://127.0.0.1:"),
            "the tests stay at home: {to}"
        );
        let mut request = Request::builder().method(method).uri(to);
        let jar: Vec<_> = self
            .jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !jar.is_empty() {
            request = request.header(COOKIE, jar.join("; "));
        }
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let mut request = request.body(Full::from(body)).unwrap();
        request.headers_mut().extend(self.headers.clone());
        let (head, body) = self.client.request(request).await.unwrap().into_parts();
        for line in head.headers.get_all(SET_COOKIE) {
            let (pair, attributes) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match attributes.contains("Max-Age=0;") {
                true => self.jar.remove(name),
                false => self.jar.insert(name.to_owned(), value.to_owned()),
            };
        }
        let text = body.collect().await.unwrap().to_bytes();
        Answer {
            url: url.to_owned(),
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(text.to_vec()).unwrap(),
        }
    }

    /// The names of the cookies that bind logins.
    pub(crate) fn bindings(&self) -> Vec<&str> {
        let names = self.jar.keys().map(String::as_str);
        names.filter(|name| name.starts_with("wechat-login-")).collect()
    }
}

impl Answer {
    /// Where it sends the browser, in full.
    pub(crate) fn location(&self) -> Option<String> {
        let to = self.headers.get(LOCATION)?.to_str().unwrap();
        if to.contains("://") {
            return Some(to.to_owned());
        }
        let origin: Vec<_> = self.url.splitn(4, '/').take(3).collect();
        Some(format!("{}{to}", origin.join("/")))
    }

    pub(crate) fn sets(&self, cookie: &str) -> Option<String> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        let mut lines = lines.map(|line| line.to_str().unwrap());
        lines.find(|line| line.starts_with(cookie)).map(str::to_owned)
    }

    /// The page with this id, with this status, and nothing that logs anybody in.
    #[track_caller]
    pub(crate) fn is_the_page(&self, status: u16, id: &str) {
        assert!(
            self.text.contains(&format!("<main id=\"{id}\">")),
            "not {id}: {self:?}"
        );
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.sets(""), None, "{self:?}");
    }

    /// The redirect to this place, by 303.
    #[track_caller]
    pub(crate) fn leads_to(&self, place: &str) {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{self:?}");
        assert_eq!(self.headers[LOCATION], place, "{self:?}");
    }
}
