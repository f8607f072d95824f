//! Figures of the keeper against the emulator, in virtual time, one call a second per instance:
//! `cargo run --release -p wechat-auth-sim --example figures`.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a program that prints, and stops at once when its own set-up is wrong"
)]

use std::net::{IpAddr, Ipv4Addr};

use wechat_auth::app::GetCallbackIp;
use wechat_auth::keeper::{Action, ClassicApp, Fetch, Keeper, Outcome, StableApp};
use wechat_auth::{Account, Advice, AppToken, Credential, Endpoint, Origin, Tick};
use wechat_auth_emulator::{App, Config, Effect, Fault, Millis, Reply, WeChat};

const APPID: &str = "wx0123456789abcdef";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const CALL: &str = "/cgi-bin/getcallbackip";
const DAY: u64 = 86_400;

/// How WeChat's token endpoints behave during an outage.
#[derive(Clone, Copy)]
enum Outage {
    /// The connection is refused.
    Unreached,
    /// No answer comes, and nothing was done.
    Unanswered,
}

struct World<F: Fetch> {
    wechat: WeChat,
    keepers: Vec<Keeper<F>>,
    outage: Option<(u64, u64, Outage)>,
    /// Second of the first call, and of now.
    now: u64,
    calls: u64,
    failed: u64,
}

impl<F: Fetch<Token = AppToken>> World<F> {
    fn new(instances: u64, seed: u64, fetch: &impl Fn(Account) -> F) -> Self {
        let mut wechat = WeChat::new(Config::new(seed));
        wechat
            .add_app(App::new(APPID, SECRET))
            .expect("the app is well formed");
        let keeper = |n| {
            let account = Account::new(APPID, SECRET).expect("the account is well formed");
            Keeper::new(fetch(account), Origin::wechat(), seed * 100 + n)
        };
        let keepers = (0..instances).map(keeper).collect();
        Self {
            wechat,
            keepers,
            outage: None,
            now: 0,
            calls: 0,
            failed: 0,
        }
    }

    /// Each instance makes a call in each second up to `until`.
    fn run(&mut self, until: u64) {
        while self.now < until {
            for n in 0..self.keepers.len() {
                self.calls += 1;
                self.failed += u64::from(!self.call(n));
            }
            self.now += 1;
        }
    }

    fn tick(&self) -> Tick {
        Tick::from_secs(7 * DAY + self.now)
    }

    /// One call as a driver makes it: refused once, it is repeated with the next token.
    fn call(&mut self, n: usize) -> bool {
        for _ in 0..2 {
            let Some((token, id)) = self.token(n) else {
                return false;
            };
            let request = token.authorize(GetCallbackIp::new().request(&Origin::wechat()));
            let answer = self.wechat(&request.into_http().expect("the request is well formed"));
            match GetCallbackIp::new().parse(http::Response::new(&answer)) {
                Ok(_) => return true,
                Err(error) if error.advice() == Advice::NewToken => {
                    let now = self.tick();
                    self.keepers[n].reject(now, id);
                }
                Err(_) => return false,
            }
        }
        false
    }

    fn token(&mut self, n: usize) -> Option<(AppToken, wechat_auth::keeper::TokenId)> {
        let now = self.tick();
        match self.keepers[n].poll(now) {
            Action::Ready(kept) => Some((AppToken::clone(&kept), kept.id())),
            Action::Send { attempt, request, .. } => {
                let down = self
                    .outage
                    .filter(|(from, to, _)| (*from..*to).contains(&self.now));
                let outcome = match down {
                    Some((_, _, Outage::Unreached)) => Some(Outcome::NotSent),
                    Some((_, _, Outage::Unanswered)) => Some(Outcome::NoAnswer),
                    None => None,
                };
                match outcome {
                    Some(outcome) => self.keepers[n].handle(now, attempt, outcome),
                    None => {
                        let answer = self.wechat(&request.into_http().expect("the request is well formed"));
                        let answer = Outcome::Response(http::Response::new(&answer));
                        self.keepers[n].handle(now, attempt, answer);
                    }
                }
                match self.keepers[n].poll(now) {
                    Action::Ready(kept) => Some((AppToken::clone(&kept), kept.id())),
                    _ => None,
                }
            }
            Action::Wait { .. } | Action::Failed { .. } => None,
        }
    }

