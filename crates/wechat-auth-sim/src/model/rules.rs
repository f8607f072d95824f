use core::time::Duration;

/// How a token is kept: one choice for each question. The first alternative of each is the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Where tokens come from.
    pub source: Source,
    /// How long before its end a token is refreshed.
    pub ahead: Ahead,
    /// What a life shorter than that does to it.
    pub window: Window,
    /// How long a token is taken to live.
    pub life: Life,
    /// Since when it is taken to live.
    pub since: Since,
    /// How many fetches may be under way.
    pub flight: Flight,
    /// Who waited for another's fetch looks again before fetching.
    pub recheck: Recheck,
    /// What becomes of a fetch whose caller went away.
    pub lost_leader: LostLeader,
    /// What callers get while a refresh is under way.
    pub meanwhile: Meanwhile,
    /// What a failed refresh does to the token held.
    pub failed_refresh: FailedRefresh,
    /// What a caller gets when there is no token.
    pub empty: Empty,
    /// What an answer does that comes after its fetch was given up.
    pub late_answer: LateAnswer,
    /// What a fetch without an answer says about the token held.
    pub lost_answer: LostAnswer,
    /// What a report that WeChat refused a token does.
    pub refusal: Refusal,
    /// When the fetch follows that a refused token calls for.
    pub after_refusal: AfterRefusal,
    /// How often one API call goes back for another token: the right number is one.
    pub retries: u32,
    /// What getting the same token again means.
    pub same_token: SameToken,
    /// How long to wait after a failed fetch.
    pub back_off: BackOff,
    /// How long to wait after an answer that is none of WeChat's.
    pub unreadable: BackOff,
    /// What ends a row of failures.
    pub calm: Calm,
    /// What a 40001 means when the fetch itself is answered with it.
    pub answer_40001: Answer40001,
    /// What follows when WeChat says that the day's quota is used up.
    pub quota_end: QuotaEnd,
    /// How many sends a day may see.
    pub budget: Budget,
    /// Two sends are never closer than this.
    pub spacing: Duration,
    /// How long a fetch may take.
    pub timeout: Duration,
    /// What is known after a restart.
    pub restart: Restart,
}

impl Rules {
    /// Every rule right, for `cgi-bin/stable_token`.
    pub const fn stable() -> Self {
        Self {
            source: Source::Stable,
            ahead: Ahead::By(Duration::from_secs(290)),
            window: Window::Shrinks,
            life: Life::AsTold,
            since: Since::Request,
            flight: Flight::One,
            recheck: Recheck::Always,
            lost_leader: LostLeader::FreesTheSlot,
            meanwhile: Meanwhile::OldToken,
            failed_refresh: FailedRefresh::KeepsTheOld,
            empty: Empty::Error,
            late_answer: LateAnswer::Ignored,
            lost_answer: LostAnswer::MakesSuspect,
            refusal: Refusal::DropsThatOne,
            after_refusal: AfterRefusal::SpacedOut,
            retries: 1,
            same_token: SameToken::AskedAgainLater,
            back_off: BackOff::Doubling {
                first: Duration::from_secs(1),
                most: Duration::from_secs(120),
            },
            unreadable: BackOff::Doubling {
                first: Duration::from_secs(1),
                most: Duration::from_secs(120),
            },
            calm: Calm::NewToken,
            answer_40001: Answer40001::NeedsAPerson,
            quota_end: QuotaEnd::WaitsForTheDay,
            budget: Budget {
                per_day: 1500,
                counted: Counted::WhenSent,
            },
            spacing: Duration::from_secs(1),
            timeout: Duration::from_secs(10),
            restart: Restart::Remembers,
        }
    }

    /// Every rule right, for `cgi-bin/token`.
    pub const fn classic() -> Self {
        let mut rules = Self::stable();
        rules.source = Source::Classic;
        rules.ahead = Ahead::HalfLife;
        rules
    }

    /// Each rule by its name, and what was chosen.
    pub fn named(&self) -> Vec<String> {
        let all = format!("{self:?}");
        let rules = all.strip_prefix("Rules { ").unwrap_or(&all);
        // A choice with parts has its own commas, inside braces.
        let mut depth = 0;
        let parts = rules.split(|c: char| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        });
        parts.map(|rule| rule.trim().to_owned()).collect()
    }
}

