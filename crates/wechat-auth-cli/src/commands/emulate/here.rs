//! What `emulate` prints: what to point where.

use serde::Serialize;
use wechat_auth_emulator::{Running, Tls};

use super::EmulateArgs;
use crate::credentials::VARIABLE;

#[derive(Serialize)]
pub(super) struct Here {
    base_url: String,
    dashboard_url: String,
    admin_url: String,
    /// Where others reach it too; it was told to let them.
    #[serde(skip_serializing_if = "Option::is_none")]
    exposed_at: Option<String>,
    #[serde(flatten)]
    secured: Option<Secured>,
    seed: u64,
    apps: Vec<ShownApp>,
}

/// With https, what to point a client at that has WeChat's hosts compiled in.
#[derive(Serialize)]
struct Secured {
    https_url: String,
    https_proxy: String,
    ca_pem: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_file: Option<String>,
}

#[derive(Serialize)]
struct ShownApp {
    appid: String,
    /// Only the one that is known to everybody; what was given on the command line is not repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'static str>,
}

impl Here {
    pub(super) fn new(args: &EmulateArgs, running: &Running, tls: Option<&Tls>) -> Self {
        let base_url = running.base_url();
        let bound = running.local_addr();
        let exposed = !bound.ip().to_canonical().is_loopback();
        let secret = args.stage.shown_secret();
        let apps = args.stage.apps().into_iter();
        Self {
            dashboard_url: format!("{base_url}/_emulator/"),
            admin_url: format!("{base_url}/_emulator/v1/"),
            exposed_at: exposed.then(|| bound.to_string()),
            secured: tls.map(|tls| Secured {
                https_url: base_url.replacen("http://", "https://", 1),
                https_proxy: base_url.clone(),
                ca_pem: tls.ca_pem().to_owned(),
                ca_file: args
                    .ca_dir
                    .as_ref()
                    .map(|dir| dir.join("ca.pem").display().to_string()),
            }),
            base_url,
            seed: args.stage.seed,
            apps: apps
                .map(|app| ShownApp {
                    appid: app.appid,
                    secret,
                })
                .collect(),
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let Self {
            base_url,
            dashboard_url,
            admin_url,
            ..
        } = self;
        let mut lines = vec![
            "WeChat's side, emulated. This is not WeChat. / 微信侧模拟器，这不是微信。".to_owned(),
            String::new(),
            format!("  instead of https://api.weixin.qq.com    {base_url}"),
            format!("  instead of https://open.weixin.qq.com   {base_url}"),
            format!("  dashboard / 控制台                      {dashboard_url}"),
            format!("  admin API / 管理接口                    {admin_url}"),
        ];
        if let Some(at) = &self.exposed_at {
            lines.extend([
                String::new(),
                format!("Others reach it at {at} and get every token: made-up secrets only."),
                format!("其他机器可通过 {at} 访问并取得全部凭证，只能使用编造的 secret。"),
            ]);
        }
        if let Some(secured) = &self.secured {
            lines.extend(secured.lines());
        }
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

impl Secured {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("  the same by https / 同上，走 https      {}", self.https_url),
            format!("  HTTPS_PROXY                             {}", self.https_proxy),
        ];
        match &self.ca_file {
            Some(file) => lines.push(format!("  CA to trust / 要信任的 CA               {file}")),
            None => {
                lines.extend([
                    String::new(),
                    "  CA to trust, this time only / 要信任的 CA，仅本次有效：".to_owned(),
                    String::new(),
                ]);
                lines.extend(self.ca_pem.lines().map(str::to_owned));
            }
        }
        lines
    }
}
