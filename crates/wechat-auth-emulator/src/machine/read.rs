//! JSON from outside, and complaints that name the field and repeat no value.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

/// Why a JSON text is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{detail}", field.as_ref().map(|field| format!("{field} ")).unwrap_or_default())]
#[non_exhaustive]
pub struct Unreadable {
    /// The path of the field, such as `fault.path`; `None` when it is the text as a whole.
    pub field: Option<String>,
    /// What is wrong with it. Never repeats a value: it may be a secret.
    pub detail: String,
}

/// Reads the whole of `json` as a `T`.
pub(crate) fn json<T: DeserializeOwned>(json: &[u8]) -> Result<T, Unreadable> {
    let whole = |detail: &str| Unreadable {
        field: None,
        detail: detail.to_owned(),
    };
    // A derived struct would take an array as well: its fields in their order.
    if json.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(whole("the body must be a JSON object"));
    }
    let mut text = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut text).map_err(|error| {
        // To the parser a number where a name should stand is bad syntax.
        match serde_json::from_slice::<IgnoredAny>(json) {
            Ok(_) => explained(&error),
            Err(_) => whole("the body must be a JSON object"),
        }
    })?;
    text.end()
        .map_err(|_| whole("the body must be one JSON object"))?;
    Ok(value)
}

fn explained(error: &serde_path_to_error::Error<serde_json::Error>) -> Unreadable {
    let path = error.path().to_string();
    let inner = error.inner();
    let message = inner.to_string();
    let named = message.split('`').nth(1).unwrap_or_default();
    let below = |name: &str| match path.as_str() {
        "." => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    let (field, detail) = if message.starts_with("missing field") {
        (below(named), "is required".to_owned())
    } else if message.starts_with("duplicate field") {
        (below(named), "stands there more than once".to_owned())
    } else if message.starts_with("unknown field") {
        (path, "is not a field of this request".to_owned())
    } else if inner.classify() == Category::Data {
        (path, wanted(&message))
    } else {
        (path, "has a value that cannot be".to_owned())
    };
    Unreadable {
        field: Some(field.chars().take(128).collect()),
        detail,
    }
}

/// The part of a message that says what was expected, without what was found.
fn wanted(message: &str) -> String {
    let position = message.rfind(" at line ").unwrap_or(message.len());
    let message = message.get(..position).unwrap_or_default();
    match message.rsplit_once("expected ") {
        Some((_, "u64" | "u32" | "u16" | "u8")) => "must be a whole number, and not negative".to_owned(),
        Some((_, "i64")) => "must be a whole number".to_owned(),
        Some((_, "a boolean")) => "must be true or false".to_owned(),
        Some((_, "a string")) => "must be a text".to_owned(),
        Some((_, wanted)) => format!("must be {}", wanted.replace('`', "")),
        None => "has a value that cannot be".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{App, Behavior};

    #[test]
    fn a_complaint_names_the_field_and_what_it_wants() {
        for (text, field, detail) in [
            ("", None, "the body must be a JSON object"),
            ("[]", None, "the body must be a JSON object"),
            ("{", None, "the body must be a JSON object"),
            ("{} {}", None, "the body must be one JSON object"),
            (
                r#"{"overlap":1}"#,
                Some("overlap"),
                "is not a field of this request",
            ),
            (
                r#"{"overlap_s":"1"}"#,
                Some("overlap_s"),
                "must be a whole number, and not negative",
            ),
            (
                r#"{"overlap_s":-1}"#,
                Some("overlap_s"),
                "must be a whole number, and not negative",
            ),
            (
                r#"{"classic_slots":"three"}"#,
                Some("classic_slots"),
                "must be one of one, two, overlapping",
            ),
            (
                r#"{"classic_slots":3}"#,
                Some("classic_slots"),
                "has a value that cannot be",
            ),
            (
                r#"{"force_too_soon":{"refused":"no"}}"#,
                Some("force_too_soon.refused"),
                "must be a whole number",
            ),
            (
                r#"{"overlap_s":1,"overlap_s":2}"#,
                Some("overlap_s"),
                "stands there more than once",
            ),
        ] {
            let unreadable = Behavior::from_json(text.as_bytes()).unwrap_err();
            assert_eq!(
                (unreadable.field.as_deref(), unreadable.detail.as_str()),
                (field, detail),
                "{text}"
            );
        }
    }

    #[test]
    fn a_complaint_repeats_no_value() {
        for text in [
            r#"{"appid":"wx1","secret":["marker"]}"#,
            r#"{"appid":"wx1","secret":"s","kind":"expected marker"}"#,
            r#"{"appid":{"marker":1}}"#,
            r#"{"appid":"wx1","secret":"s","allow_list":["marker at line 7"]}"#,
        ] {
            let unreadable = json::<App>(text.as_bytes()).unwrap_err();
            assert!(!unreadable.to_string().contains("marker"), "{unreadable}");
        }
    }
}
