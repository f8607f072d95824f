//! Who can log in, and who agrees without a page.

use maud::{Markup, html};

use super::{Forms, World};
use crate::page::shown;

/// Users on a page; the admin API lists all.
const MOST: usize = 50;

pub(super) fn section(world: &World, forms: &Forms<'_>) -> Markup {
    let users = world.wechat.users();
    let agrees = world.wechat.auto_consent();
    html! {
        section id="users" {
            h2 { "用户 " span.en { "Users" } }
            ul id="user-list" data-live {
                @for user in users.iter().take(MOST) {
                    li {
                        code { (user.id) } " " bdi { (shown(&user.nickname)) }
                        @if user.snapshot { " " small { "快照页访客 / snapshot visitor" } }
                        @if agrees == Some(user.id.as_str()) { " " span.tag { "自动同意 / agrees by itself" } }
                    }
                }
                @if users.len() > MOST { li { small { "+" (users.len() - MOST) } } }
            }
            (forms.form("users", &html! {
                div.row {
                    label for="agrees" { "自动同意登录 / agrees to every login:" }
                    select id="agrees" name="user" {
                        option value="" selected[agrees.is_none()] { "无人 / nobody" }
                        @for user in users.iter().take(MOST) {
                            option value=(user.id) selected[agrees == Some(user.id.as_str())] { (user.id) }
                        }
                    }
                    button type="submit" id="agrees-set" name="do" value="auto-consent" { "设定 / Set" }
                }
            }))
        }
    }
}
