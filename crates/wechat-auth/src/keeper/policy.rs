use core::time::Duration;

/// How a [`Keeper`](super::Keeper) treats one kind of token: what WeChat's rules for it are, and how
/// patient to be. The constructors carry the values for WeChat's own kinds; change a field to differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What asking does.
    pub issue: Issue,
    /// When a held token is to be replaced ahead of its end.
    pub refresh: Refresh,
    /// How long one fetch may take, from sending to the last byte. Default 10 s.
    pub attempt_timeout: Duration,
    /// Two sends are never closer than this, whatever happens. Default 1 s.
    pub min_spacing: Duration,
    /// The first back-off; each further failure doubles it. Default 1 s, of which up to half is cut off
    /// at random.
    pub backoff_first: Duration,
    /// The longest back-off. Default 120 s where every fetch counts: 60 s at least after the jitter, so
    /// that failing all day long stays below the 2000 fetches a day. 15 s where asking is free.
    pub backoff_max: Duration,
    /// How slowly to retry what only a person can mend. Default 5 min: the console's own changes take 5
    /// to 10 minutes.
    pub stopped_retry: Duration,
    /// How many sends a day may see.
    pub budget: Budget,
    /// A caller without a token is told to wait for the next try when it is this near, and gets the
    /// error otherwise. Default 3 s.
    pub patience: Duration,
}

/// How many sends any rolling day may see: counted before they leave, whatever becomes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// All of them.
    pub per_day: u32,
    /// Of these, how many are kept for the schedule: reports that a token was refused cannot use them.
    pub reserve: u32,
}

/// What asking WeChat for the token does.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issue {
    /// Asking again brings the same token until WeChat finds it time for a new one: it is free, and an
    /// answer that got lost does no harm.
    Repeats {
        /// Whether a new token can be demanded, as `force_refresh` does.
        force: Force,
    },
    /// Every fetch mints a new token and starts the death of the one before: never two at a time, and
    /// an answer that got lost may have minted one.
    Mints {
        /// How long the token before lives on.
        overlap: Duration,
    },
}

/// Whether a new token can be demanded where asking brings the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// There is no such call.
    Impossible,
    /// 20 times a day, at least 30 s apart.
    Limited,
}

/// When a held token is to be replaced ahead of its end.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// So long before the end, give or take `jitter`; but never with more than half the life left.
    Before {
        /// How long before.
        window: Duration,
        /// The largest deviation to either side.
        jitter: Duration,
    },
    /// At half its life, give or take a tenth.
    HalfLife,
}

impl Policy {
    const fn new(issue: Issue, refresh: Refresh, per_day: u32) -> Self {
        let reserve = per_day / 10;
        Self {
            issue,
            refresh,
            budget: Budget { per_day, reserve },
            attempt_timeout: Duration::from_secs(10),
            min_spacing: Duration::from_secs(1),
            backoff_first: Duration::from_secs(1),
            backoff_max: Duration::from_secs(120),
            stopped_retry: Duration::from_secs(300),
            patience: Duration::from_secs(3),
        }
    }

    /// `cgi-bin/stable_token`: the same token until its last 300 s, so the attempt starts inside them. Of
    /// WeChat's 500 000 asks a day one keeper takes 20 000 at the very most, so that two dozen machines
    /// can be without WeChat all day long.
    ///
    /// # Source
    /// Official page of `getStableAccessToken` (documented).
    pub const fn stable() -> Self {
        let refresh = Refresh::Before {
            window: Duration::from_secs(290),
            jitter: Duration::from_secs(5),
        };
        Self::new(
            Issue::Repeats {
                force: Force::Limited,
            },
            refresh,
            20_000,
        )
        .asking_is_free()
    }

    /// `cgi-bin/token`: each fetch mints; the token before lives about 300 s on. Of WeChat's 2000 fetches
    /// a day a quarter is left to people and tools; a sandbox account has 200, so lower
    /// [`budget`](Self::budget) for it.
    ///
    /// # Source
    /// Official page of `getAccessToken`, which contradicts itself on the overlap; reports from the
    /// field agree on 5 minutes (assumed).
    pub const fn classic() -> Self {
        let overlap = Duration::from_secs(300);
        Self::new(Issue::Mints { overlap }, Refresh::HalfLife, 1500)
    }

    /// `cgi-bin/ticket/getticket`: whether asking mints is not known, so it is treated as if it did; the
    /// limit is "very small", so it is asked late.
    ///
    /// # Source
    /// Official page of the JS-SDK ticket; the effect of asking again is assumed.
    pub const fn ticket() -> Self {
        let refresh = Refresh::Before {
            window: Duration::from_secs(600),
            jitter: Duration::from_secs(60),
        };
        Self::new(
            Issue::Mints {
                overlap: Duration::from_secs(300),
            },
            refresh,
            500,
        )
    }

    /// `sns/oauth2/refresh_token`: while the access token lives, the same one with its life started
    /// anew; afterwards a new one.
    ///
    /// # Source
    /// Official page of web authorisation (documented), a captured pair (observed).
    pub const fn user() -> Self {
        let refresh = Refresh::Before {
            window: Duration::from_secs(600),
            jitter: Duration::from_secs(60),
        };
        Self::new(
            Issue::Repeats {
                force: Force::Impossible,
            },
            refresh,
            20_000,
        )
        .asking_is_free()
    }

    const fn asking_is_free(mut self) -> Self {
        self.backoff_max = Duration::from_secs(15);
        self
    }
}
