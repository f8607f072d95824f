//! `judge`: a scorecard for a program in any language.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use wechat_auth_judge::{Judge, JudgeError, Mode, Scenario, Scorecard, Verdict};

use crate::exit::{EXIT_CODES, Failure};
use crate::interrupt::Interrupt;
use crate::output;

/// Put a program in any language through what goes wrong with WeChat, and score it.
///
/// Each scenario starts the command anew, with an emulated WeChat of its own, in the environment that
/// `emulate exec` gives. The command answers questions, one JSON object a line: `call` (one API call that needs
/// the app token), `token`, `login`, `callback`, `advance`; the book has the contract, with examples in four
/// languages. With --unaided it speaks no contract, does its own work and ends.
///
/// Ends with 0 if every scenario held that the command supports.
#[derive(Args, Debug)]
#[command(after_help = after_help())]
pub(crate) struct JudgeArgs {
    /// Only this scenario; can be given several times. See --list.
    #[arg(long = "scenario", value_name = "NAME", value_parser = scenario)]
    scenarios: Vec<Scenario>,

    /// The command speaks no contract: it does its own work with its SDK, and ends with 0 if that succeeded.
    #[arg(long)]
    unaided: bool,

    /// Print the scorecard as one line of JSON.
    #[arg(long)]
    json: bool,

    /// Write the scorecard as JUnit's XML too.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Scenarios that are known to break, one name a line: then exactly these must break.
    ///
    /// So whoever mends one, or breaks another, has to say so. A name followed by `sometimes` may break.
    #[arg(long, value_name = "FILE")]
    known_broken: Option<PathBuf>,

    /// So many scenarios at one time.
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    at_one_time: u16,

    /// Print the scenarios, in Chinese and in English, and end.
    #[arg(long)]
    list: bool,

    /// The command and its arguments.
    #[arg(last = true, required_unless_present = "list", value_name = "COMMAND")]
    command: Vec<OsString>,
}

fn after_help() -> String {
    format!(
        "\
Examples:
  wechat-auth judge -- python3 contestant.py
  wechat-auth judge --scenario cold-start --scenario foreign-refresh -- ./contestant
  wechat-auth judge --unaided --junit judge.xml -- pytest

{EXIT_CODES}"
    )
}

fn scenario(name: &str) -> Result<Scenario, &'static str> {
    Scenario::of_name(name).ok_or("there is no such scenario: see judge --list")
}

/// Judges, and shows.
pub(crate) async fn run(args: &JudgeArgs) -> Result<(), Failure> {
    if args.list {
        return list();
    }
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(Failure::usage("the command is missing"));
    };
    // What cannot be read or written is said before minutes are spent.
    let known = args.known_broken.as_deref().map(known_broken).transpose()?;
    let junit = args.junit.as_deref().map(create).transpose()?;
    let mut judge = Judge::of(program, arguments).at_one_time(args.at_one_time.into());
    if !args.scenarios.is_empty() {
        judge = judge.scenarios(args.scenarios.iter().copied());
    }
    if args.unaided {
        judge = judge.mode(Mode::Unaided);
    }
    let mut interrupt = Interrupt::listen();
    let judged = judge.run_until(interrupt.arrives()).await.map_err(not_judged)?;
    let Some(card) = judged else {
        return Err(Failure::other("interrupted: nothing was judged"));
    };
    if let Some(file) = junit {
        write_junit(&card, file)?;
    }
    if args.json {
        output::json(&card)?;
    } else {
        if let Some(name) = card.name() {
            output::data(&format!("  {}\n", crate::printable::line(name)))?;
        }
        output::data(&card.to_string())?;
    }
    verdict(&card, known.as_ref())
}

fn list() -> Result<(), Failure> {
    for scenario in Scenario::ALL {
        output::data(&format!(
            "{}\n  {}\n  {}",
            scenario.name(),
            scenario.zh(),
            scenario.en()
        ))?;
    }
    Ok(())
}

/// Which scenarios may break, and which of them only sometimes.
struct Known {
    broken: BTreeSet<Scenario>,
    sometimes: BTreeSet<Scenario>,
}

fn verdict(card: &Scorecard, known: Option<&Known>) -> Result<(), Failure> {
    let broken: BTreeSet<Scenario> = card.with_verdict(Verdict::Broken).collect();
    let Some(known) = known else {
        return match broken.len() {
            0 => Ok(()),
            1 => Err(Failure::other(format!(
                "1 scenario is broken: {}",
                names(&broken)
            ))),
            count => Err(Failure::other(format!(
                "{count} scenarios are broken: {}",
                names(&broken)
            ))),
        };
    };
    // Of those that were asked for.
    let asked: BTreeSet<Scenario> = card.scores().iter().map(|score| score.scenario).collect();
    let new: BTreeSet<Scenario> = &(&broken - &known.broken) - &known.sometimes;
    let mended: BTreeSet<Scenario> = &(&known.broken - &broken) & &asked;
    match (new.is_empty(), mended.is_empty()) {
        (true, true) => Ok(()),
        (false, _) => Err(Failure::other(format!(
            "broken, and not known to be: {}",
            names(&new)
        ))),
        (true, false) => Err(Failure::other(format!(
            "known to be broken, and not broken: {}; take them off the list",
            names(&mended)
        ))),
    }
}

fn names(scenarios: &BTreeSet<Scenario>) -> String {
    let names: Vec<_> = scenarios.iter().map(|scenario| scenario.name()).collect();
    names.join(", ")
}

fn known_broken(path: &Path) -> Result<Known, Failure> {
    let text = fs::read_to_string(path).map_err(|error| unusable("--known-broken", &error))?;
    let lines = text.lines().map(str::trim);
    let mut known = Known {
        broken: BTreeSet::new(),
        sometimes: BTreeSet::new(),
    };
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, set) = match line.strip_suffix(" sometimes") {
            Some(name) => (name.trim_end(), &mut known.sometimes),
            None => (line, &mut known.broken),
        };
        let scenario = Scenario::of_name(name);
        set.insert(scenario.ok_or_else(|| {
            Failure::usage("the file of --known-broken names a scenario that there is not: see judge --list")
        })?);
    }
    Ok(known)
}

fn create(path: &Path) -> Result<File, Failure> {
    File::create(path).map_err(|error| unusable("--junit", &error))
}

fn write_junit(card: &Scorecard, file: File) -> Result<(), Failure> {
    let mut writer = BufWriter::new(file);
    let written = card.write_junit(&mut writer).and_then(|()| writer.flush());
    written
        .map_err(|error| Failure::other(format!("the file of --junit cannot be written: {}", error.kind())))
}

fn unusable(flag: &str, error: &io::Error) -> Failure {
    Failure::usage(format!("the file of {flag} cannot be used: {}", error.kind()))
}

fn not_judged(error: JudgeError) -> Failure {
    match error {
        JudgeError::NoSuchProgram | JudgeError::Command(_) => {
            Failure::usage(format!("the command behind -- cannot be run: {error}"))
        }
        other => Failure::other(other.to_string()),
    }
}
