use std::time::{Duration, Instant, SystemTime};

use wechat_auth::Tick;

/// Where the driver reads the time. The machines only compare what it says with itself.
pub trait Clock: Send + Sync {
    /// Milliseconds on a scale that never goes back. Start well after zero, a week say: what a snapshot
    /// remembers of the time before the start must fit on the scale.
    fn now(&self) -> Tick;

    /// What the calendar says, in Unix milliseconds: for snapshots, and for WeChat's next day.
    fn unix_millis(&self) -> u64 {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    /// How long a thread that waits for `wait` of this clock has to sleep. The blocking driver asks when
    /// it is about to wait, and looks again afterwards, however much passed. A clock that is moved by
    /// hand may move here, and answer zero.
    fn thread_sleeps(&self, wait: Duration) -> Duration {
        wait
    }
}

/// The machine's monotonic clock, counted from a week before this value was made.
#[derive(Clone, Copy, Debug)]
pub struct MonotonicClock(Instant);

impl MonotonicClock {
    /// Starts counting.
    pub fn new() -> Self {
        Self(Instant::now())
    }
}

impl Default for MonotonicClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for MonotonicClock {
    fn now(&self) -> Tick {
        const WEEK: Duration = Duration::from_secs(7 * 86_400);
        Tick::ZERO.after(WEEK + self.0.elapsed())
    }
}
