//! What shows that a form was made here.

use std::fmt;

use data_encoding::HEXLOWER;
use maud::{Markup, html};

/// Random, made when the emulator starts: not from the seed, which anybody may know.
/// Whoever can read a page of the dashboard has it, and a page elsewhere cannot read one.
pub(crate) struct FormToken(String);

impl FormToken {
    /// `None` when the operating system gives no random bytes.
    pub(crate) fn new() -> Option<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self(HEXLOWER.encode(&bytes)))
    }

    /// The hidden field.
    pub(super) fn field(&self) -> Markup {
        html! { input type="hidden" name="token" value=(self.0); }
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.0 == text
    }
}

impl fmt::Debug for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormToken([redacted])")
    }
}
