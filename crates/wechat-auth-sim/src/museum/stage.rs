//! A small stage: WeChat's side, a few instances that keep a token for it, and callers, in virtual time.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use http::{Request, Response, StatusCode};
use wechat_auth::Tick;
use wechat_auth_emulator::{Family, Millis, WeChat};

use super::line::{End, Line};
use crate::player::{Heard, Player, Step};

/// The account on stage.
pub(crate) const APPID: &str = "wx0123456789abcdef";
/// Its appsecret.
pub(crate) const SECRET: &str = "an-appsecret";
/// The call that every caller makes.
pub(crate) const API: &str = "/cgi-bin/get_api_domain_ip";
/// Where the stage's time begins: midnight in Beijing, two weeks up the scale.
pub(crate) const START: Tick = Tick::from_secs(14 * 86_400);
const START_UNIX_S: u64 = 1_749_571_200;
/// A caller who still has no token after this gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// So often one call is refused before the stage says that it has seen enough.
const ENOUGH: u32 = 50;

/// What became of the calls, and of the fetches behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// WeChat accepted the call, at the first try or a later one.
    pub(crate) accepted: u64,
    /// WeChat refused it, and that was that.
    pub(crate) refused: u64,
    /// It was never made: no token was to be had, or not in time.
    pub(crate) without: u64,
    /// The longest time a caller waited for a token.
    pub(crate) longest_wait: Duration,
    /// The longest time an instance went without an accepted call.
    pub(crate) longest_gap: Duration,
    /// Fetches that reached WeChat, by day of the story.
    pub(crate) fetches: Vec<u64>,
}

impl Tally {
    pub(crate) fn calls(&self) -> u64 {
        self.accepted + self.refused + self.without
    }
}

/// How WeChat's view of a token is learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calls {
    /// By making the call.
    Made,
    /// By asking the emulator whether it would accept the token: the same answer, at a tenth of the cost.
    Judged,
}

pub(crate) struct Stage {
    pub(crate) wechat: WeChat,
    pub(crate) calls: Calls,
    pub(crate) line: Box<dyn Line>,
    pub(crate) tally: Tally,
    family: Family,
    pub(super) now: Tick,
    order: u64,
    events: BTreeMap<(Tick, u64), Event>,
    pub(super) seats: Vec<Seat>,
    pub(super) cancelled: BTreeSet<(usize, u64)>,
    /// The last token judged, when, and how.
    pub(super) judged: (Millis, String, bool),
}

pub(super) struct Seat {
    pub(super) player: Box<dyn Player>,
    /// How often one call goes back for another token.
    retries: u32,
    /// Restarts so far: what an earlier life asked for is not heard by a later one.
    pub(super) lives: u32,
    parked: Vec<Caller>,
    /// When those who wait are woken next.
    wakes_at: Tick,
    last_accepted: Tick,
}

#[derive(Clone, Copy)]
struct Caller {
    since: Tick,
    tries: u32,
    leads: Option<u64>,
}

pub(super) enum Event {
    Call {
        seat: usize,
        crowd: u32,
        every: Duration,
    },
    Arrive(Letter),
    Answer {
        to: Sender,
        answer: Post,
    },
    Wake {
        seat: usize,
    },
    Restart {
        seat: usize,
    },
    ForeignRefresh,
}

#[derive(Clone, Copy)]
pub(super) struct Sender {
    pub(super) seat: usize,
    pub(super) life: u32,
    pub(super) attempt: u64,
}

pub(super) struct Letter {
    pub(super) from: Sender,
    pub(super) request: Request<Vec<u8>>,
    pub(super) back: Duration,
    pub(super) end: End,
    pub(super) until: Tick,
}

pub(super) enum Post {
    Response(Response<Vec<u8>>),
    Nothing,
    NotSent,
}

impl Stage {
    pub(crate) fn new(wechat: WeChat, family: Family, line: Box<dyn Line>) -> Self {
        Self {
            wechat,
            calls: Calls::Made,
            line,
            tally: Tally::default(),
            family,
            now: START,
            order: 0,
            events: BTreeMap::new(),
            seats: Vec::new(),
            cancelled: BTreeSet::new(),
            judged: (Millis(0), String::new(), false),
        }
    }

