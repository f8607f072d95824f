//! Where one rule ends and the next begins, to the second.

use core::time::Duration;

use super::*;

const INVALID_REFRESH_TOKEN: &str = r#"{"errcode":40030,"errmsg":"invalid refresh_token"}"#;
const PASSWORD_CHANGED: &str = r#"{"errcode":42007,"errmsg":"user changed password"}"#;
const TOO_FAST: &str = r#"{"errcode":45011,"errmsg":"api minute-quota reach limit"}"#;

impl<F: Fetch<Token = AppToken>> World<F> {
    fn becomes(&mut self, secs: u64, outcome: Outcome<'_>) {
        let attempt = self.attempt(secs);
        self.0.handle(at(secs), attempt, outcome);
    }

    /// Seconds from now until the next fetch may start.
    fn rests(&mut self, secs: u64) -> f32 {
        self.0.wake_at().since(at(secs)).as_secs_f32()
    }

    fn foreign_refreshes(&mut self) -> usize {
        let events = std::iter::from_fn(|| self.0.poll_event());
        events
            .filter(|event| matches!(event, Event::ForeignRefresh { .. }))
            .count()
    }
}

#[test]
fn a_late_answer_does_not_end_the_fetch_that_is_under_way() {
    let mut world = World(stable());
    let old = world.attempt(0);
    let _ = world.told(11);
    let new = world.attempt(13);
    world.answer(14, old, &grant("A", 7200));
    assert_eq!(world.told(14), "wait 24");
    world.answer(15, new, &grant("B", 7200));
    assert_eq!(world.told(15), "ready B");
}

#[test]
fn one_caller_who_gives_up_is_an_accident_and_two_in_a_row_are_not() {
    let mut world = World(stable());
    world.becomes(0, Outcome::Abandoned);
    assert_eq!(world.0.trouble(), None);
    assert_eq!(world.told(1), "send");
    world.0.handle(at(1), AttemptId(1), Outcome::Abandoned);
    assert_eq!(world.0.trouble(), Some(&FetchError::NoAnswer));

    let mut world = World(stable());
    world.becomes(0, Outcome::Abandoned);
    world.fetch(1, &grant("A", 7200));
    world.becomes(7000, Outcome::Abandoned);
    assert_eq!(
        world.0.trouble(),
        None,
        "an answer between them starts the count anew"
    );
}

#[test]
fn the_same_token_again_is_asked_for_less_and_less_often_and_is_no_news() {
    let mut world = World(stable()).fetched(0, "A");
    while world.0.poll_event().is_some() {}
    let mut sends = 0;
    for secs in 6920..7020 {
        if let Action::Send { attempt, .. } = world.0.poll(at(secs)) {
            sends += 1;
            world.answer(secs, attempt, &grant("A", 7200 - secs));
        }
    }
    assert!((5..=20).contains(&sends), "{sends} in a hundred seconds");
    let told = std::iter::from_fn(|| world.0.poll_event());
    assert_eq!(
        told.filter(|event| matches!(event, Event::Prolonged { .. }))
            .count(),
        0
    );
}

#[test]
fn a_life_that_begins_anew_is_news_and_forgives_the_failures() {
    let mut world = World(stable()).fetched(0, "A");
    for secs in [6920, 6930, 6940, 6960] {
        world.fetch(secs, BUSY);
    }
    while world.0.poll_event().is_some() {}
    world.fetch(7000, &grant("A", 7200));
    assert_eq!(
        world.0.poll_event(),
        Some(Event::Sending {
            today: 6,
            forced: false
        })
    );
    assert!(matches!(world.0.poll_event(), Some(Event::Prolonged { .. })));
    world.fetch(7000 + 6920, BUSY);
    let Some(Event::Failed { retry_at, .. }) = std::iter::from_fn(|| world.0.poll_event()).last() else {
        panic!()
    };
    assert!(retry_at <= at(7000 + 6920 + 1), "the first failure in a row");
}

#[test]
fn where_the_person_must_log_in_again_nothing_is_tried_again() {
    let mut world = World(stable());
    world.fetch(0, INVALID_REFRESH_TOKEN);
    assert_eq!(world.0.wake_at(), Tick::MAX);
}

