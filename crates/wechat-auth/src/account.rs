use core::fmt;

use crate::Secret;

/// An account's public name, such as `wx0123456789abcdef`: 1 to 64 characters of `[A-Za-z0-9_-]`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppId(String);

impl AppId {
    /// Checks the text.
    ///
    /// # Errors
    /// [`InvalidAccount::AppId`] for an empty or over-long text, or characters no appid has.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidAccount> {
        let text = text.into();
        let known = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(known) {
            Ok(Self(text))
        } else {
            Err(InvalidAccount::AppId)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an account proves itself with: appid and appsecret, from the console of the official account,
/// mini program, website app or mobile app.
///
/// ```
/// use wechat_auth::Account;
///
/// let account = Account::new("wx0123456789abcdef", "0123456789abcdef0123456789abcdef")?;
/// assert_eq!(account.appid().as_str(), "wx0123456789abcdef");
/// assert!(!format!("{account:?}").contains("0123456789abcdef0"));
/// # Ok::<(), wechat_auth::InvalidAccount>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    appid: AppId,
    secret: Secret,
}

impl Account {
    /// Checks both parts: only what can never be right is refused here, the rest is for WeChat.
    ///
    /// # Errors
    /// [`InvalidAccount`] says which part is wrong, and does not repeat it.
    pub fn new(appid: impl Into<String>, secret: impl Into<Secret>) -> Result<Self, InvalidAccount> {
        let appid = AppId::new(appid)?;
        let secret = secret.into();
        let printable = secret.expose().bytes().all(|b| b.is_ascii_graphic());
        if (1..=128).contains(&secret.len()) && printable {
            Ok(Self { appid, secret })
        } else {
            Err(InvalidAccount::Secret)
        }
    }

    /// The account's public name.
    pub fn appid(&self) -> &AppId {
        &self.appid
    }

    /// The account's appsecret.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }
}

/// Which part of an account's credentials cannot be right.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAccount {
    /// The appid.
    #[error("the appid must have 1 to 64 characters of A-Z a-z 0-9 _ -: copy it from the console")]
    AppId,
    /// The appsecret.
    #[error("the appsecret must have 1 to 128 printable characters without blanks: copy it from the console")]
    Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_line_ends_around_a_pasted_value_are_refused() {
        assert_eq!(AppId::new("wx1\n"), Err(InvalidAccount::AppId));
        assert_eq!(AppId::new(""), Err(InvalidAccount::AppId));
        assert_eq!(AppId::new("x".repeat(65)), Err(InvalidAccount::AppId));
        assert_eq!(Account::new("wx1", "secret "), Err(InvalidAccount::Secret));
        assert_eq!(Account::new("wx1", ""), Err(InvalidAccount::Secret));
    }
}
