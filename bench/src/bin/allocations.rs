//! How often the memory allocator is asked, for the sides of `read` and `exchange`. A program of its own,
//! because the counting allocator would take its share of the time in those.

use std::error::Error;
use std::process::ExitCode;

use allocation_counter::measure;
use wechat_auth_bench::figures::Goal;
use wechat_auth_bench::server::Server;
use wechat_auth_bench::table::Table;
use wechat_auth_bench::{exchanges, reads, wechat_host};

const TIMES: u64 = 1000;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    wechat_host::on_stage(|| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let server = Server::start().expect("a free port");
        let head = ["what", "allocations", "bytes", "goal", "met"];

        let mut table = Table::new("Read of a fresh token: allocations a read", &head);
        for (name, goal, side) in reads::sides(&runtime, &server) {
            let ours = matches!(goal, Goal::AtMost(_));
            let goal = if ours { Goal::AtMost(0.0) } else { Goal::None };
            table.row(counted(name.to_owned(), goal, || side(TIMES)));
        }
        table.print();

        let mut table = Table::new(
            "Build a request and read its answer: allocations each time",
            &head,
        );
        for (work, sides) in exchanges::all() {
            for (name, mut side) in sides {
                table.row(counted(format!("{work}: {name}"), Goal::None, || side(TIMES)));
            }
        }
        table.print();
    })
}

fn counted(name: String, goal: Goal, mut work: impl FnMut()) -> [String; 5] {
    work();
    let counted = measure(work);
    let each = |total: u64| total as f64 / TIMES as f64;
    let [wanted, met] = goal.judged(each(counted.count_total));
    let (times, bytes) = (each(counted.count_total), each(counted.bytes_total));
    [name, times.to_string(), bytes.to_string(), wanted, met]
}
