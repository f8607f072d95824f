//! WeChat's side, and what only it knows: which tokens there are, what became of them, and why.

use core::time::Duration;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use wechat_auth::Tick;
use wechat_auth_emulator::{
    App, Config, Effect, Family, Fault, Introspection, Millis, Reply, Standing, WeChat,
};

use super::scenario::Mode;

/// The account of every run.
pub const APPID: &str = "wx5130000000000001";
/// Its secret, which nothing may show.
pub const APPSECRET: &str = "sim-appsecret-never-to-be-shown";
/// What the world's clock says at [`Tick::ZERO`], in Unix milliseconds.
pub const EPOCH: u64 = 1_700_000_000_000;
/// A call that any app token may make.
const API: &str = "/cgi-bin/get_api_domain_ip";
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// What refused tokens, or a wrong clock, set in motion is over after this.
const ECHO: Duration = Duration::from_secs(900);

/// A token is named by the order in which WeChat minted it, whoever received it.
pub type Nr = usize;

/// The emulator, and a record of what it minted.
#[derive(Debug)]
pub struct Oracle {
    /// WeChat's side.
    pub wechat: WeChat,
    mode: Mode,
    minted: Vec<Minted>,
    numbers: HashMap<String, Nr>,
    seen_minted: u64,
    last_excuse: Option<Tick>,
}

#[derive(Debug)]
struct Minted {
    at: Tick,
    /// Another system asked for it.
    foreign: bool,
    /// Whoever asked for it learnt of it, and nothing outside made them ask.
    in_order: bool,
}

/// Who asked for a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asker {
    Instance,
    Foreign,
}

/// What WeChat answered.
#[derive(Debug)]
pub struct Answer {
    /// The answer; `None` when there is none.
    pub response: Option<http::Response<Vec<u8>>>,
    /// The token that was minted.
    pub minted: Option<Nr>,
    /// The token in the answer.
    pub token: Option<Nr>,
}

impl Oracle {
    /// WeChat with one account.
    pub fn new(seed: u64, mode: Mode) -> Self {
        let mut wechat = WeChat::new(Config::new(seed));
        wechat
            .add_app(App::new(APPID, APPSECRET))
            .expect("the app is well formed");
        Self {
            wechat,
            mode,
            minted: Vec::new(),
            numbers: HashMap::new(),
            seen_minted: 0,
            last_excuse: None,
        }
    }

    /// A fetch arrives, and `fault` befalls it.
    pub fn fetch(&mut self, now: Tick, request: &http::Request<Vec<u8>>, fault: Option<Effect>) -> Answer {
        if let Some(effect) = fault {
            self.inject(self.mode.path(), effect);
        }
        let reply = self.wechat.handle(millis(now), request, PEER);
        let seen = self.wechat.counts().minted(APPID, self.mode.path());
        let minted = (seen > self.seen_minted).then(|| self.mint(now, Asker::Instance));
        self.seen_minted = seen;
        let response = match reply {
            Reply::Respond(response) => Some(response),
            _ => None,
        };
        let token = response
            .as_ref()
            .and_then(|response| self.token_in(response.body()));
        Answer {
            response,
            minted,
            token,
        }
    }

    /// An API call arrives with this token. Gives WeChat's errcode, 0 when it was accepted.
    pub fn call(&mut self, now: Tick, token: &str, refuse: bool) -> i64 {
        if refuse {
            self.excuse(now);
            self.inject(
                API,
                Effect::Errcode {
                    errcode: 40001,
                    errmsg: None,
                },
            );
        }
        let uri = format!("{API}?access_token={token}");
        let request = http::Request::get(uri)
            .body(Vec::new())
            .expect("a token fits a URI");
        match self.wechat.handle(millis(now), &request, PEER) {
            Reply::Respond(response) => errcode(response.body()),
            _ => -1,
        }
    }

    /// Another system fetches.
    pub fn foreign(&mut self, now: Tick) {
        let family = match self.mode {
            Mode::Stable => Family::Stable,
            Mode::Classic => Family::Classic,
        };
        if self.wechat.foreign_refresh(millis(now), APPID, family).is_ok() {
            self.mint(now, Asker::Foreign);
        }
    }

    /// Something outside makes instances ask more often than they should.
    pub fn excuse(&mut self, now: Tick) {
        self.last_excuse = Some(now);
    }

    /// The answer that brought `nr` reached whoever asked for it.
    pub fn received(&mut self, nr: Nr) {
        let echo = self.last_excuse;
        if let Some(minted) = self.minted.get_mut(nr) {
            minted.in_order = !minted.foreign && echo.is_none_or(|since| minted.at >= since.after(ECHO));
        }
    }

    /// What a token is called.
    pub fn number(&self, token: &str) -> Option<Nr> {
        self.numbers.get(token).copied()
    }

    /// When it was minted.
    pub fn minted_at(&self, nr: Nr) -> Option<Tick> {
        self.minted.get(nr).map(|minted| minted.at)
    }

    /// What WeChat would say of a token.
    pub fn introspect(&self, now: Tick, token: &str) -> Introspection {
        self.wechat.introspect(millis(now), token)
    }

    /// Whether `nr` was ended by something outside: one of the two tokens after it, which end it, was
    /// fetched by another system, or never received, or asked for because good tokens were refused.
    pub fn voided_from_outside(&self, nr: Nr) -> bool {
        let after = |n: usize| self.minted.get(nr + n);
        [after(1), after(2)]
            .into_iter()
            .flatten()
            .any(|minted| !minted.in_order)
    }

    /// Whether `text` holds a token or the secret.
    pub fn leaks(text: &str) -> bool {
        text.contains("70_") || text.contains(APPSECRET)
    }

    fn inject(&mut self, path: &str, effect: Effect) {
        // The machine has a bounded list of faults, and each of ours is used up at once.
        let injected = self.wechat.inject(Fault::on(path, effect));
        debug_assert!(injected.is_ok());
    }

    fn mint(&mut self, at: Tick, asker: Asker) -> Nr {
        self.minted.push(Minted {
            at,
            foreign: asker == Asker::Foreign,
            in_order: false,
        });
        self.minted.len() - 1
    }

    /// A token that nobody saw before was minted last.
    fn token_in(&mut self, body: &[u8]) -> Option<Nr> {
        let answer: serde_json::Value = serde_json::from_slice(body).ok()?;
        let token = answer.get("access_token")?.as_str()?;
        let last = self.minted.len().checked_sub(1)?;
        Some(*self.numbers.entry(token.to_owned()).or_insert(last))
    }
}

/// Whether a token died of age and nothing else.
pub fn died_of_age(found: &Introspection) -> bool {
    found.standing == Standing::Expired
}

const fn millis(now: Tick) -> Millis {
    Millis(EPOCH + now.as_millis())
}

/// Read without a parser: there are very many calls, and what WeChat answers to them is known.
fn errcode(body: &[u8]) -> i64 {
    let text = core::str::from_utf8(body).unwrap_or_default();
    let Some((_, rest)) = text.split_once("\"errcode\":") else {
        return 0;
    };
    let end = rest.find([',', '}']).unwrap_or(rest.len());
    rest.get(..end)
        .and_then(|number| number.parse().ok())
        .unwrap_or(-1)
}
