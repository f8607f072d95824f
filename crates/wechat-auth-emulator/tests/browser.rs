//! The pages in a real browser, with scripts and without.
//!
//! `cargo test -p wechat-auth-emulator --features browser-tests --test browser`; needs chromium and chromedriver.
//! With `UPDATE_SCREENSHOTS=1` it writes the book's pictures again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

#[path = "../../wechat-auth-cli/tests/support/chromium.rs"]
mod chromium;

use std::path::Path;
use std::time::Duration;

use chromium::{Chromium, Kind, Scripts};
use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::{Value, json};
use wechat_auth_emulator::{Effect, Emulator, Family, Fault, Running};

const APPID: &str = "wx0000000000000001";
const SECRET: &str = "marker-secret-7f3a";
const PHONE: Option<(u32, u32)> = Some((360, 740));
/// High enough for the whole of a consent page.
const LONG_PHONE: Option<(u32, u32)> = Some((360, 1_050));
const DESK: Option<(u32, u32)> = Some((1_280, 1_100));

/// An emulator and a browser before it. The app that users are sent back to is the index page, whose address
/// then holds what came back.
struct Story {
    emulator: Running,
    chromium: Chromium,
}

impl Story {
    async fn begins(scripts: Scripts, screen: Option<(u32, u32)>) -> Self {
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

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.base_url())
    }

    async fn opens(&self, path: &str) {
        self.chromium.tab.goto(&self.url(path)).await.unwrap();
    }

    /// The link of a login, without a fragment.
    fn link(&self, scope: &str) -> String {
        let door = match scope {
            "snsapi_login" => "qrconnect",
            _ => "oauth2/authorize",
        };
        let back = self.emulator.base_url().replace(':', "%3A").replace('/', "%2F");
        format!(
            "/connect/{door}?appid={APPID}&redirect_uri={back}%2F&response_type=code&scope={scope}&state=S1"
        )
    }

    async fn opens_login(&self, scope: &str) {
        self.opens(&format!("{}#wechat_redirect", self.link(scope))).await;
    }

    async fn click(&self, id: &str) {
        self.chromium.click(id).await;
    }

    async fn types(&self, id: &str, text: &str) {
        let field = self.chromium.tab.find(Locator::Id(id)).await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    async fn sees(&self, id: &str) -> String {
        self.chromium.text_of(id).await
    }

    async fn is_shown(&self, id: &str) -> bool {
        let found = self.chromium.tab.find(Locator::Id(id)).await;
        match found {
            Ok(element) => element.is_displayed().await.unwrap(),
            Err(_) => false,
        }
    }

    /// Waits until the browser is back at the app; brings the query of the address.
    async fn is_back(&self) -> String {
        self.sees("origin").await;
        let url = self.chromium.url().await;
        url.split_once('?').unwrap().1.to_owned()
    }

    async fn came_back_with_a_code(&self) -> String {
        let query = self.is_back().await;
        let code = query.strip_prefix("code=").expect(&query);
        code.strip_suffix("&state=S1").expect(&query).to_owned()
    }

    /// What WeChat answers to the exchange of this code.
    fn exchange(&self, code: &str) -> Value {
        self.asks(&format!(
            "/sns/oauth2/access_token?appid={APPID}&secret={SECRET}&code={code}&grant_type=authorization_code"
        ))
    }

    fn fetches_a_token(&self) -> String {
        let answer = self.asks(&format!(
            "/cgi-bin/token?grant_type=client_credential&appid={APPID}&secret={SECRET}"
        ));
        answer["access_token"].as_str().unwrap().to_owned()
    }

    fn asks(&self, uri: &str) -> Value {
        self.sends(http::Method::GET, uri, "")
    }

    /// A program asks, beside the browser; a page is no JSON, and comes to nothing.
    fn sends(&self, method: http::Method, uri: &str, body: &str) -> Value {
        let request = http::Request::builder().method(method).uri(uri);
        let request = request.body(body.as_bytes().to_vec()).unwrap();
        let handle = self.emulator.handle();
        let answer = handle.with(|wechat, now| wechat.handle(now, &request, [127, 0, 0, 1].into()));
        serde_json::from_slice(answer.response().unwrap().body()).unwrap_or_default()
    }

    /// A user logs in without the browser.
    fn somebody_logs_in(&self) {
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

    async fn script(&self, script: &str) -> Value {
        self.chromium.tab.execute(script, Vec::new()).await.unwrap()
    }

    /// The phone: a second window, for `steps`.
    async fn scans_in_another_window(&self) -> [fantoccini::wd::WindowHandle; 2] {
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

    async fn goes_to(&self, window: &fantoccini::wd::WindowHandle) {
        self.chromium.tab.switch_to_window(window.clone()).await.unwrap();
    }

    /// A picture of the book, or for people to look at.
    async fn picture(&self, name: &str) {
        let picture = self.chromium.tab.screenshot().await.unwrap();
        let folder = match std::env::var_os("UPDATE_SCREENSHOTS") {
            Some(_) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/images"),
            None => Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots"),
        };
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }

    async fn ends(self) {
        self.chromium.close().await;
    }
}

/// What a page must be for everybody: nothing wider than the screen, a name for each field, and text that
/// stands out from what is behind it, 4.5 to 1.
const FOR_EVERYBODY: &str = r"
    const wrong = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) wrong.push(`${root.scrollWidth} wide on ${root.clientWidth}`);
    for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
        if (!field.labels.length && !field.ariaLabel) wrong.push(`no label: ${field.outerHTML}`);
    for (const button of document.querySelectorAll('button, a, summary'))
        if (!button.textContent.trim()) wrong.push(`no name: ${button.outerHTML}`);
    const luminance = color => {
        const [r, g, b] = color.match(/[\d.]+/g).map(c => c / 255)
            .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = element => {
        const color = getComputedStyle(element).backgroundColor;
        return /, 0\)$/.test(color) ? behind(element.parentElement) : color;
    };
    for (const element of document.querySelectorAll('main, main *:not(option):not(svg *)')) {
        const says = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        if (!says || !element.checkVisibility()) continue;
        const [a, b] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) wrong.push(`${contrast.toFixed(1)}: ${element.textContent}`);
    }
    return wrong;
