use core::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ledger::Ledger;
use super::machine::{Held, Phase, SETTLING, Standing};
use super::{Fetch, Keeper, Kept, TokenId};
use crate::{Origin, Secret, Tick};

/// What a keeper must know to go on after a restart as if nothing had happened: the token, what is
/// known against it, the sends of the day, and whether one was under way.
///
/// It holds the token, so keep it as you keep the appsecret. Times in it are the wall clock's, in
/// milliseconds, because that is the only clock that survives a restart.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    v: u8,
    name: String,
    saved_at: u64,
    held: Option<SavedToken>,
    in_flight_since: Option<u64>,
    last_send: Option<u64>,
    strikes: u32,
    forced: Vec<u64>,
    early_refusals: Vec<u64>,
    sends: Vec<(u64, u32)>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedToken {
    id: u64,
    token: String,
    since: u64,
    fresh_until: u64,
    usable_until: u64,
    ends: u64,
    spared_until: u64,
    standing: Standing<u64>,
}

/// This crate's form of a snapshot. Another one is refused, and not guessed at.
const VERSION: u8 = 1;
/// No snapshot is longer, in bytes.
const MAX_ENCODED: usize = 16 * 1024;
/// Lists in a snapshot are shorter: they are bounded where they grow.
const MAX_LIST: usize = 256;

impl Snapshot {
    /// As text: JSON.
    pub fn encode(&self) -> Secret {
        serde_json::to_string(self).unwrap_or_default().into()
    }

    /// From the text that [`encode`](Self::encode) gave.
    ///
    /// # Errors
    /// [`InvalidSnapshot`] for another version, another form, or more than 16 KiB. A keeper then starts
    /// with nothing, which costs one fetch.
    pub fn decode(text: &str) -> Result<Self, InvalidSnapshot> {
        #[derive(Deserialize)]
        struct Version {
            v: u64,
        }
        if text.len() > MAX_ENCODED {
            return Err(InvalidSnapshot::Unreadable);
        }
        let version: Version = serde_json::from_str(text).map_err(|_| InvalidSnapshot::Unreadable)?;
        if version.v != u64::from(VERSION) {
            return Err(InvalidSnapshot::Version);
        }
        let snapshot: Self = serde_json::from_str(text).map_err(|_| InvalidSnapshot::Unreadable)?;
        let longest = snapshot
            .forced
            .len()
            .max(snapshot.early_refusals.len())
            .max(snapshot.sends.len());
        if longest > MAX_LIST {
            return Err(InvalidSnapshot::Unreadable);
        }
        Ok(snapshot)
    }
}

/// It may hold a token.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Why a snapshot was not taken. Start with nothing instead.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSnapshot {
    /// It is not what a keeper saved, or was damaged.
    #[error("not a snapshot, or a damaged one: start without it")]
    Unreadable,
    /// Another version of this crate wrote it.
    #[error("the snapshot is of another version: start without it")]
    Version,
    /// It is another account's, or of another kind of token.
    #[error("the snapshot belongs to another account or kind of token: check where it is kept")]
    Foreign,
}

impl<F: Fetch> Keeper<F> {
    /// What to keep across a restart, when the wall clock says `unix_millis` at `now`. Save it whenever
    /// something [happened](Self::poll_event); above all before a request leaves.
    pub fn snapshot(&self, now: Tick, unix_millis: u64) -> Snapshot {
        let wall = Wall { now, unix_millis };
        let in_flight_since = match self.phase {
            Phase::InFlight { sent, .. } => Some(wall.unix(sent)),
            _ => None,
        };
        Snapshot {
            v: VERSION,
            name: self.fetch.name(),
            saved_at: unix_millis,
            held: self.held.as_ref().map(|held| SavedToken {
                id: held.kept.id.0,
                token: self.fetch.save(&held.kept.token).expose().to_owned(),
                since: wall.unix(held.since),
                fresh_until: wall.unix(held.kept.fresh_until),
                usable_until: wall.unix(held.kept.usable_until),
                ends: wall.unix(held.ends),
                spared_until: wall.unix(held.spared_until),
                standing: held.standing.map(|at| wall.unix(at)),
            }),
            in_flight_since,
            last_send: self.last_send.map(|at| wall.unix(at)),
            strikes: self.strikes,
            forced: self.forced.iter().map(|&at| wall.unix(at)).collect(),
            early_refusals: self.early_refusals.iter().map(|&at| wall.unix(at)).collect(),
            sends: self
                .ledger
                .slots()
                .map(|(at, sends)| (wall.unix(at), sends))
                .collect(),
        }
    }

