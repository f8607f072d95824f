//! All scores of one program, and how they are shown.

use std::fmt::{self, Write};
use std::io;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::score::{Finding, Score, Verdict};

/// All scores of one program. As JSON it is an object with `name` and `scores`; Display is a table for a
/// terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

    fn broken(&self) -> impl Iterator<Item = &Score> {
        self.scores
            .iter()
            .filter(|score| score.verdict == Verdict::Broken)
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
        let heads = [
            "scenario",
            "verdict",
            "fetches",
            "failed",
            "refused",
            "exchanges",
            "recovery",
            "leaks",
        ];
        writeln!(f, "{}", line(heads.map(str::to_owned)))?;
        for score in &self.scores {
            writeln!(f, "{}", line(cells(score)))?;
        }
        let count = |verdict| self.with_verdict(verdict).count();
        write!(
            f,
            "\n  held {}, broken {}, unsupported {}",
            count(Verdict::Held),
            count(Verdict::Broken),
            count(Verdict::Unsupported)
        )?;
        for score in self.broken() {
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

fn line([scenario, verdict, numbers @ ..]: [String; 8]) -> String {
    let numbers: String = numbers.iter().map(|number| format!(" {number:>9}")).collect();
    format!("  {scenario:<18} {verdict:<11}{numbers}")
}

fn cells(score: &Score) -> [String; 8] {
    let figures = &score.figures;
    let verdict = match score.verdict {
        Verdict::Held => "held",
        Verdict::Broken => "BROKEN",
        Verdict::Unsupported => "unsupported",
    };
    let recovery = figures.recovery_ms.map_or_else(
        || "-".to_owned(),
        |ms| format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
    );
    [
        score.scenario.name().to_owned(),
        verdict.to_owned(),
        figures.fetches.to_string(),
        format!("{}/{}", figures.failed, figures.asked),
        figures.refused.to_string(),
        figures.exchanges.to_string(),
        recovery,
        score.leaks().to_string(),
    ]
}

/// One program of a page.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    /// What stands over it. It and the rest of the page are the caller's text: nothing is escaped.
    pub name: &'a str,
    /// Its scores.
    pub card: &'a Scorecard,
    /// What breaks only sometimes, and is marked with `±`.
    pub sometimes: &'a [Scenario],
}

/// Several programs side by side, for a page: a table of verdicts, what is wanted, and what broke.
#[must_use]
pub fn markdown(language: Language, columns: &[Column<'_>]) -> String {
    let words = |en, zh| match language {
        Language::En => en,
        Language::Zh => zh,
    };
    let mut text = format!("| {} |", words("scenario", "场景"));
    // Writing to a string cannot fail.
    for column in columns {
        let _ = write!(text, " {} |", column.name);
    }
    let _ = write!(text, "\n|---|{}", ":-:|".repeat(columns.len()));
    for scenario in Scenario::ALL {
        let _ = write!(text, "\n| `{}` |", scenario.name());
        for column in columns {
            let _ = write!(text, " {} |", column.cell(scenario));
        }
    }
    text.push_str("\n\n");
    for scenario in Scenario::ALL {
        let wanted = words(scenario.en(), scenario.zh());
        let _ = writeln!(text, "- `{}`{}{wanted}", scenario.name(), words(": ", "："));
    }
    for Column { name, card, .. } in columns {
        let mut title = Some(format!("\n### {name}\n\n"));
        for score in card.broken() {
            text.extend(title.take());
            let said = |finding: &Finding| match language {
                Language::En => finding.to_string(),
                Language::Zh => finding.zh(),
            };
            let findings: Vec<String> = score.findings.iter().map(said).collect();
            let findings = findings.join(words("; ", "；"));
            let _ = writeln!(
                text,
                "- `{}`{}{findings}",
                score.scenario.name(),
                words(": ", "：")
            );
        }
    }
    text
}

impl Column<'_> {
    /// The mark, and how many requests it took to get a token or to spend a code.
    fn cell(&self, scenario: Scenario) -> String {
        let Some(score) = self.card.scores.iter().find(|score| score.scenario == scenario) else {
            return String::new();
        };
        let requests = match score.figures.exchanges {
            0 => score.figures.fetches,
            exchanges => exchanges,
        };
        let sometimes = match self.sometimes.contains(&scenario) {
            true => "±",
            false => "",
        };
        match score.verdict {
            Verdict::Held => format!("✓{sometimes} {requests}"),
            Verdict::Broken => format!("✗{sometimes} {requests}"),
            Verdict::Unsupported => "–".to_owned(),
        }
    }
}
