#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use loom::future::block_on;

use super::script::World;
use super::{at_once, in_every_order, thread};
use crate::blocking::Stop;

/// After so long a token that is refused is not one that WeChat has yet to settle on.
const LATER: Duration = Duration::from_secs(600);

#[test]
fn cold_tasks_cause_one_fetch_and_none_of_them_waits_for_ever() {
    in_every_order(|| {
        let world = World::new();
        let app = world.source();
        let ids = at_once(3, move || block_on(app.token()).unwrap().id());
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(world.sent(), 1);
    });
}

#[test]
fn cold_threads_cause_one_fetch_and_none_of_them_waits_for_ever() {
    in_every_order(|| {
        let world = World::new();
        let app = world.blocking_source();
        let ids = at_once(3, move || app.token().unwrap().id());
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(world.sent(), 1);
    });
}

#[test]
fn a_cancelled_leader_hands_over_to_whoever_waits() {
    in_every_order(|| {
        let world = World::new();
        let app = world.source();
        let cancelled = {
            let app = app.clone();
            // Polled once, which starts a fetch or waits for another's, and dropped.
            thread(move || {
                let mut context = Context::from_waker(Waker::noop());
                let _ = pin!(app.token()).as_mut().poll(&mut context);
            })
        };
        let ids = at_once(2, move || block_on(app.token()).unwrap().id());
        cancelled.join().unwrap();
        assert_eq!(ids[0], ids[1]);
        assert!(world.sent() <= 2, "{} fetches", world.sent());
    });
}

#[test]
fn a_leader_that_panics_hands_over_to_whoever_waits() {
    in_every_order(|| {
        let world = World::new();
        world.panic_in_the_first_fetch();
        let app = world.blocking_source();
        let panics = at_once(2, move || {
            let asked = AssertUnwindSafe(|| app.token().unwrap().id());
            catch_unwind(asked).is_err()
        });
        assert_eq!(panics.into_iter().filter(|panicked| *panicked).count(), 1);
        assert_eq!(world.sent(), 2);
    });
}

#[test]
fn a_refused_token_is_never_read_again_and_costs_one_fetch_however_many_report_it() {
    in_every_order(|| {
        let world = World::new();
        let app = world.source();
        let refused = {
            let app = app.clone();
            thread(move || block_on(app.token()).unwrap().id())
                .join()
                .unwrap()
        };
        world.advance(LATER);
        let ids = at_once(2, move || {
            app.reject(refused);
            assert!(app.fresh().is_none_or(|kept| kept.id() != refused));
            block_on(app.token()).unwrap().id()
        });
        assert_eq!(ids[0], ids[1]);
        assert_ne!(ids[0], refused);
        assert_eq!(world.sent(), 2);
    });
}

#[test]
fn a_token_refused_while_it_is_being_published_is_not_read_again() {
    in_every_order(|| {
        let app = World::new().blocking_source();
        at_once(2, move || {
            // Whoever comes late finds that it was refused a moment ago.
            if let Ok(kept) = app.token() {
                app.reject(kept.id());
                assert!(app.fresh().is_none_or(|fresh| fresh.id() != kept.id()));
            }
        });
    });
}

#[test]
fn what_a_fetch_brought_is_what_everybody_reads() {
    in_every_order(|| {
        let world = World::new();
        let app = world.blocking_source();
        let fetcher = {
            let app = app.clone();
            thread(move || app.token().unwrap().id())
        };
        let seen = app.fresh().map(|kept| kept.id());
        let id = fetcher.join().unwrap();
        assert!(seen.is_none_or(|seen| seen == id));
        assert_eq!(app.fresh().map(|kept| kept.id()), Some(id));
    });
}

#[test]
fn a_loop_that_keeps_fresh_hears_a_refusal_and_its_end_whenever_they_come() {
    in_every_order(|| {
        let world = World::new();
        let app = world.blocking_source();
        let first = app.token().unwrap().id();
        world.advance(LATER);
        let stop = Stop::new();
        let keeping = {
            let (app, stop) = (app.clone(), stop.clone());
            thread(move || app.keep_fresh(&stop))
        };
        app.reject(first);
        assert_ne!(app.token().unwrap().id(), first);
        stop.stop();
        keeping.join().unwrap();
        assert_eq!(world.sent(), 2);
    });
}
