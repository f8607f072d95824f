//! What is printed: a line for each step as soon as it holds, and a line that adds up.

use std::env;

use serde::Serialize;

use super::Stopped;
use super::judge::Broken;
use super::stage::Totals;
use crate::exit::Failure;
use crate::output;
use crate::printable;

/// What a step says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) number: u8,
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
}

/// How to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Chinese and English, with ticks.
    Both,
    /// English in ASCII, for a terminal that shows no more.
    Plain,
    /// One JSON object at the end.
    Json,
}

impl Style {
    /// What the terminal can show. One that does not say is taken for a modern one.
    pub(crate) fn of_terminal() -> Self {
        let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
        Self::of(
            set("TERM"),
            set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")),
        )
    }

    fn of(term: Option<String>, locale: Option<String>) -> Self {
        let no_cjk =
            term.is_some_and(|term| matches!(term.as_str(), "dumb" | "linux") || term.starts_with("vt"));
        let utf8 = |locale: String| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        };
        if no_cjk || !locale.is_none_or(utf8) {
            Self::Plain
        } else {
            Self::Both
        }
    }
}

pub(super) struct Report {
    style: Style,
    told: Vec<Told>,
    totals: Option<Totals>,
}

#[derive(Serialize)]
struct Told {
    step: u8,
    what: &'static str,
    holds: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<String>,
}

impl Report {
    pub(super) fn new(style: Style) -> Self {
        Self {
            style,
            told: Vec::new(),
            totals: None,
        }
    }

    pub(super) fn open(&self, base_url: &str) -> Result<(), Failure> {
        match self.style {
            Style::Both => output::data(&format!(
                "微信侧模拟器在 {base_url}，不访问外部网络。\nWeChat's side is emulated; nothing leaves this machine.\n"
            )),
            Style::Plain => output::data(&format!(
                "WeChat's side is emulated at {base_url}; nothing leaves this machine.\n"
            )),
            Style::Json => Ok(()),
        }
    }

    /// Says that a step holds, or stops the story.
    pub(super) fn step(&mut self, step: Step, done: Result<String, Broken>) -> Result<(), Stopped> {
        let evidence = match done {
            Ok(evidence) => evidence,
            Err(why) => return Err(Stopped::ByBroken(step, why)),
        };
        let Step { number, zh, en } = step;
        let shown = printable::line(&evidence);
        match self.style {
            Style::Both => output::data(&format!("✓ {number}. {zh}\n     {en}\n     [{shown}]"))?,
            Style::Plain => {
                let shown: String = shown
                    .chars()
                    .map(|c| if c.is_ascii() { c } else { '?' })
                    .collect();
                output::data(&format!("[ok] {number}. {en}\n        ({shown})"))?;
            }
            Style::Json => {}
        }
        self.told.push(Told {
            step: number,
            what: en,
            holds: true,
            evidence: Some(evidence),
        });
        Ok(())
    }

    /// Says that a step does not hold; why is for stderr.
    pub(super) fn broken(&mut self, step: Step) -> Result<(), Failure> {
        let Step { number, zh, en } = step;
        match self.style {
            Style::Both => return output::data(&format!("✗ {number}. {zh}\n     {en}")),
            Style::Plain => return output::data(&format!("[NOT OK] {number}. {en}")),
            Style::Json => {}
        }
        self.told.push(Told {
            step: number,
            what: en,
            holds: false,
            evidence: None,
        });
        output::json(&self.summary())
    }

    /// Keeps the numbers for the last line.
    pub(super) fn totals(&mut self, totals: Totals) -> String {
        self.totals = Some(totals);
        format!(
            "fetches: {}, calls: {}, failed: {}",
            totals.fetches, totals.calls, totals.failed
        )
    }

    /// The last line.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        let Some(Totals {
            fetches,
            calls,
            failed,
        }) = self.totals
        else {
            return Err(Failure::other("the story has no end"));
        };
        let english = format!("fetches made: {fetches}, calls made: {calls}, calls failed: {failed}");
        match self.style {
            Style::Both => output::data(&format!(
                "\n获取凭证 {fetches} 次，调用接口 {calls} 次，失败 {failed} 次 / {english}"
            )),
            Style::Plain => output::data(&format!("\n{english}")),
            Style::Json => output::json(&self.summary()),
        }
    }

    fn summary(&self) -> Summary<'_> {
        Summary {
            holds: self.told.iter().all(|told| told.holds),
            steps: &self.told,
            fetches: self.totals.map(|totals| totals.fetches),
            calls: self.totals.map(|totals| totals.calls),
            calls_failed: self.totals.map(|totals| totals.failed),
        }
    }
}

#[derive(Serialize)]
struct Summary<'a> {
    holds: bool,
    steps: &'a [Told],
    fetches: Option<u64>,
    calls: Option<u64>,
    calls_failed: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_that_shows_no_chinese_gets_ascii() {
        let of = |term: &str, locale: &str| {
            let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Style::of(given(term), given(locale))
        };
        for (term, locale) in [("xterm", "zh_CN.UTF-8"), ("", ""), ("xterm-256color", "C.utf8")] {
            assert_eq!(of(term, locale), Style::Both, "{term} {locale}");
        }
        for (term, locale) in [
            ("dumb", "C.UTF-8"),
            ("linux", ""),
            ("vt100", ""),
            ("xterm", "C"),
            ("xterm", "zh_CN.GBK"),
        ] {
            assert_eq!(of(term, locale), Style::Plain, "{term} {locale}");
        }
    }
}
