//! The emulated clock and its buttons.

use maud::{Markup, html};

use super::{Forms, World};

const BUTTONS: [(&str, &str); 6] = [
    ("freeze", "冻结 / Freeze"),
    ("run", "运行 / Run"),
    ("5-minutes", "+5 分钟 / min"),
    ("2-hours", "+2 小时 / h"),
    ("next-expiry", "到下一次过期 / To the next expiry"),
    ("quota-reset", "到额度重置 / To the quota reset"),
];

pub(super) fn section(world: &World, forms: &Forms<'_>) -> Markup {
    let now = world.clock.now();
    html! {
        section.clock id="clock" {
            h2 { "时钟 " span.en { "Clock" } }
            div id="now" data-live {
                b { time datetime=(now.rfc3339()) { (now.beijing()) } } " 北京 / Beijing "
                @match world.clock.is_running() {
                    true => span.tag { "运行中 / running" },
                    false => span.tag.odd { "已冻结 / frozen" },
                }
                br;
                small { (now.rfc3339()) " · Unix " (now.unix_s()) }
            }
            (forms.form("clock", &html! {
                div.row {
                    @for (name, label) in BUTTONS {
                        button type="submit" id={ "clock-" (name) } name="do" value=(name) { (label) }
                    }
                }
            }))
        }
    }
}
