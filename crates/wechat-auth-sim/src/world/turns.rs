//! What happens to the world, and how it mends.

use core::time::Duration;

use wechat_auth::Tick;

use super::oracle::EPOCH;
use super::scenario::{Refuses, Turn};
use super::story::What;
use super::{Event, World};
use crate::invariants::{Invariant, STORM};

/// During a recovery an instance is looked at as often as this.
const LOOK: Duration = Duration::from_secs(2);
/// A recovery that needs longer than this needed a person.
const ORDINARY: Duration = Duration::from_secs(200);

impl World {
    pub(super) fn turn(&mut self, nth: usize) {
        let Some((_, turn)) = self.scenario.turns.get(nth).cloned() else {
            return;
        };
        self.story.add(self.now, None, What::World(turn.to_string()));
        match turn {
            Turn::Weather(weather) => self.network.weather = weather,
            Turn::Line(instance, line) => {
                if let Some(it) = self.network.lines.get_mut(instance) {
                    *it = line;
                }
            }
            Turn::Server(server, permille) => self.server = Some((server, permille)),
            Turn::Cancels(permille) => self.cancels = permille,
            Turn::Foreign(times) => (0..times).for_each(|_| self.oracle.foreign(self.now)),
            Turn::Refuses(refuses) => self.refuse(refuses),
            Turn::Crash {
                instance,
                down,
                clock,
            } => self.crash(instance, down, clock),
            Turn::Heal(bound) => self.heal(bound),
        }
    }

    fn refuse(&mut self, refuses: Refuses) {
        self.refuses = refuses;
        self.refusing = refuses == Refuses::All;
        for it in &mut self.instances {
            it.sends_before_refusals = it.sends;
        }
    }

    fn crash(&mut self, instance: usize, down: Duration, clock: i64) {
        let it = self.it(instance);
        if !it.is_up {
            return;
        }
        it.is_up = false;
        it.life += 1;
        it.wakes_at = Tick::MAX;
        it.watch.dies();
        let waiting = core::mem::take(&mut it.waiting);
        for call in waiting {
            self.forget_call(call);
        }
        self.schedule(self.now.after(down), Event::Up(instance, clock));
    }

    pub(super) fn up(&mut self, instance: usize, clock: i64) {
        let now = self.now;
        let it = self.it(instance);
        it.is_up = true;
        it.clock += clock;
        let unix = (EPOCH + now.as_millis()).saturating_add_signed(it.clock);
        it.watch.starts(now, clock);
        it.player.restart(now, unix);
        if clock < 0 {
            self.oracle.excuse(now);
        }
        self.tell_story(instance, What::World("up again".to_owned()));
        self.listen(instance);
        self.wake(instance, now);
    }

    fn heal(&mut self, bound: Duration) {
        self.network.heal();
        self.server = None;
        self.cancels = 0;
        self.oracle.wechat.clear_faults();
        if self.refusing {
            self.judge_storm();
        }
        self.refuse(Refuses::None);
        for instance in 0..self.instances.len() {
            let now = self.now;
            self.it(instance).recovering = Some((now, bound));
            self.arrive(instance);
            self.wake(instance, now);
        }
    }

    fn judge_storm(&mut self) {
        for instance in 0..self.instances.len() {
            let it = self.it(instance);
            let sends = it.sends - it.sends_before_refusals;
            self.report.worst_refusal_hour = self.report.worst_refusal_hour.max(sends);
            if sends > STORM {
                let what = format!("{sends} fetches while tokens were refused");
                self.broken(Invariant::RefusalsCauseNoStorm, instance, what);
            }
        }
    }

    /// An instance is looked at: by callers that wait, by its own loop, by the judge of a recovery.
    pub(super) fn woken(&mut self, instance: usize) {
        let now = self.now;
        let it = self.it(instance);
        if it.wakes_at != now || !it.is_up {
            return;
        }
        it.wakes_at = Tick::MAX;
        self.serve_waiting(instance);
        if self.it(instance).recovering.is_some() {
            self.judge_recovery(instance);
        } else if self.it(instance).keeps_fresh {
            let _ = self.ask(instance);
        }
        self.wake_again(instance);
    }

    /// Sees to it that the instance is looked at again in time.
    pub(super) fn wake_again(&mut self, instance: usize) {
        let now = self.now;
        let it = self.it(instance);
        if !it.is_up {
            return;
        }
        let wants = it.player.wake_at();
        let at = match it.recovering {
            Some(_) => wants.min(now.after(LOOK)),
            None if it.keeps_fresh => wants,
            None => return,
        };
        self.wake(instance, at.max(now.after(Duration::from_millis(1))));
    }

    fn judge_recovery(&mut self, instance: usize) {
        let now = self.now;
        let Some((since, bound)) = self.it(instance).recovering else {
            return;
        };
        let token = self.ask(instance);
        let took = now.since(since);
        let good = token
            .as_ref()
            .map(|token| self.oracle.introspect(now, token).valid);
        match good {
            Some(true) => {
                self.it(instance).recovering = None;
                self.report.recoveries += 1;
                let worst = match bound < ORDINARY {
                    true => &mut self.report.worst_recovery,
                    false => &mut self.report.worst_slow_recovery,
                };
                *worst = took.max(*worst);
            }
            // Only a call can find out.
            Some(false) => self.arrive(instance),
            None => {}
        }
        if good != Some(true) && took > bound {
            let spent = self.it(instance).watch.is_spent();
            self.it(instance).recovering = None;
            if !spent {
                let what = format!("no good token {took:?} after all faults were healed");
                self.broken(Invariant::RecoveryIsPrompt, instance, what);
            }
        }
    }
}
