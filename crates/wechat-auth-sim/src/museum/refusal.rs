//! Tokens that WeChat refuses.

use wechat_auth_emulator::{Effect, Fault};

use super::cast::{Opening, hours, minutes, secs};
use super::stage::API;
use super::{Exhibit, Finding, at_most};
use crate::model::{AfterRefusal, Refusal, Rules};

pub(super) const ROOM: [Exhibit; 5] = [
    Exhibit::keeping(
        "a_late_report_about_an_old_token_leaves_the_new_one_alone",
        "a 40001 drops whatever token is held by then",
        Rules::classic,
        |rules| rules.refusal = Refusal::DropsAny,
        slow_calls_come_back_refused,
    ),
    Exhibit::keeping(
        "a_token_that_wechat_refuses_is_replaced",
        "a 40001 is the caller's problem, and the dead token is served until its time is up",
        Rules::classic,
        |rules| rules.refusal = Refusal::Ignored,
        another_system_refreshes,
    ),
    Exhibit::keeping(
        "one_call_goes_back_for_another_token_once",
        "a refused call fetches another token and calls itself, until it is accepted",
        replacing_at_once,
        |rules| rules.retries = u32::MAX,
        one_call_while_every_token_is_refused,
    ),
    Exhibit::keeping(
        "young_tokens_that_are_refused_space_out_the_fetches",
        "each refused token is replaced at once, however young it is",
        Rules::classic,
        |rules| rules.after_refusal = AfterRefusal::AtOnce,
        every_token_is_refused_for_an_hour,
    ),
    Exhibit::keeping(
        "a_stable_token_refused_once_is_given_time_and_not_replaced_by_force",
        "every 40001 is answered with force_refresh, which is for leaks and good for twenty a day",
        Rules::stable,
        |rules| rules.after_refusal = AfterRefusal::ForcedAtOnce,
        a_new_token_needs_twenty_seconds_to_settle,
    ),
];

/// A keeper that spaces the fetches out would hide what the caller does.
fn replacing_at_once() -> Rules {
    Rules {
        after_refusal: AfterRefusal::AtOnce,
        ..Rules::classic()
    }
}

/// Many calls left with the old token; their answers arrive when it has been replaced.
fn slow_calls_come_back_refused(stage: &mut Opening) -> Finding {
    stage.one_call();
    let handed_out = stage.now();
    let old = stage.token().unwrap_or_default();
    stage.run_for(minutes(10));
    stage.foreign_refresh();
    stage.foreign_refresh();
    stage.one_call();
    stage.run_for(minutes(3));
    for _ in 0..50 {
        stage.report(&old, handed_out);
        stage.one_call();
    }
    stage.every_call_is_accepted()?;
    at_most(2, stage.fetches(), "fetches for one token that died")
}

/// Twice, so that ours is dead at once.
fn another_system_refreshes(stage: &mut Opening) -> Finding {
    stage.one_call();
    stage.run_for(minutes(10));
    stage.foreign_refresh();
    stage.foreign_refresh();
    stage.call_every(secs(10), minutes(30));
    stage.every_call_is_accepted()
}

fn one_call_while_every_token_is_refused(stage: &mut Opening) -> Finding {
    refuse_calls(stage, 1_000_000);
    stage.one_call();
    stage.run_for(hours(1));
    at_most(
        2,
        stage.api_calls().0,
        "calls to WeChat for one call of the application",
    )
}

fn every_token_is_refused_for_an_hour(stage: &mut Opening) -> Finding {
    stage.one_call();
    stage.run_for(minutes(10));
    refuse_calls(stage, 1_000_000);
    stage.call_every(secs(1), hours(1));
    at_most(
        45,
        stage.fetches(),
        "fetches in an hour in which no token could help",
    )
}

fn a_new_token_needs_twenty_seconds_to_settle(stage: &mut Opening) -> Finding {
    refuse_calls(stage, 1_000_000);
    stage.call_every(secs(1), secs(20));
    stage.wechat.clear_faults();
    stage.call_every(secs(1), minutes(2));
    at_most(1, stage.minted(), "tokens minted, where the first one was good")
}

fn refuse_calls(stage: &mut Opening, times: u32) {
    let (errcode, errmsg) = (40001, None);
    let refusal = Fault::on(API, Effect::Errcode { errcode, errmsg });
    stage.wechat.inject(refusal.times(times)).expect("one fault");
}
