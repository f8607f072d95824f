//! One state of a small scope, and how it goes on.

use core::hash::{Hash, Hasher};
use core::time::Duration;
use std::rc::Rc;

use wechat_auth::keeper::Fetch;
use wechat_auth::{AppToken, Tick};

use super::{Broken, Move, Scope};
use crate::invariants::{Came, GaveUp, Invariant, Violation, Watch};
use crate::world::{Answer, EPOCH, Nr, Oracle, died_of_age};
use crate::{Heard, Ours, Player, Step};

/// Everything in a small scope at one moment. WeChat's side cannot be copied, so what was done to it is
/// kept, a handful of events, and it is made anew when one more is done.
#[derive(Clone)]
pub(super) struct State<F: Fetch<Token = AppToken> + Clone> {
    scope: Scope,
    pub(super) now: Tick,
    faults: u32,
    pub(super) instances: Vec<Instance<F>>,
    done: Vec<Done>,
    pub(super) oracle: Rc<Oracle>,
}

#[derive(Clone)]
pub(super) struct Instance<F: Fetch<Token = AppToken> + Clone> {
    ours: Ours<F>,
    watch: Watch,
    pub(super) fetch: Option<Transit>,
    /// The token handed out last, and when.
    pub(super) in_hand: Option<(Rc<str>, Tick)>,
    /// The machine's entropy goes on with each of these, and shows nowhere.
    heard: Vec<u8>,
}

#[derive(Clone)]
pub(super) struct Transit {
    attempt: u64,
    until: Tick,
    request: Rc<http::Request<Vec<u8>>>,
    pub(super) reply: Option<(Rc<[u8]>, Option<Nr>)>,
}

/// Of WeChat's side.
const SEED: u64 = 1;

/// What was done to WeChat's side.
#[derive(Clone)]
enum Done {
    Fetch(Tick, Rc<http::Request<Vec<u8>>>),
    Received(Nr),
    Wronged(Tick),
    Foreign(Tick),
}

impl<F: Fetch<Token = AppToken> + Clone> State<F> {
    pub(super) fn new(scope: Scope, players: Vec<Ours<F>>) -> Self {
        let watch = Watch::new(scope.mode, scope.mode.policy().budget);
        let instances = players.into_iter().map(|ours| Instance {
            ours,
            watch: watch.clone(),
            fetch: None,
            in_hand: None,
            heard: Vec::new(),
        });
        Self {
            scope,
            now: Tick::ZERO,
            faults: 0,
            instances: instances.collect(),
            done: Vec::new(),
            oracle: Rc::new(Oracle::new(SEED, scope.mode)),
        }
    }

    /// What can happen next.
    pub(super) fn moves(&self) -> Vec<Move> {
        let mut moves = vec![Move::TimePasses];
        for (nth, instance) in self.instances.iter().enumerate() {
            moves.push(Move::Poll(nth));
            moves.push(Move::Crash(nth));
            if instance.in_hand.is_some() {
                moves.extend([Move::Call(nth), Move::Wronged(nth)]);
            }
            match &instance.fetch {
                None => {}
                Some(Transit { reply: None, .. }) => moves.extend([
                    Move::RequestArrives(nth),
                    Move::RequestLost(nth),
                    Move::NotSent(nth),
                    Move::Cancelled(nth),
                ]),
                Some(Transit { reply: Some(_), .. }) => moves.extend([
                    Move::ReplyArrives(nth),
                    Move::ReplyLost(nth),
                    Move::Cancelled(nth),
                ]),
            }
        }
        moves.push(Move::Foreign);
        moves.retain(|one| !one.is_fault() || self.faults < self.scope.faults);
        moves
    }

    /// Lets it happen.
    pub(super) fn go(&mut self, one: Move) -> Result<(), Violation> {
        let whose = match one {
            Move::Poll(nth)
            | Move::RequestArrives(nth)
            | Move::ReplyArrives(nth)
            | Move::Call(nth)
            | Move::RequestLost(nth)
            | Move::ReplyLost(nth)
            | Move::NotSent(nth)
            | Move::Cancelled(nth)
            | Move::Crash(nth)
            | Move::Wronged(nth) => nth,
            Move::TimePasses | Move::Foreign => 0,
        };
        self.faults += u32::from(one.is_fault());
        let result = match one {
            Move::Poll(nth) => self.poll(nth),
            Move::RequestArrives(nth) => self.request_arrives(nth),
            Move::ReplyArrives(nth) => self.reply_arrives(nth),
            Move::Call(nth) => self.call(nth, false),
            Move::Wronged(nth) => self.call(nth, true),
            Move::TimePasses => self.time_passes(),
            Move::RequestLost(nth) | Move::ReplyLost(nth) => self.hears(nth, Came::InDoubt, Heard::NoAnswer),
            Move::NotSent(nth) => self.hears(nth, Came::ToNothing, Heard::NotSent),
            Move::Cancelled(nth) => self.hears(nth, Came::Abandoned, Heard::Abandoned),
            Move::Crash(nth) => self.crash(nth),
            Move::Foreign => {
                self.does(Done::Foreign(self.now));
                Ok(())
            }
        };
        result.map_err(|(invariant, what)| Violation {
            invariant,
            at: self.now,
            instance: whose,
            what,
        })
    }

