use core::fmt;
use core::ops::Deref;

use crate::Tick;

/// A token as a [`Keeper`](super::Keeper) hands it out: the value, its number, and how long it is good.
///
/// Dereferences to the token. Hand [`id`](Self::id) back with [`reject`](super::Keeper::reject) when
/// WeChat refuses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept<T> {
    pub(super) id: TokenId,
    pub(super) token: T,
    pub(super) fresh_until: Tick,
    pub(super) usable_until: Tick,
}

impl<T> Kept<T> {
    /// Which token this is.
    pub fn id(&self) -> TokenId {
        self.id
    }

    /// Until then nobody needs to ask again.
    pub fn fresh_until(&self) -> Tick {
        self.fresh_until
    }

    /// From then on WeChat is expected to refuse it. Counted from when its request was sent.
    ///
    /// A token handed out past this is the last resort: a fetch ended in the dark and may have replaced it,
    /// five minutes have passed, and nobody brought another since. It may as well be good until its end.
    pub fn usable_until(&self) -> Tick {
        self.usable_until
    }
}

impl<T> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.token
    }
}

/// Numbers the tokens of one keeper, so that a report about an old one cannot hurt its successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(pub(super) u64);

/// Numbers the fetches of one keeper, so that a late answer to an old one is known for what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(pub(super) u64);

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
