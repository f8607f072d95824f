use core::fmt;

use crate::ApiError;

/// Who a user token, or a profile, is about.
///
/// It is an enum so that a snapshot user cannot be taken for a person by accident: WeChat may open a
/// page that asked for consent without having been asked by the user as a read-only *snapshot*, and
/// then makes up an openid, a unionid and a nickname. Storing those as an account would give one
/// person several, and nobody a way back in.
///
/// The flag can be missing on the first calls (observed), so treat an openid seen for the first time
/// with the care it deserves.
///
/// # Source
/// Official account documentation, "Web authorisation", on snapshot pages since 2022-07-12
/// (documented).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity<'a> {
    /// A real user.
    Person {
        /// The user's name for this account.
        openid: &'a OpenId,
        /// The user's name across all accounts of one owner, where WeChat gave it.
        unionid: Option<&'a UnionId>,
    },
    /// Nobody: a visitor of a snapshot page. Show the page, and log nobody in.
    Snapshot {
        /// Made up by WeChat. It opens the (made up) profile, and identifies nobody.
        virtual_openid: &'a OpenId,
    },
}

impl<'a> Identity<'a> {
    /// The real user's openid; `None` for a snapshot.
    pub fn openid(self) -> Option<&'a OpenId> {
        match self {
            Self::Person { openid, .. } => Some(openid),
            Self::Snapshot { .. } => None,
        }
    }

    /// The real user's unionid, where WeChat gave one.
    pub fn unionid(self) -> Option<&'a UnionId> {
        match self {
            Self::Person { unionid, .. } => unionid,
            Self::Snapshot { .. } => None,
        }
    }
}

/// Whether WeChat said that the user is one of a snapshot page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserKind {
    /// A real user, as far as WeChat said.
    Person,
    /// A made-up one: `is_snapshotuser`.
    Snapshot,
}

/// A user's name for one account: 1 to 128 printable ASCII characters (28 on the wire today).
///
/// Personal data: `Debug` is redacted and there is no `Display`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpenId(String);

/// A user's name across all accounts of one owner: 1 to 128 printable ASCII characters.
///
/// Personal data: `Debug` is redacted and there is no `Display`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnionId(String);

/// The text is no openid or unionid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an openid or unionid has 1 to 128 printable ASCII characters without blanks")]
pub struct InvalidUserId;

impl OpenId {
    /// Checks the text.
    ///
    /// # Errors
    /// [`InvalidUserId`], which does not repeat it.
    pub fn new(text: &str) -> Result<Self, InvalidUserId> {
        checked(text).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn read(text: &str) -> Result<Self, ApiError> {
        Self::new(text).map_err(|_| ApiError::malformed("characters no openid has", "openid"))
    }
}

impl UnionId {
    /// Checks the text.
    ///
    /// # Errors
    /// [`InvalidUserId`], which does not repeat it.
    pub fn new(text: &str) -> Result<Self, InvalidUserId> {
        checked(text).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Absent and empty are one: WeChat gives it to some accounts only.
    pub(super) fn read_optional(text: &str) -> Result<Option<Self>, ApiError> {
        match text {
            "" => Ok(None),
            text => Self::new(text)
                .map(Some)
                .map_err(|_| ApiError::malformed("characters no unionid has", "unionid")),
        }
    }
}

fn checked(text: &str) -> Result<String, InvalidUserId> {
    if (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err(InvalidUserId)
    }
}

impl fmt::Debug for OpenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenId([redacted])")
    }
}

impl fmt::Debug for UnionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnionId([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_bounded_and_printable() {
        assert!(OpenId::new("oABC-_123").is_ok());
        assert!(UnionId::new(&"u".repeat(128)).is_ok());
        for bad in ["", "o A", "o\n", "öö", &"o".repeat(129)] {
            assert_eq!(OpenId::new(bad), Err(InvalidUserId));
            assert_eq!(UnionId::new(bad), Err(InvalidUserId));
        }
    }
}
