//! What callers notice of a refresh that takes two seconds: API calls with the old token, which still works,
//! against calls while nothing is under way.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use wechat_auth::Tick;
use wechat_auth::app::GetCallbackIp;
use wechat_auth_bench::figures::{Figure, Goal};
use wechat_auth_bench::server::Server;
use wechat_auth_bench::table::Table;
use wechat_auth_bench::{clients, figures};
use wechat_auth_client::{Clock, MonotonicClock};

const ROUNDS: usize = 10;
const CALLERS: usize = 4;
const REFRESH: Duration = Duration::from_secs(2);
/// Shorter than the refresh, so that all of it lies within.
const WINDOW: Duration = Duration::from_millis(1700);
const PAUSE: Duration = Duration::from_millis(1);
/// Of a life of 7200 s, into the last five minutes: the token works, and it is time for the next.
const NEARLY_OVER: Duration = Duration::from_secs(7050);

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::new()?;
    let server = Server::start()?;
    server.fetch_takes(REFRESH);
    let mut table = Table::new(
        "API call while a refresh of 2 s is under way: µs",
        &[
            "driver",
            "percentile",
            "idle",
            "during the refresh",
            "ratio",
            "goal",
            "met",
        ],
    );

    let clock = Forward::default();
    let app = clients::app(clients::hyper_transport(), clock.clone(), server.origin());
    let call = || {
        drop(
            runtime
                .block_on(app.call(&GetCallbackIp::new()))
                .expect("an answer"),
        )
    };
    let fetch = || drop(runtime.block_on(app.token()).expect("a token"));
    compare(&mut table, "async, hyper", &server, &clock, call, fetch);

    let clock = Forward::default();
    let app = clients::blocking_app(clients::ureq_transport(), clock.clone(), server.origin());
    let call = || drop(app.call(&GetCallbackIp::new()).expect("an answer"));
    let fetch = || drop(app.token().expect("a token"));
    compare(&mut table, "blocking, ureq", &server, &clock, call, fetch);

    table.print();
    Ok(())
}

fn compare(
    table: &mut Table,
    driver: &str,
    server: &Server,
    clock: &Forward,
    call: impl Fn() + Sync,
    fetch: impl Fn() + Sync,
) {
    fetch();
    window(&call);
    let (mut idle, mut during) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        idle.push(window(&call));
        clock.advance(NEARLY_OVER);
        let before = server.fetches();
        thread::scope(|scope| {
            let refresh = scope.spawn(&fetch);
            while server.fetches() == before {
                thread::sleep(PAUSE);
            }
            during.push(window(&call));
            assert!(!refresh.is_finished(), "the refresh was shorter than the window");
        });
        assert_eq!(server.fetches(), before + 1, "one refresh a round");
    }
    for (percentile, goal) in [(50, Goal::None), (99, Goal::AtMost(1.05))] {
        let of = |windows: &mut Vec<Vec<Duration>>| -> Vec<f64> {
            windows
                .iter_mut()
                .map(|window| figures::percentile(window, percentile))
                .collect()
        };
        let (idle, during) = (of(&mut idle), of(&mut during));
        let ratio = Figure::of_ratios(&during, &idle);
        let [wanted, met] = goal.judged(ratio.median);
        let (idle, during) = (Figure::of(idle), Figure::of(during));
        let (percentile, idle, during) = (format!("p{percentile}"), idle.to_string(), during.to_string());
        table.row([
            driver.to_owned(),
            percentile,
            idle,
            during,
            ratio.to_string(),
            wanted,
            met,
        ]);
    }
}

/// What each call took that several threads make in a while, with pauses, so that nothing queues.
fn window(call: &(impl Fn() + Sync)) -> Vec<Duration> {
    let caller = || {
        let (opened, mut latencies) = (Instant::now(), Vec::new());
        while opened.elapsed() < WINDOW {
            let began = Instant::now();
            call();
            latencies.push(began.elapsed());
            thread::sleep(PAUSE);
        }
        latencies
    };
    thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(caller)).collect();
        callers
            .into_iter()
            .flat_map(|one| one.join().expect("calls"))
            .collect()
    })
}

/// A clock that can be put forward. Real time passes on it too.
#[derive(Clone, Default)]
struct Forward {
    clock: MonotonicClock,
    ahead_ms: Arc<AtomicU64>,
}

impl Forward {
    fn advance(&self, by: Duration) {
        self.ahead_ms.fetch_add(by.as_millis() as u64, Ordering::SeqCst);
    }
}

impl Clock for Forward {
    fn now(&self) -> Tick {
        let ahead = Duration::from_millis(self.ahead_ms.load(Ordering::SeqCst));
        self.clock.now().after(ahead)
    }
}
