//! `/sns`: what a website does with the code a browser brought back.

use serde::Serialize;

use super::WeChat;
use super::app_tokens::{check_secret, check_standing};
use super::call::Call;
use super::introspection::Standing;
use super::logins::{Consent, EarlierLogins, Grants, Lives, Login, NewLogin};
use super::refusal::Refusal;
use super::reply::Success;
use super::user::{Unionid, User};

#[derive(Serialize)]
struct UserTokenReply<'a> {
    access_token: &'a str,
    expires_in: u64,
    refresh_token: &'a str,
    openid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_snapshotuser: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unionid: Option<&'a str>,
}

impl WeChat {
    /// A code is spent by the first exchange that gets past every check, or by the first
    /// exchange at all.
    pub(super) fn exchange(&mut self, call: &Call<'_>) -> Result<Success, Refusal> {
        let exchanged = self.exchange_code(call);
        if exchanged.is_err()
            && self.config.behavior.refused_exchange_spends_code
            && let Some(code) = call.param("code")
        {
            self.logins.spend(code);
        }
        exchanged
    }

    fn exchange_code(&mut self, call: &Call<'_>) -> Result<Success, Refusal> {
        let appid = call.param("appid").ok_or(Refusal::APPID_MISSING)?;
        let account = self.accounts.get(appid).ok_or(Refusal::INVALID_APPID)?;
        check_secret(&account.app, call.param("secret"))?;
        check_standing(&account.app)?;
        if call.param("grant_type") != Some("authorization_code") {
            return Err(Refusal::INVALID_GRANT_TYPE);
        }
        let text = call.param("code").ok_or(Refusal::CODE_MISSING)?;
        let code = self.logins.code(text).filter(|code| code.consent.appid == appid);
        let code = code.ok_or(Refusal::INVALID_CODE)?;
        match code.standing(call.now) {
            Standing::Current => {}
            Standing::Used => return Err(Refusal::CODE_BEEN_USED),
            _ => return Err(Refusal::of(self.config.behavior.expired_code_errcode)),
        }
        let consent = code.consent.clone();
        let user = self.user(&consent.user).cloned().ok_or(Refusal::INVALID_CODE)?;

        let login = self.new_login(consent, &user);
        self.logins.spend(text);
        self.mints = self.mints.saturating_add(1);
        let behavior = &self.config.behavior;
        let lives = Lives {
            token_s: behavior.user_token_life_s,
            refresh_token_s: behavior.refresh_token_life_s,
        };
        let earlier = match behavior.new_login_voids_old {
            true => EarlierLogins::Void,
            false => EarlierLogins::Keep,
        };
        let login = self
            .logins
            .add(login, call.now, lives, earlier)
            .ok_or(Refusal::INVALID_CODE)?;
        let names_unionid = login.consent.scope.grants != Grants::Openid || behavior.unionid_with_base_scope;
        let comma = if behavior.trailing_comma_in_scope { "," } else { "" };
        Ok(Success::json(&UserTokenReply {
            access_token: &login.current.token,
            expires_in: call.now.seconds_until(login.current.expires_at),
            refresh_token: &login.refresh_token,
            openid: &login.openid,
            scope: behavior
                .scope_in_exchange
                .then(|| format!("{}{comma}", login.consent.scope.text)),
            is_snapshotuser: login.snapshot.then_some(1),
            unionid: login.unionid.as_deref().filter(|_| names_unionid),
        }))
    }

