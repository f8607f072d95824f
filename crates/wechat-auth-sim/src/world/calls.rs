//! Callers: they take a token, make an API call with it, and do what a driver does when it is refused.

use core::time::Duration;
use std::rc::Rc;

use wechat_auth::Tick;

use super::oracle::{Nr, died_of_age};
use super::scenario::Refuses;
use super::story::What;
use super::{Event, World};
use crate::Step;
use crate::invariants::{GOOD_FOR, GaveUp, Invariant};
use crate::network::Passage;

/// A caller waits so long for a token.
const PATIENCE: Duration = Duration::from_secs(30);
/// Tokens die of these errcodes.
const DEAD: [i64; 3] = [40001, 40014, 42001];

/// One API call, from wanting a token to the end.
pub(super) struct Call {
    instance: usize,
    life: u32,
    born: Tick,
    retried: bool,
    token: Rc<str>,
    handed_out: Tick,
    /// How long the reply takes; `None` when it is lost.
    back: Option<Duration>,
    /// WeChat had nothing against the token and refused it all the same.
    wronged: bool,
}

/// A token that must be good for a minute.
pub(super) struct HandedOut {
    instance: usize,
    at: Tick,
    token: Rc<str>,
    /// The instance's clock was moved, so it cannot know how old the token is.
    excused: bool,
}

/// How a call ended.
#[derive(Clone, Copy)]
enum End {
    Accepted,
    Refused,
    WithoutToken,
    /// By no fault of the token.
    Lost,
}

impl World {
    /// The next caller of an instance, and the one after.
    pub(super) fn arrival(&mut self, instance: usize) {
        let callers = if self.callers.permille(20) {
            self.callers.within(2..=20)
        } else {
            1
        };
        (0..callers).for_each(|_| self.arrive(instance));
        let next = Duration::from_millis(self.callers.within(60_000..=600_000));
        self.schedule(self.now.after(next), Event::Arrival(instance));
    }

    /// A caller wants to make an API call.
    pub(super) fn arrive(&mut self, instance: usize) {
        let it = self.it(instance);
        if !it.is_up {
            return;
        }
        let call = Call {
            instance,
            life: it.life,
            born: self.now,
            retried: false,
            token: Rc::from(""),
            handed_out: self.now,
            back: None,
            wronged: false,
        };
        let index = match self.free_calls.pop() {
            Some(index) => {
                *self.call(index) = call;
                index
            }
            None => {
                self.calls.push(call);
                self.calls.len() - 1
            }
        };
        self.serve(index);
    }

    fn call(&mut self, index: usize) -> &mut Call {
        self.calls.get_mut(index).expect("calls are never removed")
    }

    pub(super) fn forget_call(&mut self, index: usize) {
        self.free_calls.push(index);
    }

    pub(super) fn serve_waiting(&mut self, instance: usize) {
        let waiting = core::mem::take(&mut self.it(instance).waiting);
        for call in waiting {
            self.serve(call);
        }
    }

    /// Asks for a token, and starts the fetch if that is wanted.
    pub(super) fn ask(&mut self, instance: usize) -> Option<String> {
        match self.step(instance) {
            Step::Token(token) => Some(token),
            Step::Fetch { meanwhile, .. } => meanwhile,
            Step::Wait { .. } | Step::Failed { .. } => None,
        }
    }

    /// Polls. A fetch is under way when this comes back, and is no longer in the step.
    fn step(&mut self, instance: usize) -> Step {
        let now = self.now;
        let step = self.it(instance).player.poll(now);
        self.listen(instance);
        if let Step::Fetch {
            attempt,
            request,
            until,
            meanwhile,
        } = step
        {
            let nothing = http::Request::new(Vec::new());
            self.fetch(instance, attempt, request, until);
            return Step::Fetch {
                attempt,
                request: nothing,
                until,
                meanwhile,
            };
        }
        step
    }

    /// One caller asks.
    fn serve(&mut self, index: usize) {
        let (instance, now) = (self.call(index).instance, self.now);
        let out_of_patience = now.since(self.call(index).born) >= PATIENCE;
        match self.step(instance) {
            Step::Token(token) => self.make_call(index, &token),
            Step::Fetch {
                meanwhile: Some(token),
                ..
            } => self.make_call(index, &token),
            Step::Fetch { until, .. } => self.wait(index, until.after(Duration::from_secs(1))),
            Step::Wait { .. } if out_of_patience => self.end(index, End::WithoutToken),
            Step::Wait { until } => {
                self.judge_empty_handed(instance);
                if until <= now {
                    self.broken(Invariant::WaitsEnd, instance, format!("until {until:?}"));
                }
                self.wait(index, until.max(now.after(Duration::from_millis(1))));
            }
            Step::Failed { retry_at } => {
                self.judge_empty_handed(instance);
                self.tell_story(instance, What::Fails(retry_at.since(now).as_secs()));
                self.end(index, End::WithoutToken);
            }
        }
    }

    fn wait(&mut self, index: usize, until: Tick) {
        let instance = self.call(index).instance;
        self.tell_story(instance, What::Waits);
        self.it(instance).waiting.push(index);
        self.wake(instance, until);
    }

    /// A call leaves with this token.
    fn make_call(&mut self, index: usize, token: &str) {
        let (now, instance) = (self.now, self.call(index).instance);
        let token: Rc<str> = Rc::from(token);
        self.hand_out(instance, &token);
        let call = self.call(index);
        call.token = token;
        call.handed_out = now;
        match self.network.passage(now, instance) {
            Passage::Arrives { at, back } => {
                self.call(index).back = back;
                self.schedule(at, Event::CallArrives(index));
            }
            Passage::NotSent(_) | Passage::RequestLost => self.end(index, End::Lost),
        }
    }

