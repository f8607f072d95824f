//! Many callers at once.

use super::cast::{Opening, hours, minutes, secs};
use super::{Exhibit, Finding, at_most, require};
use crate::model::{Flight, LostLeader, Meanwhile, Recheck, Rules};

pub(super) const ROOM: [Exhibit; 5] = [
    Exhibit::keeping(
        "callers_at_the_same_moment_share_one_fetch",
        "every caller who finds no token fetches one",
        Rules::classic,
        |rules| rules.flight = Flight::OneEach,
        cold_start,
    ),
    Exhibit::keeping(
        "who_waited_for_a_fetch_looks_again_before_fetching",
        "there is a lock, but nobody looks again after getting it",
        Rules::classic,
        |rules| rules.recheck = Recheck::Never,
        the_token_died_overnight,
    ),
    Exhibit::keeping(
        "a_cold_start_costs_one_fetch",
        "the second look compares with the token seen before, and before the first there was none",
        Rules::classic,
        |rules| rules.recheck = Recheck::UnlessCold,
        cold_start,
    ),
    Exhibit::keeping(
        "a_cancelled_caller_leaves_nobody_waiting",
        "the caller who fetches goes away, and the fetch counts as under way for ever",
        Rules::stable,
        |rules| rules.lost_leader = LostLeader::KeepsTheSlot,
        the_leader_hangs_up,
    ),
    Exhibit::keeping(
        "a_refresh_keeps_nobody_waiting_while_the_old_token_is_good",
        "a refresh blocks every caller until WeChat answers",
        Rules::stable,
        |rules| rules.meanwhile = Meanwhile::Nothing,
        wechat_is_slow_to_refresh,
    ),
];

fn cold_start(stage: &mut Opening) -> Finding {
    stage.crowd(50);
    stage.run_for(minutes(2));
    stage.every_call_is_accepted()?;
    at_most(1, stage.fetches(), "fetches for fifty callers")
}

fn the_token_died_overnight(stage: &mut Opening) -> Finding {
    stage.one_call();
    stage.run_for(hours(8));
    stage.crowd(50);
    stage.run_for(minutes(2));
    stage.every_call_is_accepted()?;
    at_most(2, stage.fetches(), "fetches on two days")
}

fn the_leader_hangs_up(stage: &mut Opening) -> Finding {
    stage.line.answers_take(secs(5));
    stage.crowd(10);
    stage.run_for(secs(1));
    stage.cancel_leaders();
    stage.run_for(minutes(5));
    stage.crowd(1);
    stage.run_for(minutes(1));
    let (accepted, calls) = (stage.tally.accepted, 10);
    require(accepted == calls, || {
        format!("{accepted} of {calls} callers were served")
    })
}

fn wechat_is_slow_to_refresh(stage: &mut Opening) -> Finding {
    stage.one_call();
    stage.run_for(secs(7200 - 300));
    stage.line.answers_take(secs(5));
    let before = stage.tally.longest_wait;
    stage.call_every(secs(1), minutes(2));
    stage.every_call_is_accepted()?;
    let waited = stage.tally.longest_wait;
    require(waited == before, || {
        format!("a caller waited {waited:?} although the old token was good")
    })
}
