//! What holds, and what does not.

use std::fmt::{self, Debug, Display};

use wechat_auth_client::{CallError, TokenError, TransportError};

/// What does not hold.
#[derive(Debug)]
pub(super) struct Broken(String);

impl Broken {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// Both are the same, or `what` does not hold.
#[expect(
    clippy::needless_pass_by_value,
    reason = "numbers, written where they are compared"
)]
pub(super) fn equal<T: PartialEq + Debug>(what: &str, seen: T, expected: T) -> Result<(), Broken> {
    if seen == expected {
        Ok(())
    } else {
        Err(Broken(format!(
            "{what}: expected {expected:?}, the emulator saw {seen:?}"
        )))
    }
}

/// It is so, or `what` does not hold.
pub(super) fn holds(what: &str, so: bool) -> Result<(), Broken> {
    if so {
        Ok(())
    } else {
        Err(Broken(format!("not so: {what}")))
    }
}

impl Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<TokenError> for Broken {
    fn from(error: TokenError) -> Self {
        Self(error.to_string())
    }
}

impl From<CallError> for Broken {
    fn from(error: CallError) -> Self {
        Self(error.to_string())
    }
}

impl From<TransportError> for Broken {
    fn from(error: TransportError) -> Self {
        Self(error.to_string())
    }
}
