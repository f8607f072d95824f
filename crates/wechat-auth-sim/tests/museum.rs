//! The bug museum: each way in which token keepers have really failed is caught, and neither the reference
//! model nor the library fails so. A test's name is the guarantee.

use wechat_auth_sim::museum::{Exhibit, Who, exhibits};

/// One test for each exhibit: with the flaw the story is caught; without it, and with ours, it is not.
macro_rules! museum {
    ($($guarantee:ident)*) => {
        $(
            #[test]
            fn $guarantee() {
                let named = |exhibit: &Exhibit| exhibit.guarantee == stringify!($guarantee);
                let exhibit = exhibits().into_iter().find(named).unwrap();
                assert_eq!(exhibit.play(Who::Right), Ok(()), "the right model");
                assert_eq!(exhibit.play(Who::Ours), Ok(()), "the library");
                assert!(exhibit.play(Who::Broken).is_err(), "the flaw went unnoticed: {}", exhibit.flaw);
            }
        )*

        #[test]
        fn every_exhibit_has_a_test() {
            let tested = [$(stringify!($guarantee)),*];
            assert_eq!(exhibits().iter().map(|exhibit| exhibit.guarantee).collect::<Vec<_>>(), tested);
        }
    };
}

museum! {
    callers_at_the_same_moment_share_one_fetch
    who_waited_for_a_fetch_looks_again_before_fetching
    a_cold_start_costs_one_fetch
    a_cancelled_caller_leaves_nobody_waiting
    a_refresh_keeps_nobody_waiting_while_the_old_token_is_good

    a_failed_refresh_leaves_the_usable_token_alone
    a_refresh_starts_long_enough_before_the_end_to_survive_an_outage
    a_failed_fetch_hands_an_error_to_its_callers_and_no_empty_token
    every_way_to_fail_is_followed_by_a_pause
    only_a_new_token_ends_the_back_off
    a_fetch_that_is_answered_40001_does_not_start_another
    a_lost_answer_makes_the_held_token_suspect_where_every_fetch_mints
    a_token_in_doubt_is_the_last_resort_and_not_thrown_away

    a_late_report_about_an_old_token_leaves_the_new_one_alone
    a_token_that_wechat_refuses_is_replaced
    one_call_goes_back_for_another_token_once
    young_tokens_that_are_refused_space_out_the_fetches
    a_stable_token_refused_once_is_given_time_and_not_replaced_by_force

    a_life_shorter_than_the_margin_does_not_turn_every_read_into_a_fetch
    the_same_stable_token_again_is_no_failure
    a_life_counts_from_the_request_and_not_from_the_reply
    a_token_lives_as_long_as_wechat_says
    an_answer_that_comes_after_its_fetch_was_given_up_is_ignored

    a_send_is_counted_before_it_leaves
    a_used_up_quota_is_left_alone_until_the_next_day
    a_restart_costs_no_fetch

    nobody_is_shown_the_unionid_of_another_user
    a_state_is_accepted_once
    a_callback_counts_only_in_the_browser_that_began_the_login
}

/// A broken model differs from the right one in one rule, so it is that rule which the test is about.
#[test]
fn every_flaw_is_one_rule() {
    for exhibit in exhibits() {
        let Some((right, broken)) = exhibit.rules() else {
            continue;
        };
        let (right, broken) = (right.named(), broken.named());
        let differ = right
            .iter()
            .zip(&broken)
            .filter(|(right, broken)| right != broken);
        assert_eq!(differ.count(), 1, "{exhibit:?}");
    }
}
