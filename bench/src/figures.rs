//! From rounds to figures.

use std::fmt;
use std::time::Duration;

/// One side of a comparison: its name, and what it measures in a round.
pub type Side<'a, M> = (&'static str, Box<dyn FnMut() -> M + 'a>);

/// Lets the sides take turns, and gives each side's measurements in the order of the sides. Each round
/// starts with another side, so that none always runs in the wake of the same one.
pub fn interleaved<M>(rounds: usize, mut sides: Vec<Side<'_, M>>) -> Vec<(&'static str, Vec<M>)> {
    let mut measured: Vec<_> = sides.iter().map(|(name, _)| (*name, Vec::new())).collect();
    for (_, warm_up) in &mut sides {
        warm_up();
    }
    for round in 0..rounds {
        for turn in 0..sides.len() {
            let side = (round + turn) % sides.len();
            measured[side].1.push(sides[side].1());
        }
    }
    measured
}

/// The middle of several measurements, and how far they lie apart.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// The least.
    pub min: f64,
    /// The one in the middle.
    pub median: f64,
    /// The greatest.
    pub max: f64,
}

impl Figure {
    /// Of at least one value.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let [min, .., max] = values[..] else {
            return Self {
                min: values[0],
                median: values[0],
                max: values[0],
            };
        };
        let median = values[values.len() / 2];
        Self { min, median, max }
    }

    /// Of the ratios, round by round.
    pub fn of_ratios(ours: &[f64], base: &[f64]) -> Self {
        Self::of(ours.iter().zip(base).map(|(ours, base)| ours / base))
    }
}

/// As median (minimum … maximum).
impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.median < 10.0 { 2 } else { 0 };
        let (min, median, max) = (self.min, self.median, self.max);
        write!(f, "{median:.digits$} ({min:.digits$} … {max:.digits$})")
    }
}

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
    /// Reported without a goal.
    None,
}

impl Goal {
    /// The goal and whether it is met, as two cells of a table.
    pub fn judged(self, figure: f64) -> [String; 2] {
        let (goal, met) = match self {
            Self::AtMost(most) => (format!("≤ {most}"), figure <= most),
            Self::AtLeast(least) => (format!("≥ {least}"), figure >= least),
            Self::None => return [String::new(), String::new()],
        };
        [goal, if met { "yes" } else { "NO" }.to_owned()]
    }
}

/// The latency that so many per cent of the calls stay within, in microseconds.
pub fn percentile(latencies: &mut [Duration], per_cent: usize) -> f64 {
    latencies.sort_unstable();
    let at = (latencies.len() * per_cent / 100).min(latencies.len() - 1);
    latencies[at].as_secs_f64() * 1e6
}
