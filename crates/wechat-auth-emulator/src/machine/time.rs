//! Emulated time: a number somebody else chooses.

use std::time::Duration;

use serde::{Deserialize, Serialize};

const DAY_S: u64 = 86_400;
const BEIJING_AHEAD_OF_UTC_S: u64 = 8 * 3_600;

/// A moment on the emulated clock, in milliseconds since 1970-01-01 UTC.
///
/// Arithmetic saturates. The machine never lets its own time run backwards: a
/// moment earlier than one it has already seen counts as that later one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
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

    /// When the quota day that holds this moment ends.
    pub(crate) const fn next_quota_day(self, reset_hour: u8) -> Self {
        let end_s = (self.beijing_day(reset_hour) + 1) * DAY_S + reset_hour as u64 * 3_600;
        Self::from_unix_s(end_s.saturating_sub(BEIJING_AHEAD_OF_UTC_S))
    }

    /// A number that changes with the calendar month in Beijing.
    pub(crate) const fn beijing_month(self) -> u64 {
        let (year, month_from_march, _) = civil((self.unix_s() + BEIJING_AHEAD_OF_UTC_S) / DAY_S);
        year * 12 + month_from_march
    }

    /// As RFC 3339 in UTC, to the millisecond: `2023-11-14T22:13:20.000Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let (year_from_march, month_from_march, day) = civil(self.unix_s() / DAY_S);
        let (year, month) = match month_from_march {
            0..=9 => (year_from_march, month_from_march + 3),
            _ => (year_from_march + 1, month_from_march - 9),
        };
        let second = self.unix_s() % DAY_S;
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        let milli = self.0 % 1_000;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }

    /// As a clock in Beijing shows it, to the second: `2023-11-15 06:13:20`.
    pub(crate) fn beijing(self) -> String {
        let there = self.plus_s(BEIJING_AHEAD_OF_UTC_S).rfc3339();
        there.chars().take(19).collect::<String>().replace('T', " ")
    }
}

/// Year, month and day of the month of a day since 1970-01-01. Years begin on 1 March, so
/// that the leap day comes last (the well-known "civil from days" arithmetic); months
/// count from 0, days from 1.
const fn civil(days_since_1970: u64) -> (u64, u64, u64) {
    let days = days_since_1970 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    (era * 400 + year_of_era, month_from_march, day)
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
    fn a_quota_day_ends_where_the_next_begins() {
        for hour in [0, 6, 23] {
            let now = LAST_SECOND_OF_FEBRUARY_2024;
            let end = now.next_quota_day(hour);
            assert!(end > now && end.0 - now.0 <= DAY_S * 1_000);
            assert_eq!(end.beijing_day(hour), now.beijing_day(hour) + 1);
            assert_eq!(Millis(end.0 - 1).beijing_day(hour), now.beijing_day(hour));
        }
    }

    #[test]
    fn a_moment_is_written_as_a_date() {
        for (millis, date) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_709_222_399_999, "2024-02-29T15:59:59.999Z"),
            (1_735_689_599_001, "2024-12-31T23:59:59.001Z"),
            (4_294_967_295_000, "2106-02-07T06:28:15.000Z"),
        ] {
            assert_eq!(Millis(millis).rfc3339(), date);
        }
        assert_eq!(LAST_SECOND_OF_FEBRUARY_2024.beijing(), "2024-02-29 23:59:59");
    }

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(Millis(u64::MAX).plus_s(1), Millis(u64::MAX));
        assert_eq!(Millis(0).millis_since(Millis(5)), 0);
        let _ = Millis(u64::MAX).beijing_month();
        let _ = Millis(u64::MAX).rfc3339();
        let _ = Millis(u64::MAX).next_quota_day(23);
        let _ = Millis(0).beijing_day(23);
    }
}