";

#[tokio::test]
async fn every_page_is_for_everybody_and_fits_a_phone() {
    let story = Story::begins(Scripts::On, PHONE).await;
    story.fetches_a_token();
    story.asks("/cgi-bin/token?appid=nope");
    story.asks("/connect/oauth2/authorize?appid=nope");
    story.somebody_logs_in();
    story
        .emulator
        .handle()
        .inject(Fault::on("/sns/*", Effect::Cut))
        .unwrap();
    let pages = [
        "/".to_owned(),
        story.link("snsapi_userinfo"),
        story.link("snsapi_login"),
        "/connect/oauth2/authorize".to_owned(),
        "/_emulator/".to_owned(),
        "/_emulator/?secrets=show".to_owned(),
    ];
    for page in pages {
        story.opens(&page).await;
        story
            .script("for (const details of document.querySelectorAll('details')) details.open = true")
            .await;
        assert_eq!(
            story.script(FOR_EVERYBODY).await,
            Value::Array(Vec::new()),
            "{page}"
        );
        // The first thing that the keyboard reaches can be seen to be reached.
        story
            .chromium
            .tab
            .active_element()
            .await
            .unwrap()
            .send_keys(&Key::Tab.to_string())
            .await
            .unwrap();
        let outline = story
            .script("return getComputedStyle(document.activeElement).outlineStyle")
            .await;
        if page != "/connect/oauth2/authorize" {
            assert_eq!(outline, "solid", "{page}");
        }
    }
    story.ends().await;
}

