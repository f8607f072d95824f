//! Text that must never show in a log.

use std::fmt;

use serde::Deserialize;

/// A secret that Debug does not print. It has no Display; [`expose`](Self::expose)
/// is the one way to read it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for a comparison or a reply.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Whether secrets are written out or masked, where a test asks what there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// Masked.
    #[default]
    Hide,
    /// As they are.
    Show,
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
