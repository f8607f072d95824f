//! Runs many seeds in both modes, or in one:
//! `simulate [--seeds 1000] [--days 30] [--threads 2] [--from 0] [--mode stable|classic]`.
//!
//! Ends with the first broken promise, its story, and the command that tells it again.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is for reading")]
#![allow(clippy::expect_used, reason = "a thread that panics has found something")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use wechat_auth_sim::{Mode, Report, Scenario, World};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let at = |name: &str| arguments.iter().position(|argument| argument == name);
    let number =
        |name: &str, default: u64| at(name).map_or(Some(default), |at| arguments.get(at + 1)?.parse().ok());
    let modes = match at("--mode").map(|at| arguments.get(at + 1).map(String::as_str)) {
        None => Some(vec![Mode::Stable, Mode::Classic]),
        Some(Some("stable")) => Some(vec![Mode::Stable]),
        Some(Some("classic")) => Some(vec![Mode::Classic]),
        Some(_) => None,
    };
    let (Some(modes), Some(seeds), Some(days), Some(threads), Some(from)) = (
        modes,
        number("--seeds", 1000),
        number("--days", 30),
        number("--threads", 2),
        number("--from", 0),
    ) else {
        eprintln!("simulate [--seeds N] [--days N] [--threads N] [--from N] [--mode stable|classic]");
        return ExitCode::from(2);
    };
    for mode in modes {
        let begun = Instant::now();
        let (next, failures) = (AtomicU64::new(from), Mutex::new(Vec::new()));
        let total = Mutex::new(Report::default());
        let busy = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..threads.max(1) {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= from + seeds {
                            busy.fetch_add(busy_millis().unwrap_or_default(), Ordering::Relaxed);
                            return;
                        }
                        match World::of_ours(Scenario::new(mode, seed, days)).run() {
                            Ok(report) => *total.lock().expect("no thread panics") += &report,
                            Err(failure) => {
                                next.store(from + seeds, Ordering::Relaxed);
                                failures.lock().expect("no thread panics").push(failure);
                            }
                        }
                    }
                });
            }
        });
        if let Some(failure) = failures.into_inner().expect("no thread panics").first() {
            println!("{failure}");
            return ExitCode::FAILURE;
        }
        let report = total.into_inner().expect("no thread panics");
        let cpu_minutes = busy.into_inner() as f64 / 60_000.0;
        println!("== {}\n{report}", mode.name());
        println!(
            "years per CPU minute      {:.0}",
            report.days as f64 / 365.0 / cpu_minutes
        );
        println!(
            "wall time                 {:.1} s\n",
            begun.elapsed().as_secs_f64()
        );
    }
    ExitCode::SUCCESS
}

/// How long this thread has been at work, as Linux tells it; elsewhere nobody knows.
fn busy_millis() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos: u64 = told.split(' ').next()?.parse().ok()?;
    Some(nanos / 1_000_000)
}
