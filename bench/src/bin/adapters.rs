//! One API call through each adapter, against the bare client making the same request to the same server.

use std::error::Error;
use std::future::Future;
use std::hint::black_box;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use wechat_auth::app::GetCallbackIp;
use wechat_auth_bench::clients;
use wechat_auth_bench::figures::{Figure, Goal, Side, interleaved, percentile};
use wechat_auth_bench::server::Server;
use wechat_auth_bench::table::Table;
use wechat_auth_client::{Limits, MonotonicClock, Transport};

const ROUNDS: usize = 61;
const CALLERS: usize = 4;
const CALLS: usize = 100;

/// What a side measures in a round.
struct Turn {
    per_second: f64,
    p99_us: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let measured = interleaved(ROUNDS, sides(&server, &runtime));

    let head = [
        "client",
        "bare",
        "answer read by hand",
        "wechat-auth",
        "to bare",
        "to by hand",
        "goal",
        "met",
    ];
    let mut throughput = Table::new("One API call on loopback, 4 callers: calls a second", &head);
    let mut latency = Table::new("The same: p99 in µs", &head);
    for sides in measured.chunks(3) {
        row(
            &mut throughput,
            sides,
            |turn| turn.per_second,
            Goal::AtLeast(0.97),
        );
        row(&mut latency, sides, |turn| turn.p99_us, Goal::AtMost(1.05));
    }
    throughput.print();
    latency.print();
    Ok(())
}

/// The goal is about the bare client.
fn row(table: &mut Table, sides: &[(&'static str, Vec<Turn>)], figure: fn(&Turn) -> f64, goal: Goal) {
    let [bare, by_hand, ours] =
        [0, 1, 2].map(|side: usize| -> Vec<_> { sides[side].1.iter().map(figure).collect() });
    let to_bare = Figure::of_ratios(&ours, &bare);
    let to_by_hand = Figure::of_ratios(&ours, &by_hand);
    let [wanted, met] = goal.judged(to_bare.median);
    let [bare, by_hand, ours] = [bare, by_hand, ours].map(|figures| Figure::of(figures).to_string());
    let (to_bare, to_by_hand) = (to_bare.to_string(), to_by_hand.to_string());
    table.row([
        sides[0].0.to_owned(),
        bare,
        by_hand,
        ours,
        to_bare,
        to_by_hand,
        wanted,
        met,
    ]);
}

/// In threes: a client alone, the same with the answer read by hand, and our adapter over such a client.
fn sides<'a>(server: &Server, runtime: &'a Runtime) -> Vec<Side<'a, Turn>> {
    let address = clients::address(&server.base_url(), &format!("70_0000_{}", "x".repeat(128)));
    let hyper = clients::hyper();
    let with_hyper = |look: Look| {
        let (hyper, to) = (hyper.clone(), Arc::clone(&address));
        with_tasks(runtime, move || {
            let (hyper, to) = (hyper.clone(), Arc::clone(&to));
            async move { look(&clients::call_hyper(&hyper, &to).await) }
        })
    };
    let reqwest = clients::reqwest().build().expect("a client without TLS");
    let with_reqwest = |look: Look| {
        let (reqwest, to) = (reqwest.clone(), Arc::clone(&address));
        with_tasks(runtime, move || {
            let (reqwest, to) = (reqwest.clone(), Arc::clone(&to));
            async move { look(&clients::call_reqwest(&reqwest, &to).await) }
        })
    };
    let agent = ureq::Agent::new_with_config(clients::ureq());
    let with_ureq = |look: Look, within| {
        let (agent, to) = (agent.clone(), Arc::clone(&address));
        with_threads(move || look(&clients::call_ureq(&agent, &to, within)))
    };
    let app = clients::blocking_app(clients::ureq_transport(), MonotonicClock::new(), server.origin());
    let our_ureq = || {
        let app = app.clone();
        with_threads(move || drop(app.call(&GetCallbackIp::new()).expect("an answer")))
    };
    let bare: Look = |body| _ = black_box(body);
    let by_hand: Look = |body| drop(black_box(clients::read_by_hand(body)));
    let deadline = Some(Limits::default().within);
    vec![
        ("hyper", with_hyper(bare)),
        ("", with_hyper(by_hand)),
        ("", ours(server, runtime, clients::hyper_transport())),
        ("reqwest", with_reqwest(bare)),
        ("", with_reqwest(by_hand)),
        ("", ours(server, runtime, clients::reqwest_transport())),
        ("hyper as a tower service", with_hyper(bare)),
        ("", with_hyper(by_hand)),
        ("", ours(server, runtime, clients::tower_transport())),
        ("ureq", with_ureq(bare, None)),
        ("", with_ureq(by_hand, None)),
        ("", our_ureq()),
        ("ureq with a deadline", with_ureq(bare, deadline)),
        ("", with_ureq(by_hand, deadline)),
        ("", our_ureq()),
    ]
}

/// What becomes of an answer's body.
type Look = fn(&[u8]);

fn ours<'a, T>(server: &Server, runtime: &'a Runtime, transport: T) -> Box<dyn FnMut() -> Turn + 'a>
where
    T: Transport + 'static,
{
    let app = clients::app(transport, MonotonicClock::new(), server.origin());
    with_tasks(runtime, move || {
        let app = app.clone();
        async move { drop(app.call(&GetCallbackIp::new()).await.expect("an answer")) }
    })
}

fn with_tasks<'a, F, R>(runtime: &'a Runtime, call: F) -> Box<dyn FnMut() -> Turn + 'a>
where
    F: Fn() -> R + Clone + Send + 'static,
    R: Future<Output = ()> + Send,
{
    let caller = |call: F| async move {
        let mut latencies = Vec::with_capacity(CALLS);
        for _ in 0..CALLS {
            let began = Instant::now();
            call().await;
            latencies.push(began.elapsed());
        }
        latencies
    };
    Box::new(move || {
        let began = Instant::now();
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| runtime.spawn(caller(call.clone())))
            .collect();
        let mut latencies = Vec::new();
        for one in callers {
            latencies.extend(runtime.block_on(one).expect("calls"));
        }
        turn(began.elapsed(), latencies)
    })
}

fn with_threads(call: impl Fn() + Sync + 'static) -> Box<dyn FnMut() -> Turn> {
    Box::new(move || {
        let caller = || {
            let timed = |_| {
                let began = Instant::now();
                call();
                began.elapsed()
            };
            (0..CALLS).map(timed).collect::<Vec<_>>()
        };
        let began = Instant::now();
        let latencies = thread::scope(|scope| {
            let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(caller)).collect();
            callers
                .into_iter()
                .flat_map(|one| one.join().expect("calls"))
                .collect()
        });
        turn(began.elapsed(), latencies)
    })
}

fn turn(took: Duration, mut latencies: Vec<Duration>) -> Turn {
    Turn {
        per_second: latencies.len() as f64 / took.as_secs_f64(),
        p99_us: percentile(&mut latencies, 99),
    }
}
