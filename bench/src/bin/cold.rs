//! A thousand callers ask at once for a token that nobody has: how many fetches reach the server.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use wechat_auth_bench::clients;
use wechat_auth_bench::figures::Goal;
use wechat_auth_bench::server::Server;
use wechat_auth_bench::table::Table;
use wechat_auth_client::{MonotonicClock, Transport};

const CALLERS: usize = 1000;
/// Long enough for all of them to arrive before the answer does.
const FETCH: Duration = Duration::from_millis(300);

fn main() -> Result<(), Box<dyn Error>> {
    let several = Builder::new_multi_thread().enable_all().build()?;
    let one = Builder::new_current_thread().enable_all().build()?;
    let head = ["driver", "adapter", "fetches", "goal", "met"];
    let mut table = Table::new("1000 cold callers", &head);
    for (driver, runtime) in [("async, several threads", &several), ("async, one thread", &one)] {
        let fetches = [
            ("hyper", with_tasks(runtime, clients::hyper_transport())?),
            ("reqwest", with_tasks(runtime, clients::reqwest_transport())?),
            ("tower", with_tasks(runtime, clients::tower_transport())?),
        ];
        for (adapter, fetches) in fetches {
            table.row(row(driver, adapter, fetches));
        }
    }
    table.row(row("blocking, 1000 threads", "ureq", with_threads()?));
    table.print();
    Ok(())
}

fn row(driver: &str, adapter: &str, fetches: u64) -> [String; 5] {
    let [goal, met] = Goal::AtMost(1.0).judged(fetches as f64);
    [
        driver.to_owned(),
        adapter.to_owned(),
        fetches.to_string(),
        goal,
        met,
    ]
}

fn with_tasks<T: Transport + 'static>(runtime: &Runtime, transport: T) -> Result<u64, Box<dyn Error>> {
    let server = Server::start()?;
    server.fetch_takes(FETCH);
    let app = clients::app(transport, MonotonicClock::new(), server.origin());
    let start = Arc::new(tokio::sync::Barrier::new(CALLERS));
    let caller = || {
        let (app, start) = (app.clone(), Arc::clone(&start));
        async move {
            start.wait().await;
            app.token().await.map(|kept| kept.secret().expose().to_owned())
        }
    };
    let callers: Vec<_> = (0..CALLERS).map(|_| runtime.spawn(caller())).collect();
    let mut tokens = BTreeSet::new();
    for caller in callers {
        tokens.insert(runtime.block_on(caller)??);
    }
    assert_eq!(tokens.len(), 1, "all callers got the same token");
    Ok(server.fetches())
}

fn with_threads() -> Result<u64, Box<dyn Error>> {
    let server = Server::start()?;
    server.fetch_takes(FETCH);
    let app = clients::blocking_app(clients::ureq_transport(), MonotonicClock::new(), server.origin());
    let start = Barrier::new(CALLERS);
    let tokens: Result<BTreeSet<_>, _> = thread::scope(|scope| {
        let caller = || {
            start.wait();
            app.token().map(|kept| kept.secret().expose().to_owned())
        };
        let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(caller)).collect();
        callers
            .into_iter()
            .map(|caller| caller.join().expect("an answer"))
            .collect()
    });
    assert_eq!(tokens?.len(), 1, "all callers got the same token");
    Ok(server.fetches())
}
