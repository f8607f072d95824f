//! A real browser, driven over WebDriver. Without chromedriver and chromium the stories fail, and say so.
//!
//! Three crates share this file.
#![allow(dead_code, reason = "each of them uses a part")]

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

pub(crate) struct Chromium {
    pub(crate) tab: Client,
    _driver: Child,
    /// Held open, so that what the driver writes has somewhere to go.
    _stdout: BufReader<ChildStdout>,
    profile: PathBuf,
}

/// Whether pages may run scripts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    On,
    Off,
}

/// What the browser is.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) scripts: Scripts,
    /// The size of the page itself, if it is to be that of a phone or of a desk.
    pub(crate) screen: Option<(u32, u32)>,
}

impl Chromium {
    pub(crate) async fn start() -> Self {
        Self::of(Kind {
            scripts: Scripts::On,
            screen: None,
        })
        .await
    }

    pub(crate) async fn of(kind: Kind) -> Self {
        let mut command = Command::new("chromedriver");
        command
            .args(["--port=0", "--allowed-ips=127.0.0.1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut driver = command
            .kill_on_drop(true)
            .spawn()
            .expect("install chromedriver (Debian: chromium-driver)");
        let mut stdout = BufReader::new(driver.stdout.take().unwrap());
        let port = port(&mut stdout).await;
        let profile = new_profile();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let user_data_dir = format!("--user-data-dir={}", profile.display());
        let mut options = json!({"args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--window-size=480,900", user_data_dir,
        ]});
        if let Some((width, height)) = kind.screen {
            let screen = json!({"width": width, "height": height, "pixelRatio": 1, "touch": false});
            options["mobileEmulation"] = json!({"deviceMetrics": screen});
        }
        if kind.scripts == Scripts::Off {
            options["prefs"] = json!({"profile.managed_default_content_settings.javascript": 2});
        }
        let capabilities = json!({"browserName": "chrome", "goog:chromeOptions": options});
        builder.capabilities(capabilities.as_object().unwrap().clone());
        let tab = builder
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a session with chromium");
        Self {
            tab,
            _driver: driver,
            _stdout: stdout,
            profile,
        }
    }

    /// Waits for the element, and brings its text.
    pub(crate) async fn text_of(&self, id: &str) -> String {
        loop {
            let element = self.tab.wait().for_element(Locator::Id(id)).await;
            let element = element.unwrap_or_else(|error| panic!("no #{id}: {error}"));
            match element.text().await {
                Ok(text) => return text,
                // The page has changed in between.
                Err(error) if error.is_stale_element_reference() => {}
                Err(error) => panic!("#{id}: {error}"),
            }
        }
    }

    pub(crate) async fn click(&self, id: &str) {
        self.tab
            .find(Locator::Id(id))
            .await
            .unwrap()
            .click()
            .await
            .unwrap();
    }

    pub(crate) async fn url(&self) -> String {
        self.tab.current_url().await.unwrap().to_string()
    }

    /// For people to look at: `target/tmp/screenshots/`.
    pub(crate) async fn screenshot(&self, name: &str) {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(
            dir.join(format!("{name}.png")),
            self.tab.screenshot().await.unwrap(),
        )
        .unwrap();
    }

    pub(crate) async fn close(self) {
        self.tab.close().await.unwrap();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

async fn port(stdout: &mut BufReader<ChildStdout>) -> u16 {
    let mut line = String::new();
    while stdout.read_line(&mut line).await.unwrap() > 0 {
        if let Some((_, port)) = line.trim().split_once("started successfully on port ")
            && let Ok(port) = port.trim_end_matches('.').parse()
        {
            return port;
        }
        line.clear();
    }
    panic!("chromedriver ended without saying its port");
}

fn new_profile() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "chromium-{}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}