    fn wechat(&mut self, request: &http::Request<Vec<u8>>) -> Vec<u8> {
        // Six in the morning in Beijing.
        let now = Millis::from_unix_s(1_700_000_000 + self.now);
        match self.wechat.handle(now, request, IpAddr::V4(Ipv4Addr::LOCALHOST)) {
            Reply::Respond(answer) => answer.into_body(),
            _ => Vec::new(),
        }
    }

    fn fetches(&self) -> u64 {
        let asked = |path| self.wechat.counts().requests(APPID, path);
        asked("/cgi-bin/token") + asked("/cgi-bin/stable_token")
    }
}

fn main() {
    println!("without faults, a week, one call a second and instance");
    for instances in [1, 6] {
        let mut world = World::new(instances, 7, &StableApp::new);
        world.run(7 * DAY);
        report("stable", instances, &world);
    }
    let mut world = World::new(1, 7, &ClassicApp::new);
    world.run(7 * DAY);
    report("classic", 1, &world);

    println!("\nan outage of the token endpoints from the second the token is due; worst of 200 seeds");
    for (minutes, how, name) in [
        (4, Outage::Unreached, "unreached"),
        (4, Outage::Unanswered, "unanswered"),
        (10, Outage::Unreached, "unreached"),
        (10, Outage::Unanswered, "unanswered"),
    ] {
        let stable = worst(&StableApp::new, minutes, how);
        let classic = worst(&ClassicApp::new, minutes, how);
        println!("  {minutes:>2} min {name:<10}  failed calls: stable {stable:>4}, classic {classic:>4}");
    }

    println!("\na dead token reported by 1000 callers");
    let mut world = World::new(1, 7, &ClassicApp::new);
    world.run(1000);
    let now = world.tick();
    let dead = world.keepers[0].usable().expect("a token is held").id();
    let before = world.fetches();
    for _ in 0..1000 {
        world.keepers[0].reject(now, dead);
        let _ = world.token(0);
    }
    println!("  fetches: {}", world.fetches() - before);

    println!("\n40001 to every call for an hour");
    for (name, fetched) in [
        ("stable", refused_for_an_hour(&StableApp::new)),
        ("classic", refused_for_an_hour(&ClassicApp::new)),
    ] {
        println!(
            "  {name:<8} fetches: {fetched}; a day of it would be {}, of 2000",
            fetched * 24
        );
    }
}

fn report<F: Fetch<Token = AppToken>>(mode: &str, instances: u64, world: &World<F>) {
    #[allow(clippy::cast_precision_loss, reason = "small numbers, shown with one decimal")]
    let a_day = world.fetches() as f64 / 7.0;
    let refused = world.wechat.counts().refused(APPID, CALL);
    println!(
        "  {mode:<8} {instances} instance(s): {a_day:.1} fetches a day, {} of {} calls failed, {refused} refused",
        world.failed, world.calls
    );
}

fn worst<F: Fetch<Token = AppToken>>(fetch: &impl Fn(Account) -> F, minutes: u64, how: Outage) -> u64 {
    let one = |seed| {
        let mut world = World::new(1, seed, fetch);
        world.run(1);
        let held = world.keepers[0].usable().expect("a token is held");
        let due = held.fresh_until().since(Tick::from_secs(7 * DAY)).as_secs();
        world.outage = Some((due, due + minutes * 60, how));
        world.run(2 * 7200);
        world.failed
    };
    (0..200).map(one).max().unwrap_or_default()
}

fn refused_for_an_hour<F: Fetch<Token = AppToken>>(fetch: &impl Fn(Account) -> F) -> u64 {
    let mut world = World::new(1, 7, fetch);
    world.run(1000);
    let refusal = Effect::Errcode {
        errcode: 40001,
        errmsg: None,
    };
    world
        .wechat
        .inject(Fault::on(CALL, refusal).times(1_000_000))
        .expect("the fault is well formed");
    let before = world.fetches();
    world.run(1000 + 3600);
    world.fetches() - before
}
