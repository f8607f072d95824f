//! One program in one scenario: an emulated WeChat of its own, and what was counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use wechat_auth_emulator::{Effect, Handle, Running};

use crate::contract::{Answer, Deed};
use crate::hand::{self, CALLS, FETCHES, SECRET};
use crate::leaks;
use crate::program::{NoAnswer, Program};
use crate::scenario::Scenario;
use crate::score::{Figures, Finding, Place, Score, Verdict};

/// What a scenario works with.
pub(crate) struct Trial {
    wechat: Handle,
    program: Arc<Program>,
    tally: Arc<Tally>,
    findings: Vec<Finding>,
    recovery: Option<Duration>,
    /// Stops with this.
    _running: Running,
}

#[derive(Default)]
struct Tally {
    asked: AtomicU64,
    failed: AtomicU64,
    unanswered: AtomicU64,
}

/// Why a scenario ends before its end.
pub(crate) enum Over {
    /// The program cannot do what it is about.
    Unsupported,
    /// What it is about cannot happen any more: a finding says why.
    Found,
}

impl Trial {
    pub(crate) fn new(running: Running, program: Program) -> Self {
        Self {
            wechat: running.handle().clone(),
            program: Arc::new(program),
            tally: Arc::default(),
            findings: Vec::new(),
            recovery: None,
            _running: running,
        }
    }

    pub(crate) fn wechat(&self) -> &Handle {
        &self.wechat
    }

    /// Something goes wrong with every fetch of an app token from now on.
    pub(crate) fn fetches_suffer(&self, effect: &Effect) {
        self.suffer(&FETCHES, effect, u32::MAX);
    }

    /// Something goes wrong with the next fetch.
    pub(crate) fn next_fetch_suffers(&self, effect: &Effect) {
        // A program uses one of the two families; the other's fault waits in vain.
        self.suffer(&FETCHES, effect, 1);
    }

    /// Something goes wrong with every API call from now on.
    pub(crate) fn calls_suffer(&self, effect: &Effect) {
        self.suffer(&CALLS, effect, u32::MAX);
    }

    fn suffer(&self, paths: &[&str], effect: &Effect, times: u32) {
        hand::suffer(&self.wechat, paths, effect, times);
    }

    pub(crate) fn heal(&self) {
        hand::heal(&self.wechat);
    }

    /// Another system refreshes the account: what the program holds is dead.
    pub(crate) fn foreign_refresh(&self) {
        hand::foreign_refresh(&self.wechat);
    }

    /// WeChat's clock jumps ahead, and nobody else's.
    pub(crate) fn wechats_clock_jumps(&self, by: Duration) {
        // Only the year 2106 is too far.
        let _ = self.wechat.advance(by);
    }

    /// Both clocks jump ahead.
    pub(crate) async fn time_passes(&self, by: Duration) -> Result<(), Over> {
        let seconds = by.as_secs();
        match self.program.ask(&Deed::Advance { seconds }).await {
            Ok(answer) if answer.ok => self.wechats_clock_jumps(by),
            Ok(_) => return Err(Over::Unsupported),
            Err(why) => {
                let silent = u64::from(why == NoAnswer::InTime);
                self.tally.unanswered.fetch_add(silent, Ordering::SeqCst);
                return Err(Over::Found);
            }
        }
        Ok(())
    }

    /// One API call; whether it succeeded.
    pub(crate) async fn call(&self) -> Result<bool, Over> {
        call(&self.program, &self.tally).await
    }

    /// So many at once; how many succeeded.
    pub(crate) async fn calls(&self, count: u64) -> Result<u64, Over> {
        let mut callers = JoinSet::new();
        for _ in 0..count {
            let (program, tally) = (Arc::clone(&self.program), Arc::clone(&self.tally));
            callers.spawn(async move { call(&program, &tally).await });
        }
        let mut succeeded = 0;
        while let Some(done) = callers.join_next().await {
            succeeded += u64::from(done.unwrap_or(Ok(false))?);
        }
        Ok(succeeded)
    }

    /// So many callers, each of whom calls, rests, and calls again, until this much time has passed
    /// and everybody has an answer.
    pub(crate) async fn load(&self, load: Load) -> Result<(), Over> {
        let mut callers = JoinSet::new();
        let end = Instant::now() + load.during;
        for _ in 0..load.callers {
            let (program, tally) = (Arc::clone(&self.program), Arc::clone(&self.tally));
            callers.spawn(async move {
                while Instant::now() < end {
                    call(&program, &tally).await?;
                    sleep(load.rest).await;
                }
                Ok::<_, Over>(())
            });
        }
        while let Some(done) = callers.join_next().await {
            done.unwrap_or(Ok(()))?;
        }
        Ok(())
    }

