//! The logins that were begun here, and what became of each.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, header};
use tokio::sync::watch;
use wechat_auth::login::{
    Begin, BrowserNonce, Callback, CodeGrant, LoginError, LoginId, PendingLogin, Redeemed, WebLogin,
};

use super::pages::Page;

/// Tabs that can wait for an answer at one time; the oldest goes first.
const MOST: usize = 64;

/// All logins of one run, each with its own state and its own cookie.
#[derive(Debug)]
pub(crate) struct Logins {
    web_login: WebLogin,
    begun: Mutex<VecDeque<Login>>,
}

#[derive(Debug)]
struct Login {
    pending: PendingLogin,
    /// What its callback is answered with, once that is known.
    answer: Option<watch::Receiver<Option<Page>>>,
}

/// The way to WeChat's page.
#[derive(Debug)]
pub(crate) struct Departure {
    pub(crate) id: LoginId,
    pub(crate) browser: BrowserNonce,
    pub(crate) authorize_url: String,
}

/// What a callback calls for.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// The first one: exchange the code, once, and say what became of it.
    Exchange(CodeGrant, watch::Sender<Option<Page>>),
    /// The same one again, while or after the first was answered: the same answer.
    Repeated(watch::Receiver<Option<Page>>),
    /// The user said no.
    Refused,
    /// Nothing of ours; no login was touched.
    Refuted(LoginError),
}

impl Logins {
    pub(crate) fn new(web_login: WebLogin) -> Self {
        let begun = Mutex::default();
        Self { web_login, begun }
    }

    /// One more login, for one more tab.
    pub(crate) fn begin(&self, entropy: [u8; 32], now_unix: u64) -> Departure {
        let begun = self.web_login.begin(entropy, now_unix, Begin::new());
        let departure = Departure {
            id: begun.pending.id(),
            browser: begun.browser,
            authorize_url: begun.url.as_str().to_owned(),
        };
        let mut logins = self.lock();
        logins.retain(|login| !login.pending.is_expired(now_unix));
        if logins.len() >= MOST {
            logins.pop_front();
        }
        logins.push_back(Login {
            pending: begun.pending,
            answer: None,
        });
        departure
    }

    /// Judges a callback. `headers` are the browser's, for the cookie in them.
    pub(crate) fn arrive(&self, callback: &Callback, headers: &HeaderMap, now_unix: u64) -> Arrival {
        let id = callback.login_id();
        let mut logins = self.lock();
        let Some(login) = logins.iter_mut().find(|login| login.pending.id() == id) else {
            return Arrival::Refuted(LoginError::ForeignState);
        };
        let browser = BrowserNonce::from_cookie(cookie(headers, &id).unwrap_or_default());
        match login
            .pending
            .redeem(&self.web_login, callback, &browser, now_unix)
        {
            Ok(Redeemed::Exchange(grant)) => {
                let (tell, answer) = watch::channel(None);
                login.answer = Some(answer);
                Arrival::Exchange(grant, tell)
            }
            Ok(Redeemed::Repeated) => match &login.answer {
                Some(answer) => Arrival::Repeated(answer.clone()),
                None => Arrival::Refuted(LoginError::AlreadyRedeemed),
            },
            Err(LoginError::Refused) => Arrival::Refused,
            Err(error) => Arrival::Refuted(error),
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Login>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of a login's cookie: two tabs do not overwrite each other's.
pub(crate) fn cookie_name(id: &LoginId) -> String {
    format!("wechat-login-{id}")
}

fn cookie<'a>(headers: &'a HeaderMap, id: &LoginId) -> Option<&'a str> {
    let name = cookie_name(id);
    let sent = headers.get_all(header::COOKIE).iter();
    let pairs = sent
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| key.strip_prefix("__Host-").unwrap_or(key) == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wechat_auth::Account;
    use wechat_auth::login::{RedirectUri, Scope};

    const NOW: u64 = 1_750_000_000;

    fn logins() -> Logins {
        let account = Account::new("wx1", "s3cret").unwrap();
        let back = RedirectUri::parse("http://127.0.0.1:9/callback").unwrap();
        Logins::new(WebLogin::new(account, Scope::Base, back))
    }

    fn state(departure: &Departure) -> &str {
        let url = departure.authorize_url.split("state=").nth(1).unwrap();
        url.split(['&', '#']).next().unwrap()
    }

    fn back(departure: &Departure) -> Callback {
        Callback::from_query(&format!("code=c1&state={}", state(departure))).unwrap()
    }

    fn with_cookie(of: &Departure) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let cookie = format!("a=b; {}={}; c=d", cookie_name(&of.id), of.browser.cookie_value());
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        headers
    }

    #[test]
    fn two_tabs_do_not_disturb_each_other() {
        let logins = logins();
        let (first, second) = (logins.begin([1; 32], NOW), logins.begin([2; 32], NOW));
        let mixed_up = logins.arrive(&back(&first), &with_cookie(&second), NOW);
        assert!(matches!(mixed_up, Arrival::Refuted(LoginError::OtherBrowser)));
        for tab in [&second, &first] {
            let arrival = logins.arrive(&back(tab), &with_cookie(tab), NOW);
            assert!(matches!(arrival, Arrival::Exchange(..)), "{arrival:?}");
        }
    }

    #[test]
    fn a_code_is_exchanged_once_however_often_it_arrives() {
        let logins = logins();
        let tab = logins.begin([1; 32], NOW);
        let first = logins.arrive(&back(&tab), &with_cookie(&tab), NOW);
        let again = logins.arrive(&back(&tab), &with_cookie(&tab), NOW);
        let (Arrival::Exchange(_, tell), Arrival::Repeated(answer)) = (first, again) else {
            panic!("an exchange, and then none");
        };
        tell.send_replace(Some(Page::Done));
        assert_eq!(*answer.borrow(), Some(Page::Done));
    }

    #[test]
    fn a_forged_state_touches_no_login() {
        let logins = logins();
        let tab = logins.begin([1; 32], NOW);
        let forged = Callback::from_query("code=c1&state=0123456789abcdef0123456789abcdef").unwrap();
        let arrival = logins.arrive(&forged, &with_cookie(&tab), NOW);
        assert!(matches!(arrival, Arrival::Refuted(LoginError::ForeignState)));
        let arrival = logins.arrive(&back(&tab), &with_cookie(&tab), NOW);
        assert!(matches!(arrival, Arrival::Exchange(..)));
    }

    #[test]
    fn the_number_of_open_logins_is_bounded() {
        let logins = logins();
        let oldest = logins.begin([0; 32], NOW);
        for n in 1..=MOST {
            logins.begin([u8::try_from(n).unwrap(); 32], NOW);
        }
        assert_eq!(logins.lock().len(), MOST);
        let arrival = logins.arrive(&back(&oldest), &with_cookie(&oldest), NOW);
        assert!(matches!(arrival, Arrival::Refuted(LoginError::ForeignState)));
    }
}
