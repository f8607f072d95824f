//! Tells the story of one seed: `replay --mode classic --seed 123 [--days 30]`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is for reading")]

use std::process::ExitCode;

use wechat_auth_sim::{Mode, Scenario, World};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).map(String::as_str)
    };
    let number = |name: &str, default: u64| value(name).map_or(Some(default), |text| text.parse().ok());
    let mode = match value("--mode") {
        Some("stable") | None => Some(Mode::Stable),
        Some("classic") => Some(Mode::Classic),
        Some(_) => None,
    };
    let (Some(mode), Some(seed), Some(days)) = (mode, number("--seed", 0), number("--days", 30)) else {
        eprintln!("replay --mode stable|classic --seed N [--days N] [--all]");
        return ExitCode::from(2);
    };
    let mut world = World::of_ours(Scenario::new(mode, seed, days));
    if arguments.iter().any(|argument| argument == "--all") {
        world = world.telling_all();
    }
    match world.told() {
        Ok((report, story)) => {
            println!("{story}\n{report}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{failure}");
            ExitCode::FAILURE
        }
    }
}
