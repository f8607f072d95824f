//! What it costs to build a request and to read its answer.
//!
//! Without arguments: the time, side by side. With `instructions`: the instructions, counted by valgrind's
//! callgrind, which do not depend on what else the machine does.

use std::error::Error;
use std::process::Command;
use std::time::Instant;
use std::{env, io};

use wechat_auth_bench::exchanges;
use wechat_auth_bench::figures::{Goal, Side, interleaved};
use wechat_auth_bench::table::Table;

const ROUNDS: usize = 41;
const TIMES: u64 = 2000;
const GOAL: Goal = Goal::AtMost(1.2);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => times(),
        ["instructions"] => instructions()?,
        ["run", work, side, times] => run(work, side, times.parse()?),
        _ => return Err("usage: exchange [instructions]".into()),
    }
    Ok(())
}

fn goals(sides: usize) -> Vec<Goal> {
    [Goal::None, GOAL]
        .into_iter()
        .chain([Goal::None])
        .take(sides)
        .collect()
}

fn times() {
    let head = [
        "side",
        "ns: median (min … max)",
        "ratio to by hand",
        "goal",
        "met",
    ];
    for (work, sides) in exchanges::all() {
        let turns = sides.into_iter().map(|(name, mut side)| -> Side<'_, f64> {
            let turn = move || {
                let began = Instant::now();
                side(TIMES);
                began.elapsed().as_nanos() as f64 / TIMES as f64
            };
            (name, Box::new(turn))
        });
        let measured = interleaved(ROUNDS, turns.collect());
        let mut table = Table::new(work, &head);
        table.compare(&measured, 0, &goals(measured.len()));
        table.print();
    }
}

fn instructions() -> Result<(), Box<dyn Error>> {
    let head = ["work", "side", "instructions", "ratio to by hand", "goal", "met"];
    let mut table = Table::new(
        "Build a request and read its answer: instructions each time",
        &head,
    );
    for (work, sides) in exchanges::all() {
        let mut by_hand = None;
        for ((side, _), goal) in sides.iter().zip(goals(sides.len())) {
            // The difference of two runs leaves out what starting and ending cost.
            let each = (counted(work, side, 1100)? - counted(work, side, 100)?) / 1000.0;
            let ratio = each / *by_hand.get_or_insert(each);
            let [wanted, met] = goal.judged(ratio);
            let (each, ratio) = (format!("{each:.0}"), format!("{ratio:.2}"));
            table.row([work.to_owned(), (*side).to_owned(), each, ratio, wanted, met]);
        }
    }
    table.print();
    Ok(())
}

/// The instructions of a whole process that does the work so many times.
fn counted(work: &str, side: &str, times: u32) -> Result<f64, Box<dyn Error>> {
    let ran = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["run", work, side, &times.to_string()])
        .output()
        .map_err(|error| io::Error::new(error.kind(), "valgrind is missing: apt-get install valgrind"))?;
    let said = String::from_utf8_lossy(&ran.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : "));
    let (_, instructions) = collected.ok_or("callgrind counted nothing")?;
    Ok(instructions.trim().parse()?)
}

fn run(work: &str, side: &str, times: u64) {
    for (_, sides) in exchanges::all().into_iter().filter(|(name, _)| *name == work) {
        for (_, mut run) in sides.into_iter().filter(|(name, _)| *name == side) {
            run(times);
        }
    }
}
