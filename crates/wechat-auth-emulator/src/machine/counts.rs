//! What was asked, by app and path.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::route::Route;

/// Requests seen since the machine was built, by app and path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Counts(Vec<Count>);

/// The requests of one app for one path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Count {
    /// The app the request named or whose token it carried; `None` when no app of this
    /// emulator could be made out.
    pub appid: Option<String>,
    /// The path; `*` stands for every path WeChat does not have.
    pub path: &'static str,
    /// Requests seen, whatever became of them.
    pub requests: u64,
    /// Requests that minted a token or a ticket, including those whose reply was lost.
    pub minted: u64,
    /// Requests that were answered with an errcode other than 0, an HTTP error, or
    /// nothing at all.
    pub refused: u64,
}

impl Counts {
    /// One entry per app and path that saw a request.
    pub fn iter(&self) -> impl Iterator<Item = &Count> {
        self.0.iter()
    }

    /// Requests of `appid` for `path`.
    #[must_use]
    pub fn requests(&self, appid: &str, path: &str) -> u64 {
        self.find(appid, path).map_or(0, |count| count.requests)
    }

    /// Requests of `appid` for `path` that minted.
    #[must_use]
    pub fn minted(&self, appid: &str, path: &str) -> u64 {
        self.find(appid, path).map_or(0, |count| count.minted)
    }

    /// Requests of `appid` for `path` that were refused or not answered.
    #[must_use]
    pub fn refused(&self, appid: &str, path: &str) -> u64 {
        self.find(appid, path).map_or(0, |count| count.refused)
    }

    /// All requests, of every app and path.
    #[must_use]
    pub fn total_requests(&self) -> u64 {
        self.iter().map(|count| count.requests).sum()
    }

    fn find(&self, appid: &str, path: &str) -> Option<&Count> {
        self.iter()
            .find(|count| count.appid.as_deref() == Some(appid) && count.path == path)
    }
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Tally {
    requests: u64,
    minted: u64,
    refused: u64,
}

/// Bounded by the registered apps times the known paths: foreign names are one row.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(Owner, Tally)>", into = "Vec<(Owner, Tally)>")]
pub(crate) struct Counters(BTreeMap<Owner, Tally>);

type Owner = (Option<String>, Option<Route>);

impl From<Vec<(Owner, Tally)>> for Counters {
    fn from(entries: Vec<(Owner, Tally)>) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl From<Counters> for Vec<(Owner, Tally)> {
    fn from(counters: Counters) -> Self {
        counters.0.into_iter().collect()
    }
}

pub(crate) enum Seen {
    Request,
    Minted,
    Refused,
}

impl Counters {
    pub(crate) fn add(&mut self, appid: Option<&str>, route: Option<Route>, seen: &Seen) {
        let tally = self.0.entry((appid.map(str::to_owned), route)).or_default();
        match seen {
            Seen::Request => tally.requests = tally.requests.saturating_add(1),
            Seen::Minted => tally.minted = tally.minted.saturating_add(1),
            Seen::Refused => tally.refused = tally.refused.saturating_add(1),
        }
    }

    pub(crate) fn report(&self) -> Counts {
        let count = |((appid, route), tally): (&(Option<String>, Option<Route>), &Tally)| Count {
            appid: appid.clone(),
            path: route.map_or("*", Route::path),
            requests: tally.requests,
            minted: tally.minted,
            refused: tally.refused,
        };
        Counts(self.0.iter().map(count).collect())
    }
}