    fn hand_out(&mut self, instance: usize, token: &Rc<str>) {
        let nr = self.oracle.number(token);
        self.tell_story(instance, What::HandedOut(nr));
        let at = self.now;
        let repeated = |last: &HandedOut| last.instance == instance && last.at == at && last.token == *token;
        if !self.handed_out.back().is_some_and(repeated) {
            let excused = nr.is_some_and(|nr| self.it(instance).watch.clock_excuses(nr));
            self.handed_out.push_back(HandedOut {
                excused,
                instance,
                at,
                token: Rc::clone(token),
            });
        }
    }

    pub(super) fn call_arrives(&mut self, index: usize) {
        let (now, token) = (self.now, Rc::clone(&self.call(index).token));
        let minted_at = self
            .oracle
            .number(&token)
            .and_then(|nr| self.oracle.minted_at(nr));
        let wronged = match self.refuses {
            Refuses::None => false,
            Refuses::Young(millis) => {
                minted_at.is_some_and(|at| now < at.after(Duration::from_millis(millis)))
            }
            Refuses::All => true,
        };
        let errcode = self.oracle.call(now, &token, wronged);
        let call = self.call(index);
        call.wronged = wronged;
        match call.back {
            Some(back) => self.schedule(now.after(back), Event::CallReturns(index, errcode)),
            None => self.end(index, End::Lost),
        }
    }

    pub(super) fn call_returns(&mut self, index: usize, errcode: i64) {
        let (now, call) = (self.now, self.call(index));
        let (instance, life, handed_out) = (call.instance, call.life, call.handed_out);
        let (token, wronged) = (Rc::clone(&call.token), call.wronged);
        if life != self.it(instance).life {
            return self.end(index, End::Lost);
        }
        let nr = self.oracle.number(&token);
        if errcode == 0 {
            self.tell_story(instance, What::Accepted(nr));
            return self.end(index, End::Accepted);
        }
        self.tell_story(instance, What::Refused { token: nr, errcode });
        if !DEAD.contains(&errcode) {
            return self.end(index, End::Lost);
        }
        let it = self.it(instance);
        it.watch.refused(nr);
        it.player.refused_since(now, &token, handed_out);
        self.listen(instance);
        let call = self.call(index);
        if call.retried {
            // Nobody can do better than to have a good token.
            return self.end(index, if wronged { End::Lost } else { End::Refused });
        }
        call.retried = true;
        self.report.retried += 1;
        self.serve(index);
        self.wake_again(instance);
    }

    fn end(&mut self, index: usize, end: End) {
        let (instance, now, born) = (self.call(index).instance, self.now, self.call(index).born);
        self.free_calls.push(index);
        match end {
            // Whatever one does, WeChat refuses.
            End::Refused | End::WithoutToken if self.refuses == Refuses::All => return,
            End::Lost => return,
            End::Accepted => self.report.accepted += 1,
            End::Refused => self.report.refused += 1,
            End::WithoutToken => self.report.without_token += 1,
        }
        self.report.calls += 1;
        let it = self.it(instance);
        if matches!(end, End::Accepted) {
            if let Some(since) = it.gap_since.take() {
                self.report.longest_gap = self.report.longest_gap.max(now.since(since));
            }
        } else {
            it.gap_since.get_or_insert(born);
        }
    }

    /// A caller gets nothing: then the token last received must be dead.
    fn judge_empty_handed(&mut self, instance: usize) {
        let now = self.now;
        let Some((nr, token)) = self.it(instance).watch.held().cloned() else {
            return;
        };
        let found = self.oracle.introspect(now, &token);
        if !found.valid {
            return;
        }
        let left_s = found.overlap_left_s.unwrap_or(found.expires_in_s);
        match self.it(instance).watch.gave_up(now, left_s) {
            GaveUp::Rightly => {}
            GaveUp::WaitsInDoubt => self.report.waited_in_doubt += 1,
            GaveUp::Wrongly => {
                let what = format!("token#{nr} would be accepted for another {left_s} s");
                self.broken(Invariant::GoodTokensAreKept, instance, what);
            }
        }
    }

    /// Judges the tokens whose minute is over before `until`.
    pub(super) fn judge_handed_out(&mut self, until: Tick) {
        while self
            .handed_out
            .front()
            .is_some_and(|out| out.at.after(GOOD_FOR) <= until)
        {
            let Some(out) = self.handed_out.pop_front() else {
                return;
            };
            let end = out.at.after(GOOD_FOR);
            if self.oracle.introspect(end, &out.token).valid {
                continue;
            }
            let nr = self.oracle.number(&out.token);
            if let Some(what) = self.excuse(&out, nr) {
                let what = format!("handed out at {} ms: {what}", out.at.as_millis());
                self.broken(Invariant::HandedOutIsAccepted, out.instance, what);
            }
        }
    }

    /// Why a token that died within its minute should not have been handed out; `None` when it may.
    fn excuse(&self, out: &HandedOut, nr: Option<Nr>) -> Option<String> {
        let Some(nr) = nr else {
            return Some("WeChat never minted it".to_owned());
        };
        if out.excused || self.oracle.voided_from_outside(nr) {
            return None;
        }
        let end = out.at.after(GOOD_FOR);
        if !died_of_age(&self.oracle.introspect(end, &out.token)) {
            return Some(format!("token#{nr} was replaced too early"));
        }
        let dead_already = died_of_age(&self.oracle.introspect(out.at, &out.token));
        dead_already.then(|| format!("token#{nr} was past its age"))
    }
}
