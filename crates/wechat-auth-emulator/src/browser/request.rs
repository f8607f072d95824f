//! The authorize link: what it asks for, or what is wrong with it.

use serde::{Deserialize, Serialize};

use super::complaint::Complaint;
use super::redirect::RedirectUri;
use crate::machine::{App, AppKind, Behavior, Call, Grants, Scope};

/// The documented order; whatever else there is comes after these.
const ORDER: [&str; 5] = ["appid", "redirect_uri", "response_type", "scope", "state"];
const MAX_STATE_BYTES: usize = 128;

/// Which of the two pages a link opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Door {
    /// `/connect/oauth2/authorize`, inside WeChat's own browser.
    OfficialAccount,
    /// `/connect/qrconnect`, a website that shows a QR code.
    Website,
}

/// A link with nothing wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuthorizeRequest {
    pub(crate) door: Door,
    pub(crate) appid: String,
    pub(crate) redirect_uri: RedirectUri,
    pub(crate) scope: Scope,
    pub(crate) state: Option<String>,
    pub(crate) force_popup: bool,
}

impl AuthorizeRequest {
    pub(crate) fn read<'a>(
        call: &Call<'_>,
        door: Door,
        app: impl FnOnce(&str) -> Option<&'a App>,
        behavior: &Behavior,
    ) -> Result<Self, Complaint> {
        let appid = call.param("appid").ok_or_else(Complaint::appid_missing)?;
        let app = app(appid).ok_or_else(Complaint::appid_unknown)?;
        match (door, app.kind) {
            (Door::OfficialAccount, AppKind::Website) => {
                return Err(Complaint::wants_an_official_account());
            }
            (Door::Website, AppKind::OfficialAccount) => {
                return Err(Complaint::wants_a_website_app());
            }
            _ => {}
        }
        let redirect_uri = call
            .param("redirect_uri")
            .ok_or_else(Complaint::redirect_uri_missing)?;
        let redirect_uri = RedirectUri::read(redirect_uri).map_err(Complaint::redirect_uri)?;
        if let Some(domain) = &app.redirect_domain
            && !redirect_uri.is_at(domain)
        {
            return Err(Complaint::redirect_domain(redirect_uri.authority(), domain));
        }
        if call.param("response_type") != Some("code") {
            return Err(Complaint::response_type());
        }
        let scope = call.param("scope").ok_or_else(Complaint::scope_missing)?;
        let scope = scope_at(door, scope).ok_or_else(Complaint::scope)?;
        let state = call.raw_param("state");
        check_state(state.unwrap_or_default(), behavior)?;
        check_names(call, behavior)?;
        Ok(Self {
            door,
            appid: appid.to_owned(),
            redirect_uri,
            scope,
            state: state.map(str::to_owned),
            force_popup: call.param("forcePopup") == Some("true"),
        })
    }
}

/// Several scopes are separated by commas, and the widest decides.
fn scope_at(door: Door, text: &str) -> Option<Scope> {
    let grants_of = |scope: &str| match (door, scope) {
        (Door::OfficialAccount, "snsapi_base") => Some(Grants::Openid),
        (Door::OfficialAccount, "snsapi_userinfo") => Some(Grants::Profile),
        (Door::Website, "snsapi_login") => Some(Grants::WebsiteLogin),
        _ => None,
    };
    let all: Option<Vec<Grants>> = text.split(',').map(grants_of).collect();
    let all = all.filter(|all| all.len() <= 2)?;
    let widest = all
        .into_iter()
        .reduce(|a, b| if a == Grants::Openid { b } else { a })?;
    Some(Scope {
        text: text.to_owned(),
        grants: widest,
    })
}

fn check_state(state: &str, behavior: &Behavior) -> Result<(), Complaint> {
    if state.len() > MAX_STATE_BYTES {
        return Err(Complaint::state_too_long());
    }
    if behavior.strict_state && !state.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Complaint::state_characters());
    }
    Ok(())
}

fn check_names(call: &Call<'_>, behavior: &Behavior) -> Result<(), Complaint> {
    let names: Vec<&str> = call.param_names().collect();
    for name in ORDER {
        if names.iter().filter(|known| **known == name).count() > 1 {
            return Err(Complaint::repeated(name));
        }
    }
    let expected = ORDER.iter().filter(|name| names.contains(name));
    if behavior.strict_parameter_order && !names.iter().zip(expected).all(|(a, b)| a == b) {
        return Err(Complaint::order());
    }
    Ok(())
}
