//! The ledger: what the emulator claims that WeChat does, how sure that is, and the test
//! that shows it.

mod entries;

use std::fmt::Write;

use serde::Serialize;

pub use self::entries::LEDGER;

/// One behaviour of WeChat's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LedgerEntry {
    /// A short name.
    pub id: &'static str,
    /// How sure it is.
    pub certainty: Certainty,
    /// The official page, or where else it is known from.
    pub source: &'static str,
    /// A sentence in English.
    pub en: &'static str,
    /// The same in Chinese.
    pub zh: &'static str,
    /// The field of [`Behavior`](crate::Behavior) that makes it otherwise; whatever is
    /// assumed has one.
    pub field: Option<&'static str>,
    /// The test that shows it.
    pub test: &'static str,
}

/// How sure a behaviour is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// An official page says so.
    Documented,
    /// Seen in replies of the live service.
    Observed,
    /// Inferred: vary it in tests.
    Assumed,
}

impl Certainty {
    const fn name(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Documented, Language::En) => "documented",
            (Self::Observed, Language::En) => "observed",
            (Self::Assumed, Language::En) => "assumed",
            (Self::Documented, Language::Zh) => "有文档",
            (Self::Observed, Language::Zh) => "实测",
            (Self::Assumed, Language::Zh) => "推断",
        }
    }
}

/// What the ledger is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Chinese.
    Zh,
}

/// The whole ledger as a Markdown table, for a terminal as for the book.
#[must_use]
pub fn ledger(language: Language) -> String {
    let mut table = String::from(match language {
        Language::En => "| behaviour | how sure | source | configured by | test |\n|---|---|---|---|---|\n",
        Language::Zh => "| 行为 | 依据 | 来源 | 配置字段 | 测试 |\n|---|---|---|---|---|\n",
    });
    for entry in LEDGER {
        let sentence = match language {
            Language::En => entry.en,
            Language::Zh => entry.zh,
        };
        let field = entry.field.map(|field| format!("`{field}`")).unwrap_or_default();
        let (source, test) = (entry.source, entry.test);
        let certainty = entry.certainty.name(language);
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| {sentence} | {certainty} | {source} | {field} | `{test}` |"
        );
    }
    table
}
