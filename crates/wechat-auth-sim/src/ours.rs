//! The machine under test, as a player: the real [`Keeper`], and a disk for its snapshot.

use core::time::Duration;
use std::collections::VecDeque;

use wechat_auth::keeper::{Action, AttemptId, Fetch, Keeper, Kept, Outcome, Policy, Snapshot, TokenId};
use wechat_auth::{AppToken, Origin, Tick};

use crate::player::{Heard, Player, Step};

/// A new process counts its time from here: any scale will do, and one that changes at each restart shows
/// that it does.
const START: Duration = Duration::from_secs(7 * 86_400);
/// Numbers of tokens and attempts remembered: more than any report is late for.
const REMEMBERED: usize = 256;

/// The real machine. It saves a snapshot whenever an event happened, which includes the moment before a
/// request leaves; a restart has nothing else.
#[derive(Clone)]
pub struct Ours<F: Fetch<Token = AppToken> + Clone> {
    fetch: F,
    policy: Policy,
    seed: u64,
    lives: u64,
    keeper: Keeper<F>,
    /// When this process started, on the world's scale, and what its wall clock said.
    born: (Tick, u64),
    disk: Option<Snapshot>,
    said: Vec<String>,
    attempts: VecDeque<(u64, AttemptId)>,
    next_attempt: u64,
    /// Which number a value had since when, oldest first.
    numbers: VecDeque<(String, Tick, TokenId)>,
}

impl<F: Fetch<Token = AppToken> + Clone> Ours<F> {
    /// A first start with nothing on disk, when the wall clock says `unix_millis` at `now`. `seed` is the
    /// machine's own entropy.
    pub fn new(fetch: F, seed: u64, now: Tick, unix_millis: u64) -> Self {
        let policy = fetch.policy();
        let keeper = Keeper::new(fetch.clone(), Origin::wechat(), seed);
        let mut ours = Self {
            fetch,
            policy,
            seed,
            lives: 0,
            keeper,
            born: (now, unix_millis),
            disk: None,
            said: Vec::new(),
            attempts: VecDeque::new(),
            next_attempt: 0,
            numbers: VecDeque::new(),
        };
        ours.start(now, unix_millis);
        ours
    }

    /// The same, by other rules.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        let (now, unix_millis) = self.born;
        self.start(now, unix_millis);
        self
    }

    /// What the machine's disk and `Debug` hold, as one text: equal texts are equal states, but for the
    /// machine's entropy. It holds the token, so it is for comparing and not for showing.
    pub fn fingerprint(&self, now: Tick) -> String {
        let (inner, unix) = (self.inner(now), self.unix(now));
        let snapshot = self.keeper.snapshot(inner, unix).encode();
        format!("{:?} {:?} {}", self.keeper, self.wake_at(), snapshot.expose())
    }

    fn start(&mut self, now: Tick, unix_millis: u64) {
        self.born = (now, unix_millis);
        self.attempts.clear();
        self.numbers.clear();
        let (fetch, seed) = (self.fetch.clone(), self.seed.wrapping_add(self.lives));
        self.lives += 1;
        let inner = Tick::ZERO.after(START);
        // What is on a disk is text.
        let saved = self.disk.as_ref().map(Snapshot::encode);
        let saved = saved.and_then(|text| Snapshot::decode(text.expose()).ok());
        let restored = saved.and_then(|saved| {
            Keeper::restore(fetch.clone(), Origin::wechat(), seed, &saved, inner, unix_millis).ok()
        });
        let mut keeper = restored
            .unwrap_or_else(|| Keeper::new(fetch, Origin::wechat(), seed))
            .with_policy(self.policy);
        keeper.set_wall_clock(inner, unix_millis / 1000);
        self.keeper = keeper;
    }

    /// Events are the sign to save.
    fn listen(&mut self, now: Tick) {
        let mut happened = false;
        while let Some(event) = self.keeper.poll_event() {
            self.said.push(format!("{event:?}"));
            happened = true;
        }
        if happened {
            self.disk = Some(self.keeper.snapshot(self.inner(now), self.unix(now)));
        }
    }

    fn remember(&mut self, now: Tick, kept: &Kept<AppToken>) -> String {
        let value = kept.secret().expose();
        if self.numbers.back().is_none_or(|(_, _, id)| *id != kept.id()) {
            if self.numbers.len() == REMEMBERED {
                self.numbers.pop_front();
            }
            self.numbers.push_back((value.to_owned(), now, kept.id()));
        }
        value.to_owned()
    }

    fn inner(&self, outer: Tick) -> Tick {
        Tick::ZERO.after(START).after(outer.since(self.born.0))
    }

    fn outer(&self, inner: Tick) -> Tick {
        match inner {
            Tick::MAX => Tick::MAX,
            _ => self.born.0.after(inner.since(Tick::ZERO.after(START))),
        }
    }

    fn unix(&self, now: Tick) -> u64 {
        let alive = u64::try_from(now.since(self.born.0).as_millis()).unwrap_or(u64::MAX);
        self.born.1.saturating_add(alive)
    }
}

