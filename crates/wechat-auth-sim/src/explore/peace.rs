//! What becomes of a state in which nothing goes wrong any more.

use core::time::Duration;

use wechat_auth::AppToken;
use wechat_auth::keeper::Fetch;

use super::Move;
use super::state::State;
use crate::invariants::{Invariant, Violation};

impl<F: Fetch<Token = AppToken> + Clone> State<F> {
    /// Leaves it in peace, and says how long it takes until every instance has a good token.
    pub(super) fn recovers(mut self, bound: Duration) -> Result<Duration, Violation> {
        let since = self.now;
        for nth in 0..self.instances.len() {
            while !self.has_good_token(nth)? {
                let took = self.now.since(since);
                if took > bound {
                    return Err(Violation {
                        invariant: Invariant::RecoveryIsPrompt,
                        at: self.now,
                        instance: nth,
                        what: format!("no good token after {took:?} in peace"),
                    });
                }
            }
        }
        Ok(self.now.since(since))
    }

    /// One quiet step of one instance.
    fn has_good_token(&mut self, nth: usize) -> Result<bool, Violation> {
        let waiting = self
            .instances
            .get(nth)
            .and_then(|it| it.fetch.as_ref())
            .map(|it| it.reply.is_some());
        match waiting {
            Some(false) => self.go(Move::RequestArrives(nth))?,
            Some(true) => self.go(Move::ReplyArrives(nth))?,
            None => {
                let had = self.it(nth).in_hand.take();
                self.go(Move::Poll(nth))?;
                let Some((token, _)) = self.it(nth).in_hand.clone() else {
                    self.it(nth).in_hand = had;
                    if self.it(nth).fetch.is_none() {
                        self.go(Move::TimePasses)?;
                    }
                    return Ok(false);
                };
                if self.oracle.introspect(self.now, &token).valid {
                    return Ok(true);
                }
                self.go(Move::Call(nth))?;
            }
        }
        Ok(false)
    }
}
