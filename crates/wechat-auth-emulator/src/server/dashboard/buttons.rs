//! What the buttons do: each is one request of the admin API, which checks it.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::faults;
use crate::server::admin;
use crate::server::handle::Handle;
use crate::server::problem::Problem;

/// One for each section of the page, by the section's id.
pub(super) const PATHS: [&str; 5] = ["clock", "tokens", "faults", "users", "requests"];

/// The fields of a form.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// A field; empty when it is not there.
    pub(super) fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// A number, or the text as it is, of which the admin API then complains; `None` when
    /// nothing was filled in.
    pub(super) fn number(&self, name: &str) -> Option<Value> {
        match self.get(name) {
            "" => None,
            text => Some(
                text.parse::<i64>()
                    .map_or_else(|_| Value::from(text), Value::from),
            ),
        }
    }
}

/// Presses the button.
///
/// # Errors
///
/// When the form was not made here, or the admin API refuses. Nothing has changed then.
pub(super) fn press(handle: &Handle, button: &str, form: &[u8]) -> Result<(), Problem> {
    let fields = Fields(form_urlencoded::parse(form).into_owned().collect());
    if !handle.form_token().is(fields.get("token")) {
        let detail = "the form is not one of this emulator's: load the dashboard again";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let (method, path, body) = request(button, &fields).ok_or_else(|| {
        let detail = "there is no such button";
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })?;
    admin::press(handle, &method, &path, &body)
}

/// The request of the admin API that a button stands for.
fn request(button: &str, fields: &Fields) -> Option<(Method, String, Value)> {
    let post = |path: &str, body: Value| Some((Method::POST, path.to_owned(), body));
    let delete = |path: String| Some((Method::DELETE, path, Value::Object(Map::new())));
    match (button, fields.get("do")) {
        ("clock", "freeze") => post("clock", json!({"freeze": true})),
        ("clock", "run") => post("clock", json!({"run": true})),
        ("clock", "5-minutes") => post("clock", json!({"advance_s": 300})),
        ("clock", "2-hours") => post("clock", json!({"advance_s": 7_200})),
        ("clock", moment @ ("next-expiry" | "quota-reset")) => post("clock", json!({"advance_to": moment})),
        ("tokens", family @ ("classic" | "stable")) => post(
            "foreign-refresh",
            json!({"appid": fields.get("appid"), "family": family}),
        ),
        ("faults", "add") => post("faults", faults::described(fields)),
        ("faults", "clear") => delete("faults".to_owned()),
        ("faults", id) if !id.is_empty() && id.bytes().all(|digit| digit.is_ascii_digit()) => {
            delete(format!("faults/{id}"))
        }
        ("users", "auto-consent") => {
            let user = Some(fields.get("user")).filter(|id| !id.is_empty());
            Some((
                Method::PUT,
                "users/auto-consent".to_owned(),
                json!({"user": user}),
            ))
        }
        ("requests", "clear") => delete("journal".to_owned()),
        _ => None,
    }
}
