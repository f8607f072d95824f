//! The command `wechat-auth`: fetch an app token, log a user in, or run WeChat's side on this machine.
//!
//! Data goes to stdout and talk to stderr. A failure is one line that says who must act, and an exit code
//! that says of which kind it is; neither a secret nor a URL is ever in it.
//!
//! | where | what |
//! |---|---|
//! | `cli`, `usage` | the command line, and what is wrong with one |
//! | `commands` | one file for each command |
//! | `credentials`, `place` | whose token, and where WeChat is |
//! | `login` | the little web server that a login comes back to |
//! | `demo` | the story that `demo` tells, and the judge who checks it |
//! | `exit`, `output`, `printable` | how it ends, and what may reach a terminal |

mod cli;
mod commands;
mod credentials;
mod demo;
mod exit;
mod interrupt;
mod login;
mod output;
mod place;
mod printable;
mod usage;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::exit::{Exit, Failure};

fn main() -> ExitCode {
    let done = match Cli::try_parse() {
        Ok(cli) => run(cli.command),
        Err(said) => usage::explain(&said).map(|()| Exit::Ok.into()),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            output::talk(&format!("wechat-auth: {failure}"));
            failure.exit().into()
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime =
        runtime.map_err(|_| Failure::other("this system gives no threads or sockets to work with"))?;
    let done = runtime.block_on(async {
        match command {
            Command::Demo(args) => commands::demo::run(&args).await?,
            // The command that it runs has exit codes of its own.
            Command::Emulate(args) => return commands::emulate::run(args).await,
            Command::Judge(args) => commands::judge::run(&args).await?,
            Command::Token(args) => commands::token::run(args).await?,
            Command::Login(args) => commands::login::run(args).await?,
        }
        Ok(Exit::Ok.into())
    });
    // A name lookup that hangs in a thread of its own must not hold the shell's prompt back.
    runtime.shutdown_background();
    done
}
