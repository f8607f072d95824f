//! Instructions a request costs the server's process, counted by valgrind: a figure that
//! no load on the machine changes. What the kernel does is not in it.

use std::process::{Command, Stdio};

use crate::process::Process;
use crate::wire::{Line, stable, works};

const FEW: usize = 1_100;
const MANY: usize = 3_100;

pub(crate) fn print() {
    let mut emulator = Process::start(&["serve", "emulator"]);
    for work in works(emulator.address()) {
        let ours = each(&work.request, &["serve", "emulator"]);
        let theirs = each(&work.request, &["serve", "bare", &work.answer]);
        println!(
            "{}: {ours:.0} instructions, a bare hyper server {theirs:.0}, ratio {:.2}",
            work.name,
            theirs / ours
        );
    }
}

fn each(request: &str, server: &[&str]) -> f64 {
    // The difference of two runs leaves out what starting and ending cost.
    (counted(request, server, MANY) - counted(request, server, FEW)) / (MANY - FEW) as f64
}

fn counted(request: &str, server: &[&str], times: usize) -> f64 {
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .stderr(Stdio::piped());
    let mut server = Process::start_by(valgrind, server);
    let mut line = Line::to(server.address());
    // The token that the calls carry is minted by this.
    line.ask(&stable());
    for _ in 0..times {
        line.ask(request);
    }
    drop(line);
    let said = server.end();
    let collected = said.lines().find_map(|line| line.split_once("Collected : "));
    collected.unwrap().1.trim().parse().unwrap()
}
