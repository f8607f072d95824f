//! Whose token: the appid from a flag, the appsecret from anywhere but a flag.

use std::env::{self, VarError};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use wechat_auth::{Account, AppId, Secret};

use crate::exit::Failure;

/// The environment variable that holds the appsecret.
pub(crate) const VARIABLE: &str = "WECHAT_APPSECRET";

/// An appsecret has 32 characters; more than this is another file.
const MAX_FILE: u64 = 4096;

/// The account, as the command line says it.
#[derive(Args, Debug)]
pub(crate) struct Credentials {
    /// The account's appid, such as wx0123456789abcdef.
    #[arg(long, value_name = "APPID")]
    appid: String,

    /// A file with the appsecret and nothing else; without it, the environment variable
    /// WECHAT_APPSECRET is read.
    ///
    /// There is no flag for the secret itself: other users of this machine can read those, and the shell
    /// writes them into its history.
    #[arg(long, value_name = "PATH")]
    secret_file: Option<PathBuf>,
}

impl Credentials {
    /// The account.
    ///
    /// # Errors
    /// A usage failure that says what is missing or wrong, and shows none of it.
    pub(crate) fn account(self) -> Result<Account, Failure> {
        AppId::new(self.appid.as_str())?;
        let secret = match &self.secret_file {
            Some(path) => from_file(path)?,
            None => from_environment()?,
        };
        Ok(Account::new(self.appid, secret)?)
    }
}

fn from_environment() -> Result<Secret, Failure> {
    match env::var(VARIABLE) {
        Ok(secret) if secret.is_empty() => Err(Failure::usage(format!("{VARIABLE} is set, but empty"))),
        Ok(secret) => Ok(Secret::from(secret)),
        Err(VarError::NotPresent) => Err(Failure::usage(format!(
            "no appsecret: set the environment variable {VARIABLE}, or name a file with --secret-file"
        ))),
        Err(VarError::NotUnicode(_)) => Err(Failure::usage(format!("{VARIABLE} is no text"))),
    }
}

/// The whole file, but for one line end that editors put there.
fn from_file(path: &Path) -> Result<Secret, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::usage(format!("the secret file cannot be read: {}", error.kind()));
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Failure::usage(
            "the secret file is too long: it must hold the appsecret and nothing else",
        ));
    }
    let text = String::from_utf8(bytes).map_err(|_| Failure::usage("the secret file is no text"))?;
    let text = Secret::from(text);
    let line = text.expose();
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(Failure::usage("the secret file is empty"));
    }
    Ok(Secret::from(line))
}
