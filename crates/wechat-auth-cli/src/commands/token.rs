//! `token`: one fetch, one token.

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;
use wechat_auth::app::{GetAccessToken, GetStableAccessToken};
use wechat_auth::{AppToken, Endpoint, Grant, NoToken};
use wechat_auth_client::Client;
use wechat_auth_hyper::HyperTransport;

use crate::credentials::Credentials;
use crate::exit::{EXIT_CODES, Failure};
use crate::output;
use crate::place::Api;

/// Fetch an app token (全局接口调用凭证) and print it.
///
/// One request is sent, and never a second: what a retry would cost is yours to decide.
#[derive(Args, Debug)]
#[command(after_help = after_help())]
pub(crate) struct TokenArgs {
    #[command(flatten)]
    credentials: Credentials,

    #[command(flatten)]
    api: Api,

    /// Which family of tokens.
    #[arg(long, value_enum, default_value_t = Mode::Stable)]
    mode: Mode,

    /// Give up after so many seconds, 10 at most.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=10))]
    timeout: u64,

    /// Print one JSON object: appid, mode, access_token, and expires_in in seconds.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
enum Mode {
    /// The same token at every ask, until shortly before its end (stable_token). It disturbs nobody.
    Stable,
    /// A new token at every fetch, of 2000 a day; the one before dies within five minutes (cgi-bin/token).
    /// It ends what another system of the same account uses.
    Classic,
}

fn after_help() -> String {
    format!(
        "\
Examples:
  WECHAT_APPSECRET=… wechat-auth token --appid wx0123456789abcdef
  wechat-auth token --appid wx0123456789abcdef --secret-file secret.txt --json
  wechat-auth token --appid wxemulated00000001 --api http://127.0.0.1:8787   (beside `wechat-auth emulate`)

{EXIT_CODES}"
    )
}

/// Fetches and prints.
pub(crate) async fn run(args: TokenArgs) -> Result<(), Failure> {
    let account = args.credentials.account()?;
    let (appid, secret) = (account.appid().clone(), account.secret().clone());
    let client = Client::new(HyperTransport::rustls()).with_origin(args.api.origin());
    let within = Duration::from_secs(args.timeout);
    let fetched = match args.mode {
        Mode::Stable => fetch(&client, GetStableAccessToken::new(account), within).await,
        Mode::Classic => fetch(&client, GetAccessToken::new(account), within).await,
    };
    let grant = fetched.map_err(|failure| failure.without(&secret))?;
    if !args.json {
        return output::data(grant.token.secret().expose());
    }
    output::json(&Printed {
        appid: appid.as_str(),
        mode: args.mode,
        access_token: grant.token.secret().expose(),
        expires_in: grant.expires_in.as_secs(),
    })
}

#[derive(Serialize)]
struct Printed<'a> {
    appid: &'a str,
    mode: Mode,
    access_token: &'a str,
    expires_in: u64,
}

async fn fetch<T, E>(client: &Client<T>, ask: E, within: Duration) -> Result<Grant<AppToken>, Failure>
where
    T: wechat_auth_client::Transport,
    E: Endpoint<Token = NoToken, Response = Grant<AppToken>>,
{
    match tokio::time::timeout(within, client.send(ask)).await {
        Ok(answered) => Ok(answered?),
        Err(_) => Err(Failure::no_credential(format!(
            "wechat did not answer within {} s: check the network",
            within.as_secs()
        ))),
    }
}
