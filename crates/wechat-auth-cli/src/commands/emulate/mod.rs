//! `emulate`: WeChat's side, until Ctrl-C, or for as long as a command runs.

mod ca;
mod descriptors;
mod exec;
mod health;
mod here;
mod log;
mod signals;
mod stage;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use wechat_auth_emulator::{Language, StartError, Tls, TlsError, ledger};

use self::here::Here;
use self::log::Said;
use self::stage::Stage;
use crate::exit::{EXIT_CODES, Exit, Failure};
use crate::interrupt::Interrupt;
use crate::output;

/// Run WeChat's side on this machine, for a browser, curl or your own program.
///
/// Tokens with their overlaps, quotas, tickets, web login with pages to click, and errors worded as
/// WeChat words them. It listens on this machine only, unless --expose is given, and gives tokens to anybody
/// who asks: it is a test partner, and nothing that it says is secret. Ends with Ctrl-C.
#[derive(Args, Debug)]
#[command(after_help = after_help(), args_conflicts_with_subcommands = true)]
pub(crate) struct EmulateArgs {
    #[command(subcommand)]
    command: Option<EmulateCommand>,

    /// Where to listen: an address of this machine only, unless --expose is given. Port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: String,

    /// Let --listen be an address that others can reach, such as 0.0.0.0:8787 in a container.
    ///
    /// Whoever reaches the port then gets tokens, moves the clock and reads every secret, without a password:
    /// only made-up ones belong here, and only a network whose members you know.
    #[arg(long)]
    expose: bool,

    /// Answer to this host name too, for example a container's; can be given several times.
    ///
    /// Loopback names and WeChat's own are answered to always, with --expose addresses too. Other names are
    /// refused, because a web page elsewhere could make one of its own lead here.
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    allow_host: Vec<String>,

    #[command(flatten)]
    stage: Stage,

    /// Answer https too, and be an HTTPS proxy for programs that have WeChat's hosts compiled in.
    ///
    /// All on the same port. The certificate is signed by a CA that is made for this run and that your
    /// program must trust; see --ca-dir for one that stays, and `emulate exec` for one that trusts itself.
    #[arg(long)]
    tls: bool,

    /// Keep the CA in this directory, as ca.pem and ca-key.pem; made if it is not there.
    #[arg(long, value_name = "DIRECTORY", requires = "tls")]
    ca_dir: Option<PathBuf>,

    /// Print the ledger, in Chinese and in English, and end: what is emulated, and how sure that is.
    #[arg(long)]
    ledger: bool,

    /// Say on stderr what is asked, a line for each request, without secrets. Otherwise only links that
    /// WeChat would refuse are said, with how to mend them.
    #[arg(long)]
    log: bool,

    /// Print what to point where as one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum EmulateCommand {
    /// Print the certificate of the CA that is kept in a directory.
    Ca(ca::CaArgs),
    /// Run a command that takes the emulator for WeChat, and end with it.
    Exec(exec::ExecArgs),
    /// Ask whether an emulator answers on this machine.
    Health(health::HealthArgs),
}

fn after_help() -> String {
    format!(
        "\
Examples:
  wechat-auth emulate
  wechat-auth emulate --listen 127.0.0.1:0 --app wx1:made-up --auto-consent xiaoming --json
  wechat-auth emulate --log
  wechat-auth emulate --tls --ca-dir wechat-ca
  wechat-auth emulate --expose --listen 0.0.0.0:8787 --allow-host wechat
  wechat-auth emulate exec -- pytest
  wechat-auth emulate --ledger

{EXIT_CODES}"
    )
}

/// Does what was asked for; `exec` ends as its command does.
pub(crate) async fn run(args: EmulateArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        Some(EmulateCommand::Exec(exec)) => return exec::run(exec).await,
        Some(EmulateCommand::Ca(ca)) => ca::run(ca)?,
        Some(EmulateCommand::Health(health)) => health::run(health).await?,
        None if args.ledger => print_ledger()?,
        None => serve(&args).await?,
    }
    Ok(Exit::Ok.into())
}

fn print_ledger() -> Result<(), Failure> {
    output::data(&ledger(Language::Zh))?;
    output::data(ledger(Language::En).trim_end())
}

/// Runs until it is interrupted.
async fn serve(args: &EmulateArgs) -> Result<(), Failure> {
    descriptors::raise();
    let mut builder = args.stage.builder()?.listen(args.listen.as_str());
    if args.expose {
        builder = builder.expose();
    }
    for name in &args.allow_host {
        builder = builder.allow_host(name);
    }
    let tls = match (&args.ca_dir, args.tls) {
        (Some(directory), _) => Some(Tls::in_directory(directory)),
        (None, true) => Some(Tls::new()),
        (None, false) => None,
    };
    let tls = tls.transpose().map_err(|error| no_ca(&error))?;
    if let Some(tls) = &tls {
        builder = builder.tls(tls.clone());
    }
    let running = builder
        .start()
        .await
        .map_err(|error| not_started(&args.listen, error))?;
    let here = Here::new(args, &running, tls.as_ref());
    let mut interrupt = Interrupt::listen();
    if args.json {
        output::json(&here)?;
    } else {
        here.lines().iter().try_for_each(|line| output::data(line))?;
    }
    let said = match args.log {
        true => Said::Everything,
        false => Said::Complaints,
    };
    tokio::select! {
        () = interrupt.arrives() => {}
        never = log::follow(running.handle(), said) => match never {},
    }
    running.stop().await;
    output::talk("the emulator has stopped");
    Ok(())
}

/// With a scheme or a port it would never be what a client sends, and nobody would know why.
fn host_name(text: &str) -> Result<String, &'static str> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    match !text.is_empty() && text.bytes().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("must be a host name alone, without scheme, port and path"),
    }
}

fn no_ca(error: &TlsError) -> Failure {
    match error {
        TlsError::Directory(_) | TlsError::NotMade => Failure::other(error.to_string()),
        wrong => Failure::usage(wrong.to_string()),
    }
}

fn not_started(listen: &str, error: StartError) -> Failure {
    match error {
        StartError::Bind(error) => {
            let why = match error.kind() {
                std::io::ErrorKind::AddrInUse => {
                    "it is in use: end what listens there, or take another with --listen"
                }
                std::io::ErrorKind::PermissionDenied => "not allowed: take a port from 1024 up",
                _ => "this system does not let it: take another address with --listen",
            };
            Failure::other(format!("cannot listen on {listen}: {why}"))
        }
        StartError::NoRuntime => Failure::other(error.to_string()),
        StartError::NotLoopback { .. } => Failure::usage(format!("{error}: see --expose")),
        wrong => Failure::usage(wrong.to_string()),
    }
}
