//! Logins over real sockets, from the button to the profile, and what goes wrong on the way.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands, in its helpers too"
)]

mod support;

use http::Method;
use http::header::{CACHE_CONTROL, REFERRER_POLICY, SET_COOKIE};
use support::World;
use support::browser::Browser;

#[tokio::test]
async fn a_login_ends_where_the_user_wanted_to_go() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    let begun = browser.get(&world.url("/login?return_to=/profile")).await;
    assert!(
        begun
            .location()
            .unwrap()
            .contains("/connect/oauth2/authorize?appid=wxtest000000000001&")
    );
    let back = browser.comes_back(&begun.location().unwrap(), "allow").await;
    let answer = browser.get(&back).await;
    answer.leads_to("/profile");
    for ours in [&begun, &answer] {
        assert_eq!(ours.headers[CACHE_CONTROL], "no-store");
        assert_eq!(ours.headers[REFERRER_POLICY], "no-referrer");
    }
    let profile = browser.open(&world.url("/profile")).await;
    assert!(profile.text.contains("小明"), "{profile:?}");
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn the_silent_scope_brings_an_openid_and_asks_for_no_profile() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    let profile = browser.open(&world.url("/silent?return_to=/profile")).await;
    assert!(
        profile.text.contains("not shared") && profile.text.contains("openid"),
        "{profile:?}"
    );
    assert_eq!(
        world
            .setup
            .wechat
            .counts()
            .requests(support::APPID, "/sns/userinfo"),
        0
    );
}

#[tokio::test]
async fn a_refusal_is_shown_and_a_reload_shows_it_again() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    let back = browser.comes_back(&world.url("/login"), "refuse").await;
    browser.get(&back).await.is_the_page(403, "refused");
    browser.get(&back).await.is_the_page(403, "refused");
    // A code that turns up later does not undo it.
    browser
        .get(&format!("{back}&code=c1"))
        .await
        .is_the_page(403, "refused");
    assert_eq!(world.exchanges(), 0);
}

#[tokio::test]
async fn a_browser_that_missed_the_answer_gets_all_of_it_again() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    let back = browser
        .comes_back(&world.url("/login?return_to=/profile"), "allow")
        .await;
    // As before the answer came: the cookies of the first are lost on the way.
    let missed = browser.clone().get(&back).await;
    let answer = browser.get(&back).await;
    answer.leads_to("/profile");
    assert_eq!(answer.sets("session="), missed.sets("session="));
    assert!(browser.open(&world.url("/profile")).await.text.contains("小明"));
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn a_browser_that_had_the_answer_is_led_on_without_a_session() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    let back = browser
        .comes_back(&world.url("/login?return_to=/profile"), "allow")
        .await;
    browser.get(&back).await;
    let again = browser.get(&back).await;
    again.leads_to("/profile");
    assert_eq!(again.sets(""), None);
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn a_callback_replayed_after_the_logout_logs_nobody_in() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    let back = browser
        .comes_back(&world.url("/login?return_to=/profile"), "allow")
        .await;
    let mut copied = browser.clone();
    browser.get(&back).await;
    browser
        .send(Method::POST, &world.url("/logout"), String::new())
        .await;
    browser.open(&back).await;
    assert_eq!(browser.jar.get("session"), None);
    // With a copy of the cookie from before the answer, a minute later and on.
    world.pass(61);
    let replayed = copied.get(&back).await;
    replayed.leads_to("/profile");
    assert_eq!(replayed.sets(""), None);
    world.pass(600);
    copied.get(&back).await.is_the_page(410, "expired");
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn callbacks_that_arrive_together_share_one_exchange_and_one_session() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    let back = browser.comes_back(&world.url("/login"), "allow").await;
    let gate = world.hold_the_line();
    let arrivals: Vec<_> = (0..20)
        .map(|_| {
            let (mut browser, back) = (browser.clone(), back.clone());
            tokio::spawn(async move { browser.get(&back).await })
        })
        .collect();
    gate.add_permits(100);
    let mut sessions = Vec::new();
    for arrival in arrivals {
        let answer = arrival.await.unwrap();
        answer.leads_to("/");
        sessions.push(answer.sets("session=").unwrap());
    }
    sessions.dedup();
    assert_eq!(sessions.len(), 1);
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn a_browser_that_hangs_up_finds_itself_logged_in_when_it_reloads() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    let back = browser
        .comes_back(&world.url("/login?return_to=/profile"), "allow")
        .await;
    let gate = world.hold_the_line();
    let (mut impatient, callback) = (browser.clone(), back.clone());
    let hung_up = tokio::spawn(async move { impatient.get(&callback).await });
    // The exchange has begun when a second callback would only wait.
    while world.setup.held() == 0 {
        tokio::task::yield_now().await;
    }
    hung_up.abort();
    assert!(hung_up.await.unwrap_err().is_cancelled());
    gate.add_permits(100);
    assert!(browser.open(&back).await.text.contains("小明"));
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn neither_head_nor_post_nor_a_prefetch_spends_the_code() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    let back = browser.comes_back(&world.url("/login"), "allow").await;
    for method in [Method::HEAD, Method::POST, Method::PUT, Method::OPTIONS] {
        let answer = browser.send(method, &back, String::new()).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.headers["allow"]),
            (405, &"GET".parse().unwrap())
        );
    }
    for (name, value) in [
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "prefetch"),
        ("x-moz", "prefetch"),
        ("x-purpose", "preview"),
    ] {
        let mut ahead = browser.clone();
        ahead.headers.insert(name, value.parse().unwrap());
        ahead.get(&back).await.is_the_page(403, "not-a-visit");
        ahead
            .get(&world.url("/login"))
            .await
            .is_the_page(403, "not-a-visit");
    }
    assert_eq!(world.exchanges(), 0);
    browser.get(&back).await.leads_to("/");
}

