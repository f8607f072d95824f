//! Lives drawn side by side: when a token is accepted, when it was replaced, and when its
//! own life would have ended.

use maud::{Markup, html};

use crate::machine::{Life, Millis};

/// The width of a picture, in its own units.
const WIDTH: u64 = 1_000;
/// What is drawn at least, on either side of the present.
const SHORTEST_MS: u64 = 60_000;
/// What is drawn when nothing is alive.
const USUAL_MS: u64 = 7_200_000;
const LONGEST_MS: u64 = 30 * 86_400_000;

/// As much of the past as of the future, the present in the middle.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    now: Millis,
    half_ms: u64,
}

impl Scale {
    /// So that the end of every life fits in.
    pub(super) fn fitting<'a>(now: Millis, lives: impl Iterator<Item = &'a Life<'a>>) -> Self {
        let alive = lives.filter(|life| life.issued.accepted_until > now);
        let farthest = alive.map(|life| life.issued.expires_at.millis_since(now)).max();
        Self {
            now,
            half_ms: farthest.unwrap_or(USUAL_MS).clamp(SHORTEST_MS, LONGEST_MS),
        }
    }

    /// Whether any of it would be drawn.
    pub(super) fn shows(&self, life: &Life<'_>) -> bool {
        life.issued.expires_at.0 > self.begin()
    }

    fn begin(&self) -> u64 {
        self.now.0.saturating_sub(self.half_ms)
    }

    fn x(&self, moment: Millis) -> u64 {
        let from_begin = moment.0.saturating_sub(self.begin());
        (from_begin.saturating_mul(WIDTH) / self.half_ms.saturating_mul(2)).min(WIDTH)
    }

    /// The two ends and the middle.
    pub(super) fn labels(&self) -> Markup {
        let half = duration(self.half_ms / 1_000);
        html! {
            span { "−" (half) }
            span { "现在 / now" }
            span { "+" (half) }
        }
    }

    pub(super) fn picture(&self, life: &Life<'_>) -> Markup {
        let issued = life.issued;
        let replaced = life
            .replaced_at
            .unwrap_or(issued.expires_at)
            .min(issued.accepted_until);
        let own = match life.standing.is_accepted() {
            true => "accepted",
            false => "gone",
        };
        let bar = |class: &str, from: Millis, until: Millis| {
            let (from, until) = (self.x(from), self.x(until));
            html! {
                @if until > from { rect class=(class) x=(from) y="2" width=(until - from) height="12" {} }
            }
        };
        let now = self.x(self.now);
        html! {
            svg viewBox={ "0 0 " (WIDTH) " 16" } preserveAspectRatio="none" aria-hidden="true" {
                (bar(own, issued.accepted_from, replaced))
                (bar("overlap", replaced, issued.accepted_until))
                (bar("cut", issued.accepted_until, issued.expires_at))
                line.now x1=(now) x2=(now) y1="0" y2="16" {}
            }
        }
    }
}

/// The two largest units.
pub(super) fn duration(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (length, name) in units {
        if rest >= length {
            parts.push(format!("{} {name}", rest / length));
            rest %= length;
        }
    }
    match parts.is_empty() {
        true => "0 s".to_owned(),
        false => parts.into_iter().take(2).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn a_duration_has_its_two_largest_units() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (7_200, "2 h"),
            (7_199, "1 h 59 min"),
            (90_061, "1 d 1 h"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }
}
