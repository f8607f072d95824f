//! Apps, their tokens on a time line, and their quotas.

use maud::{Markup, html};

use super::time_line::{Scale, duration};
use super::{Forms, World};
use crate::browser::kind;
use crate::machine::{App, AppFamily, AppStanding, Life, Millis, MintedBy, QuotaUse, Standing};

/// Apps on a page; the admin API lists all.
const MOST_APPS: usize = 20;
/// Tokens of one kind on a page.
const MOST_LIVES: usize = 6;
/// The quotas that are shown even when nothing is used.
const ALWAYS: [&str; 2] = ["/cgi-bin/token", "/cgi-bin/stable_token"];

pub(super) fn section(world: &World, forms: &Forms<'_>) -> Markup {
    let now = world.clock.now();
    let count = world.wechat.apps().count();
    html! {
        section id="tokens" {
            h2 { "应用与凭证 " span.en { "Apps and their tokens" } }
            p { small {
                span.key.a {} "有效 / accepted"
                span.key.o {} "已被替换、仍可用 / replaced, still accepted"
                span.key.g {} "已失效 / dead"
                span.key.n {} "现在 / now"
            } }
            div id="apps" data-live {
                @for app in world.wechat.apps().take(MOST_APPS) { (shown(world, forms, now, app)) }
                @if count > MOST_APPS {
                    p { "另有 " (count - MOST_APPS) " 个应用，见管理接口。"
                        span.en { " More apps: see the admin API." } }
                }
            }
        }
    }
}

fn shown(world: &World, forms: &Forms<'_>, now: Millis, app: &App) -> Markup {
    let families = AppFamily::ALL.map(|family| {
        let lives: Vec<Life<'_>> = world.wechat.lives(now, &app.appid, family).collect();
        (family, lives)
    });
    let scale = Scale::fitting(now, families.iter().flat_map(|(_, lives)| lives));
    let rows: Vec<_> = families
        .iter()
        .flat_map(|(family, lives)| {
            let drawn = lives.iter().filter(|life| scale.shows(life)).take(MOST_LIVES);
            drawn.map(|life| (*family, life))
        })
        .collect();
    html! {
        article {
            h3 { code { (app.appid) } " " small { (kind(app.kind)) @if app.sandbox { " · sandbox" } }
                @if let Some(standing) = standing(app.standing) { " " span.tag.bad { (standing) } } }
            @if forms.view.shows_secrets() { p { small { "appsecret: " code { (app.secret.expose()) } } } }
            @if rows.is_empty() {
                p { small { "还没有凭证 / no tokens yet" } }
            } @else {
                div.lives {
                    @for (family, life) in rows { (row(forms, now, scale, family, life)) }
                    span {}
                    span.scale aria-hidden="true" { (scale.labels()) }
                }
            }
            (quotas(world, now, &app.appid))
            (foreign_refresh(forms, &app.appid))
        }
    }
}

fn row(forms: &Forms<'_>, now: Millis, scale: Scale, family: AppFamily, life: &Life<'_>) -> Markup {
    let left = duration(now.seconds_until(life.issued.accepted_until));
    html! {
        span.name {
            b { (name(family)) " #" (life.nth) }
            @if life.standing.is_accepted() { " " small { (left) } }
            @if life.issued.minted_by == MintedBy::Foreign { " " span.tag.odd { "别的系统 / foreign" } }
            br;
            small { (in_words(life.standing)) }
            @if forms.view.shows_secrets() { br; code { (life.issued.token) } }
        }
        (scale.picture(life))
    }
}

fn quotas(world: &World, now: Millis, appid: &str) -> Markup {
    let wanted = |quota: &QuotaUse| quota.used > 0 || ALWAYS.contains(&quota.path);
    let quotas = world.wechat.quotas(now, appid).unwrap_or_default();
    let reset = now.seconds_until(world.wechat.quota_reset(now));
    html! {
        details id={ "quotas-" (appid) } {
            summary id={ "quotas-open-" (appid) } { "今日额度 " span.en { "Quotas today" }
                @for quota in quotas.iter().filter(|quota| ALWAYS.contains(&quota.path)) {
                    " · " small { code { (quota.path) } " " (quota.used) "/" (quota.daily_limit) }
                } }
            table {
                tr { th { "路径 / path" } th { "已用 / used" } th { "剩余 / left" } }
                @for quota in quotas.iter().filter(|quota| wanted(quota)) {
                    tr {
                        td { code { (quota.path) } }
                        td { meter min="0" max=(quota.daily_limit.max(1)) value=(quota.used)
                                aria-label={ (quota.path) " used" } {}
                            " " (quota.used) }
                        td { (quota.daily_limit.saturating_sub(quota.used)) }
                    }
                }
            }
            p { small { (duration(reset)) " 后重置 / until they are reset" } }
        }
    }
}

fn foreign_refresh(forms: &Forms<'_>, appid: &str) -> Markup {
    forms.form(
        "tokens",
        &html! {
            div.row {
                input type="hidden" name="appid" value=(appid);
                small { "别的系统刷新 / another system refreshes:" }
                button type="submit" name="do" value="classic" { "classic" }
                button type="submit" name="do" value="stable" { "stable" }
            }
        },
    )
}

const fn name(family: AppFamily) -> &'static str {
    match family {
        AppFamily::Classic => "classic",
        AppFamily::Stable => "stable",
        AppFamily::JsapiTicket => "jsapi_ticket",
        AppFamily::WxCardTicket => "wx_card",
    }
}

pub(super) const fn in_words(standing: Standing) -> &'static str {
    match standing {
        Standing::Current => "当前 / current",
        Standing::Previous => "已被替换 / replaced",
        Standing::Superseded => "已失效 / superseded",
        Standing::Expired => "已过期 / expired",
        Standing::NotYet => "尚未生效 / not yet",
        Standing::Voided => "已作废 / voided",
        Standing::Used => "已使用 / used",
        Standing::Unknown => "未知 / unknown",
    }
}

const fn standing(standing: AppStanding) -> Option<&'static str> {
    match standing {
        AppStanding::Good => None,
        AppStanding::SecretFrozen => Some("密钥已冻结 / secret frozen"),
        AppStanding::TokenForbidden => Some("禁止获取凭证 / token forbidden"),
        AppStanding::AccountFrozen => Some("账号已冻结 / account frozen"),
    }
}
