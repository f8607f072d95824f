//! The command line as it is shipped: how large it is, and how soon it answers.

use std::process::Command;
use std::time::Instant;

use crate::process::{Process, mib, millis};
use crate::wire::Line;

const ROUNDS: usize = 11;
const HEALTH: &str = "GET /_emulator/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n";

pub(crate) fn print(path: &str) {
    let bytes = std::fs::metadata(path).unwrap().len();
    println!("{path}: {:.1} MiB", mib(usize::try_from(bytes).unwrap()));
    let mut times: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            let mut emulate = Process::start_by(
                Command::new(path),
                &["emulate", "--listen", "127.0.0.1:0", "--json"],
            );
            let said: serde_json::Value = serde_json::from_str(&emulate.line()).unwrap();
            let address = said["base_url"].as_str().unwrap().strip_prefix("http://");
            Line::to(address.unwrap().parse().unwrap()).ask(HEALTH);
            let time = began.elapsed();
            emulate.kill();
            time
        })
        .collect();
    times.sort();
    println!(
        "from starting it to its first answer: {:.2} ms",
        millis(times[ROUNDS / 2])
    );
}
