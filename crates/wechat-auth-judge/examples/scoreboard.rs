//! The page of the book with every contestant's scorecard, or a check that its marks are still right:
//!
//! ```text
//! scoreboard write docs/en/src/generated/judge.md docs/zh/src/generated/judge.md CARD.json…
//! scoreboard check docs/en/src/generated/judge.md docs/zh/src/generated/judge.md CARD.json…
//! ```
//!
//! Beside each `CARD.json` stands a `CARD.known`: what `judge --known-broken` was told. The numbers beside the
//! marks are those of one run, and differ from run to run: only the marks are checked, and of those not the ones
//! with `±`, which stands for a scenario that breaks only sometimes.
#![allow(clippy::print_stderr, reason = "a program for a person to read")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use wechat_auth_judge::{Column, Language, Scenario, Scorecard, markdown};

const MARKS: [char; 3] = ['✓', '✗', '–'];

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [what, english, chinese, cards @ ..] = &args[..] else {
        return Err("the first lines of this program say how to call it".into());
    };
    let mut read = Vec::new();
    for card in cards {
        let scores: Scorecard = serde_json::from_str(&fs::read_to_string(card)?)?;
        let known = fs::read_to_string(Path::new(card).with_extension("known"))?;
        let sometimes = known.lines().filter_map(|line| line.strip_suffix(" sometimes"));
        read.push((
            scores,
            sometimes.filter_map(Scenario::of_name).collect::<Vec<_>>(),
        ));
    }
    let columns: Vec<Column<'_>> = read
        .iter()
        .map(|(card, sometimes)| Column {
            name: card.name().unwrap_or("?"),
            card,
            sometimes,
        })
        .collect();
    let mut in_step = true;
    for (language, page) in [(Language::En, english), (Language::Zh, chinese)] {
        let text = markdown(language, &columns);
        match what.as_str() {
            "write" => fs::write(page, text)?,
            "check" => {
                for (old, new) in differences(&fs::read_to_string(page)?, &text) {
                    in_step = false;
                    eprintln!("{page} says\n  {old}\nand this run\n  {new}");
                }
            }
            _ => return Err("write or check?".into()),
        }
    }
    if !in_step {
        eprintln!("a verdict has changed: look why, and run 'just judge-page'");
    }
    Ok(match in_step {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// The rows whose marks differ.
fn differences<'a>(old: &'a str, new: &'a str) -> Vec<(&'a str, &'a str)> {
    let rows = |text: &'a str| text.lines().take_while(|line| line.starts_with('|'));
    let mut differ: Vec<_> = rows(old)
        .zip(rows(new))
        .filter(|(old, new)| !same_marks(old, new))
        .collect();
    if rows(old).count() != rows(new).count() {
        differ.push(("another number of rows", "than this"));
    }
    differ
}

fn same_marks(old: &str, new: &str) -> bool {
    let (old, new): (Vec<_>, Vec<_>) = (old.split('|').collect(), new.split('|').collect());
    let mark = |cell: &str| cell.chars().find(|c| MARKS.contains(c));
    old.len() == new.len()
        && old
            .iter()
            .zip(&new)
            .skip(2)
            .all(|(old, new)| old.contains('±') || mark(old) == mark(new))
}