    /// A live user token keeps its text and gets a new timer; a dead one is replaced.
    /// The refresh token stays, and its own end does not move.
    pub(super) fn refresh(&mut self, call: &Call<'_>) -> Result<Success, Refusal> {
        let appid = call.param("appid").ok_or(Refusal::APPID_MISSING)?;
        if self.accounts.get(appid).is_none() {
            return Err(Refusal::INVALID_APPID);
        }
        if call.param("grant_type") != Some("refresh_token") {
            return Err(Refusal::INVALID_GRANT_TYPE);
        }
        let refresh_token = call
            .param("refresh_token")
            .ok_or(Refusal::REFRESH_TOKEN_MISSING)?;
        let login = self.logins.of_refresh_token(refresh_token);
        let login = login.filter(|login| login.consent.appid == appid);
        match login.map(|login| login.refresh_standing(call.now)) {
            Some(Standing::Current) => {}
            Some(Standing::Expired) => return Err(Refusal::REFRESH_TOKEN_EXPIRED),
            _ => return Err(Refusal::INVALID_REFRESH_TOKEN),
        }
        let life_s = self.config.behavior.user_token_life_s;
        let (mint, user_tokens, mints) = (&self.mint, &mut self.user_tokens, &mut self.mints);
        let fresh = || {
            let nth = *user_tokens;
            *user_tokens = nth.saturating_add(1);
            *mints = mints.saturating_add(1);
            mint.user_token(nth)
        };
        let login = self.logins.refresh(refresh_token, call.now, life_s, fresh);
        let login = login.ok_or(Refusal::INVALID_REFRESH_TOKEN)?;
        Ok(Success::json(&UserTokenReply {
            access_token: &login.current.token,
            expires_in: call.now.seconds_until(login.current.expires_at),
            refresh_token: &login.refresh_token,
            openid: &login.openid,
            scope: Some(login.consent.scope.text.clone()),
            is_snapshotuser: None,
            unionid: None,
        }))
    }

    pub(super) fn userinfo(&mut self, call: &Call<'_>) -> Result<Success, Refusal> {
        #[derive(Serialize)]
        struct Profile<'a> {
            openid: &'a str,
            nickname: &'a str,
            sex: u8,
            language: &'a str,
            city: &'a str,
            province: &'a str,
            country: &'a str,
            headimgurl: &'a str,
            privilege: [&'a str; 0],
            #[serde(skip_serializing_if = "Option::is_none")]
            unionid: Option<&'a str>,
        }
        let login = self.login_of_user_token(call)?;
        if login.consent.scope.grants == Grants::Openid {
            return Err(Refusal::of(self.config.behavior.base_scope_userinfo_errcode));
        }
        let user = self.user(&login.consent.user).ok_or(Refusal::INVALID_OPENID)?;
        let profile = Profile {
            openid: &login.openid,
            nickname: &user.nickname,
            sex: user.sex,
            language: &user.language,
            city: &user.city,
            province: &user.province,
            country: &user.country,
            headimgurl: &user.headimgurl,
            privilege: [],
            unionid: login.unionid.as_deref(),
        };
        Ok(Success::profile(&profile, &self.config.behavior))
    }

    pub(super) fn sns_auth(&mut self, call: &Call<'_>) -> Result<Success, Refusal> {
        self.login_of_user_token(call).map(|_| Success::ok())
    }

    /// The login whose token and openid came with the call.
    fn login_of_user_token(&self, call: &Call<'_>) -> Result<&Login, Refusal> {
        let token = call.param("access_token").ok_or(Refusal::ACCESS_TOKEN_MISSING)?;
        let openid = call.param("openid").ok_or(Refusal::OPENID_MISSING)?;
        let login = self.logins.of_token(token).ok_or(Refusal::INVALID_CREDENTIAL)?;
        match login.standing(token, call.now) {
            Standing::Current if login.openid == openid => Ok(login),
            Standing::Current => Err(Refusal::INVALID_OPENID),
            Standing::Expired => Err(Refusal::of(self.config.behavior.expired_user_token_errcode)),
            _ => Err(Refusal::INVALID_CREDENTIAL),
        }
    }

    /// A visitor of the snapshot page who is asked for the profile stays anonymous, unless
    /// the visitor asked for the full service.
    fn new_login(&mut self, consent: Consent, user: &User) -> NewLogin {
        let snapshot = user.snapshot && consent.scope.grants == Grants::Profile && !consent.full_service;
        let openid = match snapshot {
            true => self.mint.virtual_openid(&consent.appid, &user.id),
            false => self.mint.openid(&consent.appid, &user.id),
        };
        let unionid = match (&user.unionid, snapshot) {
            (Unionid::None, _) => None,
            (_, true) => Some(self.mint.virtual_unionid(&user.id)),
            (Unionid::FromSeed, false) => Some(self.mint.unionid(&user.id)),
            (Unionid::Given(unionid), false) => Some(unionid.clone()),
        };
        let nth_login = self.login_count;
        self.login_count = self.login_count.saturating_add(1);
        let token = self.mint.user_token(self.user_tokens);
        self.user_tokens = self.user_tokens.saturating_add(1);
        let refresh_token = self.mint.refresh_token(nth_login);
        NewLogin {
            consent,
            openid,
            unionid,
            snapshot,
            token,
            refresh_token,
        }
    }
}
