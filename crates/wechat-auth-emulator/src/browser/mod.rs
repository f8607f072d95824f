//! What a browser sees: the authorize page, the website's QR code and the phone that scans
//! it, and an index.
//!
//! The pages are replies of the same pure machine as everything else. A page that asks
//! carries a nonce that stands for the whole link: the answer brings back the nonce and
//! nothing of the link, works once, and works for ten minutes. The QR code holds the same
//! nonce, so whoever scans it can answer.

mod complaint;
mod consent;
mod index;
mod open_pages;
mod pages;
mod qr;
mod redirect;
mod request;

use http::{HeaderValue, Method, Response, StatusCode, header};

pub use self::complaint::Complaint;
pub(crate) use self::index::kind;
pub(crate) use self::open_pages::OpenPages;
use self::open_pages::Place;
use crate::machine::{Call, Path, WeChat};

/// A page, or where the browser is sent.
pub(crate) struct Browsed {
    pub(crate) response: Response<Vec<u8>>,
    /// What is wrong with the link, or with what was filled in.
    pub(crate) complaint: Option<Complaint>,
    /// A page looked again and nothing has changed.
    pub(crate) unremarkable: bool,
}

impl From<Response<Vec<u8>>> for Browsed {
    fn from(response: Response<Vec<u8>>) -> Self {
        Self {
            response,
            complaint: None,
            unremarkable: false,
        }
    }
}

impl Browsed {
    fn complaining(response: Response<Vec<u8>>, complaint: Complaint) -> Self {
        Self {
            complaint: Some(complaint),
            ..Self::from(response)
        }
    }
}

impl WeChat {
    pub(crate) fn browse(&mut self, call: &Call<'_>, page: Option<Path>) -> Browsed {
        let answer = match (page, call.method) {
            (Some(Path::Authorize), &Method::GET) => self.open_link(call, Place::Authorize),
            (Some(Path::Authorize), &Method::POST) => self.answer(call, Place::Authorize),
            (Some(Path::QrConnect), &Method::GET) => self.open_link(call, Place::Website),
            (Some(Path::QrConnect), &Method::POST) => self.answer(call, Place::Website),
            (Some(Path::QrScan), &Method::GET) => self.scan(call),
            (Some(Path::QrScan), &Method::POST) => self.answer(call, Place::Phone),
            (Some(Path::QrWait), &Method::GET) => self.wait(call),
            (Some(Path::Index), &Method::GET) => Ok(self.index(call)),
            (Some(Path::Authorize | Path::QrConnect | Path::QrScan), _) => Ok(not_allowed("GET, POST")),
            (Some(_), _) => Ok(not_allowed("GET")),
            (None, _) => Ok(pages::error(StatusCode::NOT_FOUND, &Complaint::not_found()).into()),
        };
        answer.unwrap_or_else(|complaint| {
            let page = pages::error(StatusCode::BAD_REQUEST, &complaint);
            Browsed::complaining(page, complaint)
        })
    }
}

fn redirect(status: StatusCode, location: HeaderValue) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn not_allowed(allow: &'static str) -> Browsed {
    let mut response = pages::error(StatusCode::METHOD_NOT_ALLOWED, &Complaint::method());
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(allow));
    response.into()
}