#[test]
fn a_changed_password_ends_the_held_token_at_once_and_no_other_refusal_does() {
    let mut world = World(stable()).fetched(0, "A");
    world.fetch(7000, INVALID_REFRESH_TOKEN);
    assert_eq!(world.told(7001), "ready A");

    let mut world = World(stable()).fetched(0, "A");
    world.fetch(7000, PASSWORD_CHANGED);
    assert!(world.told(7001).starts_with("failed"), "{}", world.told(7001));
}

#[test]
fn too_many_calls_a_minute_are_a_minute_of_rest() {
    let mut world = World(stable());
    world.fetch(0, TOO_FAST);
    assert!((60.0..62.0).contains(&world.rests(0)), "{}", world.rests(0));
}

#[test]
fn what_a_person_must_mend_is_tried_after_five_minutes_or_a_tenth_later() {
    for seed in 0..100 {
        let account = Account::new("wx1", "s").unwrap();
        let mut world = World(Keeper::new(StableApp::new(account), Origin::wechat(), seed));
        world.fetch(0, WRONG_SECRET);
        assert!((300.0..=330.0).contains(&world.rests(0)), "{}", world.rests(0));
    }
}

#[test]
fn near_its_end_a_token_s_next_try_is_never_further_than_an_eighth_of_what_is_left() {
    let mut world = World(classic()).fetched(0, "A");
    let mut secs = 4000;
    while secs < 7190 {
        if let Action::Send { attempt, .. } = world.0.poll(at(secs)) {
            world.0.handle(at(secs), attempt, Outcome::NotSent);
            let (rests, left) = (world.rests(secs), (7200 - secs) as f32);
            assert!(
                rests <= (left / 8.0).max(5.0) + 0.1,
                "{rests} s with {left} s left"
            );
        }
        secs += 1;
    }
}

#[test]
fn a_token_that_may_be_replaced_is_fresh_no_more() {
    let mut world = World(classic()).fetched(0, "A");
    world.0.force_refresh(at(100)).unwrap();
    world.unanswered(100);
    assert_eq!(world.told(110), "ready A");
    assert_eq!(
        world.told(170),
        "send",
        "it would have been fresh for another hour"
    );
}

#[test]
fn a_token_is_young_for_thirty_seconds() {
    for (age, told) in [(29, "failed"), (30, "send")] {
        let mut world = World(classic()).fetched(0, "A");
        let id = world.ready(age).id();
        world.reject(age, id);
        assert!(world.told(age).starts_with(told), "{age} s: {}", world.told(age));
    }
}

/// A machine that slept for hours wakes up with a token that its clock takes for new.
#[test]
fn a_token_that_wechat_calls_expired_is_replaced_at_once_however_young_it_seems() {
    let mut world = World(classic()).fetched(0, "A");
    let id = world.ready(2).id();
    world.expire(2, id);
    world.expire(2, id);
    world.fetch(2, &grant("B", 7200));
    assert_eq!(world.told(2), "ready B");
    world.expire(3, id);
    assert_eq!(world.told(3), "ready B", "a late report is about the past");
}

#[test]
fn tokens_that_expire_again_and_again_space_out_the_fetches_they_cause() {
    let mut world = World(classic());
    let mut sends = Vec::new();
    for secs in 0..600 {
        match world.0.poll(at(secs)) {
            Action::Send { attempt, .. } => {
                sends.push(secs);
                world.answer(secs, attempt, &grant(&format!("T{secs}"), 7200));
            }
            Action::Ready(kept) => world.expire(secs, kept.id()),
            _ => {}
        }
    }
    assert_eq!(sends, [0, 2, 32, 92, 212, 332, 452, 572]);
}

#[test]
fn an_expired_token_is_no_sign_of_another_system() {
    let mut world = World(stable());
    for born in [0, 1000] {
        world.fetch(born, &grant(&format!("T{born}"), 7200));
        let id = world.ready(born + 500).id();
        world.expire(born + 500, id);
    }
    assert_eq!(world.foreign_refreshes(), 0);
}

