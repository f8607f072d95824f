//! Requests in, pages and redirects out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use tokio::sync::{mpsc, watch};
use wechat_auth::login::{Callback, CodeGrant, GetUserInfo, LOGIN_LIFE, Scope, WebLogin};
use wechat_auth::{AppId, Secret};
use wechat_auth_client::{Client, Clock, Transport};

use super::logins::{Arrival, Departure, Logins, cookie_name};
use super::pages::{Page, guarded};
use super::{Address, Profile};
use crate::exit::Failure;

/// What a browser and a login meet at.
pub(crate) struct Desk<T, C> {
    pub(crate) address: Address,
    client: Client<T, C>,
    logins: Logins,
    account: (AppId, Secret),
    scope: Scope,
    /// The first login that came to an end, however it did.
    ended: mpsc::UnboundedSender<Result<Profile, Failure>>,
    over: AtomicBool,
    /// Whether a last page was asked for, after the end.
    pub(crate) shown: watch::Sender<bool>,
    /// Where to say what was turned away.
    notice: fn(&str),
}

impl<T, C> Desk<T, C>
where
    T: Transport + 'static,
    C: Clock + 'static,
{
    pub(crate) fn new(
        address: Address,
        client: Client<T, C>,
        web_login: WebLogin,
        ended: mpsc::UnboundedSender<Result<Profile, Failure>>,
        notice: fn(&str),
    ) -> Self {
        let account = web_login.account();
        Self {
            address,
            client,
            account: (account.appid().clone(), account.secret().clone()),
            scope: web_login.scope(),
            logins: Logins::new(web_login),
            ended,
            over: AtomicBool::new(false),
            shown: watch::Sender::new(false),
            notice,
        }
    }

    /// The answer to a request, whatever it is. Bodies are not read.
    pub(crate) async fn answer<B>(self: &Arc<Self>, request: &Request<B>) -> Response<Full<Bytes>> {
        let path = request.uri().path();
        if request.method() != Method::GET {
            return self.page(Page::NotAllowed);
        }
        if path == self.address.callback() {
            return self.see(self.arrive(request).await);
        }
        if path == self.address.directory() && is_a_visit(request) {
            return self.begin(request);
        }
        let result = path.strip_prefix(self.address.directory());
        let slug = result.and_then(|rest| rest.strip_prefix("result/"));
        match slug.and_then(Page::of_slug) {
            Some(page) => {
                if page.is_the_end() && self.over.load(Ordering::Acquire) {
                    self.shown.send_replace(true);
                }
                self.page(page)
            }
            None if path == "/favicon.ico" => empty(StatusCode::NO_CONTENT),
            None => self.page(Page::NotFound),
        }
    }

    /// Off to WeChat, with a cookie that only this browser will bring back.
    fn begin<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        let host = request
            .headers()
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        if self.address.is_another_name(host) {
            return redirect(&self.address.begin_url());
        }
        let mut entropy = [0; 32];
        if getrandom::fill(&mut entropy).is_err() {
            self.end(Err(Failure::other("this system has no randomness to give")));
            return self.page(Page::Failed);
        }
        let departure = self.logins.begin(entropy, now_unix());
        let mut response = redirect(&departure.authorize_url);
        if let Ok(cookie) = HeaderValue::try_from(self.cookie(&departure)) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    }

    fn cookie(&self, departure: &Departure) -> String {
        let name = cookie_name(&departure.id);
        let value = departure.browser.cookie_value();
        let life = LOGIN_LIFE.as_secs();
        match self.address.is_https() {
            true => format!("__Host-{name}={value}; Path=/; Max-Age={life}; HttpOnly; Secure; SameSite=Lax"),
            false => {
                let path = self.address.callback();
                format!("{name}={value}; Path={path}; Max-Age={life}; HttpOnly; SameSite=Lax")
            }
        }
    }

    /// Back from WeChat.
    async fn arrive<B>(self: &Arc<Self>, request: &Request<B>) -> Page {
        let callback = match Callback::from_uri(request.uri()) {
            Ok(callback) => callback,
            Err(wrong) => {
                (self.notice)(&format!("turned a callback away: {wrong}"));
                return Page::NotACallback;
            }
        };
        let mut answer = match self.logins.arrive(&callback, request.headers(), now_unix()) {
            Arrival::Exchange(grant, tell) => {
                let answer = tell.subscribe();
                // A task of its own: a browser that hangs up must not leave the code half spent.
                tokio::spawn(Arc::clone(self).exchange(grant, tell));
                answer
            }
            Arrival::Repeated(answer) => answer,
            Arrival::Refused => {
                let line = "the user refused to log in: open the page again to ask once more";
                self.end(Err(Failure::no_credential(line)));
                return Page::Refused;
            }
            Arrival::Refuted(error) => {
                (self.notice)(&format!("turned a callback away: {error}"));
                return error.into();
            }
        };
        let page = answer.wait_for(Option::is_some).await.map(|page| *page);
        page.ok().flatten().unwrap_or(Page::Failed)
    }

    async fn exchange(self: Arc<Self>, grant: CodeGrant, tell: watch::Sender<Option<Page>>) {
        let (page, ended) = match self.profile(grant).await {
            Ok(Some(profile)) => (Page::Done, Ok(profile)),
            Ok(None) => {
                let line =
                    "wechat showed a snapshot page, whose visitor is nobody: open the page in wechat itself";
                (Page::Snapshot, Err(Failure::no_credential(line)))
            }
            Err(failure) => (Page::Failed, Err(failure.without(&self.account.1))),
        };
        // The result first: whoever sees the page may look for it at once.
        self.end(ended);
        tell.send_replace(Some(page));
    }

    fn end(&self, ended: Result<Profile, Failure>) {
        self.over.store(true, Ordering::Release);
        // Nobody listens any more when an earlier login ended the command.
        let _ = self.ended.send(ended);
    }

    async fn profile(&self, grant: CodeGrant) -> Result<Option<Profile>, Failure> {
        let granted = self.client.exchange(grant).await?;
        let token = granted.token.clone();
        if self.scope == Scope::Base {
            return Ok(Profile::new(self.scope, &token, None)?);
        }
        let user = self.client.user_token(&self.account.0, granted);
        let info = user.call(&GetUserInfo::default()).await?;
        Ok(Profile::new(self.scope, &token, Some(&info))?)
    }

    /// To a page whose address holds neither code nor state.
    fn see(&self, page: Page) -> Response<Full<Bytes>> {
        redirect(&format!("{}result/{}", self.address.directory(), page.slug()))
    }

    fn page(&self, page: Page) -> Response<Full<Bytes>> {
        page.render(self.address.directory())
    }
}

/// Whether somebody opens a page. What another site embeds, an image or a frame, begins no login: it would
/// only push those out that somebody waits for. Old browsers do not say.
fn is_a_visit<B>(request: &Request<B>) -> bool {
    let says = request.headers().get("sec-fetch-dest");
    says.is_none_or(|destination| destination == "document")
}

fn redirect(to: &str) -> Response<Full<Bytes>> {
    let mut response = empty(StatusCode::SEE_OTHER);
    if let Ok(to) = HeaderValue::try_from(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    guarded(response)
}

fn now_unix() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
