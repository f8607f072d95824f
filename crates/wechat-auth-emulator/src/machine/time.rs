//! Emulated time: a number somebody else chooses.

use std::time::Duration;

const DAY_S: u64 = 86_400;
const BEIJING_AHEAD_OF_UTC_S: u64 = 8 * 3_600;

/// A moment on the emulated clock, in milliseconds since 1970-01-01 UTC.
///
/// Arithmetic saturates. The machine never lets its own time run backwards: a
/// moment earlier than one it has already seen counts as that later one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Millis {
    /// The moment `seconds` after 1970-01-01 UTC.
    #[must_use]
    pub const fn from_unix_s(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// Whole seconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn unix_s(self) -> u64 {
        self.0 / 1_000
    }

    /// The moment `seconds` later.
    #[must_use]
    pub const fn plus_s(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000)))
    }

    /// The moment `duration` later, to the millisecond.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(millis))
    }

    /// Whole seconds from `self` until `later`; 0 when that is in the past.
    #[must_use]
    pub const fn seconds_until(self, later: Self) -> u64 {
        later.0.saturating_sub(self.0) / 1_000
    }

    /// Milliseconds from `earlier` until `self`; 0 when that is in the future.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// A number that changes when the quota day does: at `reset_hour` in Beijing.
    pub(crate) const fn beijing_day(self, reset_hour: u8) -> u64 {
        let reset_s = reset_hour as u64 * 3_600;
        (self.unix_s() + BEIJING_AHEAD_OF_UTC_S).saturating_sub(reset_s) / DAY_S
    }

    /// A number that changes with the calendar month in Beijing.
    pub(crate) const fn beijing_month(self) -> u64 {
        // Days to a civil date, counted from 1 March of year 0 so that the leap
        // day comes last (the well-known "days from civil" arithmetic).
        let days = (self.unix_s() + BEIJING_AHEAD_OF_UTC_S) / DAY_S + 719_468;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        (era * 400 + year_of_era) * 12 + month_from_march
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-02-29T15:59:59Z, one second before 1 March in Beijing.
    const LAST_SECOND_OF_FEBRUARY_2024: Millis = Millis::from_unix_s(1_709_222_399);

    #[test]
    fn a_day_and_a_month_turn_at_midnight_in_beijing() {
        let before = LAST_SECOND_OF_FEBRUARY_2024;
        let after = before.plus_s(1);
        assert_eq!(before.beijing_day(0) + 1, after.beijing_day(0));
        assert_eq!(before.beijing_month() + 1, after.beijing_month());
    }

    #[test]
    fn a_month_lasts_from_its_first_to_its_last_second() {
        let first_of_march = LAST_SECOND_OF_FEBRUARY_2024.plus_s(1);
        let last_of_march = first_of_march.plus_s(31 * DAY_S - 1);
        assert_eq!(first_of_march.beijing_month(), last_of_march.beijing_month());
        assert_ne!(
            first_of_march.beijing_month(),
            last_of_march.plus_s(1).beijing_month()
        );
    }

    #[test]
    fn the_reset_hour_moves_the_day_but_not_the_month() {
        let midnight = LAST_SECOND_OF_FEBRUARY_2024.plus_s(1);
        assert_eq!(
            midnight.plus_s(6 * 3_600 - 1).beijing_day(6),
            midnight.beijing_day(6)
        );
        assert_eq!(
            midnight.plus_s(6 * 3_600).beijing_day(6),
            midnight.beijing_day(6) + 1
        );
    }

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(Millis(u64::MAX).plus_s(1), Millis(u64::MAX));
        assert_eq!(Millis(0).millis_since(Millis(5)), 0);
        let _ = Millis(u64::MAX).beijing_month();
        let _ = Millis(0).beijing_day(23);
    }
}
