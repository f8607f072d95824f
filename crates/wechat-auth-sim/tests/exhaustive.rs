//! Every interleaving of a small scope keeps every promise. The example `explore` goes further.

#![allow(
    clippy::panic,
    reason = "a broken promise ends a test with the events that led to it"
)]

use wechat_auth::Tick;
use wechat_auth::keeper::{ClassicApp, StableApp};
use wechat_auth_sim::explore::{Scope, explore};
use wechat_auth_sim::world::{EPOCH, account};
use wechat_auth_sim::{Mode, Ours};

fn stable(instances: usize, faults: u32, events: u32) -> u64 {
    let scope = Scope {
        mode: Mode::Stable,
        instances,
        faults,
        events,
    };
    let make = |nth| Ours::new(StableApp::new(account()), nth as u64, Tick::ZERO, EPOCH);
    explore(scope, make)
        .unwrap_or_else(|found| panic!("{found}"))
        .states
}

fn classic(faults: u32, events: u32) -> u64 {
    let scope = Scope {
        mode: Mode::Classic,
        instances: 1,
        faults,
        events,
    };
    let make = |nth| Ours::new(ClassicApp::new(account()), nth as u64, Tick::ZERO, EPOCH);
    explore(scope, make)
        .unwrap_or_else(|found| panic!("{found}"))
        .states
}

#[test]
fn two_stable_instances_two_faults_five_events() {
    assert!(stable(2, 2, 5) > 1_000);
}

#[test]
fn three_stable_instances_two_faults_four_events() {
    assert!(stable(3, 2, 4) > 500);
}

#[test]
fn two_stable_instances_without_faults_eight_events() {
    assert!(stable(2, 0, 8) > 400);
}

#[test]
fn one_classic_instance_three_faults_seven_events() {
    assert!(classic(3, 7) > 1_000);
}
