//! What the judge finds, and what it lets pass.
//!
//! The programs on trial are this test binary itself, run for one of the functions in `programs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a story that cannot go on has failed, and a careless program says everything"
)]

mod careless;
#[path = "../../examples/contestant.rs"]
mod contestant;
mod programs;

use std::time::Duration;

use wechat_auth_emulator::Family;
use wechat_auth_judge::{
    Finding, Judge, JudgeError, Leaked, Mode, Place, Scenario, Score, Scorecard, Verdict,
};

/// Short, so that a program that says nothing does not hold up the tests.
const PATIENCE: Duration = Duration::from_secs(4);

/// A judge of the program `name` of `programs`.
fn judge(name: &str) -> Judge {
    let this = std::env::current_exe().unwrap();
    let arguments = [&format!("programs::{name}"), "--exact", "--nocapture"];
    Judge::of(this, arguments).patience(PATIENCE)
}

async fn card(name: &str, scenarios: &[Scenario]) -> Scorecard {
    let judge = judge(name).scenarios(scenarios.iter().copied());
    judge.run().await.unwrap()
}

async fn score(name: &str, scenario: Scenario) -> Score {
    card(name, &[scenario]).await.scores()[0].clone()
}

/// What was found wrong with it there; nothing else may be.
async fn findings(name: &str, scenario: Scenario) -> Vec<Finding> {
    let score = score(name, scenario).await;
    assert_eq!(
        score.verdict == Verdict::Broken,
        !score.findings.is_empty(),
        "{score:?}"
    );
    score.findings
}

#[tokio::test]
async fn a_program_with_this_library_holds() {
    // The long ones are judged in CI with the other contestants.
    let long = [Scenario::Refusals, Scenario::Hang];
    let scenarios = Scenario::ALL
        .into_iter()
        .filter(|scenario| !long.contains(scenario));
    // Its callers wait for the next try when that is near.
    let judge = judge("careful").patience(Duration::from_secs(30));
    let card = judge.scenarios(scenarios).run().await.unwrap();
    let not_held = card
        .scores()
        .iter()
        .filter(|score| score.verdict != Verdict::Held);
    assert_eq!(not_held.collect::<Vec<_>>(), Vec::<&Score>::new());
    assert_eq!(card.scores().len(), 14);
}

