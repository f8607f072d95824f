//! The tokens of one kind of one account: which are alive, and which have died of what.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::behavior::Slots;
use super::introspection::{MintedBy, Standing};
use super::time::Millis;

/// Tokens remembered per lineage after they left both slots, so that introspection can
/// still say what became of them.
const REMEMBERED: usize = 32;

/// A token with a life, as WeChat sees it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Issued {
    pub(crate) token: String,
    /// The end of its own life.
    pub(crate) expires_at: Millis,
    /// The end of being accepted: `expires_at`, or earlier once it was replaced.
    pub(crate) accepted_until: Millis,
    /// Calls are refused before this moment, though the token is current all the same.
    pub(crate) accepted_from: Millis,
    /// Taken back, and not replaced.
    pub(crate) voided: bool,
    pub(crate) minted_by: MintedBy,
}

impl Issued {
    pub(crate) const fn new(token: String, now: Millis, life_s: u64, minted_by: MintedBy) -> Self {
        let expires_at = now.plus_s(life_s);
        Self {
            token,
            expires_at,
            accepted_until: expires_at,
            accepted_from: now,
            voided: false,
            minted_by,
        }
    }

    /// Whether its time is not over.
    pub(crate) fn is_alive(&self, now: Millis) -> bool {
        now < self.accepted_until
    }

    pub(crate) fn accept_until(&mut self, moment: Millis) {
        self.accepted_until = self.accepted_until.min(moment);
    }

    /// Takes it back at `moment`: it dies before its time, and nothing has replaced it.
    pub(crate) fn void_at(&mut self, moment: Millis) {
        if moment < self.accepted_until {
            self.accepted_until = moment;
            self.voided = true;
        }
    }

    /// Lets its own life end at `moment`, unless it ends before.
    pub(crate) fn expire_at(&mut self, moment: Millis) {
        self.expires_at = self.expires_at.min(moment);
        self.accept_until(moment);
    }

    /// Where a token stands that is `alive` as long as its time is not over.
    fn standing(&self, alive: Standing, now: Millis) -> Standing {
        match (self.is_alive(now), self.accepted_until < self.expires_at) {
            (true, _) if now < self.accepted_from => Standing::NotYet,
            (true, _) => alive,
            (false, true) if self.voided => Standing::Voided,
            (false, true) => Standing::Superseded,
            (false, false) => Standing::Expired,
        }
    }
}

/// A token and its place in time.
pub(crate) struct Life<'a> {
    /// Counts the tokens of its kind from 1.
    pub(crate) nth: u64,
    pub(crate) issued: &'a Issued,
    pub(crate) standing: Standing,
    /// When the next one came.
    pub(crate) replaced_at: Option<Millis>,
}

/// How a rotation treats the tokens it replaces.
#[derive(Clone, Copy)]
pub(crate) struct Rotation {
    pub(crate) slots: Slots,
    pub(crate) overlap_s: u64,
}

/// Current, previous, and a bounded memory of those before.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Lineage {
    minted: u64,
    current: Option<Issued>,
    previous: Option<Issued>,
    older: VecDeque<Issued>,
}

impl Lineage {
    /// How many tokens this lineage has minted so far.
    pub(crate) const fn minted(&self) -> u64 {
        self.minted
    }

    /// The current token, if it is still alive.
    pub(crate) fn alive(&self, now: Millis) -> Option<&Issued> {
        self.current.as_ref().filter(|issued| issued.is_alive(now))
    }

    /// The newest token, dead or alive.
    pub(crate) fn current_mut(&mut self) -> Option<&mut Issued> {
        self.current.as_mut()
    }

