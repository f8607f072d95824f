//! The accounts that have credentials: what a test says about each.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::secret::{Secret, Secrets};

/// One account: an official account, a website app, or both at once.
///
/// As JSON only the appid and the secret are required.
///
/// ```
/// use wechat_auth_emulator::{App, AppKind};
///
/// let app = App::new("wx0000000000000001", "not-a-real-secret")
///     .kind(AppKind::Website)
///     .redirect_domain("127.0.0.1:3000")
///     .allow_only(["127.0.0.1".parse().unwrap()]);
/// assert!(!format!("{app:?}").contains("not-a-real-secret"));
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct App {
    /// The public name: 1 to 64 characters of `[A-Za-z0-9_-]`.
    pub appid: String,
    /// The appsecret: 1 to 128 visible ASCII characters.
    pub secret: Secret,
    /// What the app may ask a user for.
    #[serde(default)]
    pub kind: AppKind,
    /// A sandbox account has the smaller quota of classic fetches.
    #[serde(default)]
    pub sandbox: bool,
    /// The addresses that may fetch an app token; `None` allows every address.
    #[serde(default)]
    pub allow_list: Option<Vec<IpAddr>>,
    /// The only host (with its port, if it has one) a user may be sent back to;
    /// `None` allows every host.
    #[serde(default)]
    pub redirect_domain: Option<String>,
    /// Whether the account may fetch tokens.
    #[serde(default)]
    pub standing: AppStanding,
}

impl App {
    /// An app in good standing without restrictions. What is wrong with the two
    /// texts is found when the app is added.
    #[must_use]
    pub fn new(appid: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            appid: appid.into(),
            secret: Secret::from(secret.into()),
            kind: AppKind::Any,
            sandbox: false,
            allow_list: None,
            redirect_domain: None,
            standing: AppStanding::Good,
        }
    }

    /// Sets what the app may ask a user for.
    #[must_use]
    pub fn kind(mut self, kind: AppKind) -> Self {
        self.kind = kind;
        self
    }

    /// Makes it a sandbox account, with its smaller quota.
    #[must_use]
    pub fn sandbox(mut self) -> Self {
        self.sandbox = true;
        self
    }

    /// Lets only these addresses fetch an app token.
    #[must_use]
    pub fn allow_only(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.allow_list = Some(addresses.into_iter().collect());
        self
    }

    /// Lets users be sent back to this host only, for example `127.0.0.1:3000`.
    #[must_use]
    pub fn redirect_domain(mut self, host: impl Into<String>) -> Self {
        self.redirect_domain = Some(host.into());
        self
    }

    /// Sets whether the account may fetch tokens.
    #[must_use]
    pub fn standing(mut self, standing: AppStanding) -> Self {
        self.standing = standing;
        self
    }

    /// What is said about it, as it is written; the secret only when that is asked for.
    pub(crate) fn shown(&self, secrets: Secrets) -> ShownApp<'_> {
        ShownApp {
            appid: &self.appid,
            secret: (secrets == Secrets::Show).then(|| self.secret.expose()),
            kind: self.kind,
            sandbox: self.sandbox,
            allow_list: self.allow_list.as_deref(),
            redirect_domain: self.redirect_domain.as_deref(),
            standing: self.standing,
        }
    }

    /// An IPv4 peer may arrive as an IPv6-mapped address; both are the same machine.
    pub(crate) fn allows(&self, peer: IpAddr) -> bool {
        self.allow_list.as_ref().is_none_or(|list| {
            list.iter()
                .any(|allowed| allowed.to_canonical() == peer.to_canonical())
        })
    }

    pub(crate) fn check(&self) -> Result<(), InvalidApp> {
        let named = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if !(1..=64).contains(&self.appid.len()) || !self.appid.bytes().all(named) {
            return Err(InvalidApp::Appid);
        }
        let secret = self.secret.expose();
        if !(1..=128).contains(&secret.len()) || !secret.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(InvalidApp::Secret {
                appid: self.appid.clone(),
            });
        }
        Ok(())
    }
}

/// An [`App`] on its way out.
#[derive(Serialize)]
pub(crate) struct ShownApp<'a> {
    appid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    kind: AppKind,
    sandbox: bool,
    allow_list: Option<&'a [IpAddr]>,
    redirect_domain: Option<&'a str>,
    standing: AppStanding,
}

/// What an app may ask a user for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AppKind {
    /// Both of the following, which no real account is, but which a test may like.
    #[default]
    Any,
    /// `snsapi_base` and `snsapi_userinfo` on the authorize page.
    OfficialAccount,
    /// `snsapi_login` on the QR page.
    Website,
}

/// Whether an account may fetch tokens.
///
/// Tokens fetched before are still accepted in every standing, unless
/// [`Behavior::frozen_tokens_accepted`](crate::Behavior::frozen_tokens_accepted) says no.
///
/// # Source
///
/// The error tables of the official pages on the access token; the wording of 50004 is
/// *observed*, that of 40243 and 50007 *assumed*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AppStanding {
    /// It may.
    #[default]
    Good,
    /// The appsecret was frozen in the console: 40243.
    SecretFrozen,
    /// The token interface is closed to it, as a punishment: 50004.
    TokenForbidden,
    /// The account is frozen: 50007.
    AccountFrozen,
}

/// Why an app cannot be added. Never holds the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidApp {
    /// The appid is empty, too long, or has other characters than `[A-Za-z0-9_-]`.
    #[error("an appid must be 1 to 64 characters of [A-Za-z0-9_-]")]
    Appid,
    /// The secret is empty, too long, or not visible ASCII.
    #[error("the secret of app {appid} must be 1 to 128 visible ASCII characters")]
    Secret {
        /// The app whose secret it is.
        appid: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_address_is_the_same_machine() {
        let app = App::new("wx1", "s").allow_only(["10.0.0.1".parse().unwrap()]);
        assert!(app.allows("10.0.0.1".parse().unwrap()));
        assert!(app.allows("::ffff:10.0.0.1".parse().unwrap()));
        assert!(!app.allows("10.0.0.2".parse().unwrap()));
    }

    #[test]
    fn nonsense_is_refused_without_showing_the_secret() {
        assert_eq!(App::new("", "s").check(), Err(InvalidApp::Appid));
        assert_eq!(App::new("a<b", "s").check(), Err(InvalidApp::Appid));
        let refused = App::new("wx1", "with blank").check().unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("with blank"));
    }
}
