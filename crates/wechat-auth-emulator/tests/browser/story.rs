//! An emulator and a browser before it.

use std::path::Path;

use fantoccini::Locator;
use serde_json::Value;
use wechat_auth_emulator::{Emulator, Running};

use crate::chromium::{Chromium, Kind, Scripts};

pub(crate) const APPID: &str = "wx0000000000000001";
pub(crate) const SECRET: &str = "marker-secret-7f3a";
pub(crate) const PHONE: Option<(u32, u32)> = Some((360, 740));
/// High enough for the whole of a consent page.
pub(crate) const LONG_PHONE: Option<(u32, u32)> = Some((360, 1_050));
pub(crate) const DESK: Option<(u32, u32)> = Some((1_280, 1_100));

/// An emulator and a browser before it. The app that users are sent back to is the index page, whose address
/// then holds what came back.
pub(crate) struct Story {
    pub(crate) emulator: Running,
    pub(crate) chromium: Chromium,
}

impl Story {
    pub(crate) async fn begins(scripts: Scripts, screen: Option<(u32, u32)>) -> Self {
        let emulator = Emulator::builder()
            .seed(7)
            .app(APPID, SECRET)
            .start_time_unix(1_700_000_000)
            .unwrap()
            .frozen()
            .start()
            .await
            .unwrap();
        Self {
            emulator,
            chromium: Chromium::of(Kind { scripts, screen }).await,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.base_url())
    }

    pub(crate) async fn opens(&self, path: &str) {
        self.chromium.tab.goto(&self.url(path)).await.unwrap();
    }

    /// The link of a login, without a fragment.
    pub(crate) fn link(&self, scope: &str) -> String {
        let door = match scope {
            "snsapi_login" => "qrconnect",
            _ => "oauth2/authorize",
        };
        let back = self.emulator.base_url().replace(':', "%3A").replace('/', "%2F");
        format!(
            "/connect/{door}?appid={APPID}&redirect_uri={back}%2F&response_type=code&scope={scope}&state=S1"
        )
    }

    pub(crate) async fn opens_login(&self, scope: &str) {
        self.opens(&format!("{}#wechat_redirect", self.link(scope))).await;
    }

    pub(crate) async fn click(&self, id: &str) {
        self.chromium.click(id).await;
    }

    pub(crate) async fn types(&self, id: &str, text: &str) {
        let field = self.chromium.tab.find(Locator::Id(id)).await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    pub(crate) async fn sees(&self, id: &str) -> String {
        self.chromium.text_of(id).await
    }

    pub(crate) async fn is_shown(&self, id: &str) -> bool {
        let found = self.chromium.tab.find(Locator::Id(id)).await;
        match found {
            Ok(element) => element.is_displayed().await.unwrap(),
            Err(_) => false,
        }
    }

    /// Waits until the browser is back at the app; brings the query of the address.
    pub(crate) async fn is_back(&self) -> String {
        self.sees("origin").await;
        let url = self.chromium.url().await;
        url.split_once('?').unwrap().1.to_owned()
    }

    pub(crate) async fn came_back_with_a_code(&self) -> String {
        let query = self.is_back().await;
        let code = query.strip_prefix("code=").expect(&query);
        code.strip_suffix("&state=S1").expect(&query).to_owned()
    }

    /// What WeChat answers to the exchange of this code.
    pub(crate) fn exchange(&self, code: &str) -> Value {
        self.asks(&format!(
            "/sns/oauth2/access_token?appid={APPID}&secret={SECRET}&code={code}&grant_type=authorization_code"
        ))
    }

    pub(crate) fn fetches_a_token(&self) -> String {
        let answer = self.asks(&format!(
            "/cgi-bin/token?grant_type=client_credential&appid={APPID}&secret={SECRET}"
        ));
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn asks(&self, uri: &str) -> Value {
        self.sends(http::Method::GET, uri, "")
    }

    /// A program asks, beside the browser; a page is no JSON, and comes to nothing.
    pub(crate) fn sends(&self, method: http::Method, uri: &str, body: &str) -> Value {
        let request = http::Request::builder().method(method).uri(uri);
        let request = request.body(body.as_bytes().to_vec()).unwrap();
        let handle = self.emulator.handle();
        let answer = handle.with(|wechat, now| wechat.handle(now, &request, [127, 0, 0, 1].into()));
        serde_json::from_slice(answer.response().unwrap().body()).unwrap_or_default()
    }

    /// A user logs in without the browser.
    pub(crate) fn somebody_logs_in(&self) {
        let request = http::Request::get(self.link("snsapi_base"))
            .body(Vec::new())
            .unwrap();
        let handle = self.emulator.handle();
        let answer = handle.with(|wechat, now| wechat.handle(now, &request, [127, 0, 0, 1].into()));
        let answer = answer.response().unwrap();
        let back = answer.headers()["location"].to_str().unwrap();
        let code = back.split(['=', '&']).nth(1).unwrap();
        assert!(self.exchange(code)["openid"].is_string());
    }

    pub(crate) async fn script(&self, script: &str) -> Value {
        self.chromium.tab.execute(script, Vec::new()).await.unwrap()
    }

    /// The phone: a second window, for `steps`.
    pub(crate) async fn scans_in_another_window(&self) -> [fantoccini::wd::WindowHandle; 2] {
        let website = self.chromium.tab.window().await.unwrap();
        let phone_page = self
            .chromium
            .tab
            .find(Locator::Id("scan"))
            .await
            .unwrap()
            .attr("href")
            .await
            .unwrap()
            .unwrap();
        let phone = self.chromium.tab.new_window(false).await.unwrap().handle;
        self.goes_to(&phone).await;
        self.opens(&phone_page).await;
        [website, phone]
    }

    pub(crate) async fn goes_to(&self, window: &fantoccini::wd::WindowHandle) {
        self.chromium.tab.switch_to_window(window.clone()).await.unwrap();
    }

    /// A picture of the book, or for people to look at.
    pub(crate) async fn picture(&self, name: &str) {
        let picture = self.chromium.tab.screenshot().await.unwrap();
        let folder = match std::env::var_os("UPDATE_SCREENSHOTS") {
            Some(_) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/images"),
            None => Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots"),
        };
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }

    pub(crate) async fn ends(self) {
        self.chromium.close().await;
    }

    /// Waits until the element says this.
    pub(crate) async fn waits_for(&self, id: &str, text: &str) {
        let path = format!("//*[@id='{id}'][contains(., '{text}')]");
        let found = self.chromium.tab.wait().for_element(Locator::XPath(&path)).await;
        if let Err(error) = found {
            panic!("{error}: {}", self.sees(id).await);
        }
    }
}
