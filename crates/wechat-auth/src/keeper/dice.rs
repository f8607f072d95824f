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

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference implementation's first three, from seed 0.
    #[test]
    fn it_is_splitmix64() {
        let mut dice = Dice::new(0);
        let rolls = [dice.roll(), dice.roll(), dice.roll()];
        assert_eq!(
            rolls,
            [
                0xe220_a839_7b1d_cdaf,
                0x6e78_9e6a_a1b9_65f4,
                0x06c4_5d18_8009_454f
            ]
        );
    }

    #[test]
    fn what_is_spread_reaches_both_ends_and_never_beyond() {
        let (around, spread) = (Duration::from_millis(100), Duration::from_millis(3));
        let mut dice = Dice::new(7);
        let seen: Vec<u128> = (0..1000).map(|_| dice.near(around, spread).as_millis()).collect();
        assert_eq!((seen.iter().min(), seen.iter().max()), (Some(&97), Some(&103)));
        assert_eq!(dice.up_to(Duration::ZERO), Duration::ZERO);
        assert!(dice.near(Duration::ZERO, spread) <= spread);
        assert!(
            dice.up_to(Duration::MAX) <= Duration::MAX,
            "the whole range is no panic"
        );
    }
}
