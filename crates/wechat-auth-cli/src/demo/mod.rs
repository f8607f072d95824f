//! The story that `demo` tells, and the judge who checks it.
//!
//! Every step does something through the library and then asks the emulator what happened: how many
//! requests came in, what a token is worth. A step that does not hold ends the story.
//!
//! | where | what |
//! |---|---|
//! | `stage` | the emulator, the client, and the clock they share |
//! | `tokens`, `crowd`, `visitor` | the steps |
//! | `browser` | a browser small enough to read |
//! | `witness` | what really went over the wire |
//! | `judge` | what holds and what does not |
//! | `report` | what is printed |

mod browser;
mod crowd;
mod judge;
mod report;
mod stage;
mod tokens;
mod visitor;
mod witness;

use crate::exit::Failure;

use self::judge::Broken;
pub(crate) use self::report::Style;
use self::report::{Report, Step};
use self::stage::Stage;

/// Tells the whole story, and fails at the first step that does not hold.
pub(crate) async fn tell(style: Style) -> Result<(), Failure> {
    let mut report = Report::new(style);
    let stage = Stage::build().await?;
    match story(&stage, &mut report).await {
        Ok(()) => report.finish(),
        Err(Stopped::ByBroken(step, why)) => {
            report.broken(step)?;
            Err(Failure::other(format!(
                "step {} does not hold ({}): {why}",
                step.number, step.en
            )))
        }
        Err(Stopped::ByFailure(failure)) => Err(failure),
    }
}

async fn story(stage: &Stage, report: &mut Report) -> Result<(), Stopped> {
    report.open(&stage.base_url())?;

    let mut keeper = tokens::Stable::new(stage)?;
    report.step(FETCHED, keeper.is_fetched().await)?;
    report.step(READ, keeper.is_read_often().await)?;
    report.step(REPLACED, keeper.is_replaced_ahead().await)?;
    report.step(CONFLICT, tokens::foreign_refresh(stage).await)?;
    report.step(CROWD, crowd::cold_start(stage).await)?;

    let mut visitor = visitor::Visitor::new(stage).await?;
    report.step(LOGIN, visitor.logs_in().await)?;
    report.step(REPEATED, visitor.reloads_the_callback().await)?;
    report.step(FORGED, visitor.brings_a_forged_state().await)?;
    visitor.leave().await;

    let totals = stage.totals().map(|totals| report.totals(totals));
    report.step(TOTALS, totals)?;
    Ok(())
}

const FETCHED: Step = Step {
    number: 1,
    zh: "取得稳定版凭证",
    en: "a stable token is fetched",
};
const READ: Step = Step {
    number: 2,
    zh: "读取十万次，不再请求微信",
    en: "a hundred thousand reads cost no further fetch",
};
const REPLACED: Step = Step {
    number: 3,
    zh: "近两小时后：提前换新，旧凭证期间仍可用",
    en: "nearly two hours later it is replaced ahead of its end, and the old one still works",
};
const CONFLICT: Step = Step {
    number: 4,
    zh: "传统模式下被其他系统刷新：一次 40001，一次重取，调用成功",
    en: "another system refreshed the account: one 40001, one fetch, and the call succeeds",
};
const CROWD: Step = Step {
    number: 5,
    zh: "冷启动时一百个任务同时要凭证，只请求一次",
    en: "a hundred tasks at once on a cold start cause one fetch",
};
const LOGIN: Step = Step {
    number: 6,
    zh: "用户登录：授权页、同意、回调、换取、用户信息",
    en: "a user logs in: authorize page, consent, callback, exchange, userinfo",
};
const REPEATED: Step = Step {
    number: 7,
    zh: "回调重复到达，code 不会再用一次",
    en: "the same callback again does not spend the code again",
};
const FORGED: Step = Step {
    number: 8,
    zh: "伪造的 state 被拒绝，什么都没有发出",
    en: "a forged state is refused, and nothing is sent",
};
const TOTALS: Step = Step {
    number: 9,
    zh: "没有一次调用最终失败",
    en: "no call failed in the end",
};

/// Why the story is over before its end.
enum Stopped {
    ByBroken(Step, Broken),
    ByFailure(Failure),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::ByFailure(failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wechat_auth_emulator::{Effect, Fault};

    /// The number of the step that does not hold in a world that was tampered with.
    async fn broken_step(tamper: impl FnOnce(&Stage)) -> Option<u8> {
        let stage = Stage::build().await.unwrap();
        tamper(&stage);
        match story(&stage, &mut Report::new(Style::Json)).await {
            Err(Stopped::ByBroken(step, _)) => Some(step.number),
            _ => None,
        }
    }

    fn html(path: &'static str) -> Fault {
        Fault::on(path, Effect::html(http::StatusCode::BAD_GATEWAY, "<html>"))
    }

    #[tokio::test]
    async fn the_untouched_story_holds() {
        assert_eq!(broken_step(|_| ()).await, None);
    }

    #[tokio::test]
    async fn a_fetch_too_many_is_noticed() {
        let refused_once = |stage: &Stage| {
            let fault = html(stage::STABLE_FETCH).of_app(stage::CROWD);
            stage.world().inject(fault).unwrap();
        };
        assert_eq!(broken_step(refused_once).await, Some(5));
    }

    #[tokio::test]
    async fn an_answer_that_is_not_wechats_is_noticed() {
        for (path, appid, number) in [
            (stage::CALL, stage::STABLE, 3),
            (stage::CALL, stage::CLASSIC, 4),
            (stage::EXCHANGE, stage::LOGIN, 6),
            (stage::USERINFO, stage::LOGIN, 6),
        ] {
            let proxy = |stage: &Stage| {
                stage.world().inject(html(path).of_app(appid)).unwrap();
            };
            assert_eq!(broken_step(proxy).await, Some(number), "{path}");
        }
    }
}
