//! The bug museum: how token keepers have really failed, one exhibit a way.
//!
//! Each exhibit is a story played in virtual time against the emulator's machine. It is played three times:
//! with the reference [model](crate::model) in which exactly one rule is broken, where WeChat's own view of
//! the story must show the damage; with the same model unbroken; and with the real machine. The last two
//! must come through. For the login the broken thing is a variant of the login step.
//!
//! The stories judge by what WeChat saw and by what became of the callers, never by what a keeper says of
//! itself.

pub(crate) mod cast;
mod crowd;
mod failure;
mod lifetime;
pub(crate) mod line;
mod login;
mod post;
mod quota;
mod refusal;
pub(crate) mod stage;

pub(crate) use cast::Cast;
use cast::Opening;

use crate::model::Rules;

/// One way to fail, and the guarantee that rules it out.
#[derive(Clone, Copy)]
pub struct Exhibit {
    /// The guarantee: also the name of its test.
    pub guarantee: &'static str,
    /// What the broken one does.
    pub flaw: &'static str,
    story: Story,
}

/// Who plays the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The one with the flaw.
    Broken,
    /// The reference model, or the plain login step, without it.
    Right,
    /// The library.
    Ours,
}

#[derive(Clone, Copy)]
enum Story {
    Keeping {
        rules: fn() -> Rules,
        flaw: fn(&mut Rules),
        play: fn(&mut Opening) -> Finding,
    },
    Login(fn(Who) -> Finding),
}

/// Whether the guarantee held.
pub type Finding = Result<(), Broken>;

/// What was seen instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub String);

impl Exhibit {
    const fn keeping(
        guarantee: &'static str,
        flaw: &'static str,
        rules: fn() -> Rules,
        break_it: fn(&mut Rules),
        play: fn(&mut Opening) -> Finding,
    ) -> Self {
        Self {
            guarantee,
            flaw,
            story: Story::Keeping {
                rules,
                flaw: break_it,
                play,
            },
        }
    }

    const fn login(guarantee: &'static str, flaw: &'static str, play: fn(Who) -> Finding) -> Self {
        let story = Story::Login(play);
        Self {
            guarantee,
            flaw,
            story,
        }
    }

    /// Plays the story.
    ///
    /// # Errors
    /// [`Broken`]: the guarantee did not hold, and what was seen instead.
    pub fn play(&self, who: Who) -> Finding {
        match self.story {
            Story::Login(play) => play(who),
            Story::Keeping { rules, flaw, play } => {
                let mut rules = rules();
                let cast = match who {
                    Who::Broken => {
                        flaw(&mut rules);
                        Cast::Model(rules)
                    }
                    Who::Right => Cast::Model(rules),
                    Who::Ours => Cast::Ours(rules),
                };
                play(&mut Opening::new(cast))
            }
        }
    }

    /// The rules without the flaw and with it, where it is one of token keeping.
    pub fn rules(&self) -> Option<(Rules, Rules)> {
        let Story::Keeping { rules, flaw, .. } = self.story else {
            return None;
        };
        let mut broken = rules();
        flaw(&mut broken);
        Some((rules(), broken))
    }
}

/// The name only.
impl core::fmt::Debug for Exhibit {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.guarantee)
    }
}

/// All of them, in the order of the book's page.
pub fn exhibits() -> Vec<Exhibit> {
    let rooms: [&[Exhibit]; 6] = [
        &crowd::ROOM,
        &failure::ROOM,
        &refusal::ROOM,
        &lifetime::ROOM,
        &quota::ROOM,
        &login::ROOM,
    ];
    rooms.into_iter().flatten().copied().collect()
}

/// The guarantee holds, or what was seen.
fn require(holds: bool, seen: impl FnOnce() -> String) -> Finding {
    if holds { Ok(()) } else { Err(Broken(seen())) }
}

/// No more than `most` of something.
fn at_most(most: u64, seen: u64, what: &str) -> Finding {
    require(seen <= most, || format!("{seen} {what}, where {most} are enough"))
}
