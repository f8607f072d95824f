//! All scores of one program, and how they are shown.

use std::fmt::{self, Write};
use std::io;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::score::{Figures, Finding, Score, Verdict};

/// All scores of one program. As JSON it is an object with `name` and `scores`; Display is a table for a
/// terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scorecard {
    name: Option<String>,
    scores: Vec<Score>,
}

/// Of the words in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Chinese.
    Zh,
}

impl Scorecard {
    pub(crate) fn new(name: Option<String>, scores: Vec<Score>) -> Self {
        Self { name, scores }
    }

    /// What the program calls itself: its own words, so look before showing it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// One for each scenario, in the order they were asked for.
    #[must_use]
    pub fn scores(&self) -> &[Score] {
        &self.scores
    }

    /// The scenarios with this verdict.
    pub fn with_verdict(&self, verdict: Verdict) -> impl Iterator<Item = Scenario> {
        let scores = self.scores.iter().filter(move |score| score.verdict == verdict);
        scores.map(|score| score.scenario)
    }

    /// As JUnit's XML: one test case for each scenario; an unsupported one is skipped.
    ///
    /// # Errors
    ///
    /// When `to` cannot be written.
    pub fn write_junit(&self, to: impl io::Write) -> io::Result<()> {
        let mut suite = TestSuite::new("wechat-auth judge");
        for score in &self.scores {
            let status = match score.verdict {
                Verdict::Held => TestCaseStatus::success(),
                Verdict::Unsupported => TestCaseStatus::skipped(),
                Verdict::Broken => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    let findings: Vec<_> = score.findings.iter().map(Finding::to_string).collect();
                    status.set_message(findings.join("; "));
                    let chinese: Vec<_> = score.findings.iter().map(Finding::zh).collect();
                    status.set_description(format!("{}\n{}", score.scenario.en(), chinese.join("；")));
                    status
                }
            };
            let mut case = TestCase::new(score.scenario.name(), status);
            case.set_classname("wechat-auth.judge");
            suite.add_test_case(case);
        }
        let mut report = Report::new("wechat-auth judge");
        report.add_test_suite(suite);
        report.serialize(to).map_err(io::Error::other)
    }
}

impl fmt::Display for Scorecard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  {:<18} {:<12} {:>7} {:>8} {:>7} {:>9} {:>9}",
            "scenario", "verdict", "fetches", "failed", "refused", "exchanges", "recovery"
        )?;
        for score in &self.scores {
            writeln!(f, "{}", row(score))?;
        }
        let count = |verdict| self.with_verdict(verdict).count();
        write!(
            f,
            "\n  held {}, broken {}, unsupported {}",
            count(Verdict::Held),
            count(Verdict::Broken),
            count(Verdict::Unsupported)
        )?;
        for score in self
            .scores
            .iter()
            .filter(|score| score.verdict == Verdict::Broken)
        {
            let scenario = score.scenario;
            write!(
                f,
                "\n\n  {}: {}\n  {}",
                scenario.name(),
                scenario.en(),
                scenario.zh()
            )?;
            for finding in &score.findings {
                write!(f, "\n    - {finding}\n      {}", finding.zh())?;
            }
        }
        Ok(())
    }
}

fn row(score: &Score) -> String {
    let Figures {
        asked,
        failed,
        fetches,
        refused,
        exchanges,
        recovery_ms,
    } = score.figures;
    let verdict = match score.verdict {
        Verdict::Held => "held",
        Verdict::Broken => "BROKEN",
        Verdict::Unsupported => "unsupported",
    };
    let recovery = recovery_ms.map_or_else(
        || "-".to_owned(),
        |ms| format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
    );
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "  {:<18} {verdict:<12} {fetches:>7} {:>8} {refused:>7} {exchanges:>9} {recovery:>9}",
        score.scenario.name(),
        format!("{failed}/{asked}"),
    );
    text
}

/// Several programs side by side, for a page: a table of verdicts, and what broke.
///
/// The name over each column is the caller's, as is its text: nothing is escaped.
#[must_use]
pub fn markdown(language: Language, cards: &[(&str, Scorecard)]) -> String {
    let mut text = String::new();
    let _ = write!(
        text,
        "| {} |",
        match language {
            Language::En => "scenario",
            Language::Zh => "场景",
        }
    );
    for (name, _) in cards {
        let _ = write!(text, " {name} |");
    }
    let _ = write!(text, "\n|---|{}", ":-:|".repeat(cards.len()));
    for scenario in Scenario::ALL {
        let words = match language {
            Language::En => scenario.en(),
            Language::Zh => scenario.zh(),
        };
        let _ = write!(text, "\n| `{}`: {words} |", scenario.name());
        for (_, card) in cards {
            let score = card.scores.iter().find(|score| score.scenario == scenario);
            let _ = write!(text, " {} |", score.map_or_else(String::new, cell));
        }
    }
    text.push('\n');
    for (name, card) in cards {
        let broken: Vec<_> = card
            .scores
            .iter()
            .filter(|score| score.verdict == Verdict::Broken)
            .collect();
        if broken.is_empty() {
            continue;
        }
        let _ = write!(text, "\n### {name}\n\n");
        for score in broken {
            let findings: Vec<String> = score
                .findings
                .iter()
                .map(|finding| match language {
                    Language::En => finding.to_string(),
                    Language::Zh => finding.zh(),
                })
                .collect();
            let (colon, between) = match language {
                Language::En => (": ", "; "),
                Language::Zh => ("：", "；"),
            };
            let _ = writeln!(
                text,
                "- `{}`{colon}{}",
                score.scenario.name(),
                findings.join(between)
            );
        }
    }
    text
}

/// The mark, and how many requests it took to get a token or to spend a code.
fn cell(score: &Score) -> String {
    let figures = score.figures;
    let requests = match figures.exchanges {
        0 => figures.fetches,
        exchanges => exchanges,
    };
    match score.verdict {
        Verdict::Held => format!("✓ {requests}"),
        Verdict::Broken => format!("✗ {requests}"),
        Verdict::Unsupported => "–".to_owned(),
    }
}
