//! `emulate exec`: a command that takes the emulator for WeChat, unchanged.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::process::{ExitCode, ExitStatus};

use clap::Args;
use tokio::process::Command;
use wechat_auth_emulator::Tls;

use super::scratch::Scratch;
use super::signals::Signals;
use super::stage::{App, Stage};
use crate::credentials::VARIABLE;
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
    let (scratch, ca) = written(&tls).map_err(|error| {
        let kind = error.kind();
        Failure::other(format!("the temporary directory cannot be used: {kind}"))
    })?;
    let mut signals = Signals::listen();
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true);
    for (name, value) in environment(&running.base_url(), &ca, &args.stage.apps()) {
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
    drop(scratch);
    let status = status.map_err(|_| Failure::other("the system does not say how the command ended"))?;
    Ok(exit_code(status))
}

/// The CA's certificate as a file.
fn written(tls: &Tls) -> io::Result<(Scratch, OsString)> {
    let scratch = Scratch::new()?;
    let ca = scratch.path().join("ca.pem");
    fs::write(&ca, tls.ca_pem())?;
    Ok((scratch, ca.into_os_string()))
}

/// The child's, where it differs from ours; `None` is a variable that must not be there.
fn environment(base_url: &str, ca: &OsString, apps: &[App]) -> Vec<(&'static str, Option<OsString>)> {
    let mut environment = Vec::new();
    let mut set = |names: &[&'static str], value: OsString| {
        environment.extend(names.iter().map(|name| (*name, Some(value.clone()))));
    };
    set(
        &["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"],
        base_url.into(),
    );
    set(&["NO_PROXY", "no_proxy"], "localhost,127.0.0.1,::1".into());
    // Node listens to the proxy variables only when it is told to.
    set(&["NODE_USE_ENV_PROXY"], "1".into());
    set(
        &[
            "SSL_CERT_FILE",
            "NODE_EXTRA_CA_CERTS",
            "REQUESTS_CA_BUNDLE",
            "CURL_CA_BUNDLE",
            "DENO_CERT",
        ],
        ca.clone(),
    );
    set(&["WECHAT_EMULATOR_URL"], base_url.into());
    set(
        &["WECHAT_EMULATOR_ADMIN"],
        format!("{base_url}/_emulator/v1/").into(),
    );
    if let Some(app) = apps.first() {
        set(&["WECHAT_APPID"], app.appid.as_str().into());
        set(&[VARIABLE], app.secret.as_str().into());
    }
    // Some programs fail on a kind of proxy that they do not know, even beside one that they do.
    environment.extend(["ALL_PROXY", "all_proxy"].map(|name| (name, None)));
    environment
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
