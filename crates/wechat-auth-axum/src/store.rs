use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wechat_auth::login::{LoginId, PendingLogin};

use crate::recent::Recent;

/// Where logins wait for their callback.
///
/// One process does with [`MemoryStore`]. Several machines behind one name need a store that they share,
/// or a sealed state ([`EntryPoint::sealed`](crate::EntryPoint::sealed)). What is kept holds hashes only,
/// so whoever reads the store can finish nobody's login; whoever writes it can.
pub trait LoginStore: Send + Sync + 'static {
    /// Keeps a login under its [`id`](PendingLogin::id), until it
    /// [expires](PendingLogin::expires_at) at the earliest. `now_unix` is in seconds.
    ///
    /// # Errors
    /// [`StoreUnavailable`]; the login does not begin then.
    fn insert(
        &self,
        pending: PendingLogin,
        now_unix: u64,
    ) -> impl Future<Output = Result<(), StoreUnavailable>> + Send;

    /// What is kept under this id.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    fn get(
        &self,
        id: &LoginId,
    ) -> impl Future<Output = Result<Option<PendingLogin>, StoreUnavailable>> + Send;

    /// Puts `new` where `old` is, in one step, and says whether it did: not when something else is there
    /// by now. Of any number of callbacks at once, one may win; that is what keeps a code from being
    /// exchanged twice.
    ///
    /// # Errors
    /// [`StoreUnavailable`]; nothing is exchanged then.
    fn replace(
        &self,
        old: &PendingLogin,
        new: PendingLogin,
    ) -> impl Future<Output = Result<bool, StoreUnavailable>> + Send;
}

/// The store did not answer. It says no more here, so that no address or key of it ends up on a page; log
/// the reason where it arises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store of pending logins did not answer: see its own log")]
pub struct StoreUnavailable;

/// Pending logins in this process's memory: gone with a restart, after which their users start again.
///
/// It is bounded. A flood of logins that nobody finishes pushes the oldest out, and only them: with room
/// for 100 000 it takes more than 1600 a second, kept up, to push out a login that is a minute old. Limit
/// the rate of the begin address where that is a worry, or seal the state, which keeps nothing at all.
pub struct MemoryStore(Mutex<Recent<PendingLogin>>);

impl MemoryStore {
    /// Room for so many logins; each takes about half a kilobyte.
    pub fn new(most: usize) -> Self {
        Self(Mutex::new(Recent::new(most)))
    }

    fn lock(&self) -> MutexGuard<'_, Recent<PendingLogin>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    /// Room for 100 000.
    fn default() -> Self {
        Self::new(100_000)
    }
}

impl LoginStore for MemoryStore {
    async fn insert(&self, pending: PendingLogin, now_unix: u64) -> Result<(), StoreUnavailable> {
        let id = pending.id();
        self.lock().insert(&id, pending, now_unix);
        Ok(())
    }

    async fn get(&self, id: &LoginId) -> Result<Option<PendingLogin>, StoreUnavailable> {
        Ok(self.lock().get(id).cloned())
    }

    async fn replace(&self, old: &PendingLogin, new: PendingLogin) -> Result<bool, StoreUnavailable> {
        let mut logins = self.lock();
        let kept = logins.get_mut(&old.id()).filter(|kept| *kept == old);
        Ok(kept.map(|kept| *kept = new).is_some())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("logins", &self.lock().len())
            .finish_non_exhaustive()
    }
}

/// One store for several entry points.
impl<K: LoginStore> LoginStore for Arc<K> {
    async fn insert(&self, pending: PendingLogin, now_unix: u64) -> Result<(), StoreUnavailable> {
        K::insert(self, pending, now_unix).await
    }

    async fn get(&self, id: &LoginId) -> Result<Option<PendingLogin>, StoreUnavailable> {
        K::get(self, id).await
    }

    async fn replace(&self, old: &PendingLogin, new: PendingLogin) -> Result<bool, StoreUnavailable> {
        K::replace(self, old, new).await
    }
}
