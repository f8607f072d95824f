//! What every story needs: the real binary, a browser, and an HTTP server that answers as it is told.
#![allow(dead_code, reason = "no story needs all of it")]

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

pub(crate) mod browser;
pub(crate) mod server;

pub(crate) const APPID: &str = "wxtest000000000001";
pub(crate) const SECRET: &str = "MARKERsecretMARKERsecretMARKER01";
/// Whoever waits longer waits in vain.
const PATIENCE: Duration = Duration::from_secs(30);

/// `wechat-auth` with these arguments, the secret in the environment, and nothing else of ours.
pub(crate) fn wechat_auth(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wechat-auth"));
    command
        .args(args)
        .env("WECHAT_APPSECRET", SECRET)
        .env("LC_ALL", "C.UTF-8")
        .env("TERM", "xterm");
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// One line and no more on stderr, nothing on stdout, and this exit code.
    #[track_caller]
    pub(crate) fn failed_in_one_line(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        assert!(self.stderr.starts_with("wechat-auth: "), "{self:?}");
        assert!(
            !self.stderr.contains("panicked") && !self.stderr.contains("http://"),
            "{self:?}"
        );
        &self.stderr
    }

    #[track_caller]
    pub(crate) fn shows_nothing_of(&self, markers: &[&str]) {
        for marker in markers {
            assert!(!self.stdout.contains(marker), "{marker} in {self:?}");
            assert!(!self.stderr.contains(marker), "{marker} in {self:?}");
        }
    }
}

/// Runs to the end.
pub(crate) async fn run(mut command: Command) -> Ended {
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.expect("the command ends").unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A command that runs beside the story.
pub(crate) struct Running {
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: Lines<BufReader<ChildStderr>>,
    said: Vec<String>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            stdout: BufReader::new(child.stdout.take().unwrap()).lines(),
            stderr: BufReader::new(child.stderr.take().unwrap()).lines(),
            said: Vec::new(),
            child,
        }
    }

    /// The next line of data.
    pub(crate) async fn next_data(&mut self) -> String {
        let line = tokio::time::timeout(PATIENCE, self.stdout.next_line()).await;
        line.expect("a line of data")
            .unwrap()
            .expect("a line, and not the end")
    }

    /// The first line on stderr, from here on, with `part` in it.
    pub(crate) async fn said(&mut self, part: &str) -> String {
        loop {
            let line = tokio::time::timeout(PATIENCE, self.stderr.next_line()).await;
            let line = line.expect("a line of talk").unwrap();
            let line = line.unwrap_or_else(|| panic!("no {part:?} in {:?}", self.said));
            self.said.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// As Ctrl-C does (`INT`), or a process manager (`TERM`).
    pub(crate) async fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        let status = Command::new("kill")
            .args(["-s", name, &pid])
            .status()
            .await
            .unwrap();
        assert!(status.success());
    }

    /// Waits for the end.
    pub(crate) async fn ended(mut self) -> Ended {
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = status.expect("the command ends").unwrap();
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout
            .into_inner()
            .read_to_string(&mut stdout)
            .await
            .unwrap();
        self.stderr
            .into_inner()
            .read_to_string(&mut stderr)
            .await
            .unwrap();
        self.said.push(stderr);
        Ended {
            code: status.code(),
            stdout,
            stderr: self.said.join("\n"),
        }
    }
}

/// An emulator with one account, and the arguments that point a command at it.
pub(crate) async fn emulator() -> wechat_auth_emulator::Running {
    let builder = wechat_auth_emulator::Emulator::builder()
        .seed(7)
        .app(APPID, SECRET);
    builder.start().await.unwrap()
}
