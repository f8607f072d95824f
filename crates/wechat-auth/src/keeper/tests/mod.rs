//! What the machine promises, one promise a test.

mod book;
mod demands;
mod edges;
mod kinds;
mod restart;

use std::sync::Arc;

use super::*;
use crate::{Account, AppToken, Origin, Tick};

fn stable() -> Keeper<StableApp> {
    let account = Account::new("wx0123456789abcdef", "appsecret").unwrap();
    Keeper::new(StableApp::new(account), Origin::wechat(), 7)
}

fn classic() -> Keeper<ClassicApp> {
    let account = Account::new("wx0123456789abcdef", "appsecret").unwrap();
    Keeper::new(ClassicApp::new(account), Origin::wechat(), 7)
}

const fn at(secs: u64) -> Tick {
    Tick::from_secs(1_000_000 + secs)
}

/// A keeper and what the world did to it, told in whole seconds.
struct World<F: Fetch<Token = AppToken>>(Keeper<F>);

impl<F: Fetch<Token = AppToken>> World<F> {
    fn told(&mut self, secs: u64) -> String {
        match self.0.poll(at(secs)) {
            Action::Ready(kept) => format!("ready {}", kept.secret().expose()),
            Action::Send { request, .. } => {
                let forced = request.body_len() > 100;
                if forced {
                    "send force".into()
                } else {
                    "send".into()
                }
            }
            Action::Wait { until } => format!("wait {}", until.since(at(0)).as_secs_f32().round()),
            Action::Failed { error, .. } => format!("failed: {error}"),
        }
    }

    fn attempt(&mut self, secs: u64) -> AttemptId {
        match self.0.poll(at(secs)) {
            Action::Send { attempt, .. } => attempt,
            other => panic!("at {secs} s: {other:?} instead of a send"),
        }
    }

    fn fetch(&mut self, secs: u64, answer: &str) {
        let attempt = self.attempt(secs);
        self.answer(secs, attempt, answer);
    }

    fn answer(&mut self, secs: u64, attempt: AttemptId, answer: &str) {
        let answer = http::Response::new(answer.as_bytes());
        self.0.handle(at(secs), attempt, Outcome::Response(answer));
    }

    fn unanswered(&mut self, secs: u64) {
        let attempt = self.attempt(secs);
        self.0.handle(at(secs), attempt, Outcome::NoAnswer);
    }

    fn fetched(mut self, secs: u64, token: &str) -> Self {
        self.fetch(secs, &grant(token, 7200));
        self
    }

    fn ready(&mut self, secs: u64) -> Arc<Kept<AppToken>> {
        match self.0.poll(at(secs)) {
            Action::Ready(kept) => kept,
            other => panic!("at {secs} s: {other:?} instead of a token"),
        }
    }

    fn reject(&mut self, secs: u64, id: TokenId) {
        self.0.reject(at(secs), id);
    }

    fn expire(&mut self, secs: u64, id: TokenId) {
        self.0.expire(at(secs), id);
    }
}

