//! The model as a player: what it does when asked, and when told.

use core::mem;
use core::time::Duration;

use wechat_auth::Tick;

use super::answer::Answer;
use super::keeping::{Landing, Model, SETTLING, Standing};
use super::{AfterRefusal, Calm, Empty, Flight, LateAnswer, LostLeader, Meanwhile, Refusal, Restart, Source};
use crate::player::{Heard, Player, Step};

/// A caller waits for a try that is this near, and gets the error otherwise.
const PATIENCE: Duration = Duration::from_secs(3);

impl Player for Model {
    fn poll(&mut self, now: Tick) -> Step {
        self.settle(now);
        let landing = mem::take(&mut self.landing);
        match (landing, self.usable(now)) {
            (Some(Landing::InVain), _) | (Some(Landing::Badly), None) => {
                return Step::Failed { retry_at: now };
            }
            (Some(Landing::Well | Landing::Badly), Some(held)) => return Step::Token(held.text.clone()),
            _ => {}
        }
        let queued = self.owed > 0 && landing.is_none();
        if let Some(held) = self.fresh(now).filter(|_| !queued) {
            return Step::Token(held.text.clone());
        }
        if self.rules.flight == Flight::One && self.flight.is_some() {
            return match self.usable(now) {
                Some(held) if self.rules.meanwhile == Meanwhile::OldToken && self.owed == 0 => {
                    Step::Token(held.text.clone())
                }
                _ => {
                    self.waiting += u32::from(self.owed == 0);
                    let until = self.wake_at().max(now.after(Duration::from_secs(1)));
                    Step::Wait { until }
                }
            };
        }
        let start = self.next_send(now);
        match self.last_resort(now) {
            _ if start <= now => self.send(now),
            Some(held) if !queued => Step::Token(held.text.clone()),
            None if self.rules.empty == Empty::EmptyToken && self.failures > 0 => Step::Token(String::new()),
            _ if queued || start <= now.after(PATIENCE) => Step::Wait { until: start },
            _ => Step::Failed { retry_at: start },
        }
    }

    fn heard(&mut self, now: Tick, attempt: u64, heard: Heard<'_>) {
        self.settle(now);
        let Some(sent) = self.sent.remove(&attempt) else {
            return;
        };
        let answer = Answer::read(&heard);
        let current = self.flight.as_ref().is_some_and(|aloft| aloft.attempt == attempt);
        if matches!(answer, Answer::Abandoned) && self.rules.lost_leader == LostLeader::KeepsTheSlot {
            return;
        }
        if current || self.rules.flight == Flight::OneEach {
            self.landed();
        }
        let newer = self.held.as_ref().is_some_and(|held| held.sent > sent);
        let late = match self.rules.flight {
            Flight::One => !current,
            Flight::OneEach => newer,
        };
        if late && self.rules.late_answer == LateAnswer::Ignored {
            return;
        }
        if matches!(heard, Heard::Response(_)) && self.rules.calm == Calm::AnyAnswer {
            self.failures = 0;
        }
        match answer {
            Answer::Token { text, life } => self.granted(now, sent, text, life),
            answer => self.failed(now, sent, &answer),
        }
    }

    fn refused(&mut self, now: Tick, token: &str) {
        self.refused_since(now, token, now);
    }

    fn refused_since(&mut self, now: Tick, token: &str, handed_out: Tick) {
        self.settle(now);
        let Some(held) = &mut self.held else { return };
        let about_another = held.text != token
            || matches!(held.standing, Standing::OnTrial { since, .. } if handed_out < since);
        match self.rules.refusal {
            Refusal::Ignored => return,
            Refusal::DropsThatOne if about_another => return,
            _ => {}
        }
        if self.rules.after_refusal != AfterRefusal::SpacedOut {
            self.held = None;
            self.not_before = now;
            self.demands = self.rules.after_refusal == AfterRefusal::ForcedAtOnce;
            return;
        }
        let age = now.since(held.sent);
        let classic = self.rules.source == Source::Classic;
        match held.standing {
            Standing::Refused { .. } => {}
            // Asking would mint; where it is free, it tells at once.
            Standing::Good if classic && age < SETTLING => {
                let again = now.after(SETTLING);
                held.standing = Standing::Refused {
                    first: now,
                    trial_at: Some(again),
                };
                self.not_before = again;
            }
            Standing::Good => {
                held.standing = Standing::Refused {
                    first: now,
                    trial_at: None,
                };
                self.strike(now, age);
            }
            Standing::OnTrial { first, .. } => {
                held.standing = Standing::Refused {
                    first,
                    trial_at: None,
                };
                self.demands = !classic;
                self.strike(now, age);
            }
        }
    }

    fn wake_at(&self) -> Tick {
        if let Some(aloft) = &self.flight {
            return aloft.until.after(Duration::from_secs(1));
        }
        let stale = self.held.as_ref().map_or(Tick::ZERO, |held| match held.standing {
            Standing::Refused { .. } => Tick::ZERO,
            _ => held.fresh_until,
        });
        let now = self.last_send.unwrap_or_default();
        self.next_send(now).max(stale)
    }

    fn restart(&mut self, now: Tick, unix_millis: u64) {
        let seed = self.dice.wrapping_add(1);
        let fresh = Self::new(self.rules, &self.appid, &self.secret, seed, now, unix_millis);
        let before = mem::replace(self, fresh);
        if self.rules.restart == Restart::StartsAnew {
            return;
        }
        self.held = before.held;
        self.last_send = before.last_send;
        self.strikes = before.strikes;
        self.counted = before.counted;
        self.forced = before.forced;
        if let Some(aloft) = before.flight {
            let sent = before.sent.get(&aloft.attempt).copied().unwrap_or(now);
            self.failed(now, sent, &Answer::Abandoned);
        }
    }
}
