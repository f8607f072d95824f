//! Memory, and time that jumps.

use std::time::{Duration, Instant};

use wechat_auth_emulator::{App, Config, Emulator, Millis, WeChat};

use crate::process::{mib, millis, resident};
use crate::wire::{Line, stable};
use crate::{APPID, SECRET};

const APPS: usize = 10_000;
const START: u64 = 1_700_000_000;
const YEAR: Duration = Duration::from_secs(365 * 86_400);

pub(crate) fn print() {
    let wechat = memory();
    year(wechat);
    first_answer_a_year_ahead();
}

fn memory() -> WeChat {
    let before = resident("self");
    let mut wechat = WeChat::new(Config::new(7));
    for nth in 0..APPS {
        wechat.add_app(App::new(appid(nth), SECRET)).unwrap();
        fetch(&mut wechat, Millis::from_unix_s(START), nth);
    }
    let bytes = resident("self") - before;
    println!(
        "{APPS} apps with a token each: {:.1} MiB, {} bytes an app",
        mib(bytes),
        bytes / APPS
    );
    wechat
}

/// Every app's token dies on the way, and each app fetches another.
fn year(mut wechat: WeChat) {
    let later = Millis::from_unix_s(START + YEAR.as_secs());
    let began = Instant::now();
    fetch(&mut wechat, later, 0);
    let first = began.elapsed();
    for nth in 1..APPS {
        fetch(&mut wechat, later, nth);
    }
    println!(
        "a year ahead of {APPS} live tokens: first fetch {:.3} ms, a fetch by every app {:.1} ms",
        millis(first),
        millis(began.elapsed()),
    );
    assert_eq!(wechat.apps().count(), APPS);
}

fn fetch(wechat: &mut WeChat, now: Millis, nth: usize) {
    let uri = format!(
        "/cgi-bin/token?grant_type=client_credential&appid={}&secret={SECRET}",
        appid(nth)
    );
    let request = http::Request::get(uri).body(Vec::new()).unwrap();
    let served = wechat.handle(now, &request, [127, 0, 0, 1].into());
    assert!(
        served
            .response()
            .unwrap()
            .body()
            .starts_with(b"{\"access_token\"")
    );
}

fn appid(nth: usize) -> String {
    format!("wx{nth:016}")
}

fn first_answer_a_year_ahead() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let start = Emulator::builder().app(APPID, SECRET).frozen().start();
    let emulator = runtime.block_on(start).unwrap();
    let mut line = Line::to(emulator.local_addr());
    line.ask(&stable());
    let began = Instant::now();
    emulator.handle().advance(YEAR).unwrap();
    line.ask(&stable());
    println!(
        "advance the clock a year, and the first answer there: {:.3} ms",
        millis(began.elapsed())
    );
}
