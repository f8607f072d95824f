//! `demo`: the whole house, on one machine, in a second.

use clap::Args;

use crate::demo::{self, Style};
use crate::exit::{EXIT_CODES, Failure};

/// Watch an app token being kept and a user logging in, over real sockets, without a network.
///
/// The emulator runs beside it on a free port of this machine, and its clock is moved by hours where the
/// story needs them. Every step is checked against what the emulator counted; the first one that does not
/// hold is named, and the command fails.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct DemoArgs {
    /// Print one JSON object: the steps and the totals.
    #[arg(long)]
    json: bool,
}

/// Tells the story.
pub(crate) async fn run(args: &DemoArgs) -> Result<(), Failure> {
    demo::tell(if args.json {
        Style::Json
    } else {
        Style::of_terminal()
    })
    .await
}
