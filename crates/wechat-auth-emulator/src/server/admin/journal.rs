//! `journal`: what was asked, and whether it was asked as often as it should be.

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Answer, Ask, Endpoint, SecretsParameter, har};
use crate::machine::{Exchange, Outcome, Secrets};
use crate::server::problem::Problem;

/// Exchanges in one answer, unless it is told how many.
const USUAL_LIMIT: usize = 1_000;
/// Near misses in one answer.
const NEAR_MISSES: usize = 5;

const FILTERS: &[&str] = &[
    "method", "path", "appid", "outcome", "status", "errcode", "fault", "after_id", "limit", "secrets",
];

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        Method::GET,
        "journal",
        "The newest requests and their answers",
        "Journal",
        list,
    )
    .with_query(FILTERS),
    Endpoint::new(Method::DELETE, "journal", "Forget them", "Journal", clear),
    Endpoint::new(
        Method::POST,
        "journal/verify",
        "200 when so many requests were like this, 409 when not",
        "Verified",
        verify,
    )
    .taking("Verification"),
    Endpoint::new(
        Method::GET,
        "journal/har",
        "The same as an HTTP archive (HAR 1.2)",
        "Har",
        har,
    )
    .with_query(&["secrets"]),
];

/// What an exchange must be like; what is left out may be anything.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    method: Option<String>,
    path: Option<String>,
    appid: Option<String>,
    outcome: Option<Outcome>,
    status: Option<u16>,
    errcode: Option<i64>,
    fault: Option<String>,
}

impl Wanted {
    /// The fields in which `exchange` is otherwise.
    fn differences(&self, exchange: &Exchange) -> Vec<&'static str> {
        fn differs<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_some() && wanted != found
        }
        let fields = [
            ("method", differs(self.method.as_ref(), Some(&exchange.method))),
            ("path", differs(self.path.as_ref(), Some(&exchange.path))),
            ("appid", differs(self.appid.as_ref(), exchange.appid.as_ref())),
            ("outcome", differs(self.outcome.as_ref(), Some(&exchange.outcome))),
            ("status", differs(self.status.as_ref(), exchange.status.as_ref())),
            (
                "errcode",
                differs(self.errcode.as_ref(), exchange.errcode.as_ref()),
            ),
            ("fault", differs(self.fault.as_ref(), exchange.fault.as_ref())),
        ];
        let otherwise = fields.into_iter().filter(|(_, differs)| *differs);
        otherwise.map(|(name, _)| name).collect()
    }
}

#[derive(Serialize)]
struct Listed {
    exchanges: Vec<Exchange>,
}

fn list(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Query {
        method: Option<String>,
        path: Option<String>,
        appid: Option<String>,
        outcome: Option<Outcome>,
        status: Option<u16>,
        errcode: Option<i64>,
        fault: Option<String>,
        after_id: Option<u64>,
        limit: Option<u64>,
        #[serde(default)]
        secrets: SecretsParameter,
    }
    let query: Query = ask.query()?;
    let wanted = Wanted {
        method: query.method,
        path: query.path,
        appid: query.appid,
        outcome: query.outcome,
        status: query.status,
        errcode: query.errcode,
        fault: query.fault,
    };
    let limit = query.limit.and_then(|limit| usize::try_from(limit).ok());
    let newest = ask
        .world
        .wechat
        .journal()
        .rev()
        .take_while(|exchange| query.after_id.is_none_or(|id| exchange.id > id))
        .filter(|exchange| wanted.differences(exchange).is_empty())
        .take(limit.unwrap_or(USUAL_LIMIT));
    let mut exchanges: Vec<Exchange> = newest.map(|found| found.shown(query.secrets.into())).collect();
    exchanges.reverse();
    Answer::json(&Listed { exchanges })
}

fn clear(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    ask.world.wechat.clear_journal();
    Answer::json(&Listed {
        exchanges: Vec::new(),
    })
}

fn verify(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Verification {
        method: Option<String>,
        path: Option<String>,
        appid: Option<String>,
        outcome: Option<Outcome>,
        status: Option<u16>,
        errcode: Option<i64>,
        fault: Option<String>,
        count: Expected,
    }
    #[derive(Serialize)]
    struct Verified {
        actual: usize,
    }
    let asked: Verification = ask.json()?;
    let wanted = Wanted {
        method: asked.method,
        path: asked.path,
        appid: asked.appid,
        outcome: asked.outcome,
        status: asked.status,
        errcode: asked.errcode,
        fault: asked.fault,
    };
    let mut actual = 0;
    let mut misses = Vec::new();
    for exchange in ask.world.wechat.journal().rev() {
        match wanted.differences(&exchange).as_slice() {
            [] => actual += 1,
            [differs] if misses.len() < NEAR_MISSES => misses.push(NearMiss {
                differs,
                exchange: exchange.shown(Secrets::Hide),
            }),
            _ => {}
        }
    }
    if asked.count.is_met_by(actual as u64)? {
        return Answer::json(&Verified { actual });
    }
    let detail = format!(
        "{actual} requests were like this, and not {}",
        asked.count.in_words()
    );
    Err(Problem::new(StatusCode::CONFLICT, detail)
        .with("actual", actual)
        .with("near_misses", misses))
}

/// How many there should be: one of the three, or the last two together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    exactly: Option<u64>,
    at_least: Option<u64>,
    at_most: Option<u64>,
}

impl Expected {
    fn is_met_by(&self, actual: u64) -> Result<bool, Problem> {
        match (self.exactly, self.at_least, self.at_most) {
            (None, None, None) => Err(Problem::field("count", "must have exactly, at_least or at_most")),
            (Some(exactly), None, None) => Ok(actual == exactly),
            (Some(_), ..) => Err(Problem::field(
                "count.exactly",
                "contradicts at_least and at_most",
            )),
            (None, least, most) => {
                Ok(least.is_none_or(|least| actual >= least) && most.is_none_or(|most| actual <= most))
            }
        }
    }

    fn in_words(&self) -> String {
        let named = [
            ("exactly", self.exactly),
            ("at least", self.at_least),
            ("at most", self.at_most),
        ];
        let words = named
            .into_iter()
            .filter_map(|(name, count)| count.map(|count| format!("{name} {count}")));
        words.collect::<Vec<_>>().join(" and ")
    }
}

/// A request that is otherwise in one field only.
#[derive(Serialize)]
struct NearMiss {
    differs: &'static str,
    exchange: Exchange,
}

fn har(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Query {
        #[serde(default)]
        secrets: SecretsParameter,
    }
    let query: Query = ask.query()?;
    let shown = ask
        .world
        .wechat
        .journal()
        .map(|found| found.shown(query.secrets.into()));
    Answer::json(&har::Archive::of(shown))
}
