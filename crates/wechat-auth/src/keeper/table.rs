//! What a caller is told, by what is held and how the fetch stands. Plain data, so that a test and a
//! diagram can be drawn from the same source as the behaviour.

/// What the keeper holds, as of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// No token was ever held.
    Nothing,
    /// WeChat accepts it, and there is no need to refresh.
    Fresh,
    /// WeChat accepts it still; it is time to refresh.
    Stale,
    /// Not past its end, but a fetch that ended in the dark may have replaced it.
    Doubtful,
    /// Past its end, or refused.
    Dead,
}

/// How the fetch stands, as of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fetching {
    /// Nobody fetches, and a fetch may start.
    Idle,
    /// Nobody fetches, and none may start for a moment.
    Resting,
    /// A driver is at it.
    InFlight,
    /// The last fetch failed; the next may not start yet.
    BackingOff,
    /// WeChat wants a person to act; only a slow retry is left.
    Stopped,
}

/// What the caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Ready,
    Send,
    Wait,
    /// To wait when the next try is near, an error otherwise.
    WaitOrFail,
    /// An error.
    Fail,
}

pub(crate) const fn verdict(life: Life, fetching: Fetching) -> Verdict {
    use Fetching::{BackingOff, Idle, InFlight, Resting, Stopped};
    use Life::{Dead, Doubtful, Fresh, Nothing, Stale};
    match (life, fetching) {
        (Fresh, _) => Verdict::Ready,
        (Stale, Idle) => Verdict::Send,
        (Stale, Resting | InFlight | BackingOff | Stopped) => Verdict::Ready,
        (Doubtful, Idle) => Verdict::Send,
        (Doubtful, InFlight) => Verdict::Wait,
        (Doubtful, Resting | BackingOff | Stopped) => Verdict::Ready,
        (Nothing | Dead, Idle) => Verdict::Send,
        (Nothing | Dead, InFlight) => Verdict::Wait,
        (Nothing | Dead, Resting | BackingOff) => Verdict::WaitOrFail,
        (Nothing | Dead, Stopped) => Verdict::Fail,
    }
}

/// How far the fetch is, without the time in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Idle,
    InFlight,
    BackingOff,
    Stopped,
}

/// What moves the fetch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    /// A caller was told to send.
    Sent,
    /// WeChat answered with a token that was not held.
    NewToken,
    /// WeChat answered with the token that is held.
    SameToken,
    /// No answer, or an error that goes away by itself.
    Failed,
    /// An error that only a person can mend, or a quota that only a new day refills.
    NeedsPerson,
    /// The driver gave up.
    Abandoned,
    /// The driver never reported.
    Lapsed,
    /// The wait is over.
    Due,
}

/// The stage after, or `None` where it cannot happen.
pub(crate) const fn next(stage: Stage, happening: Happening) -> Option<Stage> {
    use Happening::{Abandoned, Due, Failed, Lapsed, NeedsPerson, NewToken, SameToken, Sent};
    use Stage::{BackingOff, Idle, InFlight, Stopped};
    match (stage, happening) {
        (Idle, Sent) => Some(InFlight),
        (InFlight, NewToken | SameToken | Abandoned) => Some(Idle),
        (InFlight, Failed | Lapsed) => Some(BackingOff),
        (InFlight, NeedsPerson) => Some(Stopped),
        (BackingOff | Stopped, Due) => Some(Idle),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Fetching::*, Life::*, Verdict::*, *};

    #[test]
    fn a_usable_token_is_served_whatever_became_of_the_fetch() {
        for fetching in [Idle, Resting, InFlight, BackingOff, Stopped] {
            assert_eq!(verdict(Fresh, fetching), Ready);
        }
        assert_eq!(
            verdict(Stale, Idle),
            Send,
            "the caller who fetches holds it meanwhile"
        );
        for fetching in [Resting, InFlight, BackingOff, Stopped] {
            assert_eq!(verdict(Stale, fetching), Ready);
        }
    }

    #[test]
    fn a_doubtful_token_is_the_last_resort_while_no_fetch_can_bring_a_better_one() {
        let told = [Idle, Resting, InFlight, BackingOff, Stopped].map(|f| verdict(Doubtful, f));
        assert_eq!(told, [Send, Ready, Wait, Ready, Ready]);
    }

    #[test]
    fn without_one_a_fetch_starts_only_when_nobody_is_at_it_and_none_just_failed() {
        for life in [Nothing, Dead] {
            let told = [Idle, Resting, InFlight, BackingOff, Stopped].map(|f| verdict(life, f));
            assert_eq!(told, [Send, WaitOrFail, Wait, WaitOrFail, Fail]);
        }
    }
}
