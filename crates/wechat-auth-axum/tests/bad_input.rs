//! Whatever a browser sends: a clear page, the right status, nobody logged in, and every other login goes on.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands, in its helpers too"
)]

mod support;

use proptest::prelude::*;
use support::World;
use support::browser::{Answer, Browser};

/// A login that has come back, and has not arrived.
struct Arriving {
    world: World,
    browser: Browser,
    callback: String,
    query: String,
}

impl Arriving {
    async fn new() -> Self {
        let world = World::with_three_ways_in().await;
        let mut browser = Browser::new();
        let back = browser
            .comes_back(&world.url("/login?return_to=/profile"), "allow")
            .await;
        let (callback, query) = back.split_once('?').unwrap();
        Self {
            callback: callback.to_owned(),
            query: query.to_owned(),
            world,
            browser,
        }
    }

    fn param(&self, name: &str) -> &str {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value)
            .next()
            .unwrap()
    }

    async fn answer(&self, query: &str) -> Answer {
        self.browser
            .clone()
            .get(&format!("{}?{query}", self.callback))
            .await
    }

    /// The same with this in place of the binding cookie.
    async fn with_cookie(&self, value: &str) -> Answer {
        let mut browser = self.browser.clone();
        browser
            .jar
            .values_mut()
            .for_each(|cookie| *cookie = value.to_owned());
        browser.get(&format!("{}?{}", self.callback, self.query)).await
    }

    /// Nothing was spent, and nothing spoilt.
    async fn goes_on(mut self) {
        assert_eq!(self.world.exchanges(), 0);
        let back = format!("{}?{}", self.callback, self.query);
        assert!(self.browser.open(&back).await.text.contains("小明"));
    }
}

#[tokio::test]
async fn no_other_query_logs_anybody_in() {
    let login = Arriving::new().await;
    let (code, state) = (login.param("code"), login.param("state"));
    let other_state = "0123456789abcdef0123456789abcdef";
    let long = "x".repeat(5_000);
    for (query, page) in [
        (String::new(), "not-a-callback"),
        ("a=b".to_owned(), "not-a-callback"),
        (format!("code={code}"), "not-a-callback"),
        (format!("code={code}&state="), "not-a-callback"),
        (format!("code=&state={state}"), "not-a-callback"),
        (format!("code={code}&code={code}&state={state}"), "not-a-callback"),
        (
            format!("code={code}&state={state}&state={state}"),
            "not-a-callback",
        ),
        (format!("code={code}&state={state}&%73tate=x"), "not-a-callback"),
        (format!("code=%FF&state={state}"), "not-a-callback"),
        (format!("code={code}&state=%zz"), "not-a-callback"),
        (format!("code={code}&state={state}&{long}"), "not-a-callback"),
        (format!("code={code}&state={other_state}"), "unknown-login"),
        (format!("code={code}&state={}", &state[1..]), "unknown-login"),
        (format!("code={code}&state={state}%00"), "mangled-state"),
        (
            format!("code={code}&state={}", state.to_uppercase()),
            "mangled-state",
        ),
        (
            format!("code={code}&state={state}%23wechat_redirect"),
            "mangled-state",
        ),
    ] {
        login.answer(&query).await.is_the_page(400, page);
    }
    login.goes_on().await;
}

#[tokio::test]
async fn no_other_cookie_logs_anybody_in() {
    let login = Arriving::new().await;
    let ours = login.browser.jar.values().next().unwrap().clone();
    for other in [
        "",
        "x",
        ".answered",
        &ours[..31],
        &ours[1..],
        &format!("{ours}0"),
        &format!("{ours}.answered.answered"),
        &format!("{ours}.seen"),
        &format!("\"{ours}\""),
        &format!("v0.{ours}"),
        &ours.to_uppercase(),
        &"0".repeat(32),
        &"x".repeat(4_000),
    ] {
        login.with_cookie(other).await.is_the_page(403, "other-browser");
    }
    // Another login's cookie under this login's name.
    let mut foreign = Browser::new();
    foreign.get(&login.world.url("/login")).await;
    let foreign = foreign.jar.values().next().unwrap().clone();
    login
        .with_cookie(&foreign)
        .await
        .is_the_page(403, "other-browser");
    let nobody = Browser::new()
        .get(&format!("{}?{}", login.callback, login.query))
        .await;
    nobody.is_the_page(403, "other-browser");
    login.goes_on().await;
}

