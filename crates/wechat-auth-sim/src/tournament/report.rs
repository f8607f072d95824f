//! The results as tables.

use core::fmt::Write;
use core::time::Duration;

use super::{DAYS, Scenario, Score, contestants};

/// Of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Chinese.
    Chinese,
}

/// One scenario's heading and table.
pub fn table(language: Language, scenario: Scenario, schedules: u64, scores: &[Score]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "### {}\n", heading(language, scenario));
    let _ = match language {
        Language::English => writeln!(text, "{schedules} schedules of {DAYS} days.\n"),
        Language::Chinese => writeln!(text, "{schedules} 份日程，每份 {DAYS} 天。\n"),
    };
    let _ = match language {
        Language::English => writeln!(
            text,
            "| policy | calls accepted | fetches a day | longest gap | worst day's fetches |"
        ),
        Language::Chinese => writeln!(
            text,
            "| 策略 | 被接受的调用 | 每天获取次数 | 最长中断 | 最坏一天的获取次数 |"
        ),
    };
    text.push_str("|---|---:|---:|---:|---:|\n");
    for (contestant, score) in contestants(scenario.source()).iter().zip(scores) {
        let name = match language {
            Language::English => contestant.english,
            Language::Chinese => contestant.chinese,
        };
        let name = if contestant.is_ours() {
            format!("**{name}**")
        } else {
            name.to_owned()
        };
        let (share, fetches) = (score.share(), score.fetches * 10 / score.days.max(1));
        let _ = writeln!(
            text,
            "| {name} | {}.{:03} % | {}.{} | {} | {} |",
            share / 10_000,
            share % 10_000 / 10,
            fetches / 10,
            fetches % 10,
            spoken(language, score.longest_gap),
            score.worst_day,
        );
    }
    text
}

fn heading(language: Language, scenario: Scenario) -> &'static str {
    match (language, scenario) {
        (Language::English, Scenario::ClassicAlone) => {
            "Classic, one instance, foreign refreshes now and then"
        }
        (Language::English, Scenario::ClassicShared) => {
            "Classic, two instances that share an account unawares"
        }
        (Language::English, Scenario::Stable) => "Stable, three instances",
        (Language::Chinese, Scenario::ClassicAlone) => "传统版，单实例，偶有其他系统刷新",
        (Language::Chinese, Scenario::ClassicShared) => "传统版，两个实例共用一个账号而互不知情",
        (Language::Chinese, Scenario::Stable) => "稳定版，三个实例",
    }
}

fn spoken(language: Language, gap: Duration) -> String {
    let (minutes, seconds) = (gap.as_secs() / 60, gap.as_secs() % 60);
    match language {
        Language::English => format!("{minutes} min {seconds:02} s"),
        Language::Chinese => format!("{minutes} 分 {seconds:02} 秒"),
    }
}