async fn a_user_is_added_and_agrees(scripts: Scripts) {
    let story = Story::begins(scripts, LONG_PHONE).await;
    story.opens_login("snsapi_userinfo").await;
    story.click("add-user-open").await;
    story.types("new-nickname", "小红").await;
    story.picture("emulator-consent").await;
    story.types("new-nickname", &Key::Enter.to_string()).await;
    story.waits_for("consent", "小红").await;
    story.click("allow").await;
    let code = story.came_back_with_a_code().await;
    assert!(story.exchange(&code)["openid"].is_string());
    story.ends().await;
}

#[tokio::test]
async fn a_user_is_added_on_the_page_and_agrees() {
    a_user_is_added_and_agrees(Scripts::On).await;
}

#[tokio::test]
async fn a_user_is_added_on_the_page_and_agrees_without_scripts() {
    a_user_is_added_and_agrees(Scripts::Off).await;
}

#[tokio::test]
async fn a_user_closes_the_page_and_the_app_is_told_nothing() {
    let story = Story::begins(Scripts::On, PHONE).await;
    story.opens_login("snsapi_userinfo").await;
    story.click("close").await;
    story.sees("closed").await;
    story.ends().await;
}

#[tokio::test]
async fn a_snapshot_visitor_stays_in_the_snapshot_or_asks_for_the_full_service() {
    let story = Story::begins(Scripts::On, PHONE).await;
    for (button, is_snapshotuser) in [("browse-snapshot", true), ("full-service", false)] {
        story.opens_login("snsapi_userinfo").await;
        story.click("user-snapshot").await;
        story.click("allow").await;
        story.sees("snapshot").await;
        story.chromium.screenshot("emulator-snapshot").await;
        story.click(button).await;
        let code = story.came_back_with_a_code().await;
        assert_eq!(
            story.exchange(&code).get("is_snapshotuser").is_some(),
            is_snapshotuser
        );
    }
    story.ends().await;
}

#[tokio::test]
async fn a_link_without_its_fragment_is_complained_about_on_the_page_and_in_the_log() {
    let story = Story::begins(Scripts::On, PHONE).await;
    story.opens_login("snsapi_userinfo").await;
    assert!(!story.is_shown("no-fragment").await);
    story.opens("/").await;
    story.opens(&story.link("snsapi_userinfo")).await;
    let complaint = story.sees("no-fragment").await;
    assert!(
        complaint.contains("链接没有以 #wechat_redirect 结尾"),
        "{complaint}"
    );
    assert!(complaint.contains("the link does not end in #wechat_redirect"));
    let logged = || {
        story.emulator.handle().with(|wechat, _| {
            let complaints = wechat.journal().filter_map(|seen| seen.complaint.as_ref());
            complaints
                .map(|complaint| complaint.en.clone())
                .collect::<Vec<_>>()
        })
    };
    story.opens("/_emulator/").await;
    while logged().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(logged(), ["the link does not end in #wechat_redirect"]);
    story.ends().await;
}

#[tokio::test]
async fn a_website_follows_what_the_phone_does() {
    let story = Story::begins(Scripts::On, PHONE).await;
    story.opens_login("snsapi_login").await;
    story.sees("waiting").await;
    story.picture("emulator-qr-waiting").await;
    let [website, phone] = story.scans_in_another_window().await;
    story.sees("scanned").await;
    story.goes_to(&website).await;
    story.sees("scanned").await;
    story.picture("emulator-qr-scanned").await;
    story.goes_to(&phone).await;
    story.click("user-blank").await;
    story.click("allow").await;
    story.sees("confirmed").await;
    story.goes_to(&website).await;
    let code = story.came_back_with_a_code().await;
    assert!(story.exchange(&code)["openid"].is_string());
    story.ends().await;
}

#[tokio::test]
async fn a_website_is_told_when_the_phone_refuses() {
    let story = Story::begins(Scripts::On, PHONE).await;
    story.opens_login("snsapi_login").await;
    let [website, _] = story.scans_in_another_window().await;
    story.click("refuse").await;
    story.sees("cancelled").await;
    story.goes_to(&website).await;
    assert_eq!(story.is_back().await, "state=S1");
    story.ends().await;
}