#[tokio::test]
async fn no_header_changes_where_a_login_leads() {
    let world = World::with_three_ways_in().await;
    for (name, value) in [
        ("host", "evil.example"),
        ("host", ""),
        ("host", "evil.example:1/%2e"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-for", "evil.example"),
        ("x-forwarded-prefix", "//evil.example"),
        ("x-original-url", "https://evil.example/"),
        ("forwarded", "host=evil.example;proto=https"),
        ("referer", "https://evil.example/"),
        ("origin", "https://evil.example"),
    ] {
        let mut browser = Browser::new();
        browser.headers.insert(name, value.parse().unwrap());
        let begun = browser.get(&world.url("/login?return_to=/profile")).await;
        let link = begun.location().unwrap();
        let ours = world.base.replace(':', "%3A").replace('/', "%2F");
        assert!(
            link.contains(&format!("&redirect_uri={ours}%2Fwechat%2Flogin&")),
            "{link}"
        );
        let headers = std::mem::take(&mut browser.headers);
        let back = browser.comes_back(&link, "allow").await;
        browser.headers = headers;
        browser.get(&back).await.leads_to("/profile");
        browser.jar.clear();
        let failed = browser.get(&back).await;
        failed.is_the_page(403, "other-browser");
        assert!(!failed.text.contains("evil"), "{name}");
    }
}

/// What goes wrong with text on its way: bytes lost, added, changed, moved, or escaped.
fn mangled(text: String) -> impl Strategy<Value = String> {
    let len = text.len();
    let place = prop::sample::Index::arbitrary;
    let odd = prop_oneof![
        Just("&".to_owned()),
        Just("=".to_owned()),
        Just("%".to_owned()),
        Just("%00".to_owned()),
        Just(";".to_owned()),
        Just("state=".to_owned()),
        Just("code=".to_owned()),
        "[!-~]{1,8}",
    ];
    (any::<u8>(), place(), place(), odd).prop_map(move |(kind, from, to, odd)| {
        let (from, to) = (from.index(len + 1), to.index(len + 1));
        let (from, to) = (from.min(to), from.max(to));
        let (head, middle, tail) = (&text[..from], &text[from..to], &text[to..]);
        match kind % 5 {
            0 => format!("{head}{tail}"),
            1 => format!("{head}{odd}{tail}"),
            2 => format!("{head}{middle}{middle}{tail}"),
            3 => format!("{tail}{middle}{head}"),
            _ => format!("{head}{middle}{odd}{tail}"),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// A mangled callback or cookie logs nobody in unless it says the same as the true one, and the tab
    /// beside it always finishes.
    #[test]
    fn mangled_callbacks_and_cookies_log_nobody_in(
        (query, cookie) in (Just(()), any::<bool>()).prop_flat_map(|((), of_query)| {
            let genuine = ("code=CODE&state=STATE".to_owned(), "NONCE".to_owned());
            match of_query {
                true => (mangled(genuine.0).boxed(), Just(genuine.1).boxed()),
                false => (Just(genuine.0).boxed(), mangled(genuine.1).boxed()),
            }
        }),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let login = Arriving::new().await;
            let (code, state) = (login.param("code"), login.param("state"));
            let nonce = login.browser.jar.values().next().unwrap();
            let unharmed = query.contains("CODE") && query.contains("STATE") && cookie.contains("NONCE");
            let query = query.replace("CODE", code).replace("STATE", state);
            let cookie = cookie.replace("NONCE", nonce);
            let mut beside = Browser::new();
            let tab = beside.comes_back(&login.world.url("/login"), "allow").await;

            let mut browser = login.browser.clone();
            browser.jar.values_mut().for_each(|value| value.clone_from(&cookie));
            let target = format!("{}?{query}", login.callback);
            if target.parse::<http::Uri>().is_ok() && http::HeaderValue::try_from(&cookie).is_ok() {
                let answer = browser.get(&target).await;
                if answer.sets("session=").is_some() {
                    prop_assert!(unharmed, "{query} {cookie}");
                } else {
                    prop_assert!(answer.status.is_client_error(), "{answer:?}");
                    prop_assert!(answer.text.contains("重新登录"), "{answer:?}");
                }
            }
            beside.get(&tab).await.leads_to("/");
            Ok(())
        })?;
    }
}
