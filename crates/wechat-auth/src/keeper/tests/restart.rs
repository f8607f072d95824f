//! What a snapshot carries over a restart. The wall clock says `UNIX` at `at(0)`; the new process counts
//! its ticks from elsewhere.

use super::*;

const UNIX: u64 = 1_700_000_000_000;

fn saved<F: Fetch<Token = AppToken>>(world: &World<F>, secs: u64) -> Snapshot {
    let text = world.0.snapshot(at(secs), UNIX + secs * 1000).encode();
    Snapshot::decode(text.expose()).unwrap()
}

/// The new process' tick, `secs` after its start.
const fn anew(secs: u64) -> Tick {
    Tick::from_secs(604_800 + secs)
}

/// Restarts when the wall clock says `unix_secs` on the old scale.
fn restarted<F: Fetch<Token = AppToken>>(fetch: F, snapshot: &Snapshot, unix_secs: u64) -> Keeper<F> {
    let unix = UNIX + unix_secs * 1000;
    Keeper::restore(fetch, Origin::wechat(), 8, snapshot, anew(0), unix).unwrap()
}

fn account() -> Account {
    Account::new("wx0123456789abcdef", "appsecret").unwrap()
}

#[test]
fn a_clean_restart_makes_no_fetch_and_goes_on_with_the_token() {
    let mut world = World(stable()).fetched(0, "A");
    let id = world.ready(100).id();
    let mut keeper = restarted(StableApp::new(account()), &saved(&world, 100), 160);
    let Action::Ready(kept) = keeper.poll(anew(0)) else {
        panic!()
    };
    assert_eq!((kept.secret().expose(), kept.id()), ("A", id));
    assert_eq!(kept.usable_until(), anew(7200 - 160));
    assert!(
        matches!(keeper.poll(anew(7200 - 160 - 280)), Action::Send { .. }),
        "refreshed when due"
    );
}

#[test]
fn a_restart_in_the_middle_of_a_classic_fetch_trusts_the_held_token_five_minutes_from_the_send() {
    let mut world = World(classic()).fetched(0, "A");
    let _ = world.attempt(4000);
    let mut keeper = restarted(ClassicApp::new(account()), &saved(&world, 4002), 4060);
    let Action::Ready(kept) = keeper.poll(anew(0)) else {
        panic!()
    };
    assert_eq!(kept.usable_until(), anew(300 - 60));
    assert!(matches!(keeper.poll(anew(60)), Action::Send { .. }));
}

/// A fetch a moment before the crash, and a clock by which it was an hour ago: another one at once would
/// end the token that callers were handed before the first.
#[test]
fn after_a_restart_the_first_classic_fetch_waits_a_minute_while_there_is_a_good_token() {
    let world = World(classic()).fetched(0, "A").fetched(5000, "B");
    let snapshot = saved(&world, 5000);
    for clock in [5000 + 4000, 5000 - 4000] {
        let mut keeper = restarted(ClassicApp::new(account()), &snapshot, clock);
        assert!(matches!(keeper.poll(anew(59)), Action::Ready(_)), "{clock}");
        assert!(matches!(keeper.poll(anew(60)), Action::Send { .. }), "{clock}");
    }
    let mut nearly_dead = restarted(ClassicApp::new(account()), &snapshot, 5000 + 7180);
    assert!(matches!(nearly_dead.poll(anew(4)), Action::Ready(_)));
    assert!(matches!(nearly_dead.poll(anew(5)), Action::Send { .. }));
    let mut dead = restarted(ClassicApp::new(account()), &snapshot, 5000 + 7200);
    assert!(
        matches!(dead.poll(anew(0)), Action::Send { .. }),
        "nothing is spared"
    );
}

#[test]
fn a_restart_in_the_middle_of_a_stable_fetch_leaves_the_held_token_alone() {
    let mut world = World(stable()).fetched(0, "A");
    let _ = world.attempt(6950);
    let mut keeper = restarted(StableApp::new(account()), &saved(&world, 6951), 6960);
    let Action::Send { meanwhile, .. } = keeper.poll(anew(0)) else {
        panic!()
    };
    assert_eq!(meanwhile.unwrap().usable_until(), anew(7200 - 6960));
}

