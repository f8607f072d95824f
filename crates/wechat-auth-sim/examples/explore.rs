//! Tries every interleaving of a small scope: `explore [--events 10] [--faults 3] [--instances 2]`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is for reading")]

use std::process::ExitCode;
use std::time::Instant;

use wechat_auth::Tick;
use wechat_auth::keeper::{ClassicApp, StableApp};
use wechat_auth_sim::explore::{Scope, explore};
use wechat_auth_sim::world::{EPOCH, account};
use wechat_auth_sim::{Mode, Ours};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, default: u32| {
        let at = arguments.iter().position(|argument| argument == name);
        at.map_or(Some(default), |at| arguments.get(at + 1)?.parse().ok())
    };
    let (Some(events), Some(faults), Some(instances)) = (
        number("--events", 9),
        number("--faults", 3),
        number("--instances", 2),
    ) else {
        eprintln!("explore [--events N] [--faults N] [--instances N]");
        return ExitCode::from(2);
    };
    for mode in [Mode::Stable, Mode::Classic] {
        let begun = Instant::now();
        let scope = Scope {
            mode,
            instances: if mode == Mode::Stable {
                instances as usize
            } else {
                1
            },
            faults,
            // One instance has fewer ways to go, so it goes further.
            events: if mode == Mode::Stable { events } else { events + 2 },
        };
        let seed = |nth: usize| nth as u64 + 1;
        let result = match mode {
            Mode::Stable => explore(scope, |nth| {
                Ours::new(StableApp::new(account()), seed(nth), Tick::ZERO, EPOCH)
            }),
            Mode::Classic => explore(scope, |nth| {
                Ours::new(ClassicApp::new(account()), seed(nth), Tick::ZERO, EPOCH)
            }),
        };
        match result {
            Ok(explored) => {
                println!(
                    "{}: {explored}, {:.1} s; {scope:?}",
                    mode.name(),
                    begun.elapsed().as_secs_f64()
                );
            }
            Err(found) => {
                println!("{}:\n{found}", mode.name());
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
