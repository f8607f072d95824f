//! What is emulated: the accounts that are there, the seed, and who agrees without a page.

use clap::Args;
use wechat_auth::{Account, InvalidAccount};
use wechat_auth_emulator::{Builder, Emulator};

use crate::exit::Failure;

/// The account that is there when none is named.
const APPID: &str = "wxemulated00000001";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[derive(Args, Debug)]
pub(super) struct Stage {
    /// An account there shall be; can be given several times. Without it there is one to try things with.
    ///
    /// Make the secret up: flags can be read by others, so a real one must never be here.
    #[arg(long = "app", value_name = "APPID:SECRET", value_parser = App::parse)]
    apps: Vec<App>,

    /// Decides every token, openid and code: the same seed and the same requests give the same ones.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(super) seed: u64,

    /// Let this test user agree to every login at once, without a page: xiaoming, odd, blank or snapshot.
    #[arg(long, value_name = "USER")]
    auto_consent: Option<String>,
}

impl Stage {
    /// Those that were given, or the one that is known to everybody.
    pub(super) fn apps(&self) -> Vec<App> {
        match self.apps.is_empty() {
            true => vec![App {
                appid: APPID.to_owned(),
                secret: SECRET.to_owned(),
            }],
            false => self.apps.clone(),
        }
    }

    /// The secret that may be shown; what was given on the command line is not repeated.
    pub(super) fn shown_secret(&self) -> Option<&'static str> {
        self.apps.is_empty().then_some(SECRET)
    }

    pub(super) fn builder(&self) -> Result<Builder, Failure> {
        let mut builder = Emulator::builder().seed(self.seed);
        for (n, app) in self.apps.iter().enumerate() {
            if self.apps.iter().take(n).any(|earlier| earlier.appid == app.appid) {
                return Err(Failure::usage(format!("--app names {} twice", app.appid)));
            }
        }
        for app in self.apps() {
            builder = builder.app(app.appid, app.secret);
        }
        if let Some(user) = &self.auto_consent {
            builder = builder.auto_consent(user.as_str());
        }
        Ok(builder)
    }
}

/// A made-up account. Neither Debug nor an error shows its secret: somebody will paste a real one.
#[derive(Clone)]
pub(super) struct App {
    pub(super) appid: String,
    pub(super) secret: String,
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