    /// A keeper that goes on where the snapshot ends, when the wall clock says `unix_millis` at `now`.
    ///
    /// After a clean restart no fetch follows while the token is fresh. Where a fetch was under way that
    /// may have minted, the held token is trusted for five minutes from its send. A back-off is forgotten:
    /// whoever restarts has often just mended its cause. A wall clock that was
    /// set back makes the token due for a refresh, since nobody knows how much time really passed; one
    /// that was set forward makes it older than it is, which is safe. Where asking mints, the first fetch
    /// waits a minute while the held token is good: by such a clock the last one may seem long ago, and
    /// two within a minute would end a token that somebody was just handed. Start `now` well after
    /// [`Tick::ZERO`] (a week will do), or the times before the restart do not fit the scale and count
    /// as more recent than they are.
    ///
    /// # Errors
    /// [`InvalidSnapshot::Foreign`] when it is not this account's or of another kind of token, and
    /// [`InvalidSnapshot::Unreadable`] when its token is none.
    pub fn restore(
        fetch: F,
        origin: Origin,
        seed: u64,
        snapshot: &Snapshot,
        now: Tick,
        unix_millis: u64,
    ) -> Result<Self, InvalidSnapshot> {
        let mut keeper = Self::new(fetch, origin, seed);
        if snapshot.name != keeper.fetch.name() {
            return Err(InvalidSnapshot::Foreign);
        }
        let set_back = unix_millis < snapshot.saved_at;
        let wall = Wall {
            now,
            unix_millis: unix_millis.max(snapshot.saved_at),
        };
        keeper.now = now;
        keeper.set_wall_clock(now, unix_millis / 1000);
        keeper.last_send = snapshot.last_send.map(|at| wall.tick(at).min(now));
        keeper.strikes = snapshot.strikes;
        keeper.forced = snapshot.forced.iter().map(|&at| wall.tick(at).min(now)).collect();
        keeper.early_refusals = snapshot
            .early_refusals
            .iter()
            .map(|&at| wall.tick(at).min(now))
            .collect();
        keeper.ledger = Ledger::from_slots(snapshot.sends.iter().map(|&(at, n)| (wall.tick(at).min(now), n)));
        if let Some(saved) = &snapshot.held {
            let token = keeper.fetch.load(&saved.token.as_str().into());
            let token = token.ok_or(InvalidSnapshot::Unreadable)?;
            keeper.fetch.learn(&token);
            keeper.next_token = saved.id;
            let fresh_until = wall.tick(saved.fresh_until);
            let kept = Kept {
                id: TokenId(saved.id),
                token,
                fresh_until: if set_back {
                    fresh_until.min(now)
                } else {
                    fresh_until
                },
                usable_until: wall.tick(saved.usable_until),
            };
            keeper.held = Some(Held {
                kept: Arc::new(kept),
                since: wall.tick(saved.since).min(now),
                ends: wall.tick(saved.ends),
                spared_until: wall.tick(saved.spared_until),
                // A trial that is to come is never further away.
                standing: saved.standing.map(|at| wall.tick(at).min(now.after(SETTLING))),
            });
        }
        if let Some(sent) = snapshot.in_flight_since {
            let sent = wall.tick(sent).min(now);
            keeper.may_have_minted(sent, sent);
        }
        keeper.spare_the_restored();
        Ok(keeper)
    }
}

/// Where the two scales meet.
struct Wall {
    now: Tick,
    unix_millis: u64,
}

impl Wall {
    fn unix(&self, at: Tick) -> u64 {
        let (at, now) = (at.as_millis(), self.now.as_millis());
        self.unix_millis.saturating_add(at).saturating_sub(now)
    }

    fn tick(&self, unix_millis: u64) -> Tick {
        let now = self.now.as_millis();
        Tick::from_millis(now.saturating_add(unix_millis).saturating_sub(self.unix_millis))
    }
}
