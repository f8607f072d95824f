//! A program that keeps a classic token by hand, right but for one flaw.

use std::io::{BufRead, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// What it gets wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Nothing, but it knows calls only.
    None,
    EachForHimself,
    MadeUpToken,
    DeafToRefusals,
    NoBackOff,
    /// It wants a new token for every call, and serves none when there is none.
    ThrowsTokensAway,
    NoTimeouts,
    TellsEverything,
    NoState,
    NoBrowser,
    OutOfOrder,
    NoFragment,
    Ends,
    Mute,
}

pub(crate) struct Program {
    flaw: Flaw,
    url: String,
    appid: String,
    secret: String,
    held: Mutex<Held>,
    http: ureq::Agent,
    /// The states given out, each with its browser.
    logins: Mutex<Vec<(String, String)>>,
}

#[derive(Default)]
struct Held {
    token: Option<String>,
    not_before: Option<Instant>,
}

impl Program {
    pub(crate) fn with(flaw: Flaw) -> Self {
        let variable = |name| std::env::var(name).unwrap();
        let timeout = (flaw != Flaw::NoTimeouts).then_some(Duration::from_secs(2));
        let http = ureq::Agent::config_builder()
            .proxy(None)
            .timeout_global(timeout)
            .http_status_as_error(false)
            .build();
        Self {
            flaw,
            url: variable("WECHAT_EMULATOR_URL"),
            appid: variable("WECHAT_APPID"),
            secret: variable("WECHAT_APPSECRET"),
            held: Mutex::default(),
            http: http.into(),
            logins: Mutex::default(),
        }
    }

    pub(crate) fn serve(self) {
        let this = Arc::new(self);
        for line in std::io::stdin().lock().lines() {
            let asked: Value = serde_json::from_str(&line.unwrap()).unwrap();
            let this = Arc::clone(&this);
            match this.flaw {
                Flaw::Mute => continue,
                Flaw::Ends if asked["do"] != "hello" => std::process::exit(3),
                _ => {}
            }
            std::thread::spawn(move || {
                let mut answer = this.answer(&asked).unwrap_or_else(|error| match error.as_str() {
                    "unsupported" => json!({"ok": false, "unsupported": true}),
                    _ => json!({"ok": false, "error": error}),
                });
                answer["id"] = asked["id"].clone();
                let line = format!("{answer}\n");
                std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
            });
        }
        // The harness would say that a test has passed.
        std::process::exit(0);
    }

    fn answer(&self, asked: &Value) -> Result<Value, String> {
        let knows_login = matches!(
            self.flaw,
            Flaw::NoState | Flaw::NoBrowser | Flaw::OutOfOrder | Flaw::NoFragment
        );
        match asked["do"].as_str().unwrap() {
            "hello" => Ok(json!({"ok": true, "name": "a careless program"})),
            "call" => self.call().map(|()| json!({"ok": true})),
            "token" if self.flaw == Flaw::MadeUpToken => Ok(json!({"ok": true, "token": "made-up"})),
            "login" if knows_login => Ok(self.login(asked)),
            "callback" if knows_login => self.callback(asked),
            _ => Err("unsupported".to_owned()),
        }
    }

    pub(crate) fn call(&self) -> Result<(), String> {
        let token = self.token()?;
        let path = |token: &str| format!("/cgi-bin/getcallbackip?access_token={token}");
        match self.get(&path(&token))?["errcode"].as_i64().unwrap_or(0) {
            0 => return Ok(()),
            40001 | 42001 if self.flaw != Flaw::DeafToRefusals => {}
            code => return Err(format!("errcode {code}")),
        }
        let mut held = self.held.lock().unwrap();
        if held.token.as_ref() == Some(&token) {
            held.token = None;
        }
        drop(held);
        let token = self.token()?;
        match self.get(&path(&token))?["errcode"].as_i64().unwrap_or(0) {
            0 => Ok(()),
            code => Err(format!("errcode {code}")),
        }
    }

