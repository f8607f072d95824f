//! The written form of a pending login.

use serde::{Deserialize, Serialize};

use super::{Fate, PendingLogin};
use crate::AppId;
use crate::login::digest::Digest;
use crate::login::web_login::checked_data;
use crate::login::{RedirectUri, ReturnTo, Scope};

pub(super) fn read(text: &str) -> Result<PendingLogin, InvalidPending> {
    if text.len() > PendingLogin::MAX_ENCODED {
        return Err(InvalidPending::Unreadable);
    }
    let Version { v } = serde_json::from_str(text).map_err(|_| InvalidPending::Unreadable)?;
    if v != VERSION {
        return Err(InvalidPending::Version { found: v });
    }
    let record: Record = serde_json::from_str(text).map_err(|_| InvalidPending::Unreadable)?;
    record.try_into()
}

/// Why a stored login does not read.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPending {
    /// Written by a version of this crate that knows more, or less.
    #[error(
        "a pending login of version {found}, which this program does not read: let the user log in again"
    )]
    Version {
        /// The version in the text.
        found: u64,
    },
    /// Not a pending login, or one that was cut or changed.
    #[error(
        "the text is no pending login: let the user log in again; if it happens often, look at the store"
    )]
    Unreadable,
}

const VERSION: u64 = 1;

#[derive(Deserialize)]
struct Version {
    v: u64,
}

/// The written form. A change that an older program would misread takes a new version.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    v: u64,
    appid: String,
    scope: String,
    redirect_uri: String,
    id: String,
    browser: String,
    expires_at: u64,
    return_to: String,
    data: String,
    fate: FateRecord,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum FateRecord {
    Open,
    Spent { code: String },
    Refused,
}

impl From<PendingLogin> for Record {
    fn from(pending: PendingLogin) -> Self {
        Self {
            v: VERSION,
            appid: pending.appid.as_str().to_owned(),
            scope: pending.scope.as_str().to_owned(),
            redirect_uri: pending.redirect_uri.as_str().to_owned(),
            id: pending.id.to_hex(),
            browser: pending.browser.to_hex(),
            expires_at: pending.expires_at,
            return_to: pending.return_to,
            data: pending.data,
            fate: match pending.fate {
                Fate::Open => FateRecord::Open,
                Fate::Spent(code) => FateRecord::Spent { code: code.to_hex() },
                Fate::Refused => FateRecord::Refused,
            },
        }
    }
}

impl TryFrom<Record> for PendingLogin {
    type Error = InvalidPending;

    fn try_from(record: Record) -> Result<Self, InvalidPending> {
        if record.v != VERSION {
            return Err(InvalidPending::Version { found: record.v });
        }
        checked(record).ok_or(InvalidPending::Unreadable)
    }
}

fn checked(record: Record) -> Option<PendingLogin> {
    Some(PendingLogin {
        appid: AppId::new(record.appid).ok()?,
        scope: Scope::parse(&record.scope)?,
        redirect_uri: RedirectUri::parse(&record.redirect_uri).ok()?,
        id: Digest::from_hex(&record.id)?,
        browser: Digest::from_hex(&record.browser)?,
        expires_at: record.expires_at,
        return_to: (record.return_to.len() <= ReturnTo::MAX_LEN).then_some(record.return_to)?,
        data: checked_data(record.data).ok()?,
        fate: match record.fate {
            FateRecord::Open => Fate::Open,
            FateRecord::Spent { code } => Fate::Spent(Digest::from_hex(&code)?),
            FateRecord::Refused => Fate::Refused,
        },
    })
}
