//! How long a read of a fresh token takes, by one thread and by sixteen at once.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use wechat_auth_bench::figures::{Goal, Side, interleaved};
use wechat_auth_bench::reads::{self, Loop};
use wechat_auth_bench::server::Server;
use wechat_auth_bench::table::Table;
use wechat_auth_bench::wechat_host;

const ROUNDS: usize = 31;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    wechat_host::on_stage(|| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let server = Server::start().expect("a free port");
        let sides = reads::sides(&runtime, &server);
        compare("Read of a fresh token, 1 thread: ns a read", 1, 100_000, &sides);
        compare("Read of a fresh token, 16 threads: ns a read", 16, 20_000, &sides);
    })
}

fn compare(title: &'static str, threads: usize, reads: u64, sides: &[(&'static str, Goal, Loop)]) {
    let turns = sides.iter().map(|(name, _, side)| -> Side<'_, f64> {
        (name, Box::new(move || nanoseconds_a_read(threads, reads, side)))
    });
    let measured = interleaved(ROUNDS, turns.collect());
    let goals: Vec<_> = sides.iter().map(|(_, goal, _)| *goal).collect();
    let mut table = Table::new(
        title,
        &[
            "read",
            "ns: median (min … max)",
            "ratio to the first",
            "goal",
            "met",
        ],
    );
    table.compare(&measured, 0, &goals);
    table.print();
}

/// Of the wall clock, divided by all reads of all threads.
fn nanoseconds_a_read(threads: usize, reads: u64, side: &Loop) -> f64 {
    let start = Barrier::new(threads);
    let spans = thread::scope(|scope| {
        let reading = || {
            start.wait();
            let began = Instant::now();
            side(reads);
            (began, Instant::now())
        };
        let readers: Vec<_> = (0..threads).map(|_| scope.spawn(reading)).collect();
        let spans = readers.into_iter().map(|reader| reader.join().expect("a read"));
        spans.collect::<Vec<_>>()
    });
    let began = spans.iter().map(|(began, _)| *began).min();
    let ended = spans.iter().map(|(_, ended)| *ended).max();
    let took = ended
        .zip(began)
        .map(|(ended, began)| ended - began)
        .unwrap_or_default();
    took.as_nanos() as f64 / (threads as u64 * reads) as f64
}
