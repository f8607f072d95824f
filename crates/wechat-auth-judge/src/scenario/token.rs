//! The app token: kept, replaced, and lost.

use std::time::Duration;

use tokio::time::sleep;
use wechat_auth_emulator::{CarriedOut, Effect};

use crate::contract::Deed;
use crate::hand::{
    FETCHES_IN_TROUBLE, ON_THE_WAY, PAST_THE_END, SILENCE, TROUBLE, errcode, html_500, short_lives,
};
use crate::score::Finding;
use crate::trial::{Load, Over, Trial};

/// After the trouble, with a back-off that has grown for its duration.
const RECOVERY: Duration = Duration::from_secs(30);
/// After refusals a program may first let the token rest: a fresh one can be refused for half a minute.
const RECOVERY_FROM_REFUSALS: Duration = Duration::from_secs(60);
/// A load that a storm shows in: without care each of these calls is a fetch.
const CALLERS: Load = Load {
    callers: 5,
    rest: Duration::from_millis(200),
    during: TROUBLE,
};

pub(super) async fn cold_start(trial: &mut Trial) -> Result<(), Over> {
    trial.fetches_suffer(&ON_THE_WAY);
    trial.calls(50).await?;
    match trial.ask(&Deed::Token).await {
        Ok(answer) => {
            let token = answer.token.unwrap_or_default();
            if answer.ok && !trial.wechat().introspect(&token).valid {
                trial.find(Finding::WrongToken);
            }
        }
        // A program may keep its token to itself.
        Err(Over::Unsupported) => {}
        Err(over) => return Err(over),
    }
    trial.nothing_may_fail();
    trial.fetches_at_most(1);
    Ok(())
}

pub(super) async fn expiry(trial: &mut Trial) -> Result<(), Over> {
    trial.fetches_suffer(&ON_THE_WAY);
    trial.call().await?;
    trial.time_passes(PAST_THE_END).await?;
    trial.calls(20).await?;
    trial.nothing_may_fail();
    trial.fetches_at_most(2);
    Ok(())
}

pub(super) async fn unforeseen_expiry(trial: &mut Trial) -> Result<(), Over> {
    trial.fetches_suffer(&ON_THE_WAY);
    trial.call().await?;
    trial.wechats_clock_jumps(PAST_THE_END);
    trial.calls(20).await?;
    trial.nothing_may_fail();
    trial.fetches_at_most(2);
    Ok(())
}

pub(super) async fn foreign_refresh(trial: &mut Trial) -> Result<(), Over> {
    let pressed = Load {
        callers: 10,
        rest: Duration::from_millis(50),
        during: Duration::from_secs(3),
    };
    trial.fetches_suffer(&ON_THE_WAY);
    trial.call().await?;
    let (loaded, ()) = tokio::join!(trial.load(pressed), async {
        sleep(Duration::from_secs(1)).await;
        trial.foreign_refresh();
    });
    loaded?;
    trial.nothing_may_fail();
    trial.fetches_at_most(3);
    Ok(())
}

pub(super) async fn refusals(trial: &mut Trial) -> Result<(), Over> {
    trial.fetches_suffer(&ON_THE_WAY);
    trial.call().await?;
    trial.calls_suffer(&errcode(40001));
    let trouble = Trouble {
        fetches: Some(1 + FETCHES_IN_TROUBLE),
        recovery: Some(RECOVERY_FROM_REFUSALS),
        ..Trouble::USUAL
    };
    trouble.passes(trial).await
}

pub(super) async fn busy(trial: &mut Trial) -> Result<(), Over> {
    trial.fetches_suffer(&errcode(-1));
    Trouble::USUAL.passes(trial).await
}

pub(super) async fn server_error(trial: &mut Trial) -> Result<(), Over> {
    trial.fetches_suffer(&html_500());
    Trouble::USUAL.passes(trial).await
}

pub(super) async fn hang(trial: &mut Trial) -> Result<(), Over> {
    trial.fetches_suffer(&Effect::Hang(CarriedOut::No));
    let trouble = Trouble {
        during: SILENCE,
        fetches: None,
        ..Trouble::USUAL
    };
    trouble.passes(trial).await
}

pub(super) async fn quota(trial: &mut Trial) -> Result<(), Over> {
    trial.fetches_suffer(&errcode(45009));
    let trouble = Trouble {
        fetches: Some(5),
        // Not before the next day.
        recovery: None,
        ..Trouble::USUAL
    };
    trouble.passes(trial).await
}

pub(super) async fn short_life(trial: &mut Trial) -> Result<(), Over> {
    trial.fetches_suffer(&short_lives());
    for _ in 0..20 {
        trial.call().await?;
    }
    trial.nothing_may_fail();
    trial.fetches_at_most(2);
    Ok(())
}

pub(super) async fn reply_lost(trial: &mut Trial) -> Result<(), Over> {
    trial.next_fetch_suffers(&Effect::ReplyLost);
    // Whoever asked for it may fail; whoever comes afterwards must not.
    trial.call().await?;
    let took = trial.recovers(RECOVERY).await?;
    trial.recovered(took, RECOVERY);
    trial.calls(20).await?;
    trial.fetches_at_most(3);
    Ok(())
}

pub(super) async fn refresh_fails(trial: &mut Trial) -> Result<(), Over> {
    trial.fetches_suffer(&short_lives());
    trial.call().await?;
    trial.heal();
    trial.fetches_suffer(&html_500());
    // Where the program's clock can be moved, to where 45 s are left, and most want a new token.
    match trial.time_passes(Duration::from_secs(300)).await {
        Ok(()) | Err(Over::Unsupported) => {}
        Err(over) => return Err(over),
    }
    for _ in 0..20 {
        trial.call().await?;
    }
    trial.nothing_may_fail();
    Ok(())
}

/// Something that goes wrong for a while, under load.
struct Trouble {
    during: Duration,
    /// How many fetches there may be until it ends.
    fetches: Option<u64>,
    /// How soon after its end a call must succeed.
    recovery: Option<Duration>,
}

impl Trouble {
    const USUAL: Self = Self {
        during: TROUBLE,
        fetches: Some(FETCHES_IN_TROUBLE),
        recovery: Some(RECOVERY),
    };

    /// It ends when its time is over, though callers may still be waiting for their answers.
    async fn passes(self, trial: &mut Trial) -> Result<(), Over> {
        let load = Load {
            during: self.during,
            ..CALLERS
        };
        let (loaded, ended) = tokio::join!(trial.load(load), async {
            sleep(self.during).await;
            let fetches = trial.figures().fetches;
            trial.heal();
            match self.recovery {
                Some(within) => trial.recovers(within).await.map(|took| (fetches, took)),
                None => Ok((fetches, None)),
            }
        });
        let (made, took) = ended?;
        loaded?;
        if let Some(allowed) = self.fetches
            && made > allowed
        {
            trial.find(Finding::Fetches { made, allowed });
        }
        if let Some(within) = self.recovery {
            trial.recovered(took, within);
        }
        Ok(())
    }
}
