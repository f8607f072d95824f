//! WeChat's quota, and the budget that keeps away from it.

use super::cast::{Opening, hours, minutes, secs};
use super::line::End;
use super::{Exhibit, Finding, at_most, require};
use crate::model::{Budget, Counted, QuotaEnd, Restart, Rules};

pub(super) const ROOM: [Exhibit; 3] = [
    Exhibit::keeping(
        "a_send_is_counted_before_it_leaves",
        "only fetches that brought a token count against the day's budget",
        sandbox,
        |rules| rules.budget.counted = Counted::WhenSuccessful,
        every_answer_is_lost_for_a_day,
    ),
    Exhibit::keeping(
        "a_used_up_quota_is_left_alone_until_the_next_day",
        "45009 is an error like others, and the next caller tries again",
        Rules::classic,
        |rules| rules.quota_end = QuotaEnd::TriesAgain,
        the_quota_is_used_up_at_noon,
    ),
    Exhibit::keeping(
        "a_restart_costs_no_fetch",
        "a program that starts has nothing, so it fetches; one that crashes every minute fetches every minute",
        Rules::classic,
        |rules| rules.restart = Restart::StartsAnew,
        the_program_crashes_every_minute,
    ),
];

/// A sandbox account has 200 fetches a day.
fn sandbox() -> Rules {
    let (per_day, counted) = (150, Counted::WhenSent);
    Rules {
        budget: Budget { per_day, counted },
        ..Rules::classic()
    }
}

fn every_answer_is_lost_for_a_day(stage: &mut Opening) -> Finding {
    stage.when(|behavior| behavior.classic_per_day = 200);
    stage.line.ends(End::ReplyLost);
    stage.call_every(secs(10), hours(24));
    at_most(150, stage.fetches(), "fetches on a day that allows 200")
}

fn the_quota_is_used_up_at_noon(stage: &mut Opening) -> Finding {
    stage.when(|behavior| behavior.classic_per_day = 20);
    stage.run_for(hours(12));
    for _ in 0..20 {
        stage.foreign_refresh();
    }
    stage.call_every(secs(10), hours(12));
    at_most(2, stage.fetches(), "fetches on a day that has none left")?;
    let before = stage.tally.accepted;
    stage.call_every(secs(10), hours(2));
    let accepted = stage.tally.accepted - before;
    require(accepted > 0, || "no token on the next day either".to_owned())
}

fn the_program_crashes_every_minute(stage: &mut Opening) -> Finding {
    let start = stage.now();
    for crash in 1..24 * 60 {
        stage.restart_at(start.after(minutes(crash)), 0);
    }
    stage.call_every(secs(7), hours(24));
    stage.every_call_is_accepted()?;
    at_most(30, stage.fetches(), "fetches on a day of crashes")
}