    /// What wall clocks say at `at`, in milliseconds since 1970.
    pub(crate) const fn unix_millis(at: Tick) -> u64 {
        START_UNIX_S * 1000 + at.as_millis() - START.as_millis()
    }

    pub(crate) fn seat(&mut self, player: Box<dyn Player>, retries: u32) {
        self.seats.push(Seat {
            player,
            retries,
            lives: 0,
            parked: Vec::new(),
            wakes_at: Tick::MAX,
            last_accepted: self.now,
        });
    }

    pub(crate) fn now(&self) -> Tick {
        self.now
    }

    /// `crowd` callers of `seat` come at `first`, and from then on every so often.
    pub(crate) fn calls(&mut self, seat: usize, crowd: u32, first: Tick, every: Duration) {
        self.at(first, Event::Call { seat, crowd, every });
    }

    /// `n` callers of the first instance come at once.
    pub(crate) fn crowd(&mut self, n: u32) {
        for _ in 0..n {
            self.call(0);
        }
    }

    pub(crate) fn restart_at(&mut self, at: Tick, seat: usize) {
        self.at(at, Event::Restart { seat });
    }

    pub(crate) fn foreign_refresh_at(&mut self, at: Tick) {
        self.at(at, Event::ForeignRefresh);
    }

    /// The token that the first instance would hand out now.
    pub(crate) fn token(&mut self) -> Option<String> {
        match self.seats.first_mut()?.player.poll(self.now) {
            Step::Token(token) => Some(token),
            _ => None,
        }
    }

    /// A call of the first instance, made with a token handed out at `handed_out`, comes back refused now.
    pub(crate) fn report(&mut self, token: &str, handed_out: Tick) {
        if let Some(seat) = self.seats.first_mut() {
            seat.player.refused_since(self.now, token, handed_out);
        }
    }

    /// Every caller of the first instance who fetches goes away.
    pub(crate) fn cancel_leaders(&mut self) {
        let Some(seat) = self.seats.first_mut() else {
            return;
        };
        let leaders: Vec<u64> = seat.parked.iter().filter_map(|caller| caller.leads).collect();
        seat.parked.retain(|caller| caller.leads.is_none());
        for attempt in leaders {
            self.cancelled.insert((0, attempt));
            seat.player.heard(self.now, attempt, Heard::Abandoned);
        }
        self.wake(0, None);
    }

    pub(crate) fn run_for(&mut self, time: Duration) {
        self.run_until(self.now.after(time));
    }

    pub(crate) fn run_until(&mut self, end: Tick) {
        while let Some(entry) = self.events.first_entry().filter(|entry| entry.key().0 <= end) {
            let ((at, _), event) = entry.remove_entry();
            self.now = self.now.max(at);
            self.happen(event);
        }
        self.now = self.now.max(end);
    }

    /// No further calls; what is under way may end.
    pub(crate) fn calls_end(&mut self) {
        self.events
            .retain(|_, event| !matches!(event, Event::Call { .. }));
    }

    /// The gaps that are still open count too.
    pub(crate) fn close(&mut self) {
        for seat in &self.seats {
            let gap = self.now.since(seat.last_accepted);
            self.tally.longest_gap = self.tally.longest_gap.max(gap);
        }
    }

