//! The book's tables and diagram of the keeper are drawn from the tables that the keeper runs on. After a
//! change to those, `UPDATE_BOOK=1 cargo test -p wechat-auth book` draws them again.

use std::fs;
use std::path::Path;

use super::super::table::{Fetching, Happening, Life, Stage, Verdict, next, verdict};

const LIVES: [Life; 5] = [
    Life::Nothing,
    Life::Fresh,
    Life::Stale,
    Life::Doubtful,
    Life::Dead,
];
const FETCHES: [Fetching; 5] = [
    Fetching::Idle,
    Fetching::Resting,
    Fetching::InFlight,
    Fetching::BackingOff,
    Fetching::Stopped,
];
const STAGES: [Stage; 4] = [Stage::Idle, Stage::InFlight, Stage::BackingOff, Stage::Stopped];
const HAPPENINGS: [Happening; 8] = [
    Happening::Sent,
    Happening::NewToken,
    Happening::SameToken,
    Happening::Failed,
    Happening::NeedsPerson,
    Happening::Abandoned,
    Happening::Lapsed,
    Happening::Due,
];

#[derive(Clone, Copy)]
enum Lang {
    En,
    Zh,
}

impl Lang {
    fn say(self, en: &'static str, zh: &'static str) -> &'static str {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }

    fn life(self, life: Life) -> &'static str {
        match life {
            Life::Nothing => self.say("nothing", "没有凭证"),
            Life::Fresh => self.say("fresh", "新鲜"),
            Life::Stale => self.say("stale but usable", "该刷新，仍可用"),
            Life::Doubtful => self.say("in doubt", "存疑"),
            Life::Dead => self.say("dead or refused", "已失效或被拒"),
        }
    }

    fn fetching(self, fetching: Fetching) -> &'static str {
        match fetching {
            Fetching::Idle => self.stage(Stage::Idle),
            Fetching::Resting => self.say("resting", "静候"),
            Fetching::InFlight => self.stage(Stage::InFlight),
            Fetching::BackingOff => self.stage(Stage::BackingOff),
            Fetching::Stopped => self.stage(Stage::Stopped),
        }
    }

    fn stage(self, stage: Stage) -> &'static str {
        match stage {
            Stage::Idle => self.say("idle", "空闲"),
            Stage::InFlight => self.say("in flight", "请求中"),
            Stage::BackingOff => self.say("backing off", "退避"),
            Stage::Stopped => self.say("stopped", "停止"),
        }
    }

    fn verdict(self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Ready => "`Ready`",
            Verdict::Send => "`Send`",
            Verdict::Wait => "`Wait`",
            Verdict::Fail => "`Failed`",
            Verdict::WaitOrFail => self.say("`Wait` if brief, else `Failed`", "短则 `Wait`，否则 `Failed`"),
        }
    }

    fn happening(self, happening: Happening) -> &'static str {
        match happening {
            Happening::Sent => self.say("told to send", "发出请求"),
            Happening::NewToken => self.say("a new token", "得到新凭证"),
            Happening::SameToken => self.say("the same token", "得到同一凭证"),
            Happening::Failed => self.say("failed for now", "暂时失败"),
            Happening::NeedsPerson => self.say("a person must act", "需要人处理"),
            Happening::Abandoned => self.say("abandoned by its caller", "调用方放弃"),
            Happening::Lapsed => self.say("never reported", "一直无结果"),
            Happening::Due => self.say("the wait is over", "等待结束"),
        }
    }
}

fn page(lang: Lang) -> String {
    let mut page = String::from(lang.say("| held \\ fetch |", "| 持有 \\ 请求 |"));
    for fetching in FETCHES {
        page += &format!(" {} |", lang.fetching(fetching));
    }
    page += "\n|---|---|---|---|---|---|\n";
    for life in LIVES {
        page += &format!("| {} |", lang.life(life));
        for fetching in FETCHES {
            page += &format!(" {} |", lang.verdict(verdict(life, fetching)));
        }
        page.push('\n');
    }
    page += "\n```text\n";
    for from in STAGES {
        for happening in HAPPENINGS {
            if let Some(to) = next(from, happening) {
                let (from, to) = (lang.stage(from), lang.stage(to));
                page += &format!("{from} ── {} ──▶ {to}\n", lang.happening(happening));
            }
        }
    }
    page + "```\n"
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "drawing the book's page is this test's other purpose"
)]
fn the_book_shows_the_tables_that_the_keeper_runs_on() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for (lang, name) in [(Lang::En, "en"), (Lang::Zh, "zh")] {
        let file = docs.join(name).join("src/generated/keeper.md");
        let drawn = page(lang);
        if std::option_env!("UPDATE_BOOK").is_some() {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &drawn).unwrap();
        }
        let shown = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(
            shown, drawn,
            "draw it again: UPDATE_BOOK=1 cargo test -p wechat-auth book"
        );
    }
}