#[tokio::test]
async fn a_website_s_page_says_that_it_is_too_old() {
    let story = Story::begins(Scripts::On, PHONE).await;
    story.opens_login("snsapi_login").await;
    story.emulator.handle().advance(Duration::from_secs(600)).unwrap();
    assert!(story.sees("error").await.contains("此页面已经用过或已过期"));
    story.ends().await;
}

#[tokio::test]
async fn a_website_follows_the_phone_without_scripts_too() {
    let story = Story::begins(Scripts::Off, PHONE).await;
    story.opens_login("snsapi_login").await;
    let [website, phone] = story.scans_in_another_window().await;
    story.goes_to(&website).await;
    // Asked for, and not waited for.
    story.click("check").await;
    story.sees("scanned").await;
    story.goes_to(&phone).await;
    story.click("allow").await;
    story.sees("confirmed").await;
    story.goes_to(&website).await;
    // It loads itself again.
    story.came_back_with_a_code().await;
    story.ends().await;
}

#[tokio::test]
async fn a_qr_login_is_answered_in_one_page() {
    let story = Story::begins(Scripts::On, PHONE).await;
    story.opens_login("snsapi_login").await;
    story.click("answer-here").await;
    story.click("user-xiaoming").await;
    story.click("allow").await;
    story.came_back_with_a_code().await;
    story.ends().await;
}

#[tokio::test]
async fn the_dashboard_shows_what_happens_while_it_happens() {
    let story = Story::begins(Scripts::On, DESK).await;
    let handle = story.emulator.handle();
    story.opens("/_emulator/").await;
    assert!(story.sees("apps").await.contains("还没有凭证"));
    story.fetches_a_token();
    story.waits_for("apps", "classic #1").await;
    story.waits_for("newest", "GET /cgi-bin/token?").await;
    // What was opened stays open, is up to date, and keeps the keyboard.
    story.click(&format!("quotas-open-{APPID}")).await;
    story.fetches_a_token();
    story.waits_for(&format!("quotas-{APPID}"), "1998").await;
    assert!(
        story.sees(&format!("quotas-{APPID}")).await.contains("1998"),
        "it can be seen"
    );
    let focused = story.script("return document.activeElement.id").await;
    assert_eq!(focused, format!("quotas-open-{APPID}"));
    story.click("clock-5-minutes").await;
    story.waits_for("now", "2023-11-15 06:18:20").await;
    handle.advance(Duration::from_secs(3_300)).unwrap();
    story.waits_for("now", "07:13:20").await;

    story.click("new-fault").await;
    story.click("fault-add").await;
    story.waits_for("faults-waiting", "errcode").await;
    story.ends().await;
}

#[tokio::test]
async fn a_busy_dashboard_for_the_book() {
    let story = Story::begins(Scripts::On, Some((1_280, 1_270))).await;
    let handle = story.emulator.handle();
    let stable = json!({"grant_type": "client_credential", "appid": APPID, "secret": SECRET}).to_string();
    story.fetches_a_token();
    handle.advance(Duration::from_secs(3_000)).unwrap();
    story.sends(http::Method::POST, "/cgi-bin/stable_token", &stable);
    handle.advance(Duration::from_secs(600)).unwrap();
    story.somebody_logs_in();
    let token = story.fetches_a_token();
    handle.foreign_refresh(APPID, Family::Stable).unwrap();
    handle.advance(Duration::from_secs(100)).unwrap();
    for uri in [
        format!("/cgi-bin/ticket/getticket?access_token={token}&type=jsapi"),
        "/cgi-bin/getcallbackip?access_token=an-old-one".to_owned(),
        story.link("snsapi_nothing"),
    ] {
        story.asks(&uri);
    }
    for effect in [
        Effect::ReplyLost,
        Effect::Errcode {
            errcode: -1,
            errmsg: None,
        },
    ] {
        handle.inject(Fault::on("/cgi-bin/stable_token", effect)).unwrap();
    }
    let answer = story.sends(http::Method::POST, "/cgi-bin/getcallbackip", &stable);
    assert_eq!(answer["errcode"], 43001);
    story.opens("/_emulator/").await;
    assert!(story.sees("apps").await.contains("stable #2"));
    story.picture("emulator-dashboard").await;
    story.ends().await;
}

