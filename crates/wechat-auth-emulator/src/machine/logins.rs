//! Web logins: codes, and what they were exchanged for.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::introspection::{Family, Introspection, MintedBy, Standing};
use super::time::Millis;
use crate::recent::Recent;

/// Codes remembered, used and expired ones included.
const CODES: usize = 10_000;
/// Logins remembered; the oldest is forgotten, refresh token and all.
const LOGINS: usize = 10_000;
/// Earlier user tokens remembered per login.
const PAST_TOKENS: usize = 4;

/// What a user agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Consent {
    pub(crate) appid: String,
    pub(crate) user: String,
    pub(crate) scope: Scope,
    /// A visitor of the snapshot page asked for the full service there.
    #[serde(default)]
    pub(crate) full_service: bool,
}

/// The scope as it was asked for, and what it comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scope {
    pub(crate) text: String,
    pub(crate) grants: Grants,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Grants {
    /// `snsapi_base`: the openid.
    Openid,
    /// `snsapi_userinfo`: the profile too.
    Profile,
    /// `snsapi_login`: the profile, for a website.
    WebsiteLogin,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) consent: Consent,
    expires_at: Millis,
    used: bool,
}

impl Code {
    pub(crate) fn standing(&self, now: Millis) -> Standing {
        if self.used {
            Standing::Used
        } else if now < self.expires_at {
            Standing::Current
        } else {
            Standing::Expired
        }
    }
}

/// A user token with its own timer.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct UserToken {
    pub(crate) token: String,
    pub(crate) expires_at: Millis,
}

/// One exchange of one code, and all that follows from it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Login {
    pub(crate) consent: Consent,
    pub(crate) openid: String,
    pub(crate) unionid: Option<String>,
    pub(crate) snapshot: bool,
    pub(crate) current: UserToken,
    /// The tokens of earlier refreshes, each of which had expired.
    past: VecDeque<UserToken>,
    pub(crate) refresh_token: String,
    pub(crate) refresh_expires_at: Millis,
    /// A later login of the same user ended this one, or a test did.
    pub(crate) voided: bool,
}

impl Login {
    pub(crate) fn standing(&self, token: &str, now: Millis) -> Standing {
        if self.voided {
            return Standing::Superseded;
        }
        match self.current.token == token && now < self.current.expires_at {
            true => Standing::Current,
            false => Standing::Expired,
        }
    }

    pub(crate) fn refresh_standing(&self, now: Millis) -> Standing {
        match (self.voided, now < self.refresh_expires_at) {
            (true, _) => Standing::Superseded,
            (false, true) => Standing::Current,
            (false, false) => Standing::Expired,
        }
    }
}

/// Bounded: the newest codes and logins.
#[derive(Default, Serialize, Deserialize)]
#[serde(from = "Remembered")]
pub(crate) struct Logins {
    codes: Recent<Code, CODES>,
    /// By refresh token, which stays the same for the life of a login.
    logins: Recent<Login, LOGINS>,
    /// User token to refresh token.
    #[serde(skip)]
    by_token: HashMap<String, String>,
    /// The newest login of each openid.
    #[serde(skip)]
    newest: HashMap<String, String>,
}

/// What the rest of [`Logins`] follows from.
#[derive(Deserialize)]
struct Remembered {
    codes: Recent<Code, CODES>,
    logins: Recent<Login, LOGINS>,
}

impl From<Remembered> for Logins {
    fn from(Remembered { codes, logins }: Remembered) -> Self {
        let mut by_token = HashMap::new();
        let mut newest = HashMap::new();
        for (refresh_token, login) in logins.iter() {
            newest.insert(login.openid.clone(), refresh_token.to_owned());
            for held in login.past.iter().chain([&login.current]) {
                by_token.insert(held.token.clone(), refresh_token.to_owned());
            }
        }
        Self {
            codes,
            logins,
            by_token,
            newest,
        }
    }
}

impl Logins {
    pub(crate) fn add_code(&mut self, code: String, consent: Consent, now: Millis, life_s: u64) {
        let expires_at = now.plus_s(life_s);
        self.codes.insert(
            code,
            Code {
                consent,
                expires_at,
                used: false,
            },
        );
    }

    pub(crate) fn code(&self, code: &str) -> Option<&Code> {
        self.codes.get(code)
    }

    /// Spends a code that is good for an exchange.
    pub(crate) fn spend(&mut self, code: &str) {
        if let Some(code) = self.codes.get_mut(code) {
            code.used = true;
        }
    }

    pub(crate) fn add(
        &mut self,
        login: NewLogin,
        now: Millis,
        lives: Lives,
        earlier: EarlierLogins,
    ) -> Option<&Login> {
        let NewLogin {
            consent,
            openid,
            unionid,
            snapshot,
            token,
            refresh_token,
        } = login;
        if let Some(before) = self.newest.insert(openid.clone(), refresh_token.clone())
            && earlier == EarlierLogins::Void
            && let Some(login) = self.logins.get_mut(&before)
        {
            login.voided = true;
        }
        self.by_token.insert(token.clone(), refresh_token.clone());
        let login = Login {
            consent,
            openid,
            unionid,
            snapshot,
            current: UserToken {
                token,
                expires_at: now.plus_s(lives.token_s),
            },
            past: VecDeque::new(),
            refresh_token: refresh_token.clone(),
            refresh_expires_at: now.plus_s(lives.refresh_token_s),
            voided: false,
        };
        if let Some(forgotten) = self.logins.insert(refresh_token.clone(), login) {
            self.forget(&forgotten);
        }
        self.logins.get(&refresh_token)
    }

