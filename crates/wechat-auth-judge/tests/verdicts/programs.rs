//! The programs on trial. Run as tests, with nobody to judge them, they do nothing.

use std::io::Write;

use super::careless::{Flaw, Program};
use super::contestant;

/// Whether the judge started this.
fn on_trial() -> bool {
    std::env::var_os("WECHAT_EMULATOR_URL").is_some()
}

macro_rules! programs {
    ($($name:ident: $flaw:ident,)*) => {
        $(
            #[test]
            fn $name() {
                if on_trial() {
                    Program::with(Flaw::$flaw).serve();
                }
            }
        )*
    };
}

programs! {
    that_only_calls: None,
    without_single_flight: EachForHimself,
    with_a_made_up_token: MadeUpToken,
    deaf_to_refusals: DeafToRefusals,
    without_back_off: NoBackOff,
    that_throws_tokens_away: ThrowsTokensAway,
    without_time_outs: NoTimeouts,
    that_tells_everything: TellsEverything,
    without_state: NoState,
    without_browser: NoBrowser,
    with_parameters_out_of_order: OutOfOrder,
    without_fragment: NoFragment,
    that_ends: Ends,
    that_is_mute: Mute,
}

#[test]
fn careful() {
    if on_trial() {
        contestant::main().unwrap();
    }
}

/// Until the judge ends it.
#[test]
fn that_never_ends_a_line() {
    if on_trial() {
        while std::io::stdout().lock().write_all(&[b'{'; 65_536]).is_ok() {}
    }
}

/// One token, twenty calls, and no second attempt at anything.
#[test]
fn unaided() {
    if on_trial() {
        let program = Program::with(Flaw::DeafToRefusals);
        for _ in 0..20 {
            std::thread::sleep(std::time::Duration::from_millis(20));
            assert!(program.call().is_ok());
        }
    }
}
