use core::time::Duration;

/// Spreads waits, from entropy that the caller gave. Not for secrets.
///
/// # Source
/// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A duration from zero up to and including `most`, in milliseconds.
    pub(super) fn up_to(&mut self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.roll() % most.saturating_add(1).max(1))
    }

    /// `around`, up to `spread` earlier or later, never below zero.
    pub(super) fn near(&mut self, around: Duration, spread: Duration) -> Duration {
        (around + self.up_to(spread * 2)).saturating_sub(spread)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