#[test]
fn a_token_refused_in_its_last_five_minutes_died_of_age_and_not_by_another_system() {
    for (age, signs) in [(6899, 1), (6900, 0), (6901, 0)] {
        let mut world = World(stable());
        for round in 0..2 {
            let born = round * 10_000;
            world.fetch(born, &grant(&format!("T{round}"), 7200));
            let id = world.ready(born + 1).id();
            world.reject(born + age, id);
        }
        assert_eq!(world.foreign_refreshes(), signs, "refused {age} s old");
    }
}

#[test]
fn two_early_refusals_are_a_sign_within_a_day_and_not_beyond() {
    for (apart, signs) in [(86_399, 1), (86_400, 0)] {
        let mut world = World(stable());
        world.fetch(0, &grant("A", 7200));
        let id = world.ready(1000).id();
        world.reject(1000, id);
        world.fetch(1000 + apart - 500, &grant("B", 7200));
        let id = world.ready(1000 + apart).id();
        world.reject(1000 + apart, id);
        assert_eq!(world.foreign_refreshes(), signs, "{apart} s apart");
    }
}

#[test]
fn the_wait_of_a_caller_is_measured_by_the_policy_s_patience() {
    for (patience, told) in [(1, "wait"), (0, "failed")] {
        let mut world = World(stable());
        world.0.policy.patience = Duration::from_secs(patience);
        world.fetch(0, BUSY);
        assert!(world.told(0).starts_with(told), "{}", world.told(0));
    }
}

#[test]
fn a_keeper_shows_how_it_stands_and_no_token() {
    let mut world = World(stable()).fetched(0, "SECRET");
    world.fetch(7000, BUSY);
    let shown = format!("{:?}", world.0);
    assert!(shown.contains("BackingOff") && shown.contains("Good"), "{shown}");
    assert!(!shown.contains("SECRET"), "{shown}");
}

#[test]
fn a_token_that_lived_for_two_minutes_ends_the_strikes() {
    for (age, told) in [(119, "failed"), (120, "send")] {
        let mut world = World(classic());
        let mut secs = 0;
        for age in [31, 31, age, 31] {
            world.fetch(secs, &grant(&format!("T{secs}"), 7200));
            let id = world.ready(secs + age).id();
            world.reject(secs + age, id);
            secs += 200;
        }
        secs -= 200 - 31;
        assert!(
            world.told(secs).starts_with(told),
            "{age} s: {}",
            world.told(secs)
        );
    }
}

#[test]
fn forced_refreshes_are_thirty_seconds_apart_to_the_second() {
    let mut world = World(stable()).fetched(0, "A");
    world.0.force_refresh(at(10)).unwrap();
    world.fetch(10, &grant("B", 7200));
    assert_eq!(world.0.force_refresh(at(39)), Err(ForceRefused::TooSoon));
    assert_eq!(world.0.force_refresh(at(40)), Ok(()));
}

#[test]
fn a_spent_budget_is_told_once() {
    let mut keeper = stable();
    keeper.policy.budget = Budget {
        per_day: 1,
        reserve: 0,
    };
    let mut world = World(keeper).fetched(0, "A");
    for secs in [10, 20, 30] {
        let _ = world.told(secs);
    }
    let told = std::iter::from_fn(|| world.0.poll_event());
    let spent = told.filter(|event| matches!(event, Event::BudgetSpent { .. }));
    assert_eq!(spent.count(), 1);
}

#[test]
fn a_snapshot_is_read_up_to_its_limits_and_no_further() {
    let world = World(stable()).fetched(0, "A");
    let snapshot = world.0.snapshot(at(0), 1_700_000_000_000);
    let text = snapshot.encode();
    let padded = |len: usize| format!("{:<len$}", text.expose());
    assert!(Snapshot::decode(&padded(16 * 1024)).is_ok());
    assert!(Snapshot::decode(&padded(16 * 1024 + 1)).is_err());

    let listed = |n: usize| {
        let list = vec!["1700000000000"; n].join(",");
        text.expose()
            .replace("\"forced\":[]", &format!("\"forced\":[{list}]"))
    };
    assert!(Snapshot::decode(&listed(256)).is_ok());
    assert!(Snapshot::decode(&listed(257)).is_err());

    let shown = format!("{snapshot:?}");
    assert!(
        shown.contains("stable wx0123456789abcdef") && !shown.contains("\"A\""),
        "{shown}"
    );
}