    pub(super) fn it(&mut self, nth: usize) -> &mut Instance<F> {
        self.instances
            .get_mut(nth)
            .expect("moves name instances that are there")
    }

    fn poll(&mut self, nth: usize) -> Result<(), Broken> {
        let now = self.now;
        let step = self.it(nth).ours.poll(now);
        match step {
            Step::Token(token) => self.hand_out(nth, &token),
            Step::Fetch {
                attempt,
                request,
                until,
                meanwhile,
            } => {
                let forced = request
                    .body()
                    .windows(20)
                    .any(|part| part == b"\"force_refresh\":true");
                let it = self.it(nth);
                it.watch.sends(now, attempt, until, forced)?;
                it.fetch = Some(Transit {
                    attempt,
                    until,
                    request: Rc::new(request),
                    reply: None,
                });
                meanwhile.map_or(Ok(()), |token| self.hand_out(nth, &token))
            }
            Step::Wait { until } if until <= now => Err((Invariant::WaitsEnd, format!("until {until:?}"))),
            Step::Wait { .. } | Step::Failed { .. } => self.empty_handed(nth),
        }
    }

    fn hand_out(&mut self, nth: usize, token: &str) -> Result<(), Broken> {
        let (now, oracle) = (self.now, Rc::clone(&self.oracle));
        self.it(nth).in_hand = Some((Rc::from(token), now));
        let found = oracle.introspect(now, token);
        match oracle.number(token) {
            None => Err((Invariant::HandedOutIsAccepted, "never minted".to_owned())),
            Some(_) if found.valid => Ok(()),
            Some(nr) if oracle.voided_from_outside(nr) => Ok(()),
            Some(nr) => {
                let why = if died_of_age(&found) {
                    "past its age"
                } else {
                    "replaced"
                };
                Err((Invariant::HandedOutIsAccepted, format!("token#{nr} is {why}")))
            }
        }
    }

    fn empty_handed(&mut self, nth: usize) -> Result<(), Broken> {
        let now = self.now;
        let Some((nr, token)) = self.it(nth).watch.held().cloned() else {
            return Ok(());
        };
        let found = self.oracle.introspect(now, &token);
        let left_s = found.overlap_left_s.unwrap_or(found.expires_in_s);
        match self.it(nth).watch.gave_up(now, left_s) {
            GaveUp::Wrongly if found.valid => {
                let what = format!("token#{nr} would be accepted for another {left_s} s");
                Err((Invariant::GoodTokensAreKept, what))
            }
            _ => Ok(()),
        }
    }

    fn request_arrives(&mut self, nth: usize) -> Result<(), Broken> {
        let now = self.now;
        let Some(fetch) = &self.it(nth).fetch else {
            return Ok(());
        };
        let done = Done::Fetch(now, Rc::clone(&fetch.request));
        let answer = self.does(done);
        if let (Some(fetch), Some(answer)) = (&mut self.it(nth).fetch, answer) {
            fetch.reply = answer
                .response
                .map(|response| (Rc::from(response.into_body()), answer.token));
        }
        Ok(())
    }

    fn reply_arrives(&mut self, nth: usize) -> Result<(), Broken> {
        let (now, oracle) = (self.now, Rc::clone(&self.oracle));
        let reply = self.it(nth).fetch.as_ref().and_then(|fetch| fetch.reply.clone());
        let Some((body, nr)) = reply else { return Ok(()) };
        let came = nr.map_or(Came::ToNothing, Came::Token);
        self.hears(nth, came, Heard::Response(http::Response::new(&body)))?;
        let text = serde_json::from_slice::<serde_json::Value>(&body).unwrap_or_default();
        if let (Some(nr), Some(token)) = (nr, text.get("access_token").and_then(|token| token.as_str())) {
            let dies = now.after(Duration::from_secs(oracle.introspect(now, token).expires_in_s));
            self.it(nth).watch.holds(nr, token.to_owned(), dies);
            self.does(Done::Received(nr));
        }
        Ok(())
    }

