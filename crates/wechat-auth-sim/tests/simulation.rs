//! Simulated days in which everything goes wrong, and a few in which one thing does. Each test is a
//! promise; the example `simulate` tries it with thousands of seeds.

#![allow(clippy::panic, reason = "a broken promise ends a test with its story")]

use wechat_auth_sim::network::Line;
use wechat_auth_sim::world::{Server, Turn};
use wechat_auth_sim::{Mode, Report, Scenario, World};

fn run(scenario: Scenario) -> Report {
    World::of_ours(scenario)
        .run()
        .unwrap_or_else(|failure| panic!("{failure}"))
}

fn calm(mode: Mode, seed: u64, days: u64) -> Scenario {
    Scenario::new(mode, seed, days).without_trouble()
}

#[test]
fn every_promise_holds_in_stable_mode() {
    for seed in 0..8 {
        run(Scenario::new(Mode::Stable, seed, 4));
    }
}

#[test]
fn every_promise_holds_in_classic_mode() {
    for seed in 0..12 {
        run(Scenario::new(Mode::Classic, seed, 4));
    }
}

#[test]
fn one_seed_has_one_story() {
    let told = || {
        let world = World::of_ours(Scenario::new(Mode::Stable, 5, 3)).telling_all();
        world.told().unwrap_or_else(|failure| panic!("{failure}")).1
    };
    let (first, second) = (told(), told());
    assert!(first.lines().count() > 1_000);
    assert!(first == second, "the same seed went another way");
}

/// A stable token is asked for once in 6910 s: 12.5 times a day. A classic one at half its life: 24 times.
#[test]
fn without_faults_fetches_are_as_few_as_can_be() {
    for instances in [1, 6] {
        let report = run(calm(Mode::Stable, 1, 4).with_instances(instances));
        assert!(report.fetches_per_day_hundredths() <= 1_300, "{report}");
        assert_eq!(
            (report.refused, report.without_token, report.retried),
            (0, 0, 0),
            "{report}"
        );
    }
    let report = run(calm(Mode::Classic, 1, 4).with_instances(1));
    assert!(report.fetches_per_day_hundredths() <= 2_475, "{report}");
    assert_eq!(
        (report.refused, report.without_token, report.retried),
        (0, 0, 0),
        "{report}"
    );
}

/// An outage of the token endpoint, begun at every third minute of a token's life.
fn calls_without_token(mode: Mode, outage: &Turn, secs: u64) -> u64 {
    let over = match outage {
        Turn::Line(instance, _) => Turn::Line(*instance, Line::Up),
        _ => Turn::Server(Server::Busy, 0),
    };
    let runs = (0..41).map(|third| {
        let begins = 3_600 + third * 180;
        let scenario = calm(mode, third, 1)
            .with_instances(1)
            .then(begins, outage.clone())
            .then(begins + secs, over.clone());
        let report = run(scenario);
        report.without_token + report.refused
    });
    runs.sum()
}

#[test]
fn an_outage_of_four_minutes_costs_no_call() {
    for mode in [Mode::Stable, Mode::Classic] {
        for server in [Server::Hang, Server::Busy, Server::Gateway] {
            let lost = calls_without_token(mode, &Turn::Server(server, 1000), 240);
            assert_eq!(lost, 0, "{mode:?} {server:?}");
        }
    }
}

#[test]
fn a_classic_token_outlives_an_outage_of_ten_minutes_that_says_so() {
    let lost = calls_without_token(Mode::Classic, &Turn::Server(Server::Busy, 1000), 600);
    assert_eq!(lost, 0);
}