#[tokio::test]
async fn what_another_page_embeds_begins_no_login() {
    let world = World::with_three_ways_in().await;
    for destination in ["image", "iframe", "empty", "script"] {
        let mut browser = Browser::new();
        browser
            .headers
            .insert("sec-fetch-dest", destination.parse().unwrap());
        browser
            .get(&world.url("/login"))
            .await
            .is_the_page(403, "not-a-visit");
    }
    let mut browser = Browser::new();
    browser
        .headers
        .insert("sec-fetch-dest", "document".parse().unwrap());
    assert_eq!(browser.get(&world.url("/login")).await.status, 303);
}

#[tokio::test]
async fn two_tabs_finish_in_either_order() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    let first = browser
        .comes_back(&world.url("/login?return_to=/?first"), "allow")
        .await;
    let second = browser
        .comes_back(&world.url("/login?return_to=/?second"), "allow")
        .await;
    browser.get(&second).await.leads_to("/?second");
    browser.get(&first).await.leads_to("/?first");
    assert_eq!(world.exchanges(), 2);
}

#[tokio::test]
async fn a_browser_that_begins_without_end_keeps_eight_cookies() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    for _ in 0..30 {
        browser.get(&world.url("/login")).await;
    }
    assert_eq!(browser.bindings().len(), 8);
    let back = browser.comes_back(&world.url("/login"), "allow").await;
    browser.get(&back).await.leads_to("/");
}

#[tokio::test]
async fn somebody_elses_callback_does_not_log_a_victim_in() {
    let world = World::with_three_ways_in().await;
    let (mut attacker, mut victim) = (Browser::new(), Browser::new());
    let back = attacker.comes_back(&world.url("/login"), "allow").await;
    victim.get(&world.url("/login")).await;
    victim.get(&back).await.is_the_page(403, "other-browser");
    assert_eq!(world.exchanges(), 0);
    attacker.get(&back).await.leads_to("/");
}

#[tokio::test]
async fn a_place_to_return_to_elsewhere_becomes_the_front_page() {
    let world = World::with_three_ways_in().await;
    for elsewhere in [
        "https://evil.example/",
        "//evil.example",
        "/%5Cevil.example",
        "%2F%09%2Fevil.example",
    ] {
        let mut browser = Browser::new();
        let back = browser
            .comes_back(&world.url(&format!("/login?return_to={elsewhere}")), "allow")
            .await;
        browser.get(&back).await.leads_to("/");
    }
}

#[tokio::test]
async fn a_login_that_took_too_long_has_expired() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    let back = browser.comes_back(&world.url("/login"), "allow").await;
    world.pass(600);
    browser.get(&back).await.is_the_page(410, "expired");
    assert_eq!(world.exchanges(), 0);
}

#[tokio::test]
async fn the_visitor_of_a_snapshot_is_nobody() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    let page = browser.open(&world.url("/login")).await;
    let back = browser.decide_as(&page, "snapshot", "allow").await;
    browser.get(&back).await.is_the_page(403, "snapshot");
    browser.get(&back).await.is_the_page(403, "snapshot");
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn the_session_and_the_binding_come_in_one_answer() {
    let world = World::with_three_ways_in().await;
    let mut browser = Browser::new();
    let back = browser.comes_back(&world.url("/login"), "allow").await;
    let answer = browser.get(&back).await;
    assert_eq!(answer.headers.get_all(SET_COOKIE).iter().count(), 2);
    let binding = answer.sets("wechat-login-").unwrap();
    assert!(
        binding.contains(".answered; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"),
        "{binding}"
    );
}
