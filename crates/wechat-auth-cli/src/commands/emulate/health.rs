//! `emulate health`: whether an emulator answers, for whoever waits for it to.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use wechat_auth_client::{Limits, Transport};
use wechat_auth_hyper::HyperTransport;

use crate::exit::{EXIT_CODES, Failure};

/// An answer that takes longer is none: a container's health check has a clock of its own.
const WITHIN: Duration = Duration::from_secs(3);

/// Ask whether an emulator answers, say nothing, and end with 0 if it does and with 1 if it does not.
///
/// For a container's health check, and for scripts that wait until it is there.
#[derive(Args, Debug)]
#[command(after_help = after_help())]
pub(super) struct HealthArgs {
    /// Where it listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    at: SocketAddr,
}

fn after_help() -> String {
    format!(
        "\
Examples:
  until wechat-auth emulate health; do sleep 0.1; done

{EXIT_CODES}"
    )
}

/// What is asked for; there is more.
#[derive(Deserialize)]
struct Health {
    status: String,
    name: String,
}

pub(super) async fn run(args: &HealthArgs) -> Result<(), Failure> {
    let at = args.at;
    let none = || Failure::other(format!("no emulator answers at {at}"));
    let request = http::Request::get(format!("http://{at}/_emulator/v1/health")).body(Vec::new());
    let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let answer = HyperTransport::new(client)
        .send(request.map_err(|_| none())?, Limits::within(WITHIN))
        .await
        .map_err(|_| none())?;
    let health: Health = serde_json::from_slice(answer.body()).map_err(|_| none())?;
    match (health.status.as_str(), health.name.as_str()) {
        ("ok", "wechat-auth-emulator") => Ok(()),
        _ => Err(none()),
    }
}