#[test]
fn a_wall_clock_set_back_makes_the_token_due_and_one_set_forward_makes_it_older() {
    let world = World(stable()).fetched(5000, "A");
    let snapshot = saved(&world, 5000);

    let mut back = restarted(StableApp::new(account()), &snapshot, 5000 - 3600);
    let Action::Send { meanwhile, .. } = back.poll(anew(1)) else {
        panic!()
    };
    assert_eq!(
        meanwhile.unwrap().usable_until(),
        anew(7200),
        "served meanwhile, and never for longer"
    );

    let mut forward = restarted(StableApp::new(account()), &snapshot, 5000 + 3600);
    let Action::Ready(kept) = forward.poll(anew(0)) else {
        panic!()
    };
    assert_eq!(kept.usable_until(), anew(3600));

    let mut far = restarted(StableApp::new(account()), &snapshot, 5000 + 7200);
    assert!(matches!(far.poll(anew(0)), Action::Send { meanwhile: None, .. }));
}

#[test]
fn a_crash_loop_defeats_neither_the_spacing_nor_the_budget() {
    let mut keeper = classic();
    keeper.policy.budget = Budget {
        per_day: 50,
        reserve: 0,
    };
    let (mut snapshot, mut sends) = (None::<Snapshot>, Vec::new());
    for tenth in 0..10_000_u64 {
        let unix = UNIX + tenth * 100;
        let mut keeper = match &snapshot {
            None => Keeper::new(ClassicApp::new(account()), Origin::wechat(), 8),
            Some(saved) => Keeper::restore(
                ClassicApp::new(account()),
                Origin::wechat(),
                8,
                saved,
                anew(0),
                unix,
            )
            .unwrap(),
        };
        keeper.policy.budget = Budget {
            per_day: 50,
            reserve: 0,
        };
        if let Action::Send { .. } = keeper.poll(anew(0)) {
            sends.push(unix);
        }
        snapshot = Some(keeper.snapshot(anew(0), unix));
    }
    assert_eq!(sends.len(), 50);
    assert!(
        sends.windows(2).all(|pair| pair[1] - pair[0] >= 1000),
        "{sends:?}"
    );
}

#[test]
fn a_restart_in_the_middle_of_a_classic_fetch_does_not_mint_again_at_once() {
    let mut world = World(classic()).fetched(0, "A");
    let _ = world.attempt(4000);
    let mut keeper = restarted(ClassicApp::new(account()), &saved(&world, 4002), 4005);
    assert!(matches!(keeper.poll(anew(0)), Action::Ready(_)));
    assert!(matches!(keeper.poll(anew(59)), Action::Ready(_)));
    assert!(matches!(keeper.poll(anew(60)), Action::Send { .. }));
}

#[test]
fn a_token_in_doubt_is_in_doubt_after_a_restart() {
    let mut world = World(classic()).fetched(0, "A");
    world.unanswered(4000);
    let mut keeper = restarted(ClassicApp::new(account()), &saved(&world, 4010), 4400);
    let Action::Send {
        attempt, meanwhile, ..
    } = keeper.poll(anew(0))
    else {
        panic!()
    };
    assert_eq!(meanwhile, None);
    keeper.handle(anew(0), attempt, Outcome::NotSent);
    assert!(matches!(keeper.poll(anew(0)), Action::Ready(_)));
}

#[test]
fn a_token_on_trial_is_served_after_a_restart_and_one_to_be_tried_is_tried() {
    let mut world = World(classic()).fetched(0, "A");
    let id = world.ready(1).id();
    world.reject(1, id);
    let mut keeper = restarted(ClassicApp::new(account()), &saved(&world, 11), 11);
    assert!(matches!(keeper.poll(anew(10)), Action::Failed { .. }));
    assert!(matches!(keeper.poll(anew(20)), Action::Ready(_)));

    let _ = world.ready(31);
    let mut keeper = restarted(ClassicApp::new(account()), &saved(&world, 32), 32);
    assert!(matches!(keeper.poll(anew(0)), Action::Ready(_)));
}

