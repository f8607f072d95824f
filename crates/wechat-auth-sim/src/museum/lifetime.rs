//! How long a token lives.

use http::Request;

use super::cast::{Opening, hours, minutes, secs};
use super::line::End;
use super::stage::{APPID, SECRET};
use super::{Exhibit, Finding, at_most};
use crate::model::{Ahead, LateAnswer, Life, Rules, SameToken, Since, Window};

pub(super) const ROOM: [Exhibit; 5] = [
    Exhibit::keeping(
        "a_life_shorter_than_the_margin_does_not_turn_every_read_into_a_fetch",
        "a margin of 1500 s is taken off a life of 345 s: the token is stale when it arrives",
        with_a_large_margin,
        |rules| rules.window = Window::Stays,
        tokens_live_for_six_minutes,
    ),
    Exhibit::keeping(
        "the_same_stable_token_again_is_no_failure",
        "a stable token is asked for before its last five minutes, and the same one coming back is an error",
        with_an_early_start,
        |rules| rules.same_token = SameToken::Failure,
        wechat_gives_the_same_token_for_twenty_minutes,
    ),
    Exhibit::keeping(
        "a_life_counts_from_the_request_and_not_from_the_reply",
        "a slow answer makes the token live longer than it does",
        Rules::stable,
        |rules| rules.since = Since::Reply,
        the_answer_was_slow_and_the_refresh_fails,
    ),
    Exhibit::keeping(
        "a_token_lives_as_long_as_wechat_says",
        "a token lives for two hours, whatever expires_in says",
        Rules::stable,
        |rules| rules.life = Life::TwoHours,
        the_token_was_old_when_it_came,
    ),
    Exhibit::keeping(
        "an_answer_that_comes_after_its_fetch_was_given_up_is_ignored",
        "whatever answer comes last is stored, and an older one can come last",
        Rules::classic,
        |rules| rules.late_answer = LateAnswer::Stored,
        the_first_answer_comes_after_the_second,
    ),
];

fn with_a_large_margin() -> Rules {
    Rules {
        ahead: Ahead::By(secs(1500)),
        ..Rules::classic()
    }
}

fn with_an_early_start() -> Rules {
    Rules {
        ahead: Ahead::By(secs(1500)),
        ..Rules::stable()
    }
}

fn tokens_live_for_six_minutes(stage: &mut Opening) -> Finding {
    stage.when(|behavior| behavior.app_token_life_s = 345);
    stage.call_every(secs(1), minutes(2));
    stage.every_call_is_accepted()?;
    at_most(1, stage.fetches(), "fetches within two minutes of one life")
}

fn wechat_gives_the_same_token_for_twenty_minutes(stage: &mut Opening) -> Finding {
    stage.one_call();
    stage.run_for(secs(7200 - 1510));
    stage.call_every(secs(1), minutes(20));
    stage.every_call_is_accepted()?;
    at_most(
        150,
        stage.fetches(),
        "fetches in twenty minutes, which all brought the same token",
    )
}

fn the_answer_was_slow_and_the_refresh_fails(stage: &mut Opening) -> Finding {
    stage.line.answers_take(secs(9));
    stage.one_call();
    stage.run_for(secs(7200 - 320));
    stage.line.ends(End::NotSent);
    stage.call_every(secs(1), minutes(10));
    stage.wechat_refused_no_call()
}

/// Another instance fetched it; ours starts when it has 345 s left.
fn the_token_was_old_when_it_came(stage: &mut Opening) -> Finding {
    let body = serde_json::json!({ "grant_type": "client_credential", "appid": APPID, "secret": SECRET });
    let fetch = Request::post(stage.path()).body(body.to_string().into_bytes());
    let (fetch, at) = (fetch.expect("the parts are plain ascii"), stage.wechat_time());
    let _ = stage.wechat.handle(at, &fetch, [10, 0, 0, 2].into());
    stage.run_for(secs(7200 - 345));
    stage.call_every(secs(10), hours(1));
    stage.every_call_is_accepted()?;
    stage.wechat_refused_no_call()
}

fn the_first_answer_comes_after_the_second(stage: &mut Opening) -> Finding {
    stage.line.ignores_deadlines();
    stage.line.answers_take(secs(60));
    stage.one_call();
    stage.line.answers_take(secs(1));
    stage.run_for(secs(15));
    stage.call_every(secs(10), minutes(30));
    stage.wechat_refused_no_call()
}
