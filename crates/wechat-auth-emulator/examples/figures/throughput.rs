//! Requests a second, beside a bare hyper server that returns the same bytes.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::process::{Process, millis};
use crate::wire::{Line, stable, works};

const ROUNDS: usize = 11;
const CONNECTIONS: usize = 8;
const REQUESTS: usize = 24_000;

pub(crate) fn print() {
    start();
    let mut emulator = Process::start(&["serve", "emulator"]);
    let to = emulator.address();
    for work in works(to) {
        let mut bare = Process::start(&["serve", "bare", &work.answer]);
        let bare_to = bare.address();
        assert_eq!(Line::to(bare_to).ask(&work.request), work.answer);
        let mut rounds: Vec<_> = (0..ROUNDS)
            .map(|nth| {
                // Each round begins with the other one.
                let (ours, theirs);
                if nth % 2 == 0 {
                    ours = Rates::of(&emulator, to, &work.request);
                    theirs = Rates::of(&bare, bare_to, &work.request);
                } else {
                    theirs = Rates::of(&bare, bare_to, &work.request);
                    ours = Rates::of(&emulator, to, &work.request);
                }
                (ours, theirs)
            })
            .collect();
        for (what, rate) in [
            (
                "requests/s and core",
                (|rates| rates.per_core) as fn(&Rates) -> f64,
            ),
            ("requests/s", |rates| rates.per_second),
        ] {
            let ratio = |(ours, theirs): &(Rates, Rates)| rate(ours) / rate(theirs);
            rounds.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
            let (ours, theirs) = &rounds[ROUNDS / 2];
            println!(
                "{}: {:.0} {what}, a bare hyper server {:.0}, ratio {:.2} (rounds {:.2} to {:.2})",
                work.name,
                rate(ours),
                rate(theirs),
                ratio(&rounds[ROUNDS / 2]),
                ratio(&rounds[0]),
                ratio(&rounds[ROUNDS - 1]),
            );
        }
    }
}

struct Rates {
    /// By the time of the clock: the client takes its share of the machine.
    per_second: f64,
    /// By the time the server's thread was at work.
    per_core: f64,
}

impl Rates {
    /// A few connections with one request at a time on each.
    fn of(server: &Process, to: SocketAddr, request: &str) -> Self {
        let mut lines: Vec<_> = (0..CONNECTIONS).map(|_| Line::to(to)).collect();
        let (began, busy) = (Instant::now(), server.cpu());
        for _ in 0..REQUESTS / CONNECTIONS {
            for line in &mut lines {
                line.send(request);
            }
            for line in &mut lines {
                line.receive();
            }
        }
        let rate = |time: Duration| REQUESTS as f64 / time.as_secs_f64();
        Self {
            per_second: rate(began.elapsed()),
            per_core: rate(server.cpu() - busy),
        }
    }
}

fn start() {
    let mut times: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            let mut emulator = Process::start(&["serve", "emulator"]);
            Line::to(emulator.address()).ask(&stable());
            began.elapsed()
        })
        .collect();
    times.sort();
    println!(
        "from starting the process to its first answer: {:.2} ms",
        millis(times[ROUNDS / 2])
    );
}
