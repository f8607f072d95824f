//! The newest requests, the newest first.

use maud::{Markup, html};

use super::{Forms, World, curl};
use crate::machine::{Exchange, Outcome};
use crate::page::shown;

/// Requests on a page; the admin API has a thousand.
const MOST: usize = 30;

pub(super) fn section(world: &World, forms: &Forms<'_>) -> Markup {
    html! {
        section id="requests" {
            h2 { "请求 " span.en { "Requests" } }
            div id="newest" data-live="hold" {
                ol.entries.requests {
                    @for exchange in world.wechat.journal().rev().take(MOST) {
                        (row(&exchange.shown(forms.view.secrets), forms))
                    }
                }
                @if world.wechat.journal().next().is_none() { p { small { "还没有请求 / none yet" } } }
            }
            (forms.form("requests", &html! {
                div.row { button type="submit" id="forget" name="do" value="clear" { "清空 / Forget them" } }
            }))
        }
    }
}

fn row(exchange: &Exchange, forms: &Forms<'_>) -> Markup {
    let curl_id = format!("curl-{}", exchange.id);
    let time = exchange.at_unix_ms.beijing();
    html! {
        li id={ "request-" (exchange.id) } {
            div {
                small { time datetime=(exchange.at_unix_ms.rfc3339()) { (time.get(11..).unwrap_or_default()) } } " "
                (became(exchange)) " "
                @if let Some(errcode) = exchange.errcode.filter(|code| *code != 0) {
                    span.tag.bad { "errcode " (errcode) } " "
                }
                @if let Some(fault) = &exchange.fault { span.tag.odd { "故障 / fault " (fault) } " " }
                @if let Some(appid) = &exchange.appid { small { code { (appid) } } }
            }
            div.what { (exchange.method) " " (shown(&exchange.path))
                @if !exchange.query.is_empty() { "?" (shown(&exchange.query)) } }
            @if let Some(complaint) = &exchange.complaint {
                div.warning {
                    p { (complaint.zh) "。" (complaint.mend_zh) }
                    p.en lang="en" { (complaint.en) ". " (complaint.mend_en) }
                }
            }
            div.row {
                button.copy type="button" data-copies=(curl_id) data-done="已复制 / Copied" {
                    "复制为 curl / Copy as curl"
                }
                details id={ "details-" (exchange.id) } {
                    summary { "详情 / Details" }
                    @if !exchange.body.is_empty() { p { "请求 / request" br; code { (shown(&exchange.body)) } } }
                    @if !exchange.answer.is_empty() { p { "答复 / answer" br; code { (shown(&exchange.answer)) } } }
                    @if let Some(location) = &exchange.location { p { "Location" br; code { (shown(location)) } } }
                    label for=(curl_id) { "curl" }
                    textarea id=(curl_id) readonly rows="3" spellcheck="false" {
                        // A first newline of a text area is not part of it.
                        "\n" (curl::command(exchange, &forms.view.origin))
                    }
                }
            }
        }
    }
}

fn became(exchange: &Exchange) -> Markup {
    let status = exchange.status.map(|status| status.to_string());
    let status = status.as_deref().unwrap_or("—");
    html! {
        @match exchange.outcome {
            Outcome::Answered => span.tag { (status) },
            Outcome::Refused => span.tag.bad { (status) },
            Outcome::Unanswered => span.tag.odd { "未答复 / unanswered" },
        }
    }
}
