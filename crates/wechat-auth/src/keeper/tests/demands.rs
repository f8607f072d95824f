//! Budget, forced refreshes, the conflict detector, and what is told of all that.

use core::time::Duration;

use super::*;

impl<F: Fetch<Token = AppToken>> World<F> {
    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.0.poll_event()).collect()
    }
}

#[test]
fn a_storm_of_refusals_leaves_the_reserve_to_the_schedule() {
    let mut keeper = classic();
    keeper.policy.budget = Budget {
        per_day: 20,
        reserve: 5,
    };
    let mut world = World(keeper);
    let mut sends = 0;
    // Every token is refused when it is old enough to be beyond doubt.
    for step in 0..300 {
        let secs = step * 130;
        match world.0.poll(at(secs)) {
            Action::Send { attempt, .. } => {
                sends += 1;
                world.answer(secs, attempt, &grant(&format!("T{sends}"), 7200));
            }
            Action::Ready(kept) => world.reject(secs, kept.id()),
            Action::Wait { .. } | Action::Failed { .. } => {}
        }
    }
    assert_eq!(sends, 15);
    let told = world.told(300 * 130);
    assert!(
        told.starts_with("failed: the day's budget of fetches is used up"),
        "{told}"
    );
    assert!(
        world
            .events()
            .iter()
            .any(|event| matches!(event, Event::BudgetSpent { .. }))
    );
    assert_eq!(
        world.told(86_400 + 1000),
        "send",
        "the first of them is a day old"
    );
}

#[test]
fn a_used_up_budget_never_takes_a_usable_token_away() {
    let mut keeper = stable();
    keeper.policy.budget = Budget {
        per_day: 1,
        reserve: 0,
    };
    let mut world = World(keeper).fetched(0, "A");
    assert_eq!(world.told(7100), "ready A");
    assert!(
        world.told(7200).starts_with("failed: the day's budget"),
        "{}",
        world.told(7200)
    );
}

#[test]
fn at_45009_it_waits_for_midnight_in_beijing() {
    let spent = r#"{"errcode":45009,"errmsg":"reach max api daily quota limit"}"#;
    let mut world = World(stable());
    // 2023-11-14 22:13:20 UTC is 06:13:20 in Beijing.
    world.0.set_wall_clock(at(0), 1_700_000_000);
    world.fetch(0, spent);
    let to_midnight = (17 * 60 + 46) * 60 + 40;
    let told = world.told(to_midnight - 1);
    assert!(told.contains("45009"), "{told}");
    assert!(world.0.wake_at() >= at(to_midnight));
    assert!(world.0.wake_at() <= at(to_midnight + 301));

    let mut unaware = World(stable());
    unaware.fetch(0, spent);
    assert!(unaware.0.wake_at() >= at(3600) && unaware.0.wake_at() <= at(3900));
}

#[test]
fn a_leaked_token_is_replaced_on_demand_and_served_until_then() {
    let mut world = World(stable()).fetched(0, "A");
    world.0.force_refresh(at(100)).unwrap();
    assert_eq!(world.told(100), "send force");
    assert_eq!(world.told(100), "ready A");
}

#[test]
fn demands_need_half_a_minute_between_them_and_there_are_twenty_a_day() {
    let mut world = World(stable());
    for n in 0..20_u64 {
        let secs = n * 40;
        world.0.force_refresh(at(secs)).unwrap();
        assert_eq!(world.attempt_is_forced(secs), Some(()), "{n}");
        assert_eq!(
            world.0.force_refresh(at(secs + 29)),
            if n == 19 { day_used_up() } else { too_soon() }
        );
    }
    assert_eq!(world.0.force_refresh(at(20 * 40)), day_used_up());
    assert_eq!(world.0.force_refresh(at(86_400)), Ok(()));
}

fn too_soon() -> Result<(), ForceRefused> {
    Err(ForceRefused::TooSoon)
}