fn grant(token: &str, expires_in: u64) -> String {
    format!(r#"{{"access_token":"{token}","expires_in":{expires_in}}}"#)
}

const BUSY: &str = r#"{"errcode":-1,"errmsg":"system error"}"#;
const WRONG_SECRET: &str =
    r#"{"errcode":40125,"errmsg":"invalid appsecret rid: 617682e0-09059ac5-34a8e2ea"}"#;

#[test]
fn a_cold_start_sends_once_and_everybody_else_waits() {
    let mut world = World(stable());
    let attempt = world.attempt(0);
    for _ in 0..1000 {
        assert_eq!(world.told(0), "wait 11");
    }
    world.answer(1, attempt, &grant("A", 7200));
    assert_eq!(world.told(1), "ready A");
}

#[test]
fn life_counts_from_when_the_request_was_sent() {
    let mut world = World(stable());
    let attempt = world.attempt(0);
    world.answer(9, attempt, &grant("A", 7200));
    assert_eq!(world.ready(9).usable_until(), at(7200));
}

#[test]
fn a_stable_token_is_asked_for_anew_inside_its_last_five_minutes() {
    for seed in 0..200 {
        let account = Account::new("wx1", "s").unwrap();
        let keeper = Keeper::new(StableApp::new(account), Origin::wechat(), seed);
        let mut world = World(keeper).fetched(0, "A");
        let fresh_until = world.ready(0).fresh_until();
        assert!(
            fresh_until > at(7200 - 300) && fresh_until <= at(7200 - 285),
            "{fresh_until:?}"
        );
    }
}

#[test]
fn a_classic_token_is_rotated_at_half_its_life_give_or_take_a_tenth() {
    for seed in 0..200 {
        let account = Account::new("wx1", "s").unwrap();
        let keeper = Keeper::new(ClassicApp::new(account), Origin::wechat(), seed);
        let mut world = World(keeper).fetched(0, "A");
        let fresh_until = world.ready(0).fresh_until();
        assert!(
            fresh_until >= at(3240) && fresh_until <= at(3960),
            "{fresh_until:?}"
        );
    }
}

#[test]
fn the_one_who_fetches_ahead_of_time_is_given_the_old_token_meanwhile_and_so_is_everybody() {
    let mut world = World(stable()).fetched(0, "A");
    let Action::Send { meanwhile, .. } = world.0.poll(at(7000)) else {
        panic!()
    };
    assert_eq!(meanwhile.unwrap().secret().expose(), "A");
    assert_eq!(world.told(7000), "ready A");
}

#[test]
fn a_failed_early_refresh_never_takes_a_usable_token_away() {
    for bad in [
        "",
        "<html>",
        BUSY,
        WRONG_SECRET,
        r#"{"access_token":""}"#,
        r#"{"access_token":"B","expires_in":0}"#,
    ] {
        let mut world = World(stable()).fetched(0, "A");
        world.fetch(7000, bad);
        assert_eq!(world.told(7000), "ready A", "{bad}");
        let _ = world.told(7199);
        assert_eq!(world.0.usable().unwrap().secret().expose(), "A", "{bad}");
        assert!(world.0.trouble().is_some(), "{bad}");
    }
}

#[test]
fn trouble_is_over_with_the_next_token() {
    let mut world = World(stable()).fetched(0, "A");
    world.fetch(7000, BUSY);
    world.fetch(7010, &grant("B", 7200));
    assert_eq!(world.0.trouble(), None);
    assert_eq!(world.told(7010), "ready B");
}

#[test]
fn a_thousand_reports_of_one_dead_token_cost_one_fetch() {
    let mut world = World(classic()).fetched(0, "A");
    let dead = world.ready(600).id();
    for _ in 0..1000 {
        world.reject(600, dead);
    }
    world.fetch(600, &grant("B", 7200));
    for _ in 0..1000 {
        world.reject(601, dead);
        assert_eq!(world.told(601), "ready B");
    }
}

#[test]
fn a_late_answer_to_an_old_attempt_is_ignored() {
    let mut world = World(stable());
    let old = world.attempt(0);
    assert_eq!(
        world.told(11),
        "wait 12",
        "the attempt lapsed, and the next is near"
    );
    world.fetch(13, &grant("B", 7200));
    world.answer(14, old, &grant("A", 7200));
    assert_eq!(world.told(14), "ready B");
}

#[test]
fn an_abandoned_fetch_is_handed_over_at_once_within_the_spacing() {
    let mut world = World(stable());
    let attempt = world.attempt(0);
    world.0.handle(at(0), attempt, Outcome::Abandoned);
    assert_eq!(world.told(0), "wait 1");
    assert_eq!(world.told(1), "send");
}

#[test]
fn impatient_callers_do_not_burn_the_budget() {
    let mut world = World(classic());
    let mut sends = 0;
    for secs in 0..86_400 {
        if let Action::Send { attempt, .. } = world.0.poll(at(secs)) {
            sends += 1;
            world.0.handle(at(secs), attempt, Outcome::Abandoned);
        }
    }
    assert!(sends < 1440, "{sends} sends in a day of cancelled callers");
}

#[test]
fn transport_errors_are_never_permanent() {
    let mut world = World(classic());
    let (mut secs, mut sends) = (0, 0);
    while secs < 86_400 {
        if let Action::Send { attempt, .. } = world.0.poll(at(secs)) {
            sends += 1;
            world.0.handle(at(secs), attempt, Outcome::NotSent);
        }
        secs += 1;
    }
    assert!((720..1440).contains(&sends), "{sends} sends in a day of failures");
    world.fetch(secs + 120, &grant("A", 7200));
    assert_eq!(world.told(secs + 120), "ready A");
}

#[test]
fn a_caller_without_a_token_waits_for_a_near_retry_and_is_told_why_when_it_is_far() {
    let mut world = World(stable());
    world.fetch(0, BUSY);
    assert_eq!(world.told(0), "wait 1");
    world.fetch(1, BUSY);
    world.fetch(4, BUSY);
    world.fetch(9, BUSY);
    world.fetch(18, BUSY);
    assert_eq!(
        world.told(18),
        "failed: wechat refused: -1 system error; wechat is busy: retry shortly"
    );
}

#[test]
fn a_configuration_error_is_told_at_once_and_retried_slowly() {
    let mut world = World(stable());
    world.fetch(0, WRONG_SECRET);
    assert!(world.told(0).contains("40125"), "{}", world.told(0));
    assert!(world.told(299).contains("the appsecret is wrong"));
    assert_eq!(world.told(340), "send", "somebody may have mended it");
}

#[test]
fn two_sends_are_never_closer_than_the_spacing_even_if_every_token_is_refused_at_once() {
    let mut world = World(classic());
    let (mut last, mut sends) = (None::<Tick>, 0);
    for half in 0..200_000 {
        let now = at(0).after(core::time::Duration::from_millis(500 * half));
        match world.0.poll(now) {
            Action::Send { attempt, .. } => {
                assert!(last.is_none_or(|last| now.since(last).as_secs() >= 1));
                (last, sends) = (Some(now), sends + 1);
                let answer = grant(&format!("T{sends}"), 7200);
                world.0.handle(
                    now,
                    attempt,
                    Outcome::Response(http::Response::new(answer.as_bytes())),
                );
            }
            Action::Ready(kept) => world.0.reject(now, kept.id()),
            Action::Wait { until } | Action::Failed { retry_at: until, .. } => assert!(until > now),
        }
    }
    assert!(sends <= 850, "{sends} fetches in 100 000 s of refusals");
}

#[test]
fn a_short_remainder_works_and_is_not_born_stale() {
    for life in [60, 61, 299, 300, 345, 600] {
        let mut world = World(stable());
        world.fetch(0, &grant("A", life));
        let kept = world.ready(0);
        assert!(kept.fresh_until() > at(life / 2 - 1), "{life}");
        assert!(
            kept.fresh_until() <= at(life.max(291) - 285).max(at(life / 2 + 1)),
            "{life}"
        );
        assert_eq!(kept.usable_until(), at(life));
    }
}

#[test]
fn a_life_nobody_can_believe_is_an_error_and_costs_nothing_held() {
    for life in ["0", "-1", "59", "1000000000000", "\"abc\"", "null", "1.5"] {
        let mut world = World(stable()).fetched(0, "A");
        world.fetch(7000, &format!(r#"{{"access_token":"B","expires_in":{life}}}"#));
        assert_eq!(world.told(7000), "ready A", "{life}");
        let trouble = world.0.trouble().unwrap().to_string();
        assert!(trouble.contains("expires_in"), "{life}: {trouble}");
    }
}

#[test]
fn an_answer_that_comes_after_the_token_is_dead_is_no_token() {
    let mut world = World(stable());
    world.0.policy.attempt_timeout = core::time::Duration::from_secs(300);
    let attempt = world.attempt(0);
    world.answer(90, attempt, &grant("A", 60));
    assert_eq!(world.told(90), "wait 91");
}

mod stable_mode {
    use super::*;

    #[test]
    fn the_same_token_inside_the_window_is_no_error_and_asked_again_shortly() {
        let mut world = World(stable()).fetched(0, "A");
        let id = world.ready(1).id();
        world.fetch(6915, &grant("A", 285));
        assert_eq!(world.told(6915), "ready A");
        assert_eq!(world.0.trouble(), None);
        assert_eq!(world.ready(6915).id(), id, "the same token keeps its number");
        world.fetch(6917, &grant("A", 283));
        world.fetch(6920, &grant("B", 7200));
        assert_eq!(world.told(6920), "ready B");
    }

    #[test]
    fn a_lost_answer_leaves_the_held_token_alone() {
        let mut world = World(stable()).fetched(0, "A");
        let attempt = world.attempt(6915);
        world.0.handle(at(6925), attempt, Outcome::NoAnswer);
        assert_eq!(world.ready(6925).usable_until(), at(7200));
    }

    /// The trap: after a refusal the plain question brings the very token that was refused.
    #[test]
    fn a_refused_token_that_comes_back_is_rested_asked_for_again_and_only_then_forced_away() {
        let mut world = World(stable()).fetched(0, "A");
        let id = world.ready(1000).id();
        world.reject(1000, id);

        world.fetch(1000, &grant("A", 6200));
        assert!(
            world.told(1001).starts_with("failed: wechat refused the token"),
            "{}",
            world.told(1001)
        );
        world.fetch(1030, &grant("A", 6170));
        assert_eq!(world.told(1030), "ready A", "it may have settled");

        let second = world.ready(1031).id();
        assert_ne!(second, id);
        world.reject(1031, id);
        assert_eq!(
            world.told(1031),
            "ready A",
            "a report of its first time is history"
        );
        world.reject(1032, second);
        world.fetch(1032, &grant("A", 6168));
        assert_eq!(world.told(1033), "send force");
    }

    /// The war of two instances: each would demand another token because the other had done so.
    #[test]
    fn another_instance_s_new_token_is_found_by_asking_before_anything_is_forced() {
        let mut world = World(stable()).fetched(0, "A");
        let id = world.ready(1000).id();
        world.reject(1000, id);
        world.fetch(1000, &grant("A", 6200));
        world.fetch(1030, &grant("A", 6170));
        let second = world.ready(1031).id();
        world.reject(1040, second);
        assert_eq!(world.told(1040), "send");
    }

    #[test]
    fn a_token_that_lives_on_trial_for_two_minutes_is_good_again() {
        let mut world = World(stable()).fetched(0, "A");
        let id = world.ready(1000).id();
        world.reject(1000, id);
        world.fetch(1000, &grant("A", 6200));
        world.fetch(1030, &grant("A", 6170));
        let second = world.ready(1150).id();
        world.reject(1150, second);
        world.fetch(1150, &grant("A", 6050));
        assert!(
            world.told(1151).starts_with("failed"),
            "it rests, and nothing is forced"
        );
    }

    #[test]
    fn a_new_token_after_a_refusal_ends_the_matter() {
        let mut world = World(stable()).fetched(0, "A");
        let id = world.ready(1000).id();
        world.reject(1000, id);
        world.fetch(1000, &grant("B", 7200));
        assert_eq!(world.told(1000), "ready B");
    }

    #[test]
    fn a_token_refused_when_just_fetched_is_asked_for_at_once_and_rests_if_it_comes_back() {
        let mut world = World(stable()).fetched(0, "A");
        let id = world.ready(2).id();
        world.reject(2, id);
        world.fetch(2, &grant("A", 7198));
        assert!(world.told(3).starts_with("failed: wechat refused the token"));
        world.fetch(32, &grant("A", 7168));
        assert_eq!(world.told(32), "ready A", "it has settled");
    }

    #[test]
    fn another_system_s_token_is_found_at_once_however_young_the_refused_one_is() {
        let mut world = World(stable()).fetched(0, "A");
        let id = world.ready(2).id();
        world.reject(2, id);
        world.fetch(2, &grant("B", 7200));
        assert_eq!(world.told(2), "ready B");
        let id = world.ready(4).id();
        world.reject(4, id);
        assert!(
            world.told(5).starts_with("failed"),
            "a second young one is a strike: the fetches are spaced out"
        );
        world.fetch(32, &grant("C", 7200));
    }

    #[test]
    fn forced_refreshes_stay_half_a_minute_apart_and_leave_half_the_day_to_people() {
        let mut world = World(stable());
        let mut forced = Vec::new();
        for secs in 0..86_000 {
            match world.0.poll(at(secs)) {
                Action::Send { attempt, request, .. } => {
                    if request.body_len() > 100 {
                        forced.push(secs);
                    }
                    world.answer(secs, attempt, &grant("A", 7200));
                }
                Action::Ready(kept) => world.reject(secs, kept.id()),
                _ => {}
            }
        }
        assert_eq!(forced.len(), 10, "{forced:?}");
        assert!(
            forced.windows(2).all(|pair| pair[1] - pair[0] >= 30),
            "{forced:?}"
        );
    }
}

mod classic_mode {
    use super::*;

    #[test]
    fn never_two_fetches_at_a_time() {
        let mut world = World(classic()).fetched(0, "A");
        let attempt = world.attempt(4000);
        let id = world.ready(4001).id();
        world.reject(4001, id);
        assert_eq!(world.told(4001), "wait 4011");
        world.answer(4002, attempt, &grant("B", 7200));
        assert_eq!(world.told(4002), "ready B");
    }

    #[test]
    fn an_ambiguous_outcome_leaves_the_held_token_five_minutes_from_the_send() {
        let gateway = || {
            http::Response::builder()
                .status(502)
                .body(b"<html>".as_slice())
                .unwrap()
        };
        let unreadable = || http::Response::new(b"<html>".as_slice());
        for outcome in [
            Outcome::NoAnswer,
            Outcome::Abandoned,
            Outcome::Response(gateway()),
            Outcome::Response(unreadable()),
        ] {
            let told = format!("{outcome:?}");
            let mut world = World(classic()).fetched(0, "A");
            let attempt = world.attempt(4000);
            world.0.handle(at(4005), attempt, outcome);
            assert_eq!(world.0.usable().unwrap().usable_until(), at(4300), "{told}");
        }
    }

    #[test]
    fn a_forgotten_fetch_lapses_and_counts_as_ambiguous() {
        let mut world = World(classic()).fetched(0, "A");
        let _ = world.attempt(4000);
        assert_eq!(world.ready(4010).usable_until(), at(7200));
        assert_eq!(world.ready(4011).usable_until(), at(4300));
    }

    /// WeChat may have acted on a request that it never answered, or never have seen it.
    #[test]
    fn a_token_that_may_have_been_replaced_is_served_as_the_last_resort_until_it_is_refused() {
        let mut world = World(classic()).fetched(0, "A");
        world.unanswered(4000);
        assert_eq!(world.told(4001), "ready A");
        world.unanswered(4300);
        assert_eq!(world.told(4301), "ready A", "no fetch may start now");
        let attempt = world.attempt(4500);
        assert_eq!(world.told(4500), "wait 4511", "a better one may be near");
        world.0.handle(at(4510), attempt, Outcome::NoAnswer);

        let id = world.ready(4510).id();
        world.reject(4511, id);
        assert!(world.told(4511).starts_with("wait"), "{}", world.told(4511));
        assert_eq!(world.told(4900), "send");
    }

    #[test]
    fn the_last_resort_ends_with_the_token_s_own_life() {
        let mut world = World(classic()).fetched(0, "A");
        let mut secs = 4000;
        while secs < 7199 {
            if let Action::Send { attempt, .. } = world.0.poll(at(secs)) {
                world.0.handle(at(secs), attempt, Outcome::NoAnswer);
            }
            assert_eq!(world.told(secs), "ready A");
            secs += 1;
        }
        assert!(!world.told(7200).starts_with("ready"), "{}", world.told(7200));
    }

    #[test]
    fn a_last_resort_that_is_refused_is_no_sign_of_another_system() {
        let mut world = World(classic());
        for round in 0..4 {
            let secs = round * 10_000;
            world.fetch(secs, &grant(&format!("T{round}"), 7200));
            world.unanswered(secs + 4000);
            world.unanswered(secs + 4300);
            let id = world.ready(secs + 4301).id();
            world.reject(secs + 4301, id);
        }
        while let Some(event) = world.0.poll_event() {
            assert!(!matches!(event, Event::ForeignRefresh { .. }));
        }
    }

    /// With two slots, a second mint that nobody receives ends the held token at once.
    #[test]
    fn after_a_fetch_that_ended_in_the_dark_the_next_waits_while_there_is_a_good_token() {
        for outcome in [Outcome::NoAnswer, Outcome::Abandoned] {
            let mut world = World(classic()).fetched(0, "A");
            let attempt = world.attempt(4000);
            world.0.handle(at(4001), attempt, outcome);
            assert_eq!(world.told(4060), "ready A");
            assert_eq!(world.told(4061), "send");
        }
        let mut world = World(classic()).fetched(0, "A");
        let _ = world.attempt(4000);
        assert_eq!(world.told(4070), "ready A");
        assert_eq!(world.told(4071), "send", "sixty seconds after it lapsed");
    }

    #[test]
    fn there_is_nothing_to_wait_for_once_the_token_is_refused_or_a_person_wants_another() {
        let mut world = World(classic()).fetched(0, "A");
        world.unanswered(4000);
        let id = world.ready(4005).id();
        world.reject(4005, id);
        assert_eq!(world.told(4005), "send");

        let mut world = World(classic()).fetched(0, "A");
        world.unanswered(4000);
        assert_eq!(world.told(4005), "ready A");
        world.0.force_refresh(at(4005)).unwrap();
        assert_eq!(world.told(4005), "send");
    }

    #[test]
    fn an_unambiguous_failure_leaves_the_held_token_alone() {
        let forbidden = http::Response::builder()
            .status(403)
            .body(b"<html>".as_slice())
            .unwrap();
        let busy = http::Response::new(BUSY.as_bytes());
        for outcome in [
            Outcome::NotSent,
            Outcome::Response(forbidden),
            Outcome::Response(busy),
        ] {
            let told = format!("{outcome:?}");
            let mut world = World(classic()).fetched(0, "A");
            let attempt = world.attempt(4000);
            world.0.handle(at(4005), attempt, outcome);
            assert_eq!(world.ready(4005).usable_until(), at(7200), "{told}");
        }
    }

    #[test]
    fn a_token_refused_when_just_fetched_is_tried_again_before_another_is_minted() {
        let mut world = World(classic()).fetched(0, "A");
        let id = world.ready(1).id();
        world.reject(1, id);
        assert!(world.told(2).starts_with("failed: wechat refused the token"));
        assert_eq!(world.0.wake_at(), at(31));
        let second = world.ready(31);
        assert_eq!(second.secret().expose(), "A");
        world.reject(32, second.id());
        assert_eq!(world.told(32), "send");
    }

    #[test]
    fn a_foreign_refresh_costs_one_fetch() {
        let mut world = World(classic()).fetched(0, "A");
        let id = world.ready(1000).id();
        world.reject(1000, id);
        world.fetch(1000, &grant("C", 7200));
        assert_eq!(world.told(1000), "ready C");
        assert_eq!(world.told(4000 - 1), "ready C");
    }
}

mod clocks {
    use super::*;

    #[test]
    fn a_clock_that_steps_back_stands_still() {
        let mut world = World(stable()).fetched(5000, "A");
        assert_eq!(world.told(0), "ready A");
        assert_eq!(world.ready(1).usable_until(), at(5000 + 7200));
    }

    #[test]
    fn asking_at_the_wake_up_time_always_brings_something_new() {
        let mut world = World(stable());
        let mut now = at(0);
        for step in 0..500_u64 {
            match world.0.poll(now) {
                Action::Send { attempt, .. } => {
                    let answer = [
                        grant(&format!("T{}", step / 7), 7200),
                        BUSY.into(),
                        grant("X", 400),
                    ];
                    let answer = answer[(step % 3) as usize].clone();
                    world.0.handle(
                        now,
                        attempt,
                        Outcome::Response(http::Response::new(answer.as_bytes())),
                    );
                }
                Action::Ready(_) | Action::Wait { .. } | Action::Failed { .. } => {
                    let wake = world.0.wake_at();
                    assert!(wake > now, "step {step}: {now:?} {:?}", world.0);
                    now = wake;
                    assert!(
                        matches!(world.0.poll(now), Action::Send { .. } | Action::Ready(_)),
                        "step {step}"
                    );
                    now = now.after(core::time::Duration::from_secs(12));
                }
            }
        }
    }
}

#[test]
fn an_outage_of_four_minutes_at_the_worst_moment_is_over_before_the_token_is() {
    for seed in 0..500 {
        let account = Account::new("wx1", "s").unwrap();
        let mut world = World(Keeper::new(StableApp::new(account), Origin::wechat(), seed)).fetched(0, "A");
        let start = world.ready(0).fresh_until().since(at(0)).as_secs() + 1;
        let mut secs = start;
        while secs < start + 240 {
            if let Action::Send { attempt, .. } = world.0.poll(at(secs)) {
                secs += 10;
                world.0.handle(at(secs), attempt, Outcome::NoAnswer);
            }
            secs += 1;
        }
        let answered = (secs..7200).find(|&secs| matches!(world.0.poll(at(secs)), Action::Send { .. }));
        assert!(
            answered.is_some(),
            "seed {seed}: nobody asked between {secs} s and the end"
        );
    }
}

#[test]
fn a_stable_token_refused_for_hours_is_asked_for_every_other_minute() {
    let mut world = World(stable());
    let mut sends = 0;
    for secs in 0..36_000 {
        match world.0.poll(at(secs)) {
            Action::Send { attempt, .. } => {
                sends += 1;
                world.answer(secs, attempt, &grant("A", 7200));
            }
            Action::Ready(kept) => world.reject(secs, kept.id()),
            _ => {}
        }
    }
    assert!(sends < 400, "{sends} sends in ten hours");
}