#[test]
fn a_refused_token_does_not_come_back_to_life() {
    let mut world = World(stable()).fetched(0, "A");
    let id = world.ready(1000).id();
    world.reject(1000, id);
    let mut keeper = restarted(StableApp::new(account()), &saved(&world, 1000), 1010);
    assert!(matches!(
        keeper.poll(anew(0)),
        Action::Send { meanwhile: None, .. }
    ));
}

#[test]
fn forced_refreshes_are_remembered() {
    let mut world = World(stable()).fetched(0, "A");
    world.0.force_refresh(at(10)).unwrap();
    world.fetch(10, &grant("B", 7200));
    let mut keeper = restarted(StableApp::new(account()), &saved(&world, 11), 20);
    assert_eq!(keeper.force_refresh(anew(0)), Err(ForceRefused::TooSoon));
    assert_eq!(keeper.force_refresh(anew(30)), Ok(()));
}

#[test]
fn what_is_not_known_is_refused() {
    let world = World(stable()).fetched(0, "A");
    let good = world.0.snapshot(at(0), UNIX).encode();
    let text = good.expose();
    let decode = |text: &str| Snapshot::decode(text).unwrap_err();
    for damaged in [
        "",
        "{}",
        "null",
        "[]",
        "\u{0}",
        &text[..text.len() - 1],
        &text.replace("\"v\"", "\"w\""),
    ] {
        assert_eq!(decode(damaged), InvalidSnapshot::Unreadable, "{damaged}");
    }
    assert_eq!(
        decode(&text.replace("\"v\":1", "\"v\":2")),
        InvalidSnapshot::Version
    );
    assert_eq!(
        decode(&text.replace("\"v\":1", "\"v\":2,\"x\":1")),
        InvalidSnapshot::Version
    );
    assert_eq!(
        decode(&text.replace("\"v\":1", "\"v\":1,\"x\":1")),
        InvalidSnapshot::Unreadable
    );
    assert_eq!(decode(&" ".repeat(20_000)), InvalidSnapshot::Unreadable);
}

#[test]
fn another_account_s_snapshot_is_refused() {
    let world = World(stable()).fetched(0, "A");
    let snapshot = saved(&world, 0);
    let other = Account::new("wx9999999999999999", "appsecret").unwrap();
    let restore = Keeper::restore(
        StableApp::new(other),
        Origin::wechat(),
        8,
        &snapshot,
        anew(0),
        UNIX,
    );
    assert_eq!(restore.err(), Some(InvalidSnapshot::Foreign));
    let restore = Keeper::restore(
        ClassicApp::new(account()),
        Origin::wechat(),
        8,
        &snapshot,
        anew(0),
        UNIX,
    );
    assert_eq!(restore.err(), Some(InvalidSnapshot::Foreign));
}

#[test]
fn a_token_number_at_the_end_of_its_range_is_no_panic() {
    let world = World(stable()).fetched(0, "A");
    let text = world.0.snapshot(at(0), UNIX).encode();
    let last = text.expose().replace("\"id\":1,", "\"id\":18446744073709551615,");
    assert_ne!(last, text.expose());
    let mut keeper = restarted(StableApp::new(account()), &Snapshot::decode(&last).unwrap(), 7300);
    let Action::Send { attempt, .. } = keeper.poll(anew(0)) else {
        panic!()
    };
    let answer = grant("B", 7200);
    keeper.handle(
        anew(0),
        attempt,
        Outcome::Response(http::Response::new(answer.as_bytes())),
    );
    assert!(matches!(keeper.poll(anew(0)), Action::Ready(_)));
}

#[test]
fn the_wall_clock_is_known_from_the_start_when_a_used_up_quota_must_be_waited_out() {
    let world = World(stable());
    let mut keeper = restarted(StableApp::new(account()), &saved(&world, 0), 7);
    let Action::Send { attempt, .. } = keeper.poll(anew(0)) else {
        panic!()
    };
    let spent = http::Response::new(br#"{"errcode":45009}"#.as_slice());
    keeper.handle(anew(0), attempt, Outcome::Response(spent));
    // UNIX is 06:13:20 in Beijing.
    let to_midnight = (17 * 60 + 46) * 60 + 33;
    let wake = keeper.wake_at();
    assert!(
        wake >= anew(to_midnight) && wake <= anew(to_midnight + 301),
        "{wake:?}"
    );
}
