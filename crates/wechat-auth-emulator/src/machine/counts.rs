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

impl Tally {
    const fn add(&mut self, other: Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.minted = self.minted.saturating_add(other.minted);
        self.refused = self.refused.saturating_add(other.refused);
    }
}

/// Bounded by the registered apps times the known paths: foreign names are one row.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(Owner, Tally)>", into = "Vec<(Owner, Tally)>")]
pub(crate) struct Counters {
    of_apps: BTreeMap<String, Row>,
    of_nobody: Row,
}

type Owner = (Option<String>, Option<Route>);

/// The requests of one app, by path: few, and in their order.
#[derive(Clone, Default)]
struct Row(Vec<(Option<Route>, Tally)>);

impl Row {
    fn add(&mut self, route: Option<Route>, counted: Tally) {
        match self.0.binary_search_by_key(&route, |(known, _)| *known) {
            Ok(place) => {
                if let Some((_, tally)) = self.0.get_mut(place) {
                    tally.add(counted);
                }
            }
            Err(place) => self.0.insert(place, (route, counted)),
        }
    }
}

impl From<Vec<(Owner, Tally)>> for Counters {
    fn from(entries: Vec<(Owner, Tally)>) -> Self {
        let mut counters = Self::default();
        for ((appid, route), counted) in entries {
            counters.count(appid.as_deref(), route, counted);
        }
        counters
    }
}

impl From<Counters> for Vec<(Owner, Tally)> {
    fn from(counters: Counters) -> Self {
        let entry = |(appid, route, tally): (Option<&str>, _, _)| ((appid.map(str::to_owned), route), tally);
        counters.iter().map(entry).collect()
    }
}

/// What became of a request.
pub(crate) struct Seen {
    pub(crate) minted: bool,
    pub(crate) refused: bool,
}

impl Counters {
    /// Counts one request.
    pub(crate) fn add(&mut self, appid: Option<&str>, route: Option<Route>, seen: &Seen) {
        let one = Tally {
            requests: 1,
            minted: u64::from(seen.minted),
            refused: u64::from(seen.refused),
        };
        self.count(appid, route, one);
    }

    fn count(&mut self, appid: Option<&str>, route: Option<Route>, counted: Tally) {
        let Some(appid) = appid else {
            return self.of_nobody.add(route, counted);
        };
        // Only an app's first request needs a copy of its name.
        match self.of_apps.get_mut(appid) {
            Some(row) => row.add(route, counted),
            None => {
                let row = Row(vec![(route, counted)]);
                self.of_apps.insert(appid.to_owned(), row);
            }
        }
    }

    pub(crate) fn report(&self) -> Counts {
        let count = |(appid, route, tally): (Option<&str>, Option<Route>, Tally)| Count {
            appid: appid.map(str::to_owned),
            path: route.map_or("*", Route::path),
            requests: tally.requests,
            minted: tally.minted,
            refused: tally.refused,
        };
        Counts(self.iter().map(count).collect())
    }

    /// Every count, in the order of the apps.
    fn iter(&self) -> impl Iterator<Item = (Option<&str>, Option<Route>, Tally)> {
        let of_apps = self
            .of_apps
            .iter()
            .map(|(appid, row)| (Some(appid.as_str()), row));
        let rows = std::iter::once((None, &self.of_nobody)).chain(of_apps);
        rows.flat_map(|(appid, row)| row.0.iter().map(move |(route, tally)| (appid, *route, *tally)))
    }
}