#[tokio::test]
async fn each_caller_fetching_for_himself_is_found() {
    let found = findings("without_single_flight", Scenario::ColdStart).await;
    assert!(
        matches!(
            found[..],
            [
                Finding::Fetches {
                    made: 2..,
                    allowed: 1
                },
                ..
            ] | [Finding::Failed { .. }, Finding::Fetches { .. }, ..]
        ),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_token_that_is_none_is_found() {
    let found = findings("with_a_made_up_token", Scenario::ColdStart).await;
    assert_eq!(found, [Finding::WrongToken]);
}

#[tokio::test]
async fn a_refusal_that_is_ignored_is_found() {
    let found = findings("deaf_to_refusals", Scenario::UnforeseenExpiry).await;
    assert_eq!(
        found,
        [Finding::Failed {
            failed: 20,
            asked: 21
        }]
    );
    let found = findings("deaf_to_refusals", Scenario::ForeignRefresh).await;
    assert!(
        matches!(found[..], [Finding::Failed { failed: 10.., .. }]),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_fetch_for_every_call_during_an_outage_is_found() {
    for scenario in [Scenario::Busy, Scenario::ServerError, Scenario::Quota] {
        let found = findings("without_back_off", scenario).await;
        assert!(
            matches!(found[..], [Finding::Fetches { made: 50.., .. }]),
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn a_failed_refresh_that_takes_a_good_token_away_is_found() {
    let found = findings("that_throws_tokens_away", Scenario::RefreshFails).await;
    assert_eq!(
        found,
        [Finding::Failed {
            failed: 20,
            asked: 21
        }]
    );
}

#[tokio::test]
async fn a_fetch_that_is_waited_for_for_ever_is_found() {
    let found = findings("without_time_outs", Scenario::Hang).await;
    let silent = |found: &&Finding| matches!(found, Finding::Unanswered { unanswered: 1.. });
    assert_eq!(found.iter().filter(silent).count(), 1, "{found:?}");
}

#[tokio::test]
async fn a_secret_in_an_error_or_a_log_is_found_and_not_repeated() {
    let leak = |leaked, place| Finding::Leak { leaked, place };
    let card = card("that_tells_everything", &[Scenario::ColdStart]).await;
    let token = Leaked::Minted(Family::Classic);
    assert_eq!(card.scores()[0].findings, [leak(token, Place::Log)]);
    let card = self::card("that_tells_everything", &[Scenario::ServerError]).await;
    let found = &card.scores()[0].findings;
    assert!(
        found.contains(&leak(Leaked::Appsecret, Place::Error)),
        "{found:?}"
    );
    let mut shown = serde_json::to_string(&card).unwrap() + &card.to_string() + &format!("{card:?}");
    let mut junit = Vec::new();
    card.write_junit(&mut junit).unwrap();
    shown += std::str::from_utf8(&junit).unwrap();
    assert!(!shown.contains("5ecret"), "{shown}");
}

#[tokio::test]
async fn a_code_that_is_spent_twice_is_found() {
    let found = findings("without_state", Scenario::ReusedCode).await;
    assert_eq!(found, [Finding::Exchanges { made: 3, allowed: 1 }]);
}

#[tokio::test]
async fn a_forged_callback_that_is_taken_is_found() {
    let taken = [
        Finding::ForgeryAccepted,
        Finding::Exchanges { made: 1, allowed: 0 },
    ];
    for scenario in [Scenario::ForgedState, Scenario::OtherBrowser] {
        assert_eq!(findings("without_state", scenario).await, taken);
    }
    assert_eq!(findings("without_browser", Scenario::ForgedState).await, []);
    assert_eq!(findings("without_browser", Scenario::OtherBrowser).await, taken);
}

#[tokio::test]
async fn a_link_that_wechat_refuses_is_found_with_the_reason() {
    let found = findings("with_parameters_out_of_order", Scenario::Login).await;
    let [Finding::WrongLink { why }] = &found[..] else {
        panic!("{found:?}");
    };
    assert!(why.contains("order"), "{why}");
    let found = findings("without_fragment", Scenario::Login).await;
    assert_eq!(found, [Finding::NoFragment]);
}

#[tokio::test]
async fn a_program_that_ends_or_says_nothing_is_found() {
    assert_eq!(findings("that_ends", Scenario::ColdStart).await, [Finding::Ended]);
    let mute = judge("that_is_mute").patience(Duration::from_secs(1));
    let card = mute.scenarios([Scenario::ColdStart]).run().await.unwrap();
    assert_eq!(card.scores()[0].findings, [Finding::NotReady { within_s: 2 }]);
}

#[tokio::test]
async fn a_program_that_writes_without_end_holds_up_nothing_but_itself() {
    let judge = judge("that_never_ends_a_line").patience(Duration::from_secs(1));
    let card = judge.scenarios([Scenario::ColdStart]).run().await.unwrap();
    assert_eq!(card.scores()[0].findings, [Finding::NotReady { within_s: 2 }]);
}

#[tokio::test]
async fn what_a_program_cannot_do_is_not_held_against_it() {
    for scenario in [Scenario::Expiry, Scenario::Login, Scenario::OtherBrowser] {
        let score = score("that_only_calls", scenario).await;
        assert_eq!(
            (score.verdict, &score.findings[..]),
            (Verdict::Unsupported, &[][..])
        );
    }
    assert_eq!(
        score("that_only_calls", Scenario::ColdStart).await.verdict,
        Verdict::Held
    );
}

#[tokio::test]
async fn a_program_without_a_contract_is_judged_by_its_exit_code_and_by_what_reaches_wechat() {
    let card = judge("unaided").mode(Mode::Unaided).run().await.unwrap();
    let of = |wanted| {
        card.scores()
            .iter()
            .find(|score| score.scenario == wanted)
            .unwrap()
    };
    // It fetches once, and gives up at whatever goes wrong.
    for held in [Scenario::ColdStart, Scenario::ShortLife, Scenario::Quota] {
        assert_eq!(of(held).verdict, Verdict::Held, "{:?}", of(held));
    }
    for broken in [
        Scenario::Busy,
        Scenario::ReplyLost,
        Scenario::ForeignRefresh,
        Scenario::UnforeseenExpiry,
    ] {
        let found = &of(broken).findings;
        assert!(
            matches!(found[..], [Finding::ExitCode { code: 101 }]),
            "{broken:?}: {found:?}"
        );
    }
    assert_eq!(of(Scenario::Login).verdict, Verdict::Unsupported);
}

#[test]
fn a_judge_shows_no_argument_of_the_command() {
    let judge = Judge::of("app", ["--token=MARKER"]);
    assert!(!format!("{judge:?}").contains("MARKER"));
}

#[tokio::test]
async fn a_command_that_is_none_is_said_before_anything_runs() {
    let error = Judge::of("no-such-program", [""; 0]).run().await.unwrap_err();
    assert!(matches!(error, JudgeError::NoSuchProgram), "{error}");
}

#[tokio::test]
async fn a_scorecard_is_the_same_in_every_form() {
    let card = card("without_state", &[Scenario::ForgedState, Scenario::Login]).await;
    assert_eq!(card.name(), Some("a careless program"));
    let json = serde_json::to_string(&card).unwrap();
    assert_eq!(serde_json::from_str::<Scorecard>(&json).unwrap(), card);
    let mut junit = Vec::new();
    card.write_junit(&mut junit).unwrap();
    let junit = String::from_utf8(junit).unwrap();
    assert!(
        junit.contains(r#"tests="2""#) && junit.contains(r#"failures="1""#),
        "{junit}"
    );
    assert!(junit.contains(r#"<testcase name="forged-state""#), "{junit}");
    let table = card.to_string();
    assert!(table.contains("held 1, broken 1, unsupported 0"), "{table}");
    assert!(table.contains("接受了不属于本浏览器的回调"), "{table}");
}
