//! `emulate`: WeChat's side, until Ctrl-C.

use clap::Args;
use serde::Serialize;
use wechat_auth::{Account, InvalidAccount};
use wechat_auth_emulator::{Emulator, StartError};

use crate::credentials::VARIABLE;
use crate::exit::{EXIT_CODES, Failure};
use crate::interrupt::Interrupt;
use crate::output;

/// The account that is there when none is named.
const APPID: &str = "wxemulated00000001";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Run WeChat's side on this machine, for a browser, curl or your own program.
///
/// Tokens with their overlaps, quotas, tickets, web login with pages to click, and errors worded as
/// WeChat words them. It listens on this machine only and gives tokens to anybody who asks: it is a test
/// partner, and nothing that it says is secret. Ends with Ctrl-C.
#[derive(Args, Debug)]
#[command(after_help = after_help())]
pub(crate) struct EmulateArgs {
    /// Where to listen: an address of this machine only. Port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: String,

    /// An account there shall be; can be given several times. Without it there is one to try things with.
    ///
    /// Make the secret up: flags can be read by others, so a real one must never be here.
    #[arg(long = "app", value_name = "APPID:SECRET", value_parser = App::parse)]
    apps: Vec<App>,

    /// Decides every token, openid and code: the same seed and the same requests give the same ones.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,

    /// Let this test user agree to every login at once, without a page: xiaoming, odd, blank or snapshot.
    #[arg(long, value_name = "USER")]
    auto_consent: Option<String>,

    /// Print what to point where as one line of JSON.
    #[arg(long)]
    json: bool,
}

fn after_help() -> String {
    format!(
        "\
Examples:
  wechat-auth emulate
  wechat-auth emulate --listen 127.0.0.1:0 --app wx1:made-up --auto-consent xiaoming --json

{EXIT_CODES}"
    )
}

/// A made-up account. Neither Debug nor an error shows its secret: somebody will paste a real one.
#[derive(Clone)]
struct App {
    appid: String,
    secret: String,
}

impl App {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (appid, secret) = text.split_once(':').ok_or("must be written as APPID:SECRET")?;
        Account::new(appid, secret).map_err(|wrong| match wrong {
            InvalidAccount::Secret => "the part behind the colon must be 1 to 128 printable characters",
            _ => "the part before the colon must be 1 to 64 characters of A-Z a-z 0-9 _ -",
        })?;
        Ok(Self {
            appid: appid.to_owned(),
            secret: secret.to_owned(),
        })
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("appid", &self.appid)
            .finish_non_exhaustive()
    }
}

/// Runs until it is interrupted.
pub(crate) async fn run(args: EmulateArgs) -> Result<(), Failure> {
    let mut builder = Emulator::builder().seed(args.seed).listen(args.listen.as_str());
    for (n, app) in args.apps.iter().enumerate() {
        if args.apps.iter().take(n).any(|earlier| earlier.appid == app.appid) {
            return Err(Failure::usage(format!("--app names {} twice", app.appid)));
        }
        builder = builder.app(app.appid.as_str(), app.secret.as_str());
    }
    if args.apps.is_empty() {
        builder = builder.app(APPID, SECRET);
    }
    if let Some(user) = args.auto_consent {
        builder = builder.auto_consent(user);
    }
    let running = builder
        .start()
        .await
        .map_err(|error| not_started(&args.listen, error))?;
    let here = Here::new(running.base_url(), &args.apps, args.seed);
    let mut interrupt = Interrupt::listen();
    if args.json {
        output::json(&here)?;
    } else {
        here.lines().iter().try_for_each(|line| output::data(line))?;
    }
    interrupt.arrives().await;
    running.stop().await;
    output::talk("the emulator has stopped");
    Ok(())
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
        wrong => Failure::usage(wrong.to_string()),
    }
}

/// What to point where.
#[derive(Serialize)]
struct Here {
    base_url: String,
    admin_url: String,
    seed: u64,
    apps: Vec<ShownApp>,
}

#[derive(Serialize)]
struct ShownApp {
    appid: String,
    /// Only the one that is known to everybody; what was given on the command line is not repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'static str>,
}

impl Here {
    fn new(base_url: String, apps: &[App], seed: u64) -> Self {
        let given = apps.iter().map(|app| ShownApp {
            appid: app.appid.clone(),
            secret: None,
        });
        let mut apps: Vec<_> = given.collect();
        if apps.is_empty() {
            apps.push(ShownApp {
                appid: APPID.to_owned(),
                secret: Some(SECRET),
            });
        }
        Self {
            admin_url: format!("{base_url}/_emulator/v1/"),
            base_url,
            seed,
            apps,
        }
    }

    fn lines(&self) -> Vec<String> {
        let Self {
            base_url, admin_url, ..
        } = self;
        let mut lines = vec![
            "WeChat's side, emulated. This is not WeChat. / 微信侧模拟器，这不是微信。".to_owned(),
            String::new(),
            format!("  instead of https://api.weixin.qq.com    {base_url}"),
            format!("  instead of https://open.weixin.qq.com   {base_url}"),
            format!("  admin API / 管理接口                    {admin_url}"),
        ];
        for app in &self.apps {
            lines.push(String::new());
            lines.push(format!("  appid     {}", app.appid));
            let secret = app.secret.unwrap_or("the made-up one you gave");
            lines.push(format!("  appsecret {secret}"));
        }
        if let Some(app) = self.apps.first() {
            let appid = &app.appid;
            lines.extend([
                String::new(),
                "Try it in another shell / 另开一个终端试试：".to_owned(),
                String::new(),
                format!("  export {VARIABLE}={}", app.secret.unwrap_or("…")),
                format!("  wechat-auth token --appid {appid} --api {base_url}"),
                format!("  wechat-auth login --appid {appid} --api {base_url}"),
                format!("  curl {admin_url}health"),
                format!(
                    "  curl -H 'Content-Type: application/json' -d '{{\"advance_s\":7200}}' {admin_url}clock"
                ),
            ]);
        }
        lines.extend([String::new(), "Ctrl-C ends it. / 按 Ctrl-C 结束。".to_owned()]);
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_read_up_to_the_first_colon() {
        let app = App::parse("wx1:a:b").unwrap();
        assert_eq!((app.appid.as_str(), app.secret.as_str()), ("wx1", "a:b"));
        assert!(!format!("{app:?}").contains("a:b"));
    }

    #[test]
    fn what_is_wrong_with_an_app_is_said_without_its_secret() {
        for wrong in ["hunter2", ":hunter2", "wx 1:hunter2", "wx1:", "wx1:hunter 2"] {
            let said = App::parse(wrong).unwrap_err();
            assert!(!said.contains("hunter"), "{said}");
        }
    }
}