fn day_used_up() -> Result<(), ForceRefused> {
    Err(ForceRefused::DayUsedUp)
}

impl World<StableApp> {
    fn attempt_is_forced(&mut self, secs: u64) -> Option<()> {
        let Action::Send { attempt, request, .. } = self.0.poll(at(secs)) else {
            return None;
        };
        self.answer(secs, attempt, &grant(&format!("T{secs}"), 7200));
        (request.body_len() > 100).then_some(())
    }
}

#[test]
fn a_user_token_cannot_be_demanded() {
    let reply = br#"{"access_token":"A","expires_in":7200,"refresh_token":"R","openid":"o1"}"#;
    let appid = crate::AppId::new("wx1").unwrap();
    let parts = crate::login::UserTokenParts {
        access_token: "A".into(),
        refresh_token: "R".into(),
        openid: crate::login::OpenId::new("o1").unwrap(),
        unionid: None,
        scope: String::new(),
        kind: crate::login::UserKind::Person,
    };
    let user = UserRenewal::new(&appid, &crate::login::UserToken::from_parts(parts));
    let held = user.parse(http::Response::new(reply.as_slice())).unwrap();
    let mut keeper = Keeper::new(user, Origin::wechat(), 7).holding(held, at(0));
    assert_eq!(keeper.force_refresh(at(1)), Err(ForceRefused::Impossible));
    assert!(matches!(keeper.poll(at(1)), Action::Ready(_)));
}

#[test]
fn another_system_that_refreshes_the_account_is_named_the_second_time() {
    let mut world = World(classic()).fetched(0, "A");
    let id = world.ready(600).id();
    world.reject(600, id);
    let named = |events: Vec<Event>| {
        events
            .iter()
            .any(|event| matches!(event, Event::ForeignRefresh { .. }))
    };
    assert!(!named(world.events()), "once may be a person");
    world.fetch(600, &grant("B", 7200));
    let id = world.ready(1200).id();
    world.reject(1200, id);
    assert!(named(world.events()));
}

#[test]
fn a_token_refused_near_its_end_is_no_sign_of_another_system() {
    let mut world = World(classic());
    for n in 0..5 {
        let start = n * 7200;
        world.fetch(start, &grant(&format!("T{n}"), 7200));
        let id = world.0.usable().unwrap().id();
        world.reject(start + 7000, id);
    }
    assert!(
        !world
            .events()
            .iter()
            .any(|event| matches!(event, Event::ForeignRefresh { .. }))
    );
}

#[test]
fn what_happens_is_told_in_order() {
    let mut world = World(classic()).fetched(0, "A");
    let id = world.ready(0).id();
    let attempt = world.attempt(4000);
    world.0.handle(at(4010), attempt, Outcome::NoAnswer);
    world.reject(4011, id);
    let told = world.events();
    let expected = [
        Event::Sending {
            today: 1,
            forced: false,
        },
        Event::Refreshed {
            id,
            usable_until: at(7200),
        },
        Event::Sending {
            today: 2,
            forced: false,
        },
        Event::Suspect {
            usable_until: at(4300),
        },
    ];
    assert_eq!(told[..4], expected);
    assert!(matches!(
        &told[4],
        Event::Failed {
            error: FetchError::NoAnswer,
            ..
        }
    ));
    assert_eq!(
        told[5],
        Event::Rejected {
            id,
            age: Duration::from_secs(4011)
        }
    );
    assert_eq!(told.len(), 6);
    assert_eq!(world.0.poll_event(), None);
}

#[test]
fn events_that_nobody_drains_are_bounded() {
    let mut world = World(stable());
    for n in 0..100 {
        world.fetch(n * 7200, &grant(&format!("T{n}"), 7200));
    }
    let told = world.events();
    assert_eq!(told.len(), 32);
    assert!(matches!(told[31], Event::Refreshed { usable_until, .. } if usable_until == at(100 * 7200)));
}