    fn token(&self) -> Result<String, String> {
        if self.flaw == Flaw::EachForHimself {
            let known = self.held.lock().unwrap().token.clone();
            return known.map_or_else(
                || {
                    let token = self.fetch()?;
                    self.held.lock().unwrap().token = Some(token.clone());
                    Ok(token)
                },
                Ok,
            );
        }
        let mut held = self.held.lock().unwrap();
        if self.flaw == Flaw::ThrowsTokensAway {
            held.token = None;
        }
        if let Some(token) = &held.token {
            return Ok(token.clone());
        }
        let careful = ![Flaw::NoBackOff, Flaw::ThrowsTokensAway].contains(&self.flaw);
        if careful && held.not_before.is_some_and(|at| Instant::now() < at) {
            return Err("waiting".to_owned());
        }
        held.not_before = Some(Instant::now() + Duration::from_secs(1));
        let token = self.fetch()?;
        if self.flaw == Flaw::TellsEverything {
            eprintln!("fetched {token}");
        }
        held.token = Some(token.clone());
        Ok(token)
    }

    fn fetch(&self) -> Result<String, String> {
        let (appid, secret) = (&self.appid, &self.secret);
        let path = format!("/cgi-bin/token?grant_type=client_credential&appid={appid}&secret={secret}");
        let answer = self.get(&path)?;
        let token = answer["access_token"].as_str().map(str::to_owned);
        token.ok_or_else(|| format!("no token: {}", answer["errcode"]))
    }

    fn get(&self, path: &str) -> Result<Value, String> {
        let url = format!("{}{path}", self.url);
        let said = |error: String| match self.flaw {
            Flaw::TellsEverything => format!("GET {url}: {error}"),
            _ => error,
        };
        let answer = self.http.get(&url).call();
        let mut answer = answer.map_err(|_| said("no answer".to_owned()))?;
        let text = answer.body_mut().read_to_string();
        let text = text.map_err(|_| said("half an answer".to_owned()))?;
        serde_json::from_str(&text).map_err(|_| said("no JSON".to_owned()))
    }

    fn login(&self, asked: &Value) -> Value {
        let mut logins = self.logins.lock().unwrap();
        let (state, browser) = (
            format!("state{}", logins.len()),
            format!("browser{}", logins.len()),
        );
        let redirect_uri = asked["redirect_uri"].as_str().unwrap();
        let redirect_uri = redirect_uri.replace(':', "%3A").replace('/', "%2F");
        let appid = format!("appid={}", self.appid);
        let redirect_uri = format!("redirect_uri={redirect_uri}");
        let (one, other) = match self.flaw {
            Flaw::OutOfOrder => (redirect_uri, appid),
            _ => (appid, redirect_uri),
        };
        let scope = asked["scope"].as_str().unwrap();
        let fragment = match self.flaw {
            Flaw::NoFragment => "",
            _ => "#wechat_redirect",
        };
        let url = format!(
            "https://open.weixin.qq.com/connect/oauth2/authorize?{one}&{other}&response_type=code&scope={scope}&state={state}{fragment}"
        );
        logins.push((state, browser.clone()));
        json!({"ok": true, "url": url, "browser": browser})
    }

    fn callback(&self, asked: &Value) -> Result<Value, String> {
        let query = asked["query"].as_str().unwrap();
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
        };
        let code = value("code").ok_or("no code")?;
        if self.flaw != Flaw::NoState {
            let state = value("state").unwrap_or_default();
            let mut logins = self.logins.lock().unwrap();
            let known = logins.iter().position(|(known, _)| *known == state);
            let (_, browser) = logins.remove(known.ok_or("no such state")?);
            if self.flaw != Flaw::NoBrowser && asked["browser"] != browser.as_str() {
                return Err("another browser".to_owned());
            }
        }
        let (appid, secret) = (&self.appid, &self.secret);
        let answer = self.get(&format!(
            "/sns/oauth2/access_token?appid={appid}&secret={secret}&code={code}&grant_type=authorization_code"
        ))?;
        let openid = answer["openid"].as_str().ok_or("no openid")?;
        Ok(json!({"ok": true, "openid": openid}))
    }
}
