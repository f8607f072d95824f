use std::time::Instant;

use wechat_auth::Tick;

/// Where the driver reads the time. The machines only compare what it says with itself.
pub trait Clock: Send + Sync {
    /// Milliseconds on a scale that never goes back.
    fn now(&self) -> Tick;
}

/// The machine's monotonic clock, counted from when this value was made.
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
        Tick::ZERO.after(self.0.elapsed())
    }
}