    /// Every remembered token, the newest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Issued> {
        self.current
            .iter()
            .chain(&self.previous)
            .chain(self.older.iter().rev())
    }

    /// Every remembered token with its place in time, the newest first.
    pub(crate) fn lives(&self, now: Millis) -> impl Iterator<Item = Life<'_>> {
        let mut replaced_at = None;
        self.iter().enumerate().map(move |(index, issued)| {
            let alive = match index {
                0 => Standing::Current,
                _ => Standing::Previous,
            };
            let life = Life {
                nth: self.minted.saturating_sub(index as u64),
                standing: issued.standing(alive, now),
                replaced_at,
                issued,
            };
            replaced_at = Some(issued.accepted_from);
            life
        })
    }

    pub(crate) fn get_mut(&mut self, token: &str) -> Option<&mut Issued> {
        self.current
            .iter_mut()
            .chain(&mut self.previous)
            .chain(&mut self.older)
            .find(|issued| issued.token == token)
    }

    /// Puts `fresh` in the first slot and moves the others on. Gives back the token
    /// that is now too old to be remembered.
    pub(crate) fn rotate(&mut self, now: Millis, fresh: Issued, rotation: Rotation) -> Option<String> {
        let mut grandparent = self.previous.take();
        self.previous = self.current.take();
        let (previous_until, grandparent_until) = match rotation.slots {
            Slots::One => (now, Some(now)),
            Slots::Two => (now.plus_s(rotation.overlap_s), Some(now)),
            Slots::Overlapping => (now.plus_s(rotation.overlap_s), None),
        };
        if let Some(previous) = &mut self.previous {
            previous.accept_until(previous_until);
        }
        if let (Some(grandparent), Some(until)) = (&mut grandparent, grandparent_until) {
            grandparent.accept_until(until);
        }
        self.minted = self.minted.saturating_add(1);
        self.current = Some(fresh);
        self.older.extend(grandparent);
        if self.older.len() > REMEMBERED {
            return self.older.pop_front().map(|forgotten| forgotten.token);
        }
        None
    }

    /// What has become of `token`, if it is remembered.
    pub(crate) fn find(&self, token: &str, now: Millis) -> Option<(Standing, &Issued)> {
        let matches = |issued: &&Issued| issued.token == token;
        if let Some(current) = self.current.as_ref().filter(matches) {
            return Some((current.standing(Standing::Current, now), current));
        }
        let replaced = self.previous.iter().chain(&self.older).find(matches)?;
        Some((replaced.standing(Standing::Previous, now), replaced))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rotate(lineage: &mut Lineage, at_s: u64, name: &str, slots: Slots) -> Option<String> {
        let now = Millis::from_unix_s(at_s);
        let fresh = Issued::new(name.to_owned(), now, 7_200, MintedBy::Client);
        lineage.rotate(
            now,
            fresh,
            Rotation {
                slots,
                overlap_s: 300,
            },
        )
    }

    fn standing(lineage: &Lineage, token: &str, at_s: u64) -> Option<Standing> {
        lineage
            .find(token, Millis::from_unix_s(at_s))
            .map(|(standing, _)| standing)
    }

    /// slots × token × moment → standing, after rotations at 0 ("a"), 100 ("b"), 200 ("c").
    #[test]
    fn slots_decide_who_outlives_a_rotation() {
        use Standing::{Current, Expired, Previous, Superseded};
        let table = [
            (
                Slots::One,
                [
                    ("b", 200, Superseded),
                    ("a", 150, Superseded),
                    ("c", 7_399, Current),
                ],
            ),
            (
                Slots::Two,
                [
                    ("a", 200, Superseded),
                    ("b", 499, Previous),
                    ("b", 500, Superseded),
                ],
            ),
            (
                Slots::Two,
                [("c", 7_399, Current), ("c", 7_400, Expired), ("a", 0, Previous)],
            ),
            (
                Slots::Overlapping,
                [("a", 399, Previous), ("a", 400, Superseded), ("b", 499, Previous)],
            ),
        ];
        for (slots, expectations) in table {
            let mut lineage = Lineage::default();
            rotate(&mut lineage, 0, "a", slots);
            rotate(&mut lineage, 100, "b", slots);
            rotate(&mut lineage, 200, "c", slots);
            for (token, at_s, expected) in expectations {
                // A moment before the last rotation only asks what it left behind.
                if at_s >= 200 || expected == Superseded {
                    assert_eq!(
                        standing(&lineage, token, at_s.max(200)),
                        Some(expected),
                        "{slots:?} {token} {at_s}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_replaced_token_never_outlives_its_own_expiry() {
        let mut lineage = Lineage::default();
        rotate(&mut lineage, 0, "a", Slots::Two);
        rotate(&mut lineage, 7_100, "b", Slots::Two);
        assert_eq!(standing(&lineage, "a", 7_199), Some(Standing::Previous));
        assert_eq!(standing(&lineage, "a", 7_200), Some(Standing::Expired));
    }

    #[test]
    fn the_memory_of_dead_tokens_is_bounded() {
        let mut lineage = Lineage::default();
        for index in 0..100 {
            rotate(&mut lineage, index, &index.to_string(), Slots::Two);
        }
        assert_eq!(standing(&lineage, "65", 100), None);
        assert_eq!(standing(&lineage, "66", 100), Some(Standing::Superseded));
        assert_eq!(
            rotate(&mut lineage, 100, "100", Slots::Two),
            Some("66".to_owned())
        );
    }
}
