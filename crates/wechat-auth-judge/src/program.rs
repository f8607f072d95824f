//! A program on trial, while it runs.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::contract::{Answer, Deed, Numbered, Question};

/// How long a program may take to end once its stdin has ended.
const TO_END: Duration = Duration::from_secs(5);
/// What is kept of a program's log to be searched, in bytes.
const KEPT_LOG: usize = 4 * 1_024 * 1_024;
/// The longest line that can be an answer, in bytes.
const LONGEST_LINE: u64 = 1_024 * 1_024;

/// A command, and the environment it gets; `None` is a variable that must not be there.
#[derive(Clone)]
pub(crate) struct Launch {
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(&'static str, Option<OsString>)>,
}

impl Launch {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// A program that speaks the contract.
    pub(crate) fn start(&self, patience: Duration) -> io::Result<Program> {
        let mut child = self.command().stdin(Stdio::piped()).spawn()?;
        let family = Family::of(&child);
        let shared = Arc::<Shared>::default();
        let ears = Ears::on(&mut child, &shared, Speech::Answers);
        let stdin = tokio::sync::Mutex::new(child.stdin.take());
        Ok(Program {
            child: tokio::sync::Mutex::new(child),
            family,
            ears: tokio::sync::Mutex::new(ears),
            stdin,
            shared,
            next_id: AtomicU64::new(0),
            patience,
        })
    }

    /// A program that does its own work and ends: its exit code, or `None` when it did not end in
    /// time, and its log.
    pub(crate) async fn run_to_its_end(&self, within: Duration) -> io::Result<(Option<i32>, String)> {
        let mut child = self.command().stdin(Stdio::null()).spawn()?;
        let family = Family::of(&child);
        let shared = Arc::<Shared>::default();
        let mut ears = Ears::on(&mut child, &shared, Speech::Log);
        let ended = timeout(within, child.wait()).await;
        let code = match ended {
            // As a shell says it: a program that a signal ended has no code of its own.
            Ok(status) => Some(status?.code().unwrap_or(128)),
            Err(_) => {
                child.kill().await?;
                None
            }
        };
        family.end();
        ears.hear_the_rest().await;
        let log = shared.lock().log.clone();
        Ok((code, log))
    }
}

/// Speaks the contract until it is ended or dropped.
pub(crate) struct Program {
    child: tokio::sync::Mutex<Child>,
    family: Family,
    ears: tokio::sync::Mutex<Ears>,
    stdin: tokio::sync::Mutex<Option<ChildStdin>>,
    shared: Arc<Shared>,
    next_id: AtomicU64,
    patience: Duration,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Nothing came in time.
    InTime,
    /// The program has ended, or closed its stdin.
    Ended,
}

impl Program {
    /// Waits until it answers at all; brings what it calls itself. An interpreter on a busy machine
    /// needs its time, so it has twice as much.
    pub(crate) async fn hello(&self) -> Result<Option<String>, NoAnswer> {
        let answer = self.ask_within(&Deed::Hello, self.patience * 2).await?;
        Ok(answer.name)
    }

    pub(crate) async fn ask(&self, deed: &Deed) -> Result<Answer, NoAnswer> {
        self.ask_within(deed, self.patience).await
    }

    async fn ask_within(&self, deed: &Deed, patience: Duration) -> Result<Answer, NoAnswer> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (tell, told) = oneshot::channel();
        {
            let mut state = self.shared.lock();
            if state.deaf {
                return Err(NoAnswer::Ended);
            }
            state.asked.insert(id, tell);
        }
        let mut line = serde_json::to_vec(&Question { id, deed }).unwrap_or_default();
        line.push(b'\n');
        let exchange = async {
            self.write(&line).await?;
            told.await.map_err(|_| NoAnswer::Ended)
        };
        match timeout(patience, exchange).await {
            Ok(answer) => answer,
            Err(_) => {
                self.shared.lock().asked.remove(&id);
                Err(NoAnswer::InTime)
            }
        }
    }

