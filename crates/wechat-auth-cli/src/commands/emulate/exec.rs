//! `emulate exec`: a command that takes the emulator for WeChat, unchanged.

use std::ffi::OsString;
use std::io;
use std::process::{ExitCode, ExitStatus};

use clap::Args;
use tokio::process::Command;
use wechat_auth_emulator::{Environment, Tls};

use super::signals::Signals;
use super::stage::Stage;
use crate::exit::{EXIT_CODES, Exit, Failure};

/// Run a command that takes the emulator for WeChat, and end with it.
///
/// The emulator starts on a free port, and the command gets an environment in which WeChat's hosts lead
/// there by https: a proxy, and a CA of this run that is trusted. Nothing else can be reached through that
/// proxy. WECHAT_EMULATOR_URL, WECHAT_EMULATOR_ADMIN, WECHAT_APPID and WECHAT_APPSECRET say what there is.
/// Signals are passed on; the exit code is the command's, or 128 and the number of the signal that ended it.
#[derive(Args, Debug)]
#[command(after_help = after_help())]
pub(super) struct ExecArgs {
    #[command(flatten)]
    stage: Stage,

    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

fn after_help() -> String {
    format!(
        "\
Examples:
  wechat-auth emulate exec -- pytest
  wechat-auth emulate exec --auto-consent xiaoming -- sh -c 'curl \"$WECHAT_EMULATOR_ADMIN\"health'

{EXIT_CODES}"
    )
}

/// Answers with what the command ended with.
pub(super) async fn run(args: &ExecArgs) -> Result<ExitCode, Failure> {
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(Failure::usage("the command is missing"));
    };
    let tls = Tls::new().map_err(|error| super::no_ca(&error))?;
    let builder = args.stage.builder()?.tls(tls.clone());
    let running = builder
        .start()
        .await
        .map_err(|error| super::not_started("a free port of 127.0.0.1", error))?;
    let environment = Environment::new(&tls).map_err(|error| {
        let kind = error.kind();
        Failure::other(format!("the temporary directory cannot be used: {kind}"))
    })?;
    let apps = args.stage.apps();
    let app = apps.first().map(|app| (app.appid.as_str(), app.secret.as_str()));
    let mut signals = Signals::listen();
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true);
    for (name, value) in environment.variables(&running, app) {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command.spawn().map_err(|error| no_command(&error))?;
    let status = loop {
        let id = child.id();
        tokio::select! {
            status = child.wait() => break status,
            () = signals.pass_on(id) => {}
        }
    };
    running.stop().await;
    drop(environment);
    let status = status.map_err(|_| Failure::other("the system does not say how the command ended"))?;
    Ok(exit_code(status))
}

fn no_command(error: &io::Error) -> Failure {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such program",
        io::ErrorKind::PermissionDenied => "it may not be run",
        _ => "this system does not start it",
    };
    Failure::usage(format!("the command behind -- cannot be run: {why}"))
}

/// As a shell says it.
fn exit_code(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = status.code().or(signal.map(|signal| 128 + signal));
    match code.and_then(|code| u8::try_from(code).ok()) {
        Some(code) => code.into(),
        None => Exit::Failure.into(),
    }
}
