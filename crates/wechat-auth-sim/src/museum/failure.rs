//! Fetches that fail.

use super::cast::{Opening, hours, minutes, secs};
use super::line::End;
use super::stage::BAD_GATEWAY;
use super::{Exhibit, Finding, at_most};
use crate::model::{Ahead, Answer40001, BackOff, Calm, Empty, FailedRefresh, LostAnswer, Rules};

pub(super) const ROOM: [Exhibit; 8] = [
    Exhibit::keeping(
        "a_failed_refresh_leaves_the_usable_token_alone",
        "a refresh that fails throws the old token away",
        Rules::stable,
        |rules| rules.failed_refresh = FailedRefresh::WipesIt,
        wechat_is_out_for_three_minutes,
    ),
    Exhibit::keeping(
        "a_refresh_starts_long_enough_before_the_end_to_survive_an_outage",
        "the token is refreshed when it has died, and not before",
        Rules::stable,
        |rules| rules.ahead = Ahead::By(secs(0)),
        wechat_is_out_when_the_token_ends,
    ),
    Exhibit::keeping(
        "a_failed_fetch_hands_an_error_to_its_callers_and_no_empty_token",
        "callers get whatever the failed fetch left in the cell: an empty string",
        Rules::stable,
        |rules| rules.empty = Empty::EmptyToken,
        wechat_is_out_at_the_start,
    ),
    Exhibit::keeping(
        "every_way_to_fail_is_followed_by_a_pause",
        "an answer that cannot be read is retried at once; only errors in WeChat's form back off",
        Rules::classic,
        |rules| rules.unreadable = BackOff::None,
        a_proxy_answers_in_wechats_place,
    ),
    Exhibit::keeping(
        "only_a_new_token_ends_the_back_off",
        "the back-off starts over whenever a connection works",
        Rules::classic,
        |rules| rules.calm = Calm::AnyAnswer,
        wechat_is_busy_for_an_hour,
    ),
    Exhibit::keeping(
        "a_fetch_that_is_answered_40001_does_not_start_another",
        "the rule for API calls, \"40001 means fetch again\", also holds for the fetch itself",
        Rules::classic,
        |rules| rules.answer_40001 = Answer40001::RefusedToken,
        the_secret_was_reset,
    ),
    Exhibit::keeping(
        "a_lost_answer_makes_the_held_token_suspect_where_every_fetch_mints",
        "a fetch without an answer is taken for one that never happened",
        Rules::classic,
        |rules| rules.lost_answer = LostAnswer::Nothing,
        one_answer_is_lost_and_then_nobody_calls_for_a_while,
    ),
    Exhibit::keeping(
        "a_token_in_doubt_is_the_last_resort_and_not_thrown_away",
        "a fetch without an answer is taken for one that minted, and the token held for dead",
        Rules::classic,
        |rules| rules.lost_answer = LostAnswer::EndsIt,
        wechat_sees_no_fetch_for_a_quarter_of_an_hour,
    ),
];

/// The outage begins with the last five minutes of the token's life.
fn wechat_is_out_for_three_minutes(stage: &mut Opening) -> Finding {
    stage.one_call();
    stage.run_for(secs(7200 - 301));
    stage.line.ends(End::NotSent);
    stage.call_every(secs(5), minutes(3));
    stage.line.ends(End::Answered);
    stage.call_every(secs(5), minutes(10));
    stage.every_call_is_accepted()
}

fn wechat_is_out_when_the_token_ends(stage: &mut Opening) -> Finding {
    stage.one_call();
    stage.run_for(secs(7200 - 301));
    stage.call_every(secs(5), secs(240));
    stage.line.ends(End::NotSent);
    stage.call_every(secs(5), minutes(3));
    stage.line.ends(End::Answered);
    stage.call_every(secs(5), minutes(5));
    stage.every_call_is_accepted()
}

fn wechat_is_out_at_the_start(stage: &mut Opening) -> Finding {
    stage.line.ends(End::NotSent);
    stage.call_every(secs(1), minutes(5));
    at_most(0, stage.api_calls().0, "calls without a token reached WeChat")
}

fn a_proxy_answers_in_wechats_place(stage: &mut Opening) -> Finding {
    stage.line.ends(End::Status(BAD_GATEWAY));
    stage.call_every(secs(1), minutes(10));
    at_most(15, stage.fetches(), "fetches in ten minutes that all failed")
}

fn wechat_is_busy_for_an_hour(stage: &mut Opening) -> Finding {
    stage.line.ends(End::Errcode(-1));
    stage.call_every(secs(1), hours(1));
    at_most(70, stage.fetches(), "fetches in an hour that all failed")
}

fn the_secret_was_reset(stage: &mut Opening) -> Finding {
    stage.line.ends(End::Errcode(40001));
    stage.call_every(secs(1), minutes(10));
    at_most(
        3,
        stage.fetches(),
        "fetches in ten minutes, which only a person can make succeed",
    )
}

fn one_answer_is_lost_and_then_nobody_calls_for_a_while(stage: &mut Opening) -> Finding {
    stage.one_call();
    stage.run_for(minutes(55));
    stage.line.ends(End::ReplyLost);
    while stage.minted() < 2 {
        stage.one_call();
        stage.run_for(secs(10));
    }
    stage.line.ends(End::Answered);
    stage.run_for(minutes(10));
    stage.call_every(secs(10), minutes(5));
    stage.wechat_refused_no_call()
}

fn wechat_sees_no_fetch_for_a_quarter_of_an_hour(stage: &mut Opening) -> Finding {
    stage.one_call();
    stage.run_for(minutes(55));
    stage.line.ends(End::RequestLost);
    stage.call_every(secs(10), minutes(15));
    stage.every_call_is_accepted()
}
