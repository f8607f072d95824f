//! The judge's hand on the emulated WeChat: what goes wrong there, for how long, and what was seen. The same
//! for a program that is asked and for one that does its own work.

use std::time::Duration;

use http::StatusCode;
use wechat_auth_emulator::{Effect, Family, Fault, Handle, Latency};

use crate::score::Figures;

/// The account of every scenario. Its secret is made up, and looked for in what the program says.
pub(crate) const APPID: &str = "wxjudged0000000001";
pub(crate) const SECRET: &str = "5ecret0f7heJudged4ccount00000001";
/// The user who agrees to every login.
pub(crate) const USER: &str = "xiaoming";

/// Where app tokens are fetched.
pub(crate) const FETCHES: [&str; 2] = ["/cgi-bin/token", "/cgi-bin/stable_token"];
/// The calls that the contract lets a program choose from.
pub(crate) const CALLS: [&str; 2] = ["/cgi-bin/getcallbackip", "/cgi-bin/get_api_domain_ip"];
const EXCHANGE: &str = "/sns/oauth2/access_token";

/// A token lives 7200 seconds.
pub(crate) const PAST_THE_END: Duration = Duration::from_secs(7_205);
/// How long something goes wrong: long enough for a storm, short enough for a back-off to be small.
pub(crate) const TROUBLE: Duration = Duration::from_secs(5);
/// How long nothing is answered: longer, since who waits asks for nothing meanwhile.
pub(crate) const SILENCE: Duration = Duration::from_secs(8);
/// A day has 2000 fetches; two in a second would use them up in a quarter of an hour.
pub(crate) const FETCHES_IN_TROUBLE: u64 = 10;

/// A fetch takes its time, as over a network: on loopback it would be over before a second caller came.
pub(crate) const ON_THE_WAY: Effect = Effect::Delay(Latency::Fixed { ms: 100 });

pub(crate) const fn errcode(errcode: i64) -> Effect {
    Effect::Errcode {
        errcode,
        errmsg: None,
    }
}

pub(crate) fn html_500() -> Effect {
    Effect::html(
        StatusCode::INTERNAL_SERVER_ERROR,
        "<html><body>500 Internal Server Error</body></html>",
    )
}

/// What the official page on the stable token has as its example.
pub(crate) const fn short_lives() -> Effect {
    Effect::ShortLife { expires_in_s: 345 }
}

/// Another system takes both slots of the account, in either family: what is held is dead.
pub(crate) fn foreign_refresh(wechat: &Handle) {
    for family in [Family::Classic, Family::Stable] {
        for _ in 0..2 {
            // The app is there, and two fetches do not use up its day.
            let _ = wechat.foreign_refresh(APPID, family);
        }
    }
}

pub(crate) fn suffer(wechat: &Handle, paths: &[&str], effect: &Effect, times: u32) {
    for path in paths {
        // A thousand faults can wait, and a scenario has a handful.
        let _ = wechat.inject(Fault::on(*path, effect.clone()).times(times));
    }
}

pub(crate) fn heal(wechat: &Handle) {
    wechat.with(|wechat, _| wechat.clear_faults());
}

/// What reached WeChat.
pub(crate) fn seen(wechat: &Handle) -> Figures {
    let counts = wechat.counts();
    let mut figures = Figures::default();
    for count in counts.iter() {
        if FETCHES.contains(&count.path) {
            figures.fetches += count.requests;
        } else if CALLS.contains(&count.path) {
            figures.refused += count.refused;
        } else if count.path == EXCHANGE {
            figures.exchanges += count.requests;
        }
    }
    figures
}