/// Where tokens come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `cgi-bin/stable_token`: the same token until its last five minutes.
    Stable,
    /// `cgi-bin/token`: another one each time.
    Classic,
}

/// How long before its end a token is refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ahead {
    /// At half its life.
    HalfLife,
    /// So long before.
    By(Duration),
}

/// What a life shorter than the margin does to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The margin is never more than half the life.
    Shrinks,
    /// The token is born stale.
    Stays,
}

/// How long a token is taken to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// As long as WeChat says.
    AsTold,
    /// Two hours, as always.
    TwoHours,
}

/// Since when a token is taken to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Since its request was sent.
    Request,
    /// Since its answer arrived.
    Reply,
}

/// How many fetches may be under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flight {
    /// One: others wait for it.
    One,
    /// One for every caller who finds no fresh token.
    OneEach,
}

/// Whether a caller who waited looks again before fetching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recheck {
    /// Always.
    Always,
    /// Only when a token had been held: a comparison with "none" always finds a difference.
    UnlessCold,
    /// Never: the lock orders the fetches, and does not spare any.
    Never,
}

/// What becomes of a fetch whose caller went away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostLeader {
    /// The next caller takes over.
    FreesTheSlot,
    /// It is under way for ever.
    KeepsTheSlot,
}

/// What callers get while a refresh is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meanwhile {
    /// The old token, while it is good.
    OldToken,
    /// Nothing: they wait.
    Nothing,
}

/// What a failed refresh does to the token held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedRefresh {
    /// Nothing.
    KeepsTheOld,
    /// It is gone.
    WipesIt,
}

/// What a caller gets when there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// An error.
    Error,
    /// The empty token that the failed fetch left behind.
    EmptyToken,
}

/// What an answer does that comes after its fetch was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LateAnswer {
    /// Nothing.
    Ignored,
    /// It replaces the token held.
    Stored,
}

/// What a fetch without an answer says about the token held, where every fetch mints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostAnswer {
    /// It may have been replaced: it is good for five minutes, and the last resort from then on.
    MakesSuspect,
    /// It has been replaced, and is of no use after five minutes.
    EndsIt,
    /// Nothing.
    Nothing,
}

/// What a report that WeChat refused a token does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It drops that token.
    DropsThatOne,
    /// It drops the token held, whichever that is.
    DropsAny,
    /// Nothing.
    Ignored,
}

/// When the fetch follows that a refused token calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterRefusal {
    /// The younger the tokens that are refused, the later.
    SpacedOut,
    /// At once.
    AtOnce,
    /// At once, demanding another token than the current one.
    ForcedAtOnce,
}

/// What getting the same token again means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameToken {
    /// That it is too early: it is asked again later.
    AskedAgainLater,
    /// That the refresh failed: the caller gets an error, and the next one tries again.
    Failure,
}

/// How long to wait after a failed fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackOff {
    /// Twice as long each time, of which up to half is cut off at random.
    Doubling {
        /// After the first failure.
        first: Duration,
        /// At most.
        most: Duration,
    },
    /// Not at all.
    None,
}

/// What ends a row of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calm {
    /// Another token than before.
    NewToken,
    /// Any answer: the connection works.
    AnyAnswer,
}

/// What a 40001 means when the fetch itself is answered with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer40001 {
    /// That the credentials are wrong: a person must act.
    NeedsAPerson,
    /// What it means everywhere: drop the token and fetch another.
    RefusedToken,
}

/// What follows when WeChat says that the day's quota is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaEnd {
    /// Nothing until midnight in Beijing.
    WaitsForTheDay,
    /// What follows any failure.
    BacksOff,
    /// The next caller tries again.
    TriesAgain,
}

/// How many sends a day may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// In any rolling day.
    pub per_day: u32,
    /// When a send is counted.
    pub counted: Counted,
}

/// When a send is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Before it leaves.
    WhenSent,
    /// When it brought a token.
    WhenSuccessful,
}

/// What is known after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// Everything, and whether a fetch was under way.
    Remembers,
    /// Nothing.
    StartsAnew,
}
