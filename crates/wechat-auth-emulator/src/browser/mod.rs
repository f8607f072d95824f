//! What a browser sees: the authorize page, the QR page, and an index.
//!
//! The pages are replies of the same pure machine as everything else. A page that asks
//! carries a nonce that stands for the whole link: the answer brings back the nonce and
//! nothing of the link, works once, and works for ten minutes.

mod complaint;
mod pages;
mod redirect;
mod request;

use http::{HeaderValue, Method, Response, StatusCode, header};
use serde::{Deserialize, Serialize};

pub use self::complaint::Complaint;
use self::request::{AuthorizeRequest, Door};
use crate::machine::{Call, Consent, Grants, Millis, Path, QrRefusal, WeChat};
use crate::recent::Recent;

/// Consent pages that can be open at one time; the oldest goes first.
const OPEN_PAGES: usize = 1_000;

/// The consent pages that wait for an answer, by nonce.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Consents {
    open: Recent<OpenPage, OPEN_PAGES>,
    opened: u64,
}

#[derive(Serialize, Deserialize)]
struct OpenPage {
    request: AuthorizeRequest,
    until: Millis,
}

impl WeChat {
    /// The page, and what is wrong with the link when it is a page that says so.
    pub(crate) fn browse(
        &mut self,
        call: &Call<'_>,
        page: Option<Path>,
    ) -> (Response<Vec<u8>>, Option<Complaint>) {
        let door = match page {
            Some(Path::Authorize) => Door::OfficialAccount,
            Some(Path::QrConnect) => Door::Website,
            Some(Path::Index) if call.method == Method::GET => return (self.index(call), None),
            Some(_) => return (not_allowed("GET"), None),
            None => return (pages::error(StatusCode::NOT_FOUND, &Complaint::not_found()), None),
        };
        let answer = match *call.method {
            Method::GET => self.open_link(call, door),
            Method::POST => self.answer_consent(call, door),
            _ => return (not_allowed("GET, POST"), None),
        };
        match answer {
            Ok(response) => (response, None),
            Err(complaint) => (pages::error(StatusCode::BAD_REQUEST, &complaint), Some(complaint)),
        }
    }

    /// Silent for `snsapi_base`, and when a user agrees to everything; `forcePopup=true`
    /// brings the page back for the latter.
    fn open_link(&mut self, call: &Call<'_>, door: Door) -> Result<Response<Vec<u8>>, Complaint> {
        let app = |appid: &str| self.accounts.get(appid).map(|account| &account.app);
        let request = AuthorizeRequest::read(call, door, app, &self.config.behavior)?;
        let silent_user = match request.scope.grants {
            Grants::Openid => self.silent_user(),
            _ if request.force_popup => None,
            _ => self.auto_consent(),
        };
        if let Some(user) = silent_user.map(str::to_owned) {
            return Ok(self.send_back_with_code(&request, &user, StatusCode::FOUND));
        }
        let nonce = self.mint.nonce(self.consents.opened);
        self.consents.opened = self.consents.opened.saturating_add(1);
        let page = pages::consent(&request, call.mount, &nonce, self.users(), self.silent_user());
        let until = call.now.plus_s(self.config.behavior.consent_page_life_s);
        self.consents.open.insert(nonce, OpenPage { request, until });
        Ok(page)
    }

    /// The answer of a consent page. Whatever it says, the page is used up.
    fn answer_consent(&mut self, call: &Call<'_>, door: Door) -> Result<Response<Vec<u8>>, Complaint> {
        let form = call.form();
        let field = |name: &str| {
            form.iter()
                .find(|(key, _)| key == name)
                .map_or("", |(_, value)| value.as_ref())
        };
        let page = self.consents.open.remove(field("nonce"));
        let page = page.filter(|page| call.now < page.until && page.request.door == door);
        let request = page.ok_or_else(Complaint::stale_page)?.request;
        match field("decision") {
            "allow" => {
                let user = self.user(field("user")).map(|user| user.id.clone());
                let user = user.ok_or_else(Complaint::no_choice)?;
                self.choose_user(&user);
                Ok(self.send_back_with_code(&request, &user, StatusCode::SEE_OTHER))
            }
            "refuse" => Ok(self.send_back_refused(&request)),
            _ => Err(Complaint::no_choice()),
        }
    }

    fn send_back_with_code(
        &mut self,
        request: &AuthorizeRequest,
        user: &str,
        status: StatusCode,
    ) -> Response<Vec<u8>> {
        let code = self.mint.code(self.codes);
        self.codes = self.codes.saturating_add(1);
        let consent = Consent {
            appid: request.appid.clone(),
            user: user.to_owned(),
            scope: request.scope.clone(),
        };
        let mut params = vec![("code", code.as_str())];
        params.extend(request.state.as_deref().map(|state| ("state", state)));
        let response = redirect(status, request.redirect_uri.location(&params));
        self.logins
            .add_code(code, consent, self.now, self.config.behavior.code_life_s);
        response
    }

    /// With the state and without a code, which is how an app learns of a refusal.
    fn send_back_refused(&self, request: &AuthorizeRequest) -> Response<Vec<u8>> {
        if request.door == Door::Website && self.config.behavior.qr_refusal == QrRefusal::NoRedirect {
            return pages::refused();
        }
        let params: Vec<_> = request
            .state
            .as_deref()
            .map(|state| ("state", state))
            .into_iter()
            .collect();
        redirect(StatusCode::SEE_OTHER, request.redirect_uri.location(&params))
    }

    fn index(&self, call: &Call<'_>) -> Response<Vec<u8>> {
        let apps = self.accounts.iter().map(|account| &account.app);
        let origin = format!("http://{}{}", call.host.unwrap_or("127.0.0.1"), call.mount);
        pages::index(&origin, apps, self.users())
    }
}

fn redirect(status: StatusCode, location: HeaderValue) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    response.headers_mut().insert(header::LOCATION, location);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn not_allowed(allow: &'static str) -> Response<Vec<u8>> {
    let mut response = pages::error(StatusCode::METHOD_NOT_ALLOWED, &Complaint::method());
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(allow));
    response
}
