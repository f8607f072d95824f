//! Faults that wait, and a form for the simple ones.

use maud::{Markup, html};
use serde_json::{Map, Value};

use super::buttons::Fields;
use super::{Forms, World};
use crate::machine::{Path, WaitingFault};
use crate::page::shown;

/// Faults on a page; the admin API lists all.
const MOST: usize = 50;
/// Of each field of a fault as much as fits a line or two.
const MOST_CHARACTERS: usize = 120;

/// What the form offers, and the field of the admin API that its number goes into.
const EFFECTS: [(&str, &str, Option<&str>); 17] = [
    ("errcode", "错误码 / errcode (number)", Some("errcode")),
    ("reply_lost", "签发了但答复丢失 / reply lost", None),
    ("hang", "不答复 / hang", None),
    ("cut", "断开 / cut", None),
    ("reset", "重置连接 / reset", None),
    ("latency", "延迟 / latency (ms)", Some("ms")),
    ("slow", "很慢 / slow (bytes per s)", Some("bytes_per_s")),
    ("truncated", "截断 / truncated (bytes kept)", Some("keep_bytes")),
    ("html", "代理的 HTML 页 / a proxy's HTML", None),
    ("garbage", "乱码 / garbage", None),
    ("empty", "空答复 / empty", None),
    ("stale_answer", "旧答复 / stale answer", None),
    ("foreign_refresh", "别的系统刷新 / foreign refresh", None),
    (
        "refused_at_first",
        "新凭证暂不可用 / refused at first (s)",
        Some("for_s"),
    ),
    ("early_void", "提前作废 / early void (s)", Some("after_s")),
    ("short_life", "有效期很短 / short life (s)", Some("expires_in_s")),
    ("quota_exhausted", "额度用尽 / quota exhausted", None),
];

/// What the form's fields say, as the admin API takes it.
pub(super) fn described(fields: &Fields) -> Value {
    let effect = fields.get("effect");
    let mut fault = Map::new();
    for name in ["path", "effect"] {
        fault.insert(name.to_owned(), fields.get(name).into());
    }
    if !fields.get("appid").is_empty() {
        fault.insert("appid".to_owned(), fields.get("appid").into());
    }
    if let Some(times) = fields.number("times") {
        fault.insert("times".to_owned(), times);
    }
    let number = EFFECTS
        .iter()
        .find(|(name, ..)| *name == effect)
        .and_then(|(.., number)| *number);
    if let (Some(name), Some(number)) = (number, fields.number("number")) {
        fault.insert(name.to_owned(), number);
    }
    Value::Object(fault)
}

pub(super) fn section(world: &World, forms: &Forms<'_>) -> Markup {
    html! {
        section id="faults" {
            h2 { "故障 " span.en { "Faults" } }
            div id="faults-waiting" data-live {
                @if world.wechat.faults().is_empty() { p { small { "没有等待中的故障 / none is waiting" } } }
                @else { (list(world.wechat.faults(), forms)) }
            }
            details {
                summary id="new-fault" { "添加故障 " span.en { "Add a fault" } }
                (forms.form("faults", &fields()))
            }
        }
    }
}

fn list(faults: &[WaitingFault], forms: &Forms<'_>) -> Markup {
    html! {
        (forms.form("faults", &html! {
            table {
                tr { th { "故障 / fault" } th { "已发生 / struck" } th {} }
                @for waiting in faults.iter().take(MOST) {
                    tr {
                        td { (in_words(waiting)) }
                        td { (waiting.struck) }
                        td { button type="submit" id={ "call-off-" (waiting.id) } name="do" value=(waiting.id)
                            aria-label={ "取消故障 / call off fault " (waiting.id) } { "取消 / Call off" } }
                    }
                }
            }
            @if faults.len() > MOST { p { small { "+" (faults.len() - MOST) } } }
            div.row { button type="submit" name="do" value="clear" { "全部取消 / Call all off" } }
        }))
    }
}

/// The effect, the path, and whatever else the admin API says of it.
fn in_words(waiting: &WaitingFault) -> Markup {
    let described = match serde_json::to_value(&waiting.fault) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let text = |value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        shown(&text).chars().take(MOST_CHARACTERS).collect::<String>()
    };
    html! {
        @if let Some(effect) = described.get("effect") { span.tag.odd { (text(effect)) } }
        @if let Some(path) = described.get("path") { " " code { (text(path)) } }
        @for (name, value) in described.iter().filter(|(name, _)| !["effect", "path"].contains(&name.as_str())) {
            " " small { (name) "=" (text(value)) }
        }
    }
}

fn fields() -> Markup {
    html! {
        div.fields {
            label { "路径 / path"
                input name="path" id="fault-path" required list="paths" value="/cgi-bin/token"; }
            label { "现象 / effect"
                select name="effect" id="fault-effect" {
                    @for (name, label, _) in EFFECTS { option value=(name) { (label) } }
                } }
            label { "数值 / number" input name="number" id="fault-number" inputmode="numeric" value="-1"; }
            label { "次数 / times" input name="times" inputmode="numeric" value="1"; }
            label { "appid（可不填 / optional）" input name="appid"; }
            button type="submit" id="fault-add" name="do" value="add" { "添加 / Add" }
        }
        datalist id="paths" {
            option value="/cgi-bin/*" {}
            option value="/sns/*" {}
            @for route in Path::ALL.into_iter().filter(|route| !route.is_page()) {
                option value=(route.path()) {}
            }
        }
    }
}
