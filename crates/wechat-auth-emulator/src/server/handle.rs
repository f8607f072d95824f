//! The one lock around clock and machine, and what a test does through it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::StartError;
use super::clock::TooFar;
use super::dashboard::FormToken;
use super::guard::Hosts;
use super::namespace::{NamespaceError, Namespaces, SharedWorld};
use super::request_body::Unfinished;
use super::world::{Template, World};
use crate::machine::{
    Counts, Family, Fault, ForeignRefresh, ForeignRefreshError, Introspection, Millis, TooManyFaults, WeChat,
};

/// An emulator's clock and machine, of one namespace. Clones share one emulator, and
/// outlive its sockets.
#[derive(Clone)]
pub struct Handle {
    world: SharedWorld,
    shared: Arc<Shared>,
}

/// What all namespaces have in common.
struct Shared {
    namespaces: Namespaces,
    hosts: Hosts,
    form_token: FormToken,
    unfinished: Unfinished,
}

impl Handle {
    pub(crate) fn new(template: Template, hosts: Hosts) -> Result<Self, StartError> {
        let form_token = FormToken::new().ok_or(StartError::NoRandomness)?;
        Ok(Self {
            world: Arc::new(Mutex::new(template.world()?)),
            shared: Arc::new(Shared {
                namespaces: Namespaces::new(template),
                hosts,
                form_token,
                unfinished: Unfinished::default(),
            }),
        })
    }

    /// The namespace of this name: a clock, a machine, faults and a journal of its own,
    /// made as the emulator was made when it is first asked for. Requests reach it below
    /// `/_ns/NAME`, or with the header `x-emulator-namespace: NAME`.
    ///
    /// # Errors
    ///
    /// When the name is malformed, or 64 namespaces are open already.
    pub fn namespace(&self, name: &str) -> Result<Self, NamespaceError> {
        Ok(Self {
            world: self.shared.namespaces.open(name)?,
            shared: Arc::clone(&self.shared),
        })
    }

    /// The names of the namespaces that are open, in their order.
    #[must_use]
    pub fn namespaces(&self) -> Vec<String> {
        self.shared.namespaces.names()
    }

    /// Forgets a namespace; `false` when it is not open. Whoever asks for it next gets a
    /// new one.
    pub fn close_namespace(&self, name: &str) -> bool {
        self.shared.namespaces.close(name)
    }

    /// Back to the beginning: the clock, the apps and the users that the emulator was
    /// built with, and nothing else.
    pub fn reset(&self) {
        self.shared.reset(&mut self.lock());
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
    pub fn inject(&self, fault: Fault) -> Result<u64, TooManyFaults> {
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

    /// What each namespace begins as.
    pub(crate) fn reset_world(&self, world: &mut World) {
        self.shared.reset(world);
    }

    pub(crate) fn unfinished(&self) -> &Unfinished {
        &self.shared.unfinished
    }

    pub(crate) fn hosts(&self) -> &Hosts {
        &self.shared.hosts
    }

    /// What the forms of this emulator's dashboard carry.
    pub(crate) fn form_token(&self) -> &FormToken {
        &self.shared.form_token
    }

    /// A panic in a caller's closure is that caller's: everybody else goes on.
    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn reset(&self, world: &mut World) {
        // The template was tried when the emulator was built.
        if let Ok(new) = self.namespaces.template().world() {
            *world = new;
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}
