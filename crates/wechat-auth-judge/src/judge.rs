//! Every scenario, some at one time.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use wechat_auth_emulator::{Emulator, Environment, Running, StartError, Tls, TlsError};

use crate::hand::{APPID, SECRET, USER};
use crate::program::{Launch, NoAnswer};
use crate::scenario::Scenario;
use crate::score::{Finding, Score};
use crate::scorecard::Scorecard;
use crate::trial::{Over, Trial};
use crate::unaided;

/// Scenarios that run at one time: they wait more than they work, but interpreters start slowly.
const AT_ONE_TIME: usize = 4;
/// Whoever answers later does not answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What shall be judged, and how.
#[derive(Clone)]
#[must_use = "nothing is judged until run() is awaited"]
pub struct Judge {
    program: OsString,
    arguments: Vec<OsString>,
    scenarios: Vec<Scenario>,
    at_one_time: usize,
    patience: Duration,
    mode: Mode,
}

/// How a program is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// It speaks the contract.
    #[default]
    Contract,
    /// It does its own work, and ends: with 0 if it succeeded. The scenarios that need questions are
    /// left out.
    Unaided,
}

impl Judge {
    /// Judges this command in every scenario.
    pub fn of<A: Into<OsString>>(
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            scenarios: Scenario::ALL.to_vec(),
            at_one_time: AT_ONE_TIME,
            patience: PATIENCE,
            mode: Mode::default(),
        }
    }

    /// Only in these.
    pub fn scenarios(mut self, scenarios: impl IntoIterator<Item = Scenario>) -> Self {
        self.scenarios = scenarios.into_iter().collect();
        self
    }

    /// So many scenarios at one time instead of four; at least one.
    pub fn at_one_time(mut self, scenarios: usize) -> Self {
        self.at_one_time = scenarios.max(1);
        self
    }

    /// How long an answer may take, 30 s otherwise; the first one may take twice as long.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Runs all of it, inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// When the command cannot be run at all, or this machine gives no port, no temporary directory or
    /// no randomness. What the program does wrong is no error, but a finding.
    pub async fn run(self) -> Result<Scorecard, JudgeError> {
        let never = std::future::pending();
        // Only what never comes gives no scorecard.
        Ok(self.run_until(never).await?.unwrap_or_default())
    }

    /// The same, unless `stop` comes first: then there is no scorecard, and every program has ended when
    /// this returns.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<Option<Scorecard>, JudgeError> {
        let tls = Tls::new()?;
        let environment = Arc::new(Environment::new(&tls).map_err(JudgeError::Directory)?);
        let places = Arc::new(Semaphore::new(self.at_one_time));
        let mut running = JoinSet::new();
        for (n, scenario) in self.scenarios.iter().copied().enumerate() {
            let (judge, tls) = (self.clone(), tls.clone());
            let (environment, places) = (Arc::clone(&environment), Arc::clone(&places));
            running.spawn(async move {
                let _place = places.acquire().await;
                let judged = judge.one(scenario, tls, &environment).await?;
                Ok::<_, JudgeError>((n, judged))
            });
        }
        let collected = async {
            let mut all = Vec::new();
            while let Some(done) = running.join_next().await {
                match done {
                    Ok(judged) => all.push(judged?),
                    Err(ended) => std::panic::resume_unwind(ended.into_panic()),
                }
            }
            Ok::<_, JudgeError>(all)
        };
        let all = tokio::select! {
            all = collected => Some(all),
            () = stop => None,
        };
        running.shutdown().await;
        let Some(mut all) = all.transpose()? else {
            return Ok(None);
        };
        all.sort_by_key(|(n, _)| *n);
        let (names, scores): (Vec<_>, Vec<_>) = all.into_iter().map(|(_, judged)| judged).unzip();
        let name = names.into_iter().flatten().next();
        Ok(Some(Scorecard::new(name, scores)))
    }

    /// One scenario, and what the program calls itself.
    async fn one(
        &self,
        scenario: Scenario,
        tls: Tls,
        environment: &Environment,
    ) -> Result<(Option<String>, Score), JudgeError> {
        let emulator = Emulator::builder()
            .app(APPID, SECRET)
            .auto_consent(USER)
            .tls(tls)
            .start()
            .await?;
        let launch = self.launch(&emulator, environment);
        if self.mode == Mode::Unaided {
            let score = unaided::judge(scenario, &launch, &emulator).await;
            return Ok((None, score.map_err(JudgeError::of_command)?));
        }
        let program = launch.start(self.patience).map_err(JudgeError::of_command)?;
        let hello = program.hello().await;
        let mut trial = Trial::new(emulator, program);
        let (name, over) = match hello {
            Ok(name) => (name, scenario.run(&mut trial).await),
            Err(NoAnswer::Ended) => (None, Err(Over::Found)),
            Err(NoAnswer::InTime) => {
                let within_s = self.patience.as_secs() * 2;
                trial.find(Finding::NotReady { within_s });
                (None, Err(Over::Found))
            }
        };
        Ok((name, trial.judge(scenario, over).await))
    }

    fn launch(&self, emulator: &Running, environment: &Environment) -> Launch {
        Launch {
            program: self.program.clone(),
            arguments: self.arguments.clone(),
            environment: environment.variables(emulator, Some((APPID, SECRET))),
        }
    }
}

/// Not the arguments: somebody's may hold a secret.
impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judge")
            .field("program", &self.program)
            .field("scenarios", &self.scenarios)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// Why nothing was judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JudgeError {
    /// There is no such program.
    #[error("there is no such program")]
    NoSuchProgram,
    /// The system does not start it.
    #[error("the system does not start it: {}", .0.kind())]
    Command(#[source] io::Error),
    /// There is no temporary directory for the certificate.
    #[error("the temporary directory cannot be used: {}", .0.kind())]
    Directory(#[source] io::Error),
    /// There is no certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The emulator did not start.
    #[error(transparent)]
    Emulator(#[from] StartError),
}

impl JudgeError {
    fn of_command(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NoSuchProgram,
            _ => Self::Command(error),
        }
    }
}
