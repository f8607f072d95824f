//! Chance, from one number.

use core::ops::RangeInclusive;

/// A stream of numbers that a seed and a name decide: what draws from one stream does not move another.
///
/// # Source
/// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The stream `name` of `seed`.
    pub fn new(seed: u64, name: &str) -> Self {
        let mut stream = Self(seed ^ 0x5851_f42d_4c95_7f2d);
        for byte in name.bytes() {
            stream.0 = stream.roll() ^ u64::from(byte);
        }
        stream
    }

    /// Any number.
    pub const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in the range, ends included.
    pub fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (low, high) = range.into_inner();
        low + self.roll() % (high.saturating_sub(low) + 1)
    }

    /// True in so many of a thousand cases.
    pub const fn permille(&mut self, permille: u64) -> bool {
        self.roll() % 1000 < permille
    }

    /// One of them.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        let index = usize::try_from(self.roll() % choices.len() as u64).unwrap_or_default();
        *choices.get(index).expect("there is something to choose from")
    }

    /// A number in the range, small ones as likely as large ones by orders of magnitude.
    pub fn spread(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (low, high) = range.into_inner();
        let octaves = (high / low.max(1)).max(1).ilog2();
        let top = low << self.within(0..=u64::from(octaves));
        self.within(low..=top.saturating_mul(2).min(high))
    }
}
