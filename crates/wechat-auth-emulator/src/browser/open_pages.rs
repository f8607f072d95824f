//! The pages that wait for an answer, by nonce.

use serde::{Deserialize, Serialize};

use super::request::{AuthorizeRequest, Door};
use crate::machine::Millis;
use crate::recent::Recent;

/// Pages that can be open at one time; the oldest goes first.
const MOST: usize = 1_000;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct OpenPages {
    open: Recent<OpenPage, MOST>,
    opened: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct OpenPage {
    pub(crate) request: AuthorizeRequest,
    pub(crate) until: Millis,
    #[serde(default)]
    pub(crate) step: Step,
}

/// How far a login has come.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// Nobody has answered.
    #[default]
    Waiting,
    /// A phone has scanned the QR code.
    Scanned,
    /// The phone agreed, and the website is to be given this code.
    Confirmed { code: String },
    /// The phone refused.
    Cancelled,
}

impl Step {
    pub(crate) const fn can_be_answered(&self) -> bool {
        matches!(self, Self::Waiting | Self::Scanned)
    }
}

/// Where an answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The authorize page.
    Authorize,
    /// The page of a website that shows a QR code; the answer there is instead of a scan.
    Website,
    /// The phone that scanned the QR code.
    Phone,
}

impl Place {
    pub(crate) const fn door(self) -> Door {
        match self {
            Self::Authorize => Door::OfficialAccount,
            Self::Website | Self::Phone => Door::Website,
        }
    }
}

impl OpenPages {
    /// Counts the pages ever opened, for the next nonce.
    pub(crate) const fn opened(&self) -> u64 {
        self.opened
    }

    pub(crate) fn open(&mut self, nonce: String, request: AuthorizeRequest, until: Millis) {
        self.opened = self.opened.saturating_add(1);
        let step = Step::Waiting;
        self.open.insert(nonce, OpenPage { request, until, step });
    }

    /// A page of this door whose time is not over.
    pub(crate) fn find(&mut self, nonce: &str, door: Door, now: Millis) -> Option<&mut OpenPage> {
        let page = self.open.get_mut(nonce)?;
        (now < page.until && page.request.door == door).then_some(page)
    }

    pub(crate) fn close(&mut self, nonce: &str) {
        self.open.remove(nonce);
    }
}
