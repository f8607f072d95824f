//! This library before its own judge: the judge's contract, JSON lines on stdin and stdout, over the async
//! driver on hyper. Each answer comes from a few lines of the library's API.

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use wechat_auth::app::GetCallbackIp;
use wechat_auth::keeper::StableApp;
use wechat_auth::login::{
    Begin, BrowserNonce, Callback, LoginError, LoginId, PendingLogin, Redeemed, RedirectUri, Scope, WebLogin,
};
use wechat_auth::{Account, BaseUrl, Origin, Tick};
use wechat_auth_client::{Client, Clock, MonotonicClock, TokenSource};
use wechat_auth_hyper::HyperTransport;

type Hyper = HyperTransport<HttpConnector>;

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let program = Arc::new(Program::from_env()?);
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let asked: Asked = serde_json::from_str(&line)?;
        tokio::spawn(serve(program.clone(), asked));
    }
    Ok(())
}

#[derive(Deserialize)]
struct Asked {
    id: Value,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum What {
    Hello,
    Call,
    Token,
    Login {
        redirect_uri: String,
        scope: String,
    },
    Callback {
        query: String,
        #[serde(default)]
        browser: String,
    },
    Advance {
        seconds: u64,
    },
    #[serde(other)]
    Other,
}

async fn serve(program: Arc<Program>, asked: Asked) {
    let mut answer = match program.answer(asked.what).await {
        Ok(answer) => answer,
        Err(error) => json!({"ok": false, "error": error.to_string()}),
    };
    if let Value::Object(fields) = &mut answer {
        fields.insert("id".to_owned(), asked.id);
    }
    // One write is one line. A judge that has gone away needs no answer.
    let _ = io::stdout().lock().write_all(format!("{answer}\n").as_bytes());
}

/// What an application of this library keeps.
struct Program {
    clock: JumpingClock,
    account: Account,
    origin: Origin,
    client: Client<Hyper, JumpingClock>,
    app: TokenSource<StableApp, Hyper, JumpingClock>,
    logins: Mutex<HashMap<LoginId, Arc<tokio::sync::Mutex<Login>>>>,
}

/// A login that was begun, and who it turned out to be: a callback that comes again gets the first's answer.
struct Login {
    by: WebLogin,
    pending: PendingLogin,
    openid: Option<String>,
}

type Answer = Result<Value, Box<dyn Error + Send + Sync>>;

impl Program {
    fn from_env() -> Result<Self, Box<dyn Error>> {
        let account = Account::new(std::env::var("WECHAT_APPID")?, std::env::var("WECHAT_APPSECRET")?)?;
        let origin = Origin::single(BaseUrl::parse(&std::env::var("WECHAT_EMULATOR_URL")?)?);
        let clock = JumpingClock::default();
        let hyper = HyperClient::builder(TokioExecutor::new()).build(HttpConnector::new());
        let client = Client::new(HyperTransport::new(hyper))
            .with_origin(origin.clone())
            .with_clock(clock.clone());
        Ok(Self {
            app: client.stable_token(account.clone()),
            clock,
            account,
            origin,
            client,
            logins: Mutex::default(),
        })
    }

    async fn answer(&self, what: What) -> Answer {
        match what {
            What::Hello => Ok(json!({"ok": true, "name": "wechat-auth"})),
            What::Call => self.call().await,
            What::Token => self.token().await,
            What::Login { redirect_uri, scope } => self.login(&redirect_uri, &scope),
            What::Callback { query, browser } => self.callback(&query, &browser).await,
            What::Advance { seconds } => {
                self.clock.advance(Duration::from_secs(seconds));
                Ok(json!({"ok": true}))
            }
            What::Other => Ok(json!({"ok": false, "unsupported": true})),
        }
    }

    async fn call(&self) -> Answer {
        self.app.call(&GetCallbackIp::new()).await?;
        Ok(json!({"ok": true}))
    }

    async fn token(&self) -> Answer {
        let token = self.app.token().await?;
        Ok(json!({"ok": true, "token": token.secret().expose()}))
    }

    fn login(&self, redirect_uri: &str, scope: &str) -> Answer {
        let scope = Scope::parse(scope).ok_or("no such scope")?;
        let by = WebLogin::new(self.account.clone(), scope, RedirectUri::parse(redirect_uri)?)
            .with_origin(self.origin.clone());
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy)?;
        let begun = by.begin(entropy, self.clock.unix_seconds(), Begin::new());
        let answer = json!({"ok": true, "url": begun.url.as_str(), "browser": begun.browser.cookie_value()});
        let (id, pending, openid) = (begun.pending.id(), begun.pending, None);
        let login = Login { by, pending, openid };
        self.logins
            .lock()
            .map_err(|_| "a login panicked")?
            .insert(id, Arc::new(tokio::sync::Mutex::new(login)));
        Ok(answer)
    }

    async fn callback(&self, query: &str, browser: &str) -> Answer {
        let callback = Callback::from_query(query)?;
        let login = self
            .logins
            .lock()
            .map_err(|_| "a login panicked")?
            .get(&callback.login_id())
            .cloned();
        let login = login.ok_or(LoginError::ForeignState)?;
        // One callback of a login at a time: the second waits for what the first brings.
        let mut login = login.lock().await;
        let Login { by, pending, openid } = &mut *login;
        let browser = BrowserNonce::from_cookie(browser);
        match pending.redeem(by, &callback, &browser, self.clock.unix_seconds())? {
            Redeemed::Exchange(grant) => {
                let user = self.client.exchange(grant).await?;
                *openid = user.token.identity().openid().map(|id| id.as_str().to_owned());
            }
            Redeemed::Repeated => {}
        }
        let openid = openid
            .as_deref()
            .ok_or("the first callback brought no user: let the user log in again")?;
        Ok(json!({"ok": true, "openid": openid}))
    }
}

/// The machine's clock, ahead by as much as the judge says.
#[derive(Clone, Default)]
struct JumpingClock {
    machine: MonotonicClock,
    ahead_ms: Arc<AtomicU64>,
}

impl JumpingClock {
    fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.ahead_ms.fetch_add(by, Ordering::SeqCst);
    }

    fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead_ms.load(Ordering::SeqCst))
    }

    fn unix_seconds(&self) -> u64 {
        self.unix_millis() / 1000
    }
}

impl Clock for JumpingClock {
    fn now(&self) -> Tick {
        self.machine.now().after(self.ahead())
    }

    fn unix_millis(&self) -> u64 {
        self.machine.unix_millis() + self.ahead_ms.load(Ordering::SeqCst)
    }
}
