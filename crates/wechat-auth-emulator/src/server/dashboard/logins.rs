//! The newest web logins, and what is left of them.

use maud::{Markup, html};

use super::time_line::duration;
use super::tokens::in_words;
use super::{Forms, World};
use crate::machine::{Login, Millis, Standing};

/// Logins on a page.
const MOST: usize = 10;

pub(super) fn section(world: &World, forms: &Forms<'_>) -> Markup {
    let now = world.clock.now();
    let logins: Vec<&Login> = world.wechat.newest_logins().take(MOST).collect();
    html! {
        section id="logins" {
            h2 { "网页登录 " span.en { "Web logins" } }
            div id="newest-logins" data-live {
                @if logins.is_empty() { p { small { "还没有登录 / none yet" } } }
                @else {
                    ul.entries { @for login in logins { (row(login, now, forms)) } }
                }
            }
        }
    }
}

fn row(login: &Login, now: Millis, forms: &Forms<'_>) -> Markup {
    let left = |standing: Standing, end: Millis| match standing {
        Standing::Current => duration(now.seconds_until(end)),
        gone => in_words(gone).to_owned(),
    };
    let token = login.standing(&login.current.token, now);
    let refresh_token = login.refresh_standing(now);
    html! {
        li {
            code { (login.consent.user) } " " small { (login.consent.scope.text) " · " (login.consent.appid) }
            @if login.snapshot { " " span.tag.odd { "is_snapshotuser" } }
            br;
            small { "openid " code { (login.openid) } }
            br;
            small { "access_token: " (left(token, login.current.expires_at)) }
            @if forms.view.shows_secrets() { " " small { code { (login.current.token) } } }
            br;
            small { "refresh_token: " (left(refresh_token, login.refresh_expires_at)) }
            @if forms.view.shows_secrets() { " " small { code { (login.refresh_token) } } }
        }
    }
}