    /// The login a user token belongs to.
    pub(crate) fn of_token(&self, token: &str) -> Option<&Login> {
        self.logins.get(self.by_token.get(token)?)
    }

    pub(crate) fn of_refresh_token(&self, refresh_token: &str) -> Option<&Login> {
        self.logins.get(refresh_token)
    }

    /// Sets back the timer of a live user token; replaces a dead one with `fresh`.
    pub(crate) fn refresh(
        &mut self,
        refresh_token: &str,
        now: Millis,
        life_s: u64,
        fresh: impl FnOnce() -> String,
    ) -> Option<&Login> {
        let login = self.logins.get_mut(refresh_token)?;
        if now < login.current.expires_at {
            login.current.expires_at = now.plus_s(life_s);
        } else {
            let token = fresh();
            self.by_token.insert(token.clone(), refresh_token.to_owned());
            let fresh = UserToken {
                token,
                expires_at: now.plus_s(life_s),
            };
            let dead = std::mem::replace(&mut login.current, fresh);
            login.past.push_back(dead);
            if login.past.len() > PAST_TOKENS
                && let Some(forgotten) = login.past.pop_front()
            {
                self.by_token.remove(&forgotten.token);
            }
        }
        self.logins.get(refresh_token)
    }

    /// Ends a code, a user token, or a whole login by its refresh token.
    pub(crate) fn end(&mut self, text: &str, now: Millis, end: End) -> bool {
        if let Some(code) = self.codes.get_mut(text) {
            match end {
                End::Void => code.used = true,
                End::Expire => code.expires_at = code.expires_at.min(now),
            }
            return true;
        }
        let of_token = self.by_token.get(text);
        let is_refresh_token = of_token.is_none();
        let refresh_token = of_token.cloned().unwrap_or_else(|| text.to_owned());
        let Some(login) = self.logins.get_mut(&refresh_token) else {
            return false;
        };
        match (end, is_refresh_token) {
            (End::Void, _) => login.voided = true,
            (End::Expire, true) => login.refresh_expires_at = login.refresh_expires_at.min(now),
            (End::Expire, false) if login.current.token == text => {
                login.current.expires_at = login.current.expires_at.min(now);
            }
            // An earlier token has expired already.
            (End::Expire, false) => {}
        }
        true
    }

    /// Lets a user token end at `moment`, unless it ends before.
    pub(crate) fn expire_at(&mut self, token: &str, moment: Millis) {
        let login = self.by_token.get(token).cloned();
        if let Some(login) = login.and_then(|refresh_token| self.logins.get_mut(&refresh_token))
            && login.current.token == token
        {
            login.current.expires_at = login.current.expires_at.min(moment);
        }
    }

    /// The newest login first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Login> {
        self.logins.iter().rev().map(|(_, login)| login)
    }

    /// The moments at which something alive ends.
    pub(crate) fn ends(&self) -> impl Iterator<Item = Millis> {
        let codes = self.codes.iter().filter(|(_, code)| !code.used);
        let codes = codes.map(|(_, code)| code.expires_at);
        let logins = self.logins.iter().filter(|(_, login)| !login.voided);
        codes.chain(logins.flat_map(|(_, login)| [login.current.expires_at, login.refresh_expires_at]))
    }

    pub(crate) fn introspect(&self, text: &str, now: Millis) -> Option<Introspection> {
        if let Some(login) = self.of_token(text) {
            let expires_at = match login.current.token == text {
                true => login.current.expires_at,
                false => now,
            };
            return Some(describe(
                login.standing(text, now),
                Family::User,
                login,
                now,
                expires_at,
            ));
        }
        if let Some(login) = self.of_refresh_token(text) {
            let standing = login.refresh_standing(now);
            return Some(describe(
                standing,
                Family::Refresh,
                login,
                now,
                login.refresh_expires_at,
            ));
        }
        let code = self.code(text)?;
        Some(Introspection {
            known: true,
            valid: code.standing(now).is_accepted(),
            family: Some(Family::Code),
            standing: code.standing(now),
            appid: Some(code.consent.appid.clone()),
            why: code.standing(now).why(),
            expires_in_s: now.seconds_until(code.expires_at),
            overlap_left_s: None,
            minted_by: Some(MintedBy::Client),
        })
    }

    fn forget(&mut self, login: &Login) {
        for dead in login.past.iter().chain([&login.current]) {
            self.by_token.remove(&dead.token);
        }
        if self.newest.get(&login.openid) == Some(&login.refresh_token) {
            self.newest.remove(&login.openid);
        }
    }
}

fn describe(
    standing: Standing,
    family: Family,
    login: &Login,
    now: Millis,
    expires_at: Millis,
) -> Introspection {
    Introspection {
        known: true,
        valid: standing.is_accepted(),
        family: Some(family),
        standing,
        appid: Some(login.consent.appid.clone()),
        why: standing.why(),
        expires_in_s: now.seconds_until(expires_at),
        overlap_left_s: None,
        minted_by: Some(MintedBy::Client),
    }
}

/// How a test ends a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It is taken back: calls get what a replaced token gets.
    Void,
    /// Its life is over: calls get what an old token gets.
    Expire,
}

/// What an exchange begins.
pub(crate) struct NewLogin {
    pub(crate) consent: Consent,
    pub(crate) openid: String,
    pub(crate) unionid: Option<String>,
    pub(crate) snapshot: bool,
    pub(crate) token: String,
    pub(crate) refresh_token: String,
}

#[derive(Clone, Copy)]
pub(crate) struct Lives {
    pub(crate) token_s: u64,
    pub(crate) refresh_token_s: u64,
}

/// What a new login does to the same user's earlier one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum EarlierLogins {
    Keep,
    Void,
}
