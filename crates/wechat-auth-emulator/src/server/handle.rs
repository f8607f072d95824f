//! The one lock around clock and machine, and what a test does through it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::clock::{Clock, TooFar};
use crate::machine::{
    Counts, Family, Fault, ForeignRefresh, ForeignRefreshError, Introspection, Millis, TooManyFaults, WeChat,
};

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) wechat: WeChat,
}

/// A running emulator's clock and machine. Clones share one emulator, and outlive its
/// sockets.
#[derive(Clone)]
pub struct Handle {
    world: Arc<Mutex<World>>,
}

impl Handle {
    pub(crate) fn new(clock: Clock, wechat: WeChat) -> Self {
        Self {
            world: Arc::new(Mutex::new(World { clock, wechat })),
        }
    }

    /// What the emulated clock shows.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.lock().clock.now()
    }

    /// Jumps ahead; a running clock runs on from there.
    ///
    /// # Errors
    ///
    /// When that leads past the last second a rid can name; the clock stays then.
    pub fn advance(&self, by: Duration) -> Result<(), TooFar> {
        self.lock().clock.advance(by)
    }

    /// Stops the clock.
    pub fn freeze(&self) {
        self.lock().clock.freeze();
    }

    /// Lets the clock run at the speed of real time.
    pub fn run(&self) {
        self.lock().clock.run();
    }

    /// What WeChat knows about a token at this moment.
    #[must_use]
    pub fn introspect(&self, token: &str) -> Introspection {
        let world = self.lock();
        world.wechat.introspect(world.clock.now(), token)
    }

    /// Another system of the same account fetches a token.
    ///
    /// # Errors
    ///
    /// As [`WeChat::foreign_refresh`].
    pub fn foreign_refresh(
        &self,
        appid: &str,
        family: Family,
    ) -> Result<ForeignRefresh, ForeignRefreshError> {
        self.with(|wechat, now| wechat.foreign_refresh(now, appid, family))
    }

    /// Lets something go wrong with a coming request.
    ///
    /// # Errors
    ///
    /// As [`WeChat::inject`].
    pub fn inject(&self, fault: Fault) -> Result<(), TooManyFaults> {
        self.with(|wechat, _| wechat.inject(fault))
    }

    /// The requests seen so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.lock().wechat.counts()
    }

    /// Anything else: the machine itself and the present moment. Every request waits
    /// while `f` runs, so it must not wait for one.
    pub fn with<T>(&self, f: impl FnOnce(&mut WeChat, Millis) -> T) -> T {
        let mut world = self.lock();
        let now = world.clock.now();
        f(&mut world.wechat, now)
    }

    /// A panic in a caller's closure is that caller's: everybody else goes on.
    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}
