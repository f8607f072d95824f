//! Walks through the bug museum, and says what was seen at each exhibit.
//!
//! ```sh
//! cargo run -p wechat-auth-sim --example museum
//! ```
#![allow(clippy::print_stdout, reason = "printing is its purpose")]

use std::process::ExitCode;

use wechat_auth_sim::museum::{Broken, Who, exhibits};

fn main() -> ExitCode {
    let exhibits = exhibits();
    let mut caught = 0;
    let mut survived = 0;
    for exhibit in &exhibits {
        println!("{}", exhibit.guarantee.replace('_', " "));
        println!("    flaw: {}", exhibit.flaw);
        match exhibit.play(Who::Broken) {
            Err(Broken(seen)) => {
                caught += 1;
                println!("    caught: {seen}");
            }
            Ok(()) => println!("    NOT CAUGHT"),
        }
        let others = [(Who::Right, "the right model"), (Who::Ours, "the library")];
        let fails = others.map(|(who, name)| {
            exhibit
                .play(who)
                .map_err(|Broken(seen)| format!("{name}: {seen}"))
        });
        survived += usize::from(fails.iter().all(Result::is_ok));
        for fail in fails.into_iter().filter_map(Result::err) {
            println!("    FAILS TOO: {fail}");
        }
    }
    let total = exhibits.len();
    println!(
        "\ncaught {caught} of {total}; the right model and the library came through {survived} of {total}"
    );
    match caught == total && survived == total {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
