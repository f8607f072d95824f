//! Logging a user in: the login step, and what can be wrong with it.

use std::collections::BTreeMap;

use http::{Request, Response, header};
use serde_json::Value;
use wechat_auth::login::{
    Begin, BrowserNonce, Callback, PendingLogin, Redeemed, RedirectUri, Scope, UserToken, WebLogin,
};
use wechat_auth::{Account, Endpoint, Origin};
use wechat_auth_emulator::{App, Config, Millis, WeChat};

use super::stage::{APPID, SECRET};
use super::{Exhibit, Finding, Who, at_most, require};

pub(super) const ROOM: [Exhibit; 3] = [
    Exhibit::login(
        "nobody_is_shown_the_unionid_of_another_user",
        "one object for all logins is filled field by field, and a field that is missing keeps its old value",
        two_users_log_in_one_after_the_other,
    ),
    Exhibit::login(
        "a_state_is_accepted_once",
        "the state is compared with the list of those handed out, and stays on it",
        the_callback_is_reloaded,
    ),
    Exhibit::login(
        "a_callback_counts_only_in_the_browser_that_began_the_login",
        "any state that was ever handed out is accepted from any browser",
        a_link_is_sent_to_somebody_else,
    ),
];

const NOW_UNIX_S: u64 = 1_750_000_000;
const CALLBACK: &str = "https://shop.example/callback";
const EXCHANGE: &str = "/sns/oauth2/access_token";

/// `xiaoming` has a unionid, `blank` has none.
fn two_users_log_in_one_after_the_other(who: Who) -> Finding {
    let mut shop = Shop::open(who, Flaw::OneVisitorForAll);
    let first = shop.click_and_consent("browser 1", "xiaoming");
    let first = shop.comes_back("browser 1", &first);
    require(first.is_some_and(|visitor| visitor.unionid.is_some()), || {
        "the first user has no unionid".to_owned()
    })?;
    let second = shop.click_and_consent("browser 2", "blank");
    let second = shop.comes_back("browser 2", &second);
    require(second.is_some_and(|visitor| visitor.unionid.is_none()), || {
        "a user without a unionid was shown one".to_owned()
    })
}

/// WeChat's web view does it; and a second code with the old state is an attack.
fn the_callback_is_reloaded(who: Who) -> Finding {
    let mut shop = Shop::open(who, Flaw::StateStays);
    let (url, query) = shop.click("browser 1", "xiaoming");
    let _ = shop.comes_back("browser 1", &query);
    let _ = shop.comes_back("browser 1", &query);
    let another_code = shop.consent(&url, "odd");
    let _ = shop.comes_back("browser 1", &another_code);
    at_most(1, shop.exchanges(), "exchanges of codes for one state")
}

/// The sender logs in as himself, and lets another browser open the callback.
fn a_link_is_sent_to_somebody_else(who: Who) -> Finding {
    let mut shop = Shop::open(who, Flaw::AnyBrowser);
    let query = shop.click_and_consent("the sender's browser", "xiaoming");
    let _ = shop.click_and_consent("another browser", "odd");
    let visitor = shop.comes_back("another browser", &query);
    require(visitor.is_none(), || {
        "another browser was logged in as the sender".to_owned()
    })?;
    at_most(
        0,
        shop.exchanges(),
        "codes exchanged for a browser that did not begin the login",
    )
}

/// Whom the shop takes the browser's user for.
struct Visitor {
    unionid: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flaw {
    OneVisitorForAll,
    StateStays,
    AnyBrowser,
}

/// A website, and WeChat.
struct Shop {
    wechat: WeChat,
    desk: Box<dyn Desk>,
}

/// The login step of a website.
trait Desk {
    /// A browser wants to log in: where to send it.
    fn begin(&mut self, browser: &str) -> String;
    /// It is back.
    fn comes_back(&mut self, wechat: &mut WeChat, browser: &str, query: &str) -> Option<Visitor>;
}

impl Shop {
    fn open(who: Who, flaw: Flaw) -> Self {
        let mut wechat = WeChat::new(Config::new(7));
        let app = App::new(APPID, SECRET).redirect_domain("shop.example");
        wechat.add_app(app).expect("the app is well formed");
        let desk: Box<dyn Desk> = match who {
            Who::Broken => Box::new(Plain::new(Some(flaw))),
            Who::Right => Box::new(Plain::new(None)),
            Who::Ours => Box::new(Ours::new()),
        };
        Self { wechat, desk }
    }

    fn click(&mut self, browser: &str, user: &str) -> (String, String) {
        let url = self.desk.begin(browser);
        let query = self.consent(&url, user);
        (url, query)
    }

    fn click_and_consent(&mut self, browser: &str, user: &str) -> String {
        self.click(browser, user).1
    }