    pub(super) fn at(&mut self, at: Tick, event: Event) {
        self.order += 1;
        self.events.insert((at, self.order), event);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Call { seat, crowd, every } => {
                self.calls(seat, crowd, self.now.after(every), every);
                for _ in 0..crowd {
                    self.call(seat);
                }
            }
            Event::Arrive(letter) => self.arrive(&letter),
            Event::Answer { to, answer } => self.answer(to, &answer),
            // A later alarm than the one that is set was overtaken.
            Event::Wake { seat } => {
                if self.seats.get(seat).is_some_and(|seat| seat.wakes_at <= self.now) {
                    self.wake(seat, None);
                }
            }
            Event::Restart { seat: number } => {
                let (now, unix_millis) = (self.now, Self::unix_millis(self.now));
                if let Some(seat) = self.seats.get_mut(number) {
                    seat.lives += 1;
                    self.tally.without += seat.parked.drain(..).count() as u64;
                    seat.player.restart(now, unix_millis);
                }
            }
            // Beyond the day's quota the other system is refused too.
            Event::ForeignRefresh => {
                let at = Millis(Self::unix_millis(self.now));
                let _ = self.wechat.foreign_refresh(at, APPID, self.family);
            }
        }
    }

    fn call(&mut self, seat: usize) {
        let (since, tries, leads) = (self.now, 0, None);
        self.serve(seat, Caller { since, tries, leads });
    }

    /// Everybody who waits asks again: first the caller whose fetch `landed`, then the others in the order
    /// they came. Whoever has a fetch of their own under way waits for that.
    pub(super) fn wake(&mut self, seat: usize, landed: Option<u64>) {
        let (now, Some(waking)) = (self.now, self.seats.get_mut(seat)) else {
            return;
        };
        waking.wakes_at = Tick::MAX;
        let mut parked = core::mem::take(&mut waking.parked);
        parked.sort_by_key(|caller| landed.is_none() || caller.leads != landed);
        for mut caller in parked {
            if now >= caller.since.after(PATIENCE) {
                self.tally.without += 1;
            } else if caller.leads.is_some() && caller.leads != landed {
                self.park(seat, caller, Tick::MAX);
            } else {
                caller.leads = None;
                self.serve(seat, caller);
            }
        }
    }

    /// One caller asks for a token, and calls WeChat with it.
    fn serve(&mut self, number: usize, mut caller: Caller) {
        loop {
            let now = self.now;
            let Some(seat) = self.seats.get_mut(number) else {
                return;
            };
            let token = match seat.player.poll(now) {
                Step::Token(token) => token,
                Step::Failed { .. } => {
                    self.tally.without += 1;
                    return;
                }
                Step::Wait { until } => {
                    return self.park(number, caller, until);
                }
                Step::Fetch {
                    attempt,
                    request,
                    until,
                    meanwhile,
                } => {
                    let from = Sender {
                        seat: number,
                        life: seat.lives,
                        attempt,
                    };
                    self.send(from, request, until);
                    match meanwhile {
                        Some(token) => token,
                        None => {
                            caller.leads = Some(attempt);
                            return self.park(number, caller, until);
                        }
                    }
                }
            };
            self.tally.longest_wait = self.tally.longest_wait.max(now.since(caller.since));
            caller.tries += 1;
            let accepted = self.accepts(&token);
            let Some(seat) = self.seats.get_mut(number) else {
                return;
            };
            if accepted {
                self.tally.accepted += 1;
                self.tally.longest_gap = self.tally.longest_gap.max(now.since(seat.last_accepted));
                seat.last_accepted = now;
                return;
            }
            seat.player.refused_since(now, &token, now);
            if caller.tries > seat.retries.min(ENOUGH) {
                self.tally.refused += 1;
                return;
            }
        }
    }

    fn park(&mut self, number: usize, caller: Caller, until: Tick) {
        let wake_at = until
            .min(caller.since.after(PATIENCE))
            .max(self.now.after(Duration::from_millis(1)));
        if let Some(seat) = self.seats.get_mut(number) {
            seat.parked.push(caller);
            if wake_at < seat.wakes_at {
                seat.wakes_at = wake_at;
                self.at(wake_at, Event::Wake { seat: number });
            }
        }
    }

    fn accepts(&mut self, token: &str) -> bool {
        if self.line.api_refuses(self.now) {
            return false;
        }
        let at = Millis(Self::unix_millis(self.now));
        if self.calls == Calls::Judged {
            // Callers who come at once get the same answer.
            if self.judged.0 != at || self.judged.1 != token {
                self.judged = (at, token.to_owned(), self.wechat.introspect(at, token).valid);
            }
            return self.judged.2;
        }
        let call = Request::get(format!("{API}?access_token={token}")).body(Vec::new());
        let reply = self
            .wechat
            .handle(at, &call.expect("tokens are plain ascii"), [10, 0, 0, 1].into());
        let body = reply.response().map(Response::into_body).unwrap_or_default();
        // Only a refusal names an errcode here.
        !body.windows(9).any(|part| part == b"\"errcode\"")
    }
}

/// What a proxy in front answers when WeChat is not to be had.
pub(crate) const BAD_GATEWAY: StatusCode = StatusCode::BAD_GATEWAY;
