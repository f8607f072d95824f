//! A browser small enough to read: follows redirects, keeps cookies, fills in one kind of form. It goes
//! nowhere but this machine.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

use super::judge::{Broken, holds};

const MOST_REDIRECTS: usize = 8;
const LONGEST_PAGE: usize = 1 << 20;

pub(super) struct Browser {
    client: Client<HttpConnector, Full<Bytes>>,
    cookies: Vec<Cookie>,
    history: Vec<String>,
}

/// A page, and where it was in the end.
pub(super) struct Page {
    pub(super) url: String,
    pub(super) status: StatusCode,
    pub(super) text: String,
}

struct Cookie {
    port: Option<u16>,
    path: String,
    name: String,
    value: String,
}

impl Browser {
    pub(super) fn new() -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build(HttpConnector::new()),
            cookies: Vec::new(),
            history: Vec::new(),
        }
    }

    /// Types an address.
    pub(super) async fn open(&mut self, url: &str) -> Result<Page, Broken> {
        self.go(Method::GET, url, String::new()).await
    }

    /// Sends the form on `page`, with its hidden field and these choices.
    pub(super) async fn submit(&mut self, page: &Page, choices: &[(&str, &str)]) -> Result<Page, Broken> {
        let action =
            attribute(&page.text, "<form", "action").ok_or_else(|| Broken::new("no form on the page"))?;
        let nonce = attribute(&page.text, "name=\"nonce\"", "value");
        let nonce = nonce.ok_or_else(|| Broken::new("no hidden field in the form"))?;
        let mut fields = vec![("nonce", nonce)];
        fields.extend_from_slice(choices);
        let body = serde_urlencoded::to_string(fields).map_err(|_| Broken::new("the form cannot be sent"))?;
        let url = join(&page.url, action)?;
        self.go(Method::POST, &url, body).await
    }

    /// The last address that was visited with `part` in it.
    pub(super) fn visited(&self, part: &str) -> Option<String> {
        self.history.iter().rev().find(|url| url.contains(part)).cloned()
    }

    async fn go(&mut self, mut method: Method, url: &str, mut body: String) -> Result<Page, Broken> {
        let mut url = url.to_owned();
        for _ in 0..MOST_REDIRECTS {
            self.history.push(url.clone());
            let (status, headers, text) = self.once(&method, &url, &body).await?;
            match headers.get(header::LOCATION).and_then(|to| to.to_str().ok()) {
                Some(to) if status.is_redirection() => {
                    url = join(&url, to)?;
                    (method, body) = (Method::GET, String::new());
                }
                _ => return Ok(Page { url, status, text }),
            }
        }
        Err(Broken::new("the pages send the browser round in circles"))
    }

    async fn once(
        &mut self,
        method: &Method,
        url: &str,
        body: &str,
    ) -> Result<(StatusCode, HeaderMap, String), Broken> {
        let uri: Uri = url
            .parse()
            .map_err(|_| Broken::new("an address the browser cannot read"))?;
        holds(
            "the browser stays on this machine",
            uri.host() == Some("127.0.0.1"),
        )?;
        let mut request = Request::builder().method(method.clone()).uri(&uri);
        let cookies = self.cookies_for(&uri);
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies);
        }
        if *method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(Full::from(body.to_owned()));
        let request = request.map_err(|_| Broken::new("a request the browser cannot send"))?;
        let response = self.client.request(request).await;
        let (head, body) = response
            .map_err(|_| Broken::new("a page does not load"))?
            .into_parts();
        let page = Limited::new(body, LONGEST_PAGE).collect().await;
        let page = page.map_err(|_| Broken::new("a page breaks off"))?.to_bytes();
        self.keep_cookies(&uri, &head.headers);
        Ok((
            head.status,
            head.headers,
            String::from_utf8_lossy(&page).into_owned(),
        ))
    }

    fn keep_cookies(&mut self, uri: &Uri, headers: &HeaderMap) {
        let lines = headers
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok());
        for line in lines {
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            let path = parts.find_map(|part| part.strip_prefix("Path=")).unwrap_or("/");
            self.cookies.push(Cookie {
                port: uri.port_u16(),
                path: path.to_owned(),
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
    }

    fn cookies_for(&self, uri: &Uri) -> String {
        let fits = |cookie: &&Cookie| cookie.port == uri.port_u16() && uri.path().starts_with(&cookie.path);
        let pairs = self
            .cookies
            .iter()
            .filter(fits)
            .map(|cookie| format!("{}={}", cookie.name, cookie.value));
        pairs.collect::<Vec<_>>().join("; ")
    }
}

/// The attribute `name` of the element in which `mark` stands.
fn attribute<'a>(html: &'a str, mark: &str, name: &str) -> Option<&'a str> {
    let (_, rest) = html.split_once(mark)?;
    let (element, _) = rest.split_once('>')?;
    let (_, value) = element.split_once(&format!(" {name}=\""))?;
    value.split('"').next()
}

/// An address as it is meant on the page at `base`: absolute, or a path. What follows a `#` stays here.
fn join(base: &str, to: &str) -> Result<String, Broken> {
    let to = to.split('#').next().unwrap_or_default();
    if to.contains("://") {
        return Ok(to.to_owned());
    }
    let uri: Uri = base
        .parse()
        .map_err(|_| Broken::new("an address the browser cannot read"))?;
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    Ok(format!("http://{authority}{to}"))
}
