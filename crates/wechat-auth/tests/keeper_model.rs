//! The keeper against a short model of what it should do, told with every source of chance switched off:
//! no jitter, no back-off beyond the spacing. The model is the classic mode's, where mistakes cost most.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail where it stands, in its helpers too"
)]

use std::time::Duration;

use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use wechat_auth::keeper::{
    Action, AttemptId, Budget, ClassicApp, Issue, Keeper, Outcome, Policy, Refresh, TokenId,
};
use wechat_auth::{Account, Origin, Tick};

const LIFE: u64 = 7200;
const WINDOW: u64 = 290;
const OVERLAP: u64 = 300;
const SETTLING: u64 = 30;

fn policy() -> Policy {
    Policy {
        issue: Issue::Mints {
            overlap: Duration::from_secs(OVERLAP),
        },
        refresh: Refresh::Before {
            window: Duration::from_secs(WINDOW),
            jitter: Duration::ZERO,
        },
        backoff_first: Duration::ZERO,
        stopped_retry: Duration::ZERO,
        patience: Duration::ZERO,
        budget: Budget {
            per_day: u32::MAX,
            reserve: 0,
        },
        ..Policy::classic()
    }
}

/// What the world does next.
#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    Ask,
    Answer(Answer),
    /// A call made with the token handed out last is refused.
    Refuse(Said),
    /// A call made with a token long replaced is refused.
    RefuseOld,
}

/// What WeChat says of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    NotValid,
    Expired,
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Token,
    Busy,
    WrongSecret,
    BadGateway,
    Nothing,
    NotSent,
    Abandoned,
}

/// What a caller must be told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Ready(u32),
    Send { meanwhile: Option<u32> },
    Wait,
    Failed,
}

#[derive(Clone, Debug, Default)]
struct Model {
    now: u64,
    minted: u32,
    held: Option<Held>,
    in_flight: Option<u64>,
    last_send: Option<u64>,
    not_before: u64,
    strikes: u32,
    told: Option<Told>,
    /// The answer was to an attempt that was given up before.
    late: bool,
    /// Token and trial of what a caller got last: what a report is about.
    in_use: Option<(u32, u32)>,
}

#[derive(Clone, Debug)]
struct Held {
    token: u32,
    since: u64,
    fresh_until: u64,
    trusted_until: u64,
    ends: u64,
    spared_until_ms: u64,
    refused: bool,
    trial_at: Option<u64>,
    on_trial: bool,
    trial_since: u64,
    trials: u32,
}

impl Model {
    fn usable(&self) -> Option<&Held> {
        self.held
            .as_ref()
            .filter(|held| !held.refused && self.now < held.trusted_until)
    }

    fn last_resort(&self) -> Option<&Held> {
        self.held
            .as_ref()
            .filter(|held| !held.refused && self.now < held.ends)
    }

    fn settle(&mut self) {
        if let Some(held) = &mut self.held {
            if let Some(at) = held.trial_at.filter(|at| *at <= self.now) {
                held.refused = false;
                held.on_trial = true;
                held.trial_since = at;
                held.trials += 1;
                held.trial_at = None;
            } else if held.on_trial && !held.refused && self.now >= held.trial_since + 120 {
                held.on_trial = false;
            }
        }
        if let Some(sent) = self.in_flight
            && sent + 11 <= self.now
        {
            self.in_flight = None;
            self.suspect(sent, sent + 11);
        }
    }

    /// A fetch ended in the dark at `at`.
    fn suspect(&mut self, sent: u64, at: u64) {
        self.not_before = at;
        if let Some(held) = &mut self.held {
            held.trusted_until = held.trusted_until.min(sent + OVERLAP);
            held.fresh_until = held.fresh_until.min(sent);
            held.spared_until_ms = at * 1000 + (held.trusted_until.saturating_sub(at) * 250).min(60_000);
        }
    }

