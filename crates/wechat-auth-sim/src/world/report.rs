//! What a run measured.

use core::fmt;
use core::ops::AddAssign;
use core::time::Duration;

/// Figures of one run, or of many added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Runs.
    pub runs: u64,
    /// Simulated days, of whole worlds.
    pub days: u64,
    /// Simulated days, of single instances.
    pub instance_days: u64,
    /// API calls whose end depended on the token: those lost on the way are left out.
    pub calls: u64,
    /// Of these, accepted, the one retry included.
    pub accepted: u64,
    /// Refused by WeChat although the one retry was made.
    pub refused: u64,
    /// There was no token to make the call with.
    pub without_token: u64,
    /// Refused at first.
    pub retried: u64,
    /// Fetches that left.
    pub fetches: u64,
    /// The most fetches of one instance in a rolling day.
    pub worst_day: u64,
    /// The longest time that an instance's calls were refused or had no token.
    pub longest_gap: Duration,
    /// The seed of the run in which that was.
    pub longest_gap_seed: u64,
    /// The longest time from "all healed" to a good token, after ordinary faults.
    pub worst_recovery: Duration,
    /// The same where a person had to act first.
    pub worst_slow_recovery: Duration,
    /// Recoveries observed.
    pub recoveries: u64,
    /// The most fetches of one instance in an hour in which WeChat refused every token.
    pub worst_refusal_hour: u64,
    /// Callers who waited for a fetch although WeChat would still have accepted the token held: the answer
    /// to an earlier fetch was lost and might have ended it.
    pub waited_in_doubt: u64,
    /// Steps of the world.
    pub steps: u64,
}

impl Report {
    /// Accepted calls, of a million.
    pub fn accepted_per_million(&self) -> u64 {
        (self.accepted * 1_000_000)
            .checked_div(self.calls)
            .unwrap_or_default()
    }

    /// Fetches per instance and day, in hundredths.
    pub fn fetches_per_day_hundredths(&self) -> u64 {
        (self.fetches * 100)
            .checked_div(self.instance_days)
            .unwrap_or_default()
    }
}

impl AddAssign<&Self> for Report {
    fn add_assign(&mut self, other: &Self) {
        self.runs += other.runs;
        self.days += other.days;
        self.instance_days += other.instance_days;
        self.calls += other.calls;
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.without_token += other.without_token;
        self.retried += other.retried;
        self.fetches += other.fetches;
        self.worst_day = self.worst_day.max(other.worst_day);
        if other.longest_gap > self.longest_gap {
            self.longest_gap = other.longest_gap;
            self.longest_gap_seed = other.longest_gap_seed;
        }
        self.worst_recovery = self.worst_recovery.max(other.worst_recovery);
        self.worst_slow_recovery = self.worst_slow_recovery.max(other.worst_slow_recovery);
        self.recoveries += other.recoveries;
        self.worst_refusal_hour = self.worst_refusal_hour.max(other.worst_refusal_hour);
        self.waited_in_doubt += other.waited_in_doubt;
        self.steps += other.steps;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (share, per_day) = (self.accepted_per_million(), self.fetches_per_day_hundredths());
        writeln!(f, "runs                      {}", self.runs)?;
        writeln!(
            f,
            "simulated years           {}.{:02}",
            self.days / 365,
            self.days % 365 * 100 / 365
        )?;
        writeln!(f, "api calls                 {}", self.calls)?;
        writeln!(
            f,
            "  accepted                {}.{:04} %",
            share / 10_000,
            share % 10_000
        )?;
        writeln!(
            f,
            "  accepted at the retry   {}",
            self.retried.saturating_sub(self.refused)
        )?;
        writeln!(f, "  refused twice           {}", self.refused)?;
        writeln!(f, "  without a token         {}", self.without_token)?;
        writeln!(f, "  waited in doubt         {}", self.waited_in_doubt)?;
        writeln!(
            f,
            "fetches/instance/day      {}.{:02}",
            per_day / 100,
            per_day % 100
        )?;
        writeln!(f, "  worst rolling day       {}", self.worst_day)?;
        writeln!(f, "  worst hour of refusals  {}", self.worst_refusal_hour)?;
        writeln!(
            f,
            "longest gap               {:.1} s (seed {})",
            self.longest_gap.as_secs_f64(),
            self.longest_gap_seed
        )?;
        writeln!(f, "recoveries                {}", self.recoveries)?;
        writeln!(
            f,
            "  slowest                 {:.1} s",
            self.worst_recovery.as_secs_f64()
        )?;
        writeln!(
            f,
            "  slowest, person needed  {:.1} s",
            self.worst_slow_recovery.as_secs_f64()
        )?;
        write!(f, "steps                     {}", self.steps)
    }
}