impl<F: Fetch<Token = AppToken> + Clone> Player for Ours<F> {
    fn poll(&mut self, now: Tick) -> Step {
        let action = self.keeper.poll(self.inner(now));
        self.listen(now);
        match action {
            Action::Ready(kept) => Step::Token(self.remember(now, &kept)),
            Action::Send {
                attempt,
                request,
                until,
                meanwhile,
            } => {
                let number = self.next_attempt;
                self.next_attempt += 1;
                if self.attempts.len() == REMEMBERED {
                    self.attempts.pop_front();
                }
                self.attempts.push_back((number, attempt));
                Step::Fetch {
                    attempt: number,
                    request: request
                        .into_http()
                        .expect("wechat's own requests are well formed"),
                    until: self.outer(until),
                    meanwhile: meanwhile.map(|kept| self.remember(now, &kept)),
                }
            }
            Action::Wait { until } => Step::Wait {
                until: self.outer(until),
            },
            Action::Failed { retry_at, .. } => Step::Failed {
                retry_at: self.outer(retry_at),
            },
        }
    }

    fn heard(&mut self, now: Tick, attempt: u64, heard: Heard<'_>) {
        let Some(&(_, attempt)) = self.attempts.iter().find(|(number, _)| *number == attempt) else {
            return;
        };
        let outcome = match heard {
            Heard::Response(response) => Outcome::Response(response),
            Heard::NotSent => Outcome::NotSent,
            Heard::NoAnswer => Outcome::NoAnswer,
            Heard::Abandoned => Outcome::Abandoned,
        };
        self.keeper.handle(self.inner(now), attempt, outcome);
        self.listen(now);
    }

    fn refused(&mut self, now: Tick, token: &str) {
        self.refused_since(now, token, now);
    }

    fn refused_since(&mut self, now: Tick, token: &str, handed_out: Tick) {
        let known = |(value, since, _): &&(String, Tick, TokenId)| value == token && *since <= handed_out;
        if let Some(&(_, _, id)) = self.numbers.iter().rev().find(known) {
            self.keeper.reject(self.inner(now), id);
            self.listen(now);
        }
    }

    fn wake_at(&self) -> Tick {
        self.outer(self.keeper.wake_at())
    }

    fn restart(&mut self, now: Tick, unix_millis: u64) {
        self.start(now, unix_millis);
        self.listen(now);
    }

    fn says(&mut self) -> Vec<String> {
        core::mem::take(&mut self.said)
    }
}

/// A snapshot on a disk and the tokens handed out are secrets: only the machine's own view is shown.
impl<F: Fetch<Token = AppToken> + Clone> core::fmt::Debug for Ours<F> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Ours")
            .field("keeper", &self.keeper)
            .finish_non_exhaustive()
    }
}