    fn ask(&mut self) -> Told {
        let usable = self.usable().map(|held| held.token);
        let spared = self.usable().map_or(0, |held| held.spared_until_ms);
        if let (Some(token), Some(held)) = (usable, &self.held)
            && self.now < held.fresh_until
        {
            return Told::Ready(token);
        }
        let probation = self.held.as_ref().is_some_and(|held| held.trial_at.is_some());
        let spaced = self.last_send.map_or(0, |last| last + 1).max(self.not_before);
        let too_early = self.now < spaced || self.now * 1000 < spared;
        match (usable, self.in_flight) {
            (Some(token), Some(_)) => Told::Ready(token),
            (None, Some(_)) => Told::Wait,
            (Some(token), None) if too_early => Told::Ready(token),
            (None, None) if probation => Told::Failed,
            (None, None) if too_early => match self.last_resort() {
                Some(held) => Told::Ready(held.token),
                None => Told::Failed,
            },
            (meanwhile, None) => {
                self.in_flight = Some(self.now);
                self.last_send = Some(self.now);
                Told::Send { meanwhile }
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        let Some(sent) = self.in_flight.take() else { return };
        self.not_before = self.now;
        match answer {
            Answer::Token => {
                if self
                    .held
                    .as_ref()
                    .is_some_and(|held| !held.refused && !held.on_trial)
                {
                    self.strikes = 0;
                }
                self.minted += 1;
                self.held = Some(Held {
                    token: self.minted,
                    since: sent,
                    fresh_until: sent + LIFE - WINDOW,
                    trusted_until: sent + LIFE,
                    ends: sent + LIFE,
                    spared_until_ms: 0,
                    refused: false,
                    trial_at: None,
                    on_trial: false,
                    trial_since: 0,
                    trials: 0,
                });
            }
            Answer::Busy | Answer::WrongSecret | Answer::NotSent => {}
            Answer::BadGateway | Answer::Nothing | Answer::Abandoned => self.suspect(sent, self.now),
        }
    }

    fn refuse(&mut self, said: Said) {
        let now = self.now;
        let in_use = self.in_use;
        let current = |held: &&mut Held| !held.refused && Some((held.token, held.trials)) == in_use;
        let Some(held) = self.held.as_mut().filter(current) else {
            return;
        };
        let age = now - held.since;
        held.refused = true;
        if said == Said::NotValid && !held.on_trial && age < SETTLING {
            held.trial_at = Some(now + SETTLING);
            return;
        }
        self.strikes = if held.on_trial || age < 120 {
            self.strikes + 1
        } else {
            0
        };
        let delay = [0, 0, 30, 60].get(self.strikes as usize).copied().unwrap_or(120);
        if self.in_flight.is_none() {
            self.not_before = now.max(self.last_send.unwrap_or(0) + delay);
        }
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self {
            now: 1_000_000,
            ..Self::default()
        })
        .boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Step> {
        let answer = prop_oneof![
            4 => Just(Answer::Token),
            1 => Just(Answer::Busy),
            1 => Just(Answer::WrongSecret),
            1 => Just(Answer::BadGateway),
            1 => Just(Answer::Nothing),
            1 => Just(Answer::NotSent),
            1 => Just(Answer::Abandoned),
        ];
        prop_oneof![
            3 => (0..3_u64).prop_map(Step::Pass),
            2 => prop::sample::select(vec![10, 11, 29, 30, 31, 119, 120, 290, 299, 300, 301]).prop_map(Step::Pass),
            1 => prop::sample::select(vec![3600, 6909, 6910, 7199, 7200]).prop_map(Step::Pass),
            8 => Just(Step::Ask),
            4 => answer.prop_map(Step::Answer),
            2 => prop::sample::select(vec![Said::NotValid, Said::Expired]).prop_map(Step::Refuse),
            1 => Just(Step::RefuseOld),
        ]
        .boxed()
    }

    fn apply(mut model: Self, step: &Step) -> Self {
        model.told = None;
        if let Step::Pass(secs) = step {
            model.now += secs;
        }
        model.settle();
        match step {
            Step::Pass(_) | Step::RefuseOld => {}
            Step::Ask => {
                let told = model.ask();
                if let (
                    Told::Ready(token)
                    | Told::Send {
                        meanwhile: Some(token),
                    },
                    Some(held),
                ) = (&told, &model.held)
                {
                    model.in_use = Some((*token, held.trials));
                }
                model.told = Some(told);
            }
            Step::Answer(answer) => model.answer(*answer),
            Step::Refuse(said) => model.refuse(*said),
        }
        model
    }
}

struct Real {
    keeper: Keeper<ClassicApp>,
    attempt: Option<AttemptId>,
    /// The token handed out last, by its number, and the one before.
    current: Option<TokenId>,
    old: Option<TokenId>,
}

impl StateMachineTest for Real {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(_: &Model) -> Self {
        let account = Account::new("wx1", "appsecret").unwrap();
        let keeper = Keeper::new(ClassicApp::new(account), Origin::wechat(), 7).with_policy(policy());
        Self {
            keeper,
            attempt: None,
            current: None,
            old: None,
        }
    }

    fn apply(mut real: Self, model: &Model, step: Step) -> Self {
        let now = Tick::from_secs(model.now);
        match step {
            Step::Pass(_) => {}
            Step::Ask => {
                let told = real.ask(now);
                assert_eq!(Some(told), model.told, "{:?}\n{model:?}", real.keeper);
            }
            Step::Answer(answer) => real.answer(now, answer, model),
            Step::Refuse(said) => match (real.current, said) {
                (Some(id), Said::NotValid) => real.keeper.reject(now, id),
                (Some(id), Said::Expired) => real.keeper.expire(now, id),
                (None, _) => {}
            },
            Step::RefuseOld => {
                if let Some(old) = real.old {
                    real.keeper.reject(now, old);
                }
            }
        }
        real
    }
}

impl Real {
    fn ask(&mut self, now: Tick) -> Told {
        match self.keeper.poll(now) {
            Action::Ready(kept) => {
                self.uses(kept.id());
                Told::Ready(number(kept.secret().expose()))
            }
            Action::Send {
                attempt, meanwhile, ..
            } => {
                if let Some(kept) = &meanwhile {
                    self.uses(kept.id());
                }
                self.attempt = Some(attempt);
                Told::Send {
                    meanwhile: meanwhile.map(|kept| number(kept.secret().expose())),
                }
            }
            Action::Wait { .. } => Told::Wait,
            Action::Failed { .. } => Told::Failed,
        }
    }

    fn uses(&mut self, id: TokenId) {
        if self.current != Some(id) {
            self.old = self.current.replace(id);
        }
    }

    fn answer(&mut self, now: Tick, answer: Answer, model: &Model) {
        let Some(attempt) = self.attempt.take() else {
            return;
        };
        // A token that came too late must never be seen: its number is no token's.
        let number = if model.late { u32::MAX } else { model.minted };
        let minted = format!(r#"{{"access_token":"{number}","expires_in":{LIFE}}}"#);
        let response = |status: u16, body: &'static str| {
            Outcome::Response(
                http::Response::builder()
                    .status(status)
                    .body(body.as_bytes())
                    .unwrap(),
            )
        };
        let outcome = match answer {
            Answer::Token => Outcome::Response(http::Response::new(minted.as_bytes())),
            Answer::Busy => response(200, r#"{"errcode":-1}"#),
            Answer::WrongSecret => response(200, r#"{"errcode":40125}"#),
            Answer::BadGateway => response(502, "<html>"),
            Answer::Nothing => Outcome::NoAnswer,
            Answer::NotSent => Outcome::NotSent,
            Answer::Abandoned => Outcome::Abandoned,
        };
        self.keeper.handle(now, attempt, outcome);
    }
}

fn number(token: &str) -> u32 {
    token.parse().unwrap()
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens in whatever order, callers are told what the model says.
    #[test]
    fn callers_are_told_what_the_model_says(sequential 1..120 => Real);
}
