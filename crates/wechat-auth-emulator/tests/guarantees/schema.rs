//! Holds requests and answers of the admin API against the OpenAPI document. It knows the
//! part of JSON Schema that the document uses, and refuses any other.

use std::sync::OnceLock;

use serde_json::Value;
use wechat_auth_emulator::Emulator;

use super::wire::Answer;

const ROOT: &str = "/_emulator/v1";

/// The document that the server serves.
pub(crate) fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let emulator = Emulator::builder().start().await.unwrap();
                let to = emulator.local_addr();
                let request =
                    format!("GET {ROOT}/openapi.json HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\r\n");
                super::wire::send(to, request).await.json()
            })
        })
        .join()
        .unwrap()
    })
}

/// Panics when the answer is not what the document says, or when a request was carried
/// out that the document does not allow.
pub(crate) fn hold(method: &str, path: &str, body: &str, answer: &Answer) {
    let Some((_, path)) = path.split_once(ROOT) else {
        return;
    };
    let path = path.split('?').next().unwrap();
    let Some(operation) = operation(method, path) else {
        assert!(
            matches!(answer.status, 404 | 405),
            "{method} {path} is not in the document"
        );
        return;
    };
    let response = match answer.status {
        200 => &operation["responses"]["200"],
        _ => &operation["responses"]["default"],
    };
    let (media_type, content) = response["content"].as_object().unwrap().iter().next().unwrap();
    assert!(
        answer.head.contains(&format!("content-type: {media_type}")),
        "{method} {path}: {}",
        answer.head
    );
    if let Err(why) = check(&content["schema"], &answer.json()) {
        panic!(
            "the answer of {method} {path} is not as described: {why}\n{}",
            answer.body
        );
    }
    if answer.status == 200 && !body.is_empty() {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let body = serde_json::from_str(body).unwrap();
        if schema.is_object()
            && let Err(why) = check(schema, &body)
        {
            panic!("{method} {path} took what is not described: {why}\n{body}");
        }
    }
}

fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let fits = |pattern: &str| {
        let (ours, theirs): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
        ours.len() == theirs.len()
            && ours
                .iter()
                .zip(&theirs)
                .all(|(ours, theirs)| ours == theirs || ours.starts_with('{'))
    };
    let paths = document()["paths"].as_object().unwrap();
    paths
        .iter()
        .filter(|(pattern, _)| fits(pattern))
        .find_map(|(_, operations)| operations.get(method.to_ascii_lowercase()))
}

/// Whether `value` is as `schema` says.
pub(crate) fn check(schema: &Value, value: &Value) -> Result<(), String> {
    let fail = |why: &str| Err(format!("{value} {why}"));
    for (keyword, rule) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$ref" => {
                let name = rule
                    .as_str()
                    .unwrap()
                    .strip_prefix("#/components/schemas/")
                    .unwrap();
                let named = document()["components"]["schemas"].get(name);
                check(
                    named.unwrap_or_else(|| panic!("there is no schema {name}")),
                    value,
                )?;
            }
            "type" => {
                let is_it = match rule.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "number" => value.is_number(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    other => panic!("unknown type {other}"),
                };
                if !is_it {
                    return fail(&format!("is no {rule}"));
                }
            }
            "properties" => {
                for (name, schema) in rule.as_object().unwrap() {
                    if let Some(field) = value.get(name) {
                        check(schema, field).map_err(|why| format!("{name}: {why}"))?;
                    }
                }
            }
            "required" => {
                for name in rule.as_array().unwrap() {
                    if value.get(name.as_str().unwrap()).is_none() {
                        return fail(&format!("lacks {name}"));
                    }
                }
            }
            "additionalProperties" => {
                let known = schema["properties"].as_object().unwrap();
                let mut fields = value.as_object().into_iter().flat_map(|fields| fields.keys());
                let unknown = fields.find(|name| !known.contains_key(*name));
                if let (Some(name), Value::Bool(false)) = (unknown, rule) {
                    return fail(&format!("has the field {name}"));
                }
            }
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    check(rule, item)?;
                }
            }
            "anyOf" => {
                if !rule
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|schema| check(schema, value).is_ok())
                {
                    return fail("is none of what it may be");
                }
            }
            "enum" => {
                if !rule.as_array().unwrap().contains(value) {
                    return fail("is not in the list");
                }
            }
            "const" => {
                if rule != value {
                    return fail("is another value");
                }
            }
            "minimum" => {
                if value.as_f64() < rule.as_f64() {
                    return fail("is too small");
                }
            }
            "maximum" => {
                if value.as_f64() > rule.as_f64() {
                    return fail("is too big");
                }
            }
            "description" => {}
            other => panic!("unknown keyword {other}"),
        }
    }
    Ok(())
}