    /// Calls again and again until one succeeds, and brings how long that took. The trouble has just
    /// ended.
    pub(crate) async fn recovers(&self, within: Duration) -> Result<Option<Duration>, Over> {
        let healed = Instant::now();
        let trying = async {
            loop {
                // These may fail, so they do not count as calls that should not have.
                let answer = self.program.ask(&Deed::Call).await;
                match answer {
                    Ok(answer) if answer.ok => return Ok(()),
                    Err(NoAnswer::Ended) => return Err(Over::Found),
                    _ => sleep(RETRY).await,
                }
            }
        };
        match timeout(within, trying).await {
            Ok(done) => done.map(|()| Some(healed.elapsed())),
            Err(_) => Ok(None),
        }
    }

    /// What [`recovers`](Self::recovers) brought.
    pub(crate) fn recovered(&mut self, took: Option<Duration>, within: Duration) {
        self.recovery = took;
        if took.is_none() {
            let within_s = within.as_secs();
            self.find(Finding::NotRecovered { within_s });
        }
    }

    /// Anything else that the program is asked for; a failure is an answer.
    pub(crate) async fn ask(&self, deed: &Deed) -> Result<Answer, Over> {
        ask(&self.program, &self.tally, deed).await
    }

    pub(crate) fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Everything that was asked for should have succeeded.
    pub(crate) fn nothing_may_fail(&mut self) {
        let figures = self.figures();
        if figures.failed > 0 {
            self.find(Finding::Failed {
                failed: figures.failed,
                asked: figures.asked,
            });
        }
    }

    pub(crate) fn fetches_at_most(&mut self, allowed: u64) {
        let made = self.figures().fetches;
        if made > allowed {
            self.find(Finding::Fetches { made, allowed });
        }
    }

    pub(crate) fn exchanges_at_most(&mut self, allowed: u64) {
        let made = self.figures().exchanges;
        if made > allowed {
            self.find(Finding::Exchanges { made, allowed });
        }
    }

    pub(crate) fn figures(&self) -> Figures {
        let load = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        Figures {
            asked: load(&self.tally.asked),
            failed: load(&self.tally.failed),
            recovery_ms: self
                .recovery
                .map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            ..hand::seen(&self.wechat)
        }
    }

    /// Ends the program, and judges.
    pub(crate) async fn judge(mut self, scenario: Scenario, over: Result<(), Over>) -> Score {
        let figures = self.figures();
        let unanswered = self.tally.unanswered.load(Ordering::SeqCst);
        let log = self.program.end().await;
        if unanswered > 0 {
            self.findings.push(Finding::Unanswered { unanswered });
        }
        if let (Err(Over::Found), true) = (&over, self.findings.is_empty()) {
            self.findings.push(Finding::Ended);
        }
        self.findings
            .extend(leaks::find(&log.log, Place::Log, SECRET, &self.wechat));
        self.findings
            .extend(leaks::find(&log.errors, Place::Error, SECRET, &self.wechat));
        Score {
            scenario,
            verdict: match (&over, self.findings.is_empty()) {
                (Err(Over::Unsupported), true) => Verdict::Unsupported,
                (_, true) => Verdict::Held,
                (_, false) => Verdict::Broken,
            },
            findings: self.findings,
            figures,
        }
    }
}

/// How hard to press.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) callers: u64,
    pub(crate) rest: Duration,
    pub(crate) during: Duration,
}

/// Between two attempts after the trouble.
const RETRY: Duration = Duration::from_millis(100);

async fn call(program: &Program, tally: &Tally) -> Result<bool, Over> {
    Ok(ask(program, tally, &Deed::Call).await?.ok)
}

/// Only a program that has ended ends the scenario.
async fn ask(program: &Program, tally: &Tally, deed: &Deed) -> Result<Answer, Over> {
    tally.asked.fetch_add(1, Ordering::SeqCst);
    match program.ask(deed).await {
        Ok(answer) if answer.unsupported => {
            tally.asked.fetch_sub(1, Ordering::SeqCst);
            Err(Over::Unsupported)
        }
        Ok(answer) => {
            tally.failed.fetch_add(u64::from(!answer.ok), Ordering::SeqCst);
            Ok(answer)
        }
        Err(NoAnswer::InTime) => {
            tally.failed.fetch_add(1, Ordering::SeqCst);
            tally.unanswered.fetch_add(1, Ordering::SeqCst);
            Ok(Answer::default())
        }
        Err(NoAnswer::Ended) => Err(Over::Found),
    }
}
