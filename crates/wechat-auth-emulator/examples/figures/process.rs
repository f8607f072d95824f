//! This program again, as another process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A process that serves until this is dropped.
pub(crate) struct Process {
    child: Child,
    said: BufReader<std::process::ChildStdout>,
}

impl Process {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_by(Command::new(std::env::current_exe().unwrap()), args)
    }

    pub(crate) fn start_by(mut command: Command, args: &[&str]) -> Self {
        let mut child = command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { child, said }
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) fn address(&mut self) -> SocketAddr {
        self.line().parse().unwrap()
    }

    /// How long its main thread was at work so far, in the kernel too.
    pub(crate) fn cpu(&self) -> Duration {
        let told = fs::read_to_string(format!("/proc/{}/schedstat", self.child.id())).unwrap();
        Duration::from_nanos(told.split(' ').next().unwrap().parse().unwrap())
    }

    /// Resident memory in bytes.
    pub(crate) fn resident(&self) -> usize {
        resident(&self.child.id().to_string())
    }

    /// File descriptors it has open.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id()))
            .unwrap()
            .count()
    }

    /// For one that does not end with its standard input.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    /// Ends it, and gives back what it wrote to a piped standard error.
    pub(crate) fn end(mut self) -> String {
        drop(self.child.stdin.take());
        let mut said = String::new();
        if let Some(mut errors) = self.child.stderr.take() {
            std::io::Read::read_to_string(&mut errors, &mut said).unwrap();
        }
        self.child.wait().unwrap();
        said
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

pub(crate) fn resident(pid: &str) -> usize {
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

pub(crate) fn mib(bytes: usize) -> f64 {
    bytes as f64 / (1 << 20) as f64
}
