//! The emulated clock: real time, until somebody freezes or advances it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::machine::Millis;

/// The last second a rid can name: 2106-02-07T06:28:15Z.
pub(crate) const LAST_UNIX_S: u64 = u32::MAX as u64;

/// Runs at the speed of real time or stands still, and never goes back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// What the clock showed at `since`.
    shown: Millis,
    /// `None` while it is frozen.
    since: Option<Instant>,
}

impl Clock {
    /// A running clock that shows `start` now.
    pub(crate) fn running_from(start: Millis) -> Self {
        Self {
            shown: start,
            since: Some(Instant::now()),
        }
    }

    /// A clock that shows `start` until it is advanced or run.
    pub(crate) const fn frozen_at(start: Millis) -> Self {
        Self {
            shown: start,
            since: None,
        }
    }

    pub(crate) fn now(&self) -> Millis {
        match self.since {
            Some(since) => self.shown.plus(since.elapsed()),
            None => self.shown,
        }
    }

    pub(crate) const fn is_running(&self) -> bool {
        self.since.is_some()
    }

    pub(crate) fn freeze(&mut self) {
        *self = Self {
            shown: self.now(),
            since: None,
        };
    }

    pub(crate) fn run(&mut self) {
        *self = Self {
            shown: self.now(),
            since: Some(Instant::now()),
        };
    }

    /// Jumps ahead, unless that leads past the last second there is.
    pub(crate) fn advance(&mut self, by: Duration) -> Result<(), TooFar> {
        if self.now().plus(by).unix_s() > LAST_UNIX_S {
            return Err(TooFar);
        }
        self.shown = self.shown.plus(by);
        Ok(())
    }
}

/// The time outside.
pub(crate) fn real_time() -> Millis {
    Millis::default().plus(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// The clock cannot go there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the emulated clock ends on 2106-02-07, the last second a rid can name")]
pub struct TooFar;

#[cfg(test)]
mod tests {
    use super::*;

    fn frozen_at(unix_s: u64) -> Clock {
        Clock::frozen_at(Millis::from_unix_s(unix_s))
    }

    #[test]
    fn a_frozen_clock_moves_only_when_it_is_advanced() {
        let mut clock = frozen_at(1_000);
        assert_eq!(clock.now(), Millis::from_unix_s(1_000));
        clock.advance(Duration::from_millis(7_200_500)).unwrap();
        assert_eq!(clock.now(), Millis(8_200_500));
        assert!(!clock.is_running());
    }

    #[test]
    fn it_ends_where_rids_end() {
        let mut clock = frozen_at(LAST_UNIX_S - 10);
        assert_eq!(clock.advance(Duration::from_secs(11)), Err(TooFar));
        assert_eq!(clock.advance(Duration::MAX), Err(TooFar));
        assert_eq!(clock.now(), Millis::from_unix_s(LAST_UNIX_S - 10));
        clock.advance(Duration::from_secs(10)).unwrap();
    }

    #[test]
    fn running_and_freezing_never_take_it_back() {
        let mut clock = frozen_at(1_000);
        clock.run();
        assert!(clock.is_running() && clock.now() >= Millis::from_unix_s(1_000));
        let before = clock.now();
        clock.freeze();
        assert!(clock.now() >= before);
    }
}
