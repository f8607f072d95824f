//! One clock and one machine, and how to make another pair like it.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Notify;

use super::StartError;
use super::clock::{self, Clock};
use crate::machine::{App, Config, Millis, User, WeChat};

/// What a namespace is: nothing of it shows in another.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) wechat: WeChat,
    /// Replies that wait for another one, by the number of the fault that holds them.
    pub(crate) held: HashMap<u64, Arc<Notify>>,
}

impl World {
    pub(crate) fn new(clock: Clock, wechat: WeChat) -> Self {
        Self {
            clock,
            wechat,
            held: HashMap::new(),
        }
    }
}

/// What every namespace begins as, and goes back to when it is reset.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) config: Config,
    pub(crate) apps: Vec<App>,
    pub(crate) users: Vec<User>,
    pub(crate) auto_consent: Option<String>,
    /// `None` is the real time.
    pub(crate) start: Option<Millis>,
    pub(crate) frozen: bool,
}

impl Template {
    /// A new world.
    ///
    /// # Errors
    ///
    /// When an app or a user is malformed.
    pub(crate) fn world(&self) -> Result<World, StartError> {
        let mut wechat = WeChat::new(self.config.clone());
        for app in &self.apps {
            wechat.add_app(app.clone())?;
        }
        for user in &self.users {
            wechat.add_user(user.clone())?;
        }
        wechat.set_auto_consent(self.auto_consent.as_deref())?;
        let start = self.start.unwrap_or_else(clock::real_time);
        let clock = match self.frozen {
            true => Clock::frozen_at(start),
            false => Clock::running_from(start),
        };
        Ok(World::new(clock, wechat))
    }
}