    /// What WeChat sends the browser back with.
    fn consent(&mut self, url: &str, user: &str) -> String {
        self.wechat
            .set_auto_consent(Some(user))
            .expect("the user is built in");
        let visit = Request::get(url)
            .body(Vec::new())
            .expect("the url is well formed");
        let reply = self.wechat.handle(now(), &visit, [10, 0, 0, 9].into());
        let location = reply
            .response()
            .and_then(|page| page.headers().get(header::LOCATION).cloned());
        let location = location
            .as_ref()
            .and_then(|to| to.to_str().ok())
            .unwrap_or_default();
        location
            .split_once('?')
            .map(|(_, query)| query.to_owned())
            .unwrap_or_default()
    }

    fn comes_back(&mut self, browser: &str, query: &str) -> Option<Visitor> {
        self.desk.comes_back(&mut self.wechat, browser, query)
    }

    fn exchanges(&self) -> u64 {
        self.wechat.counts().requests(APPID, EXCHANGE)
    }
}

/// A login step as a website would write it by hand.
struct Plain {
    flaw: Option<Flaw>,
    /// States handed out, and to which browser.
    open: BTreeMap<String, String>,
    handed_out: u32,
    unionid: Option<String>,
}

impl Plain {
    fn new(flaw: Option<Flaw>) -> Self {
        let (open, handed_out, unionid) = (BTreeMap::new(), 0, None);
        Self {
            flaw,
            open,
            handed_out,
            unionid,
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }
}

impl Desk for Plain {
    fn begin(&mut self, browser: &str) -> String {
        self.handed_out += 1;
        let state = format!("state{}", self.handed_out);
        self.open.insert(state.clone(), browser.to_owned());
        format!(
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid={APPID}\
             &redirect_uri=https%3A%2F%2Fshop.example%2Fcallback&response_type=code&scope=snsapi_userinfo\
             &state={state}#wechat_redirect"
        )
    }

    fn comes_back(&mut self, wechat: &mut WeChat, browser: &str, query: &str) -> Option<Visitor> {
        let part = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name));
        let (code, state) = (part("code=")?, part("state=")?);
        let began = self.open.get(state)?;
        if began != browser && !self.has(Flaw::AnyBrowser) {
            return None;
        }
        if !self.has(Flaw::StateStays) {
            self.open.remove(state);
        }
        let uri = format!(
            "https://api.weixin.qq.com{EXCHANGE}?appid={APPID}&secret={SECRET}&code={code}\
             &grant_type=authorization_code"
        );
        let exchange = Request::get(uri).body(Vec::new()).expect("a code is plain ascii");
        let response = wechat.handle(now(), &exchange, [10, 0, 0, 1].into()).response()?;
        let reply: Value = serde_json::from_slice(response.body()).ok()?;
        reply.get("openid")?;
        let unionid = reply.get("unionid").and_then(Value::as_str).map(str::to_owned);
        if self.has(Flaw::OneVisitorForAll) {
            self.unionid = unionid.or(self.unionid.take());
            let unionid = self.unionid.clone();
            return Some(Visitor { unionid });
        }
        Some(Visitor { unionid })
    }
}

/// The library's.
struct Ours {
    login: WebLogin,
    /// What the site stores, as text.
    store: BTreeMap<String, String>,
    cookies: BTreeMap<String, String>,
    begun: u8,
}

impl Ours {
    fn new() -> Self {
        let account = Account::new(APPID, SECRET).expect("the account is well formed");
        let callback = RedirectUri::parse(CALLBACK).expect("the address is well formed");
        Self {
            login: WebLogin::new(account, Scope::UserInfo, callback),
            store: BTreeMap::new(),
            cookies: BTreeMap::new(),
            begun: 0,
        }
    }
}

impl Desk for Ours {
    fn begin(&mut self, browser: &str) -> String {
        self.begun += 1;
        let begun = self.login.begin([self.begun; 32], NOW_UNIX_S, Begin::new());
        let key = begun.pending.id().as_str().to_owned();
        self.store.insert(key, begun.pending.encode());
        let cookie = begun.browser.cookie_value().to_owned();
        self.cookies.insert(browser.to_owned(), cookie);
        begun.url.as_str().to_owned()
    }

    fn comes_back(&mut self, wechat: &mut WeChat, browser: &str, query: &str) -> Option<Visitor> {
        let callback = Callback::from_query(query).ok()?;
        let key = callback.login_id().as_str().to_owned();
        let mut pending = PendingLogin::decode(self.store.get(&key)?).ok()?;
        let cookie = BrowserNonce::from_cookie(self.cookies.get(browser)?);
        let redeemed = pending.redeem(&self.login, &callback, &cookie, NOW_UNIX_S + 20);
        self.store.insert(key, pending.encode());
        let Ok(Redeemed::Exchange(grant)) = redeemed else {
            return None;
        };
        let request = grant.request(&Origin::wechat()).into_http().ok()?;
        let response = wechat.handle(now(), &request, [10, 0, 0, 1].into()).response()?;
        let token: UserToken = grant.parse(Response::new(response.body().as_slice())).ok()?.token;
        let unionid = token
            .identity()
            .unionid()
            .map(|unionid| unionid.as_str().to_owned());
        Some(Visitor { unionid })
    }
}

fn now() -> Millis {
    Millis::from_unix_s(NOW_UNIX_S)
}
