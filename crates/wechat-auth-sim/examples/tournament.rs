//! Plays the policy tournament and prints its tables.
//!
//! ```sh
//! cargo run --release -p wechat-auth-sim --example tournament                  # print
//! cargo run --release -p wechat-auth-sim --example tournament -- --write       # into the book's pages
//! cargo run --release -p wechat-auth-sim --example tournament -- --check       # are the pages in step?
//! cargo run --release -p wechat-auth-sim --example tournament -- --schedules 20
//! ```
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is its purpose"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

use wechat_auth_sim::tournament::{Language, Scenario, play, table};

const SCHEDULES: u64 = 1_000;
const BEGIN: &str = "<!-- tournament: begin -->\n";
const END: &str = "<!-- tournament: end -->\n";

enum Task {
    Print,
    Write,
    Check,
}

fn main() -> Result<ExitCode, Box<dyn core::error::Error>> {
    let (mut task, mut schedules) = (Task::Print, SCHEDULES);
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--write" => task = Task::Write,
            "--check" => task = Task::Check,
            "--schedules" => schedules = words.next().ok_or("--schedules needs a number")?.parse()?,
            other => return Err(format!("{other:?} is not one of --write, --check, --schedules N").into()),
        }
    }
    if !matches!(task, Task::Print) && schedules != SCHEDULES {
        return Err(format!("the pages show {SCHEDULES} schedules: leave --schedules out").into());
    }
    let results: Vec<_> = Scenario::ALL
        .map(|scenario| (scenario, play(scenario, schedules)))
        .into();
    let text = |language| {
        let tables = results
            .iter()
            .map(|(scenario, scores)| table(language, *scenario, schedules, scores));
        tables.collect::<Vec<_>>().join("\n")
    };
    if let Task::Print = task {
        println!("{}", text(Language::English));
        return Ok(ExitCode::SUCCESS);
    }
    let mut in_step = true;
    for (folder, language) in [("en", Language::English), ("zh", Language::Chinese)] {
        let page = page(folder);
        let before = fs::read_to_string(&page)?;
        let after = with_tables(&before, &text(language)).ok_or("a page has lost its markers")?;
        match task {
            Task::Write => fs::write(&page, after)?,
            _ if before == after => {}
            _ => {
                eprintln!(
                    "{} is not what the tournament says: run it with --write",
                    page.display()
                );
                in_step = false;
            }
        }
    }
    Ok(if in_step {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn page(folder: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.join("docs").join(folder).join("src/tournament.md")
}

fn with_tables(page: &str, tables: &str) -> Option<String> {
    let (head, rest) = page.split_once(BEGIN)?;
    let (_, tail) = rest.split_once(END)?;
    Some(format!("{head}{BEGIN}\n{tables}\n{END}{tail}"))
}
