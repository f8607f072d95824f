//! Figures of the emulator, measured on the machine this runs on:
//!
//! ```text
//! cargo run --release -p wechat-auth-emulator --example figures
//! cargo run --release -p wechat-auth-emulator --example figures -- instructions
//! cargo run --release -p wechat-auth-emulator --example figures -- sockets 20000
//! cargo run --release -p wechat-auth-emulator --example figures -- binary target/release/wechat-auth
//! ```
//!
//! Servers run in processes of their own, with one thread each, so that what they cost is
//! told from what the client costs. `instructions` needs valgrind. For so many sockets the
//! server needs as many file descriptors (`ulimit -n`); with fewer it shows what happens
//! when they run out.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program for a person to read, that ends at the first surprise"
)]

mod binary;
mod instructions;
mod machine;
mod process;
mod servers;
mod sockets;
mod throughput;
mod wire;

pub(crate) const APPID: &str = "wx0000000000000001";
pub(crate) const SECRET: &str = "not-a-real-secret";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        [] => {
            throughput::print();
            machine::print();
        }
        ["instructions"] => instructions::print(),
        ["binary", path] => binary::print(path),
        ["sockets", count] => sockets::print(count.parse().unwrap()),
        // What this program calls itself with.
        ["serve", what @ ..] => servers::serve(what),
        ["hold", server, count] => sockets::hold(server.parse().unwrap(), count.parse().unwrap()),
        _ => println!("usage: figures [instructions | sockets COUNT | binary PATH]"),
    }
}
