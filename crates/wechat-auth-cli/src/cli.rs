//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::demo::DemoArgs;
use crate::commands::emulate::EmulateArgs;
use crate::commands::judge::JudgeArgs;
use crate::commands::login::LoginArgs;
use crate::commands::token::TokenArgs;
use crate::exit::EXIT_CODES;

/// WeChat credentials from the shell: fetch an app token, log a user in, or run WeChat's side on this
/// machine and try it all without a network.
///
/// 微信凭证命令行：获取 access_token、网页授权登录，或在本机运行微信侧的模拟器。
#[derive(Debug, Parser)]
#[command(name = "wechat-auth", version, after_help = after_help(), max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watch an app token being kept and a user logging in, over real sockets, without a network.
    Demo(DemoArgs),
    /// Run WeChat's side on this machine, for a browser, curl or your own program.
    Emulate(EmulateArgs),
    /// Put a program in any language through what goes wrong with WeChat, and score it.
    Judge(JudgeArgs),
    /// Fetch an app token (全局接口调用凭证) and print it.
    Token(TokenArgs),
    /// Log a user in (网页授权) with a browser, and print the profile.
    Login(LoginArgs),
}

const EXAMPLES: &str = "\
Examples:
  wechat-auth demo
  wechat-auth emulate
  WECHAT_APPSECRET=… wechat-auth token --appid wx0123456789abcdef
  wechat-auth login --help";

fn after_help() -> String {
    format!("{EXAMPLES}\n\n{EXIT_CODES}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
