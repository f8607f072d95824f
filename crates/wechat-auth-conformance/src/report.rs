use std::fmt;

use crate::check::Verdict;

/// Which cases passed, and why the others did not.
#[derive(Debug)]
#[must_use = "a report fails no test until assert_passed() is called"]
pub struct Report {
    verdicts: Vec<(&'static str, Verdict)>,
}

impl Report {
    pub(crate) fn new(verdicts: Vec<(&'static str, Verdict)>) -> Self {
        Self { verdicts }
    }

    /// The names of all cases that ran.
    pub fn cases(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.verdicts.iter().map(|(name, _)| *name)
    }

    /// The cases that failed, each with what was seen instead.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &str)> + '_ {
        self.verdicts
            .iter()
            .filter_map(|(name, verdict)| Some((*name, verdict.as_ref().err()?.as_str())))
    }

    /// Fails the test that calls it, unless every case passed.
    ///
    /// # Panics
    /// With the whole report, when a case failed.
    #[track_caller]
    pub fn assert_passed(&self) {
        assert!(self.failures().next().is_none(), "\n{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, verdict) in &self.verdicts {
            match verdict {
                Ok(()) => writeln!(f, "  ok  {name}")?,
                Err(why) => writeln!(f, "FAIL  {name}: {why}")?,
            }
        }
        write!(f, "{} of {} failed", self.failures().count(), self.verdicts.len())
    }
}
