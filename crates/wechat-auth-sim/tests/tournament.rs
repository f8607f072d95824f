//! The tournament in small: it repeats itself, and ours is nowhere behind.

use wechat_auth_sim::tournament::{Scenario, contestants, play};

const SCHEDULES: u64 = 2;
/// What another policy may be ahead by, in millionths of the calls: two schedules are few, and where two
/// instances end each other's tokens the order of events decides.
const TOLERANCE: u64 = 3_000;
/// The day's budget of sends of one instance.
const BUDGET: u64 = 1_500;

#[test]
fn ours_gets_as_many_calls_accepted_as_any_other_policy() {
    for scenario in Scenario::ALL {
        let scores = play(scenario, SCHEDULES);
        let ours = scores.last().unwrap();
        for (contestant, score) in contestants(scenario.source()).iter().zip(&scores) {
            let (best, here) = (score.share(), ours.share());
            assert!(
                here + TOLERANCE >= best,
                "{scenario:?}: ours {here}, {} {best}",
                contestant.english
            );
        }
        assert!(
            ours.worst_day <= BUDGET * scenario.instances() as u64,
            "{scenario:?}: {ours:?}"
        );
    }
}

#[test]
fn the_same_schedules_give_the_same_scores() {
    assert_eq!(play(Scenario::ClassicAlone, 1), play(Scenario::ClassicAlone, 1));
}

#[test]
fn ours_is_last_in_the_list_and_there_once() {
    for scenario in Scenario::ALL {
        let contestants = contestants(scenario.source());
        let ours = contestants.iter().filter(|contestant| contestant.is_ours());
        assert_eq!(ours.count(), 1);
        assert!(contestants.last().unwrap().is_ours());
    }
}
