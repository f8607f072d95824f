//! `users`: who can log in.

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Answer, Ask, Endpoint};
use crate::machine::{InvalidUser, User};
use crate::server::problem::Problem;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(Method::GET, "users", "All users", "Users", list),
    Endpoint::new(
        Method::POST,
        "users",
        "A new user, or another one of the same id",
        "User",
        add,
    )
    .taking("User"),
    Endpoint::new(
        Method::PUT,
        "users/auto-consent",
        "Who agrees to every login without a page; null is nobody",
        "AutoConsent",
        set_auto_consent,
    )
    .taking("AutoConsent"),
];

fn list(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    struct List<'a> {
        users: &'a [User],
    }
    Answer::json(&List {
        users: ask.world.wechat.users(),
    })
}

fn add(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    let user: User = ask.json()?;
    ask.world
        .wechat
        .add_user(user.clone())
        .map_err(|invalid| match invalid {
            InvalidUser::Id | InvalidUser::Unknown => Problem::field("id", invalid.to_string()),
            InvalidUser::Sex => Problem::field("sex", invalid.to_string()),
            InvalidUser::TooMany => Problem::new(StatusCode::CONFLICT, invalid.to_string()),
        })?;
    Answer::json(&user)
}

fn set_auto_consent(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct AutoConsent {
        #[serde(deserialize_with = "Option::deserialize")]
        user: Option<String>,
    }
    let chosen: AutoConsent = ask.json()?;
    let wechat = &mut ask.world.wechat;
    wechat
        .set_auto_consent(chosen.user.as_deref())
        .map_err(|unknown| Problem::field("user", unknown.to_string()))?;
    Answer::json(&chosen)
}
