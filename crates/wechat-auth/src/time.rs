use core::time::Duration;

/// A point on a monotonic time scale that only the driver knows, in milliseconds.
///
/// The zero is the driver's choice (the start of the process, of a simulation, of anything): only
/// differences mean something. Arithmetic saturates; it never panics and never wraps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(u64);

impl Tick {
    /// The start of the scale.
    pub const ZERO: Self = Self(0);
    /// The end of the scale: "never", where a wake-up time is asked for.
    pub const MAX: Self = Self(u64::MAX);

    /// The point `millis` milliseconds after the start of the scale.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The point `secs` seconds after the start of the scale.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Milliseconds since the start of the scale.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This point moved later by `by`, or [`Tick::MAX`]. Fractions of a millisecond are cut off.
    pub fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(millis(by)))
    }

    /// This point moved earlier by `by`, or [`Tick::ZERO`].
    pub fn before(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(millis(by)))
    }

    /// How long after `earlier` this point lies; zero when it lies before.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

fn millis(duration: Duration) -> u64 {
    let whole = duration.as_secs().saturating_mul(1000);
    whole.saturating_add(u64::from(duration.subsec_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(Tick::MAX.after(Duration::MAX), Tick::MAX);
        assert_eq!(Tick::ZERO.before(Duration::MAX), Tick::ZERO);
        assert_eq!(Tick::ZERO.since(Tick::MAX), Duration::ZERO);
        assert_eq!(Tick::from_secs(u64::MAX), Tick::MAX);
    }
}
