//! The web login: links, callbacks, and callbacks that are none.

use http::{Request, header};
use wechat_auth_emulator::{Complaint, Exchange};

use crate::contract::{Answer, Deed};
use crate::hand::{APPID, USER};
use crate::score::Finding;
use crate::trial::{Over, Trial};

const REDIRECT_URI: &str = "http://127.0.0.1/callback";
const SCOPE: &str = "snsapi_userinfo";
const FRAGMENT: &str = "#wechat_redirect";
/// Of the right form, and given out by nobody.
const FORGED_STATE: &str = "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0";

pub(super) async fn login(trial: &mut Trial) -> Result<(), Over> {
    let visit = begin(trial).await?;
    let query = consent(trial, &visit.url)?;
    let answer = come_back(trial, query, visit.browser).await?;
    trial.nothing_may_fail();
    let openid = trial.wechat().with(|wechat, _| wechat.openid(APPID, USER));
    if answer.ok && answer.openid != Some(openid) {
        trial.find(Finding::WrongOpenid);
    }
    trial.exchanges_at_most(1);
    Ok(())
}

pub(super) async fn reused_code(trial: &mut Trial) -> Result<(), Over> {
    let visit = begin(trial).await?;
    let query = consent(trial, &visit.url)?;
    let (one, other) = tokio::join!(
        come_back(trial, query.clone(), visit.browser.clone()),
        come_back(trial, query.clone(), visit.browser.clone()),
    );
    let third = come_back(trial, query, visit.browser).await?;
    // A repetition may be told what became of the first, or that it is one.
    let failed = [one?, other?, third].iter().filter(|answer| !answer.ok).count();
    if failed == 3 {
        trial.nothing_may_fail();
    }
    trial.exchanges_at_most(1);
    Ok(())
}

pub(super) async fn forged_state(trial: &mut Trial) -> Result<(), Over> {
    let victim = begin(trial).await?;
    let own = format!(
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid={APPID}\
         &redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback&response_type=code&scope={SCOPE}\
         &state={FORGED_STATE}{FRAGMENT}"
    );
    let query = consent(trial, &own)?;
    is_refused(trial, query, victim.browser).await
}

pub(super) async fn other_browser(trial: &mut Trial) -> Result<(), Over> {
    let attacker = begin(trial).await?;
    let victim = begin(trial).await?;
    let query = consent(trial, &attacker.url)?;
    is_refused(trial, query, victim.browser).await
}

async fn is_refused(trial: &mut Trial, query: String, browser: Option<String>) -> Result<(), Over> {
    let answer = come_back(trial, query, browser).await?;
    if answer.ok {
        trial.find(Finding::ForgeryAccepted);
    }
    trial.exchanges_at_most(0);
    Ok(())
}

/// A login that was begun.
struct Visit {
    url: String,
    browser: Option<String>,
}

async fn begin(trial: &mut Trial) -> Result<Visit, Over> {
    let deed = Deed::Login {
        redirect_uri: REDIRECT_URI,
        scope: SCOPE,
    };
    let answer = trial.ask(&deed).await?;
    match answer.url {
        Some(url) if answer.ok => Ok(Visit {
            url,
            browser: answer.browser,
        }),
        _ => {
            trial.nothing_may_fail();
            Err(Over::Found)
        }
    }
}

async fn come_back(trial: &Trial, query: String, browser: Option<String>) -> Result<Answer, Over> {
    trial.ask(&Deed::Callback { query, browser }).await
}

/// The user opens the link and agrees; brings the query that the browser comes back with.
fn consent(trial: &mut Trial, url: &str) -> Result<String, Over> {
    let (link, fragment) = match url.split_once('#') {
        Some((link, _)) => (link, true),
        None => (url, false),
    };
    if !fragment || !url.ends_with(FRAGMENT) {
        trial.find(Finding::NoFragment);
    }
    let path = link
        .split_once("://")
        .and_then(|(_, rest)| rest.find('/').and_then(|slash| rest.get(slash..)));
    let request = path.and_then(|path| Request::get(path).body(Vec::new()).ok());
    let Some(request) = request else {
        trial.find(Finding::WrongLink {
            why: "it is no http address".to_owned(),
        });
        return Err(Over::Found);
    };
    let browser = [127, 0, 0, 1].into();
    let (reply, complaint) = trial.wechat().with(|wechat, now| {
        let reply = wechat.handle(now, &request, browser);
        (reply, why(wechat.journal().next_back()))
    });
    let back = reply.response().and_then(|response| {
        let to = response.headers().get(header::LOCATION)?.to_str().ok()?;
        to.split_once('?').map(|(_, query)| query.to_owned())
    });
    back.ok_or_else(|| {
        trial.find(Finding::WrongLink { why: complaint });
        Over::Found
    })
}

fn why(exchange: Option<Exchange>) -> String {
    let complaint = exchange.and_then(|exchange| exchange.complaint);
    complaint.map_or_else(
        || "it leads to a page that is none of WeChat's".to_owned(),
        |Complaint { en, .. }| en,
    )
}