    async fn write(&self, line: &[u8]) -> Result<(), NoAnswer> {
        let mut stdin = self.stdin.lock().await;
        let open = stdin.as_mut().ok_or(NoAnswer::Ended)?;
        open.write_all(line).await.map_err(|_| NoAnswer::Ended)?;
        open.flush().await.map_err(|_| NoAnswer::Ended)
    }

    /// Ends it, and brings all that it wrote beside its answers, and what they say of errors.
    pub(crate) async fn end(&self) -> Log {
        drop(self.stdin.lock().await.take());
        let mut child = self.child.lock().await;
        if timeout(TO_END, child.wait()).await.is_err() {
            // It may have ended a moment ago.
            let _ = child.kill().await;
        }
        self.family.end();
        self.ears.lock().await.hear_the_rest().await;
        let mut state = self.shared.lock();
        Log {
            log: std::mem::take(&mut state.log),
            errors: std::mem::take(&mut state.errors),
        }
    }
}

/// A program and all that it started, which end with this: a command may be a shell or a wrapper.
struct Family {
    #[cfg(unix)]
    group: Option<rustix::process::Pid>,
}

impl Family {
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            group: id.and_then(rustix::process::Pid::from_raw),
        }
    }

    #[cfg(not(unix))]
    fn of(_: &Child) -> Self {
        Self {}
    }

    fn end(&self) {
        #[cfg(unix)]
        if let Some(group) = self.group {
            // Nobody may be left, which is the usual case.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        self.end();
    }
}

/// The two that listen to a program until it has said everything.
struct Ears(Vec<JoinHandle<()>>);

impl Ears {
    fn on(child: &mut Child, shared: &Arc<Shared>, stdout_is: Speech) -> Self {
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        let stdout = stdout.map(|stdout| tokio::spawn(listen(stdout, Arc::clone(shared), stdout_is)));
        let stderr = stderr.map(|stderr| tokio::spawn(listen(stderr, Arc::clone(shared), Speech::Log)));
        Self(stdout.into_iter().chain(stderr).collect())
    }

    /// Who left the family may hold a pipe open.
    async fn hear_the_rest(&mut self) {
        for ear in self.0.drain(..) {
            let _ = timeout(TO_END, ear).await;
        }
    }
}

/// What a program said that was no answer, and what its answers said of errors.
pub(crate) struct Log {
    pub(crate) log: String,
    pub(crate) errors: String,
}

#[derive(Default)]
struct Shared(Mutex<State>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct State {
    asked: HashMap<u64, oneshot::Sender<Answer>>,
    log: String,
    errors: String,
    /// No more answers can come.
    deaf: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Speech {
    Answers,
    Log,
}

/// Reads until the other end closes. A line that is too long is taken in pieces, none of which is an
/// answer.
async fn listen(from: impl AsyncRead + Unpin, shared: Arc<Shared>, speech: Speech) {
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        let mut piece = (&mut lines).take(LONGEST_LINE);
        if !matches!(piece.read_until(b'\n', &mut line).await, Ok(1..)) {
            break;
        }
        let mut state = shared.lock();
        match serde_json::from_slice(&line) {
            Ok(Numbered { id, answer }) if speech == Speech::Answers => {
                if let Some(error) = &answer.error {
                    keep(&mut state.errors, error);
                }
                if let Some(asker) = state.asked.remove(&id) {
                    // Whoever asked may have lost patience.
                    let _ = asker.send(answer);
                }
            }
            _ => keep(&mut state.log, &String::from_utf8_lossy(&line)),
        }
        line.clear();
    }
    if speech == Speech::Answers {
        let mut state = shared.lock();
        state.deaf = true;
        state.asked.clear();
    }
}

fn keep(log: &mut String, text: &str) {
    if log.len() + text.len() <= KEPT_LOG {
        log.push_str(text);
        log.push('\n');
    }
}