    fn hears(&mut self, nth: usize, came: Came, heard: Heard<'_>) -> Result<(), Broken> {
        let now = self.now;
        let it = self.it(nth);
        let Some(fetch) = it.fetch.take() else {
            return Ok(());
        };
        let mark = match came {
            Came::Token(_) => 1,
            Came::InDoubt => 2,
            Came::Abandoned => 3,
            _ => 4,
        };
        it.heard.push(mark);
        it.watch.hears(now, fetch.attempt, came);
        it.ours.heard(now, fetch.attempt, heard);
        self.listen(nth)
    }

    fn call(&mut self, nth: usize, wronged: bool) -> Result<(), Broken> {
        let (now, oracle) = (self.now, Rc::clone(&self.oracle));
        if wronged {
            self.does(Done::Wronged(now));
        }
        let it = self.it(nth);
        let Some((token, since)) = it.in_hand.clone() else {
            return Ok(());
        };
        if wronged || !oracle.introspect(now, &token).valid {
            it.in_hand = None;
            it.watch.refused(oracle.number(&token));
            it.ours.refused_since(now, &token, since);
        }
        self.listen(nth)
    }

    fn crash(&mut self, nth: usize) -> Result<(), Broken> {
        let now = self.now;
        let it = self.it(nth);
        it.fetch = None;
        it.in_hand = None;
        it.watch.dies();
        it.watch.starts(now, 0);
        it.ours.restart(now, EPOCH + now.as_millis());
        self.listen(nth)
    }

    fn time_passes(&mut self) -> Result<(), Broken> {
        let ends = self
            .instances
            .iter()
            .filter_map(|it| it.fetch.as_ref().map(|fetch| fetch.until));
        let wakes = self.instances.iter().map(|it| it.ours.wake_at());
        let now = self.now;
        let next = ends
            .chain(wakes)
            .filter(|at| *at > now)
            .min()
            .unwrap_or(Tick::MAX);
        if next == Tick::MAX {
            return Ok(());
        }
        self.now = next;
        for nth in 0..self.instances.len() {
            if self
                .it(nth)
                .fetch
                .as_ref()
                .is_some_and(|fetch| fetch.until <= next)
            {
                self.hears(nth, Came::InDoubt, Heard::NoAnswer)?;
            }
        }
        Ok(())
    }

    fn listen(&mut self, nth: usize) -> Result<(), Broken> {
        let said = self.it(nth).ours.says();
        match said.iter().any(|text| Oracle::leaks(text)) {
            true => Err((Invariant::NothingLeaks, "an event".to_owned())),
            false => Ok(()),
        }
    }

    /// One more thing is done to WeChat's side. Gives the answer, where there is one.
    fn does(&mut self, done: Done) -> Option<Answer> {
        self.done.push(done);
        let mut oracle = Oracle::new(SEED, self.scope.mode);
        let mut answer = None;
        for done in &self.done {
            answer = None;
            match done {
                Done::Fetch(at, request) => answer = Some(oracle.fetch(*at, request, None)),
                Done::Received(nr) => oracle.received(*nr),
                Done::Wronged(at) => oracle.excuse(*at),
                Done::Foreign(at) => oracle.foreign(*at),
            }
        }
        self.oracle = Rc::new(oracle);
        answer
    }
}

/// Equal hashes are taken for equal states.
impl<F: Fetch<Token = AppToken> + Clone> Hash for State<F> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.now, self.faults).hash(hasher);
        for it in &self.instances {
            it.ours.fingerprint(self.now).hash(hasher);
            it.in_hand.hash(hasher);
            it.heard.hash(hasher);
            if let Some(fetch) = &it.fetch {
                (fetch.attempt, fetch.until, fetch.reply.is_some()).hash(hasher);
            }
            0xff_u8.hash(hasher);
        }
        for done in &self.done {
            match done {
                Done::Fetch(at, request) => (1_u8, at, request.body().len()).hash(hasher),
                Done::Received(nr) => (2_u8, nr).hash(hasher),
                Done::Wronged(at) => (3_u8, at).hash(hasher),
                Done::Foreign(at) => (4_u8, at).hash(hasher),
            }
        }
    }
}
