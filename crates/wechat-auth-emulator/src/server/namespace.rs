//! Many worlds behind one socket: which of them a request is for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::uri::PathAndQuery;
use http::{HeaderMap, StatusCode, Uri};

use super::problem::Problem;
use super::world::{Template, World};
use crate::machine::Mount;

/// Namespaces open at one time, beside the one without a name.
pub(crate) const MAX_NAMESPACES: usize = 64;
const MAX_NAME_BYTES: usize = 64;
/// A path below this and a name is that namespace's.
const PREFIX: &str = "/_ns/";
const HEADER: &str = "x-emulator-namespace";

/// Why there is no such namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NamespaceError {
    /// The name is empty, too long, or has other characters.
    #[error("the name of a namespace must be 1 to 64 characters of [A-Za-z0-9_-]")]
    Name,
    /// There are as many as there may be.
    #[error("64 namespaces are open already: delete one")]
    TooMany,
}

impl From<NamespaceError> for Problem {
    fn from(error: NamespaceError) -> Self {
        match error {
            NamespaceError::Name => Self::field("namespace", error.to_string()),
            NamespaceError::TooMany => Self::new(StatusCode::CONFLICT, error.to_string()),
        }
    }
}

pub(crate) type SharedWorld = Arc<Mutex<World>>;

/// The named worlds, each made when it is first asked for.
pub(crate) struct Namespaces {
    template: Template,
    open: Mutex<BTreeMap<String, SharedWorld>>,
}

impl Namespaces {
    pub(crate) const fn new(template: Template) -> Self {
        Self {
            template,
            open: Mutex::new(BTreeMap::new()),
        }
    }

    pub(crate) const fn template(&self) -> &Template {
        &self.template
    }

    pub(crate) fn open(&self, name: &str) -> Result<SharedWorld, NamespaceError> {
        let named = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if !(1..=MAX_NAME_BYTES).contains(&name.len()) || !name.bytes().all(named) {
            return Err(NamespaceError::Name);
        }
        let mut open = self.lock();
        if let Some(world) = open.get(name) {
            return Ok(Arc::clone(world));
        }
        if open.len() >= MAX_NAMESPACES {
            return Err(NamespaceError::TooMany);
        }
        // The template was tried when the emulator started.
        let world = self.template.world().map_err(|_| NamespaceError::TooMany)?;
        let world = Arc::new(Mutex::new(world));
        open.insert(name.to_owned(), Arc::clone(&world));
        Ok(world)
    }

    pub(crate) fn close(&self, name: &str) -> bool {
        self.lock().remove(name).is_some()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, SharedWorld>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The namespace a request names, and what is left of its address.
pub(crate) struct Named {
    /// `None` is the one without a name.
    pub(crate) name: Option<String>,
    /// What the path says of it, if it does.
    pub(crate) below: Option<Below>,
}

impl Named {
    /// The path as the namespace sees it.
    pub(crate) fn path<'a>(&'a self, uri: &'a Uri) -> &'a str {
        self.below.as_ref().map_or(uri, |below| &below.uri).path()
    }
}

/// A namespace's path.
pub(crate) struct Below {
    pub(crate) mount: Mount,
    /// The address without it.
    pub(crate) uri: Uri,
}

/// Reads the namespace from the path or from the header.
pub(crate) fn of_request(uri: &Uri, headers: &HeaderMap) -> Result<Named, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    let header = values.next().map(|value| value.to_str().unwrap_or_default());
    if values.next().is_some() {
        return Err(Problem::field(HEADER, "stands there more than once"));
    }
    let Some(rest) = uri.path().strip_prefix(PREFIX) else {
        return Ok(Named {
            name: header.map(str::to_owned),
            below: None,
        });
    };
    let (name, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, "/"),
    };
    if header.is_some_and(|header| header != name) {
        return Err(Problem::field(HEADER, "contradicts the namespace in the path"));
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let target = PathAndQuery::try_from(format!("{path}{query}"));
    let target = target.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the path is malformed"))?;
    Ok(Named {
        name: Some(name.to_owned()),
        below: Some(Below {
            mount: Mount(format!("{PREFIX}{name}")),
            uri: Uri::from(target),
        }),
    })
}
