//! Steps 6 to 8: a user, a browser, and somebody who means no good.

use http::StatusCode;
use wechat_auth::Origin;
use wechat_auth::login::{Scope, WebLogin};
use wechat_auth_emulator::User;

use super::browser::Browser;
use super::judge::{Broken, equal, holds};
use super::stage::{EXCHANGE, LOGIN, Stage, USERINFO};
use crate::exit::Failure;
use crate::login::{Address, ListenAt, Server, Visit};

const REDIRECT_URI: &str = "http://127.0.0.1:0/callback";
const USER: &str = "xiaoming";

/// A browser, and the login server it comes back to: the one that `login` runs.
pub(super) struct Visitor<'a> {
    stage: &'a Stage,
    server: Server,
    browser: Browser,
    begin_url: String,
    callback_url: Option<String>,
}

impl<'a> Visitor<'a> {
    pub(super) async fn new(stage: &'a Stage) -> Result<Self, Failure> {
        let (address, listener) = Address::bind(REDIRECT_URI, ListenAt::TheRedirectUri).await?;
        let account = Stage::account(LOGIN).map_err(|broken| Failure::other(broken.to_string()))?;
        let origin: Origin = stage.client.origin().clone();
        let web_login =
            WebLogin::new(account, Scope::UserInfo, address.redirect_uri.clone()).with_origin(origin);
        let begin_url = address.begin_url();
        let server = Server::start((address, listener), stage.client.clone(), web_login, |_| ());
        Ok(Self {
            stage,
            server,
            browser: Browser::new(),
            begin_url,
            callback_url: None,
        })
    }

    pub(super) async fn logs_in(&mut self) -> Result<String, Broken> {
        let page = self.browser.open(&self.begin_url).await?;
        equal("the consent page", page.status, StatusCode::OK)?;
        holds("the page asks for this account's user", page.text.contains(LOGIN))?;
        let page = self
            .browser
            .submit(&page, &[("user", USER), ("decision", "allow")])
            .await?;
        holds("the last page says so", page.url.ends_with("/result/done"))?;
        self.callback_url = self.browser.visited("/callback?");

        let ended = self.server.ended().await;
        let profile = ended.map_err(|failure| Broken::new(failure.to_string()))?;
        let nickname = User::built_in()
            .into_iter()
            .find(|user| user.id == USER)
            .map(|user| user.nickname);
        equal("the nickname", profile.nickname().map(str::to_owned), nickname)?;
        equal("codes exchanged", self.exchanges(), 1)?;
        equal("profiles asked for", self.stage.requests(LOGIN, USERINFO), 1)?;
        equal("requests refused", self.refused(), 0)?;
        Ok(format!("exchanges: 1, and the profile is that of {USER}"))
    }

    pub(super) async fn reloads_the_callback(&mut self) -> Result<String, Broken> {
        let before = self.stage.total_requests();
        let page = self.browser.open(&self.callback_url()?).await?;
        holds(
            "the answer is the first one's",
            page.url.ends_with("/result/done"),
        )?;
        equal("codes exchanged", self.exchanges(), 1)?;
        equal("requests", self.stage.total_requests(), before)?;
        Ok("exchanges: still 1".to_owned())
    }

    pub(super) async fn brings_a_forged_state(&mut self) -> Result<String, Broken> {
        let before = self.stage.total_requests();
        let url = self.callback_url()?;
        let (rest, _) = url
            .split_once("state=")
            .ok_or_else(|| Broken::new("no state in the callback"))?;
        let page = self
            .browser
            .open(&format!("{rest}state=0123456789abcdef0123456789abcdef"))
            .await?;
        equal("the answer", page.status, StatusCode::BAD_REQUEST)?;
        holds("the page says why", page.url.ends_with("/result/forged"))?;
        equal("requests", self.stage.total_requests(), before)?;
        Ok("requests sent: 0".to_owned())
    }

    pub(super) async fn leave(self) {
        drop(self.browser);
        self.server.finish(Visit::Nobody).await;
    }

    fn callback_url(&self) -> Result<String, Broken> {
        self.callback_url
            .clone()
            .ok_or_else(|| Broken::new("the browser never came back"))
    }

    fn exchanges(&self) -> u64 {
        self.stage.requests(LOGIN, EXCHANGE)
    }

    fn refused(&self) -> u64 {
        let counts = self.stage.world().counts();
        counts.refused(LOGIN, EXCHANGE) + counts.refused(LOGIN, USERINFO)
    }
}
