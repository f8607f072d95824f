//! `emulate ca`: the certificate of a CA that is kept.

use std::path::PathBuf;

use clap::Args;
use wechat_auth_emulator::Tls;

use crate::exit::{EXIT_CODES, Failure};
use crate::output;

/// Print the certificate of the CA that is kept in a directory, as PEM.
///
/// It is the CA that `emulate --tls --ca-dir DIRECTORY` signs with; one is made if there is none. Let the
/// program under test trust it, never a whole system. The key stays in the directory.
#[derive(Args, Debug)]
#[command(after_help = after_help())]
pub(super) struct CaArgs {
    /// Where the CA is kept.
    #[arg(long, value_name = "DIRECTORY")]
    ca_dir: PathBuf,
}

fn after_help() -> String {
    format!(
        "\
Examples:
  wechat-auth emulate ca --ca-dir wechat-ca > ca.pem

{EXIT_CODES}"
    )
}

pub(super) fn run(args: &CaArgs) -> Result<(), Failure> {
    let tls = Tls::in_directory(&args.ca_dir).map_err(|error| super::no_ca(&error))?;
    output::data(tls.ca_pem().trim_end())
}
