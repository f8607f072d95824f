//! `login`: one user, one browser, one profile.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use wechat_auth::BaseUrl;
use wechat_auth::login::{Scope, WebLogin};
use wechat_auth_client::Client;
use wechat_auth_hyper::HyperTransport;

use crate::credentials::Credentials;
use crate::exit::{EXIT_CODES, Failure};
use crate::interrupt::Interrupt;
use crate::login::{Address, ListenAt, Profile, Server, Visit};
use crate::output;
use crate::place::{Api, base_url};

/// Log a user in (网页授权) with a browser, and print the profile.
///
/// Listens on this machine, prints the address of a page, and waits until somebody has opened it, gone
/// through WeChat's page and come back. The page ties the login to the browser by a cookie; a callback
/// that was not begun here, or comes from another browser, is turned away and disturbs nobody.
///
/// The real WeChat sends browsers only to the domain that is configured in its console, so a real account
/// needs a reverse proxy there that forwards to --listen.
#[derive(Args, Debug)]
#[command(after_help = after_help())]
pub(crate) struct LoginArgs {
    #[command(flatten)]
    credentials: Credentials,

    /// What to ask the user for.
    #[arg(long, value_enum, default_value_t = Ask::Userinfo)]
    scope: Ask,

    /// Where WeChat sends the browser back to. Port 0 takes a free one.
    ///
    /// The page to begin at is the directory of this address.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:0/callback")]
    redirect_uri: String,

    /// Where to listen, when a reverse proxy stands at the redirect URI.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,

    #[command(flatten)]
    api: Api,

    /// Where WeChat's pages are: open.weixin.qq.com, or the same place as --api when that is on
    /// this machine.
    #[arg(long, value_name = "URL", value_parser = base_url)]
    open: Option<BaseUrl>,

    /// Give up when nobody has logged in after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,

    /// Keep answering the browser for so many seconds after it has got its last page, so that a reload
    /// finds somebody.
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(0..=600))]
    linger: u64,

    /// Print the profile as one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Ask {
    /// Who it is (openid), without asking: 静默授权.
    #[value(name = "snsapi_base")]
    Base,
    /// The profile, after the user has agreed.
    #[value(name = "snsapi_userinfo")]
    Userinfo,
    /// A website's QR code: 网站应用扫码登录.
    #[value(name = "snsapi_login")]
    Login,
}

impl From<Ask> for Scope {
    fn from(ask: Ask) -> Self {
        match ask {
            Ask::Base => Self::Base,
            Ask::Userinfo => Self::UserInfo,
            Ask::Login => Self::Login,
        }
    }
}

fn after_help() -> String {
    format!(
        "\
Examples:
  beside `wechat-auth emulate`, with the appsecret that it printed in WECHAT_APPSECRET:
    wechat-auth login --appid wxemulated00000001 --api http://127.0.0.1:8787
  for a real account whose domain is shop.example, where a reverse proxy forwards /wechat/ to port 9000:
    wechat-auth login --appid wx0123456789abcdef --secret-file secret.txt \\
      --redirect-uri https://shop.example/wechat/callback --listen 127.0.0.1:9000

{EXIT_CODES}"
    )
}

/// Listens, waits, prints.
pub(crate) async fn run(args: LoginArgs) -> Result<(), Failure> {
    let account = args.credentials.account()?;
    let origin = args.api.origin_with_open(args.open);
    let listen = args.listen.map_or(ListenAt::TheRedirectUri, ListenAt::Here);
    let (address, listener) = Address::bind(&args.redirect_uri, listen).await?;
    let web_login = WebLogin::new(account, args.scope.into(), address.redirect_uri.clone());
    let client = Client::new(HyperTransport::rustls()).with_origin(origin.clone());

    let mut interrupt = Interrupt::listen();
    output::talk(&format!("redirect URI: {}", address.redirect_uri.as_str()));
    output::talk("open this page in a browser / 请用浏览器打开：");
    output::talk(&format!("  {}", address.begin_url()));
    let web_login = web_login.with_origin(origin);
    let mut server = Server::start((address, listener), client, web_login, output::talk);

    let vain = |line: String| (Err(Failure::no_credential(line)), Visit::Nobody);
    let (ended, visit) = tokio::select! {
        ended = server.ended() => (ended, Visit::Somebody(Duration::from_secs(args.linger))),
        () = tokio::time::sleep(Duration::from_secs(args.timeout)) => {
            vain(format!("nobody logged in within {} s", args.timeout))
        }
        () = interrupt.arrives() => vain("interrupted before anybody logged in".to_owned()),
    };
    let done = ended.and_then(|profile| print(&profile, args.json));
    tokio::select! {
        () = server.finish(visit) => {}
        () = interrupt.arrives() => {}
    }
    done
}

fn print(profile: &Profile, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(profile);
    }
    profile.lines().iter().try_for_each(|line| output::data(line))
}