#[tokio::test]
async fn a_request_is_copied_as_curl() {
    let story = Story::begins(Scripts::On, DESK).await;
    story.asks("/cgi-bin/token?appid=nope&secret=it's");
    story.opens("/_emulator/").await;
    let button = story
        .chromium
        .tab
        .find(Locator::Css("[data-copies]"))
        .await
        .unwrap();
    button.click().await.unwrap();
    while button.text().await.unwrap() != "已复制 / Copied" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let paste = format!("{}v", char::from(Key::Control));
    story.click("new-fault").await;
    story.types("fault-path", &paste).await;
    let field = story.chromium.tab.find(Locator::Id("fault-path")).await.unwrap();
    let pasted = field.prop("value").await.unwrap().unwrap();
    let command = format!(
        "curl -g '{}/cgi-bin/token?appid=nope&secret=***'",
        story.emulator.base_url()
    );
    assert!(pasted.contains(&command), "{pasted}");
    story.ends().await;
}

#[tokio::test]
async fn what_somebody_reads_on_the_dashboard_stays_open() {
    let story = Story::begins(Scripts::On, DESK).await;
    story.asks("/cgi-bin/token?appid=nope");
    story.opens("/_emulator/").await;
    let details = || story.chromium.tab.find(Locator::Css("#newest details"));
    details().await.unwrap().click().await.unwrap();
    story.asks("/cgi-bin/token?appid=other");
    // The other parts go on meanwhile.
    story.emulator.handle().advance(Duration::from_secs(60)).unwrap();
    story.waits_for("now", "06:14:20").await;
    assert!(details().await.unwrap().attr("open").await.unwrap().is_some());
    assert!(!story.sees("newest").await.contains("other"));
    story.ends().await;
}

#[tokio::test]
async fn the_dashboard_works_without_scripts() {
    let story = Story::begins(Scripts::Off, DESK).await;
    story.fetches_a_token();
    story.opens("/_emulator/").await;
    assert!(story.sees("apps").await.contains("classic #1"));
    story.click("clock-2-hours").await;
    story.waits_for("now", "08:13:20").await;
    assert!(
        !story.sees("newest").await.contains("Copy as curl"),
        "that needs a script"
    );
    let details = story
        .chromium
        .tab
        .find(Locator::Css("#newest summary"))
        .await
        .unwrap();
    details.click().await.unwrap();
    assert!(story.sees("curl-0").await.starts_with("curl -g 'http://"));
    story.click("reload").await;
    story.waits_for("reload", "Stop refreshing").await;
    story.emulator.handle().advance(Duration::from_secs(60)).unwrap();
    // It loads itself again.
    story.waits_for("now", "08:14:20").await;
    story.ends().await;
}

#[tokio::test]
async fn secrets_are_shown_when_somebody_asks_and_hidden_again() {
    let story = Story::begins(Scripts::On, DESK).await;
    let token = story.fetches_a_token();
    story.opens("/_emulator/").await;
    for (is_shown, click) in [(false, true), (true, true), (false, false)] {
        let page = story.chromium.tab.source().await.unwrap();
        assert_eq!(page.contains(&token) && page.contains(SECRET), is_shown);
        if click {
            story.click("secrets").await;
        }
    }
    story.ends().await;
}

impl Story {
    /// Waits until the element says this.
    async fn waits_for(&self, id: &str, text: &str) {
        let path = format!("//*[@id='{id}'][contains(., '{text}')]");
        let found = self.chromium.tab.wait().for_element(Locator::XPath(&path)).await;
        if let Err(error) = found {
            panic!("{error}: {}", self.sees(id).await);
        }
    }
}
