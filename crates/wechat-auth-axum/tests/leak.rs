//! No secret shows: not in `Debug`, not in `Display`, not on a page, not in a header that another site or a
//! cache would see.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands, in its helpers too"
)]

mod support;

use std::error::Error;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use http::StatusCode;
use http::header::{LOCATION, SET_COOKIE};
use support::browser::Browser;
use support::shop::{self, Sessions};
use support::{SECRET, World};
use wechat_auth_axum::{LoggedIn, LoginFailure, MemoryStore, failure_page};
use wechat_auth_emulator::Effect;

/// Everything that a handler of the application would print.
type Shown = Arc<Mutex<String>>;

async fn world(shown: Shown) -> World {
    let of_failures = Arc::clone(&shown);
    World::with(move |setup| {
        let entry = setup.login().with_store(Arc::new(MemoryStore::default()));
        shown
            .lock()
            .unwrap()
            .push_str(&format!("{entry:?} {entry:#?} {:?}", MemoryStore::default()));
        let welcome = move |sessions: State<Sessions>, user: LoggedIn| {
            shown.lock().unwrap().push_str(&format!("{user:?} {user:#?}"));
            shop::welcome(sessions, user)
        };
        let sorry = move |failure: LoginFailure| {
            let mut shown = of_failures.lock().unwrap();
            shown.push_str(&format!("{failure:?} {failure:#?}"));
            let mut cause: Option<&dyn Error> = Some(failure.cause());
            while let Some(error) = cause {
                shown.push_str(&format!("{error} {error:?}"));
                cause = error.source();
            }
            failure_page(failure)
        };
        entry.router(welcome, sorry)
    })
    .await
}

#[tokio::test]
async fn nothing_secret_is_shown_by_a_login_however_it_ends() {
    let echo = format!(r#"{{"errcode":40029,"errmsg":"secret={SECRET} code=MARKERcodeMARKERcode1"}}"#);
    for spoilt in [None, Some(Effect::html(StatusCode::OK, echo)), Some(Effect::Cut)] {
        let shown = Shown::default();
        let world = world(Arc::clone(&shown)).await;
        let mut browser = Browser::new();
        let begun = browser
            .get(&world.url("/login?return_to=/profile%3Fsecret=MARKERown"))
            .await;
        let back = browser.comes_back(&begun.location().unwrap(), "allow").await;
        if let Some(effect) = spoilt {
            world.spoil_the_exchange(effect);
        }
        let stranger = Browser::new().get(&back).await;
        let answer = browser.get(&back).await;
        let again = browser.get(&back).await;
        let pairs = back.split_once('?').unwrap().1.split('&');
        let mut secrets: Vec<_> = pairs
            .map(|pair| pair.split_once('=').unwrap().1.to_owned())
            .collect();
        secrets.extend(browser.jar.values().map(|value| value.replace(".answered", "")));
        secrets.extend([SECRET.to_owned(), "MARKER".to_owned()]);
        let profile = browser.open(&world.url("/profile")).await.text;
        let openid = profile
            .split("id=\"openid\">")
            .nth(1)
            .and_then(|rest| rest.split('<').next());
        secrets.extend(openid.map(str::to_owned));
        let shown = shown.lock().unwrap().clone();
        for secret in &secrets {
            assert!(!shown.contains(secret), "{secret} in {shown}");
            for answer in [&stranger, &answer, &again] {
                assert!(!answer.text.contains(secret), "{secret} in {answer:?}");
                let mut headers = answer.headers.clone();
                headers.remove(SET_COOKIE);
                headers.remove(LOCATION);
                assert!(
                    !format!("{headers:?}").contains(secret),
                    "{secret} in {headers:?}"
                );
            }
        }
    }
}
