//! The OpenAPI document, held against the server.

use serde_json::Value;

use super::schema::{check, document};
use super::wire::{emulator, send};

/// Every schema that the document names is there, and none is left over.
#[test]
fn the_document_names_every_schema_it_has_and_has_every_schema_it_names() {
    let text = document().to_string();
    let schemas = document()["components"]["schemas"].as_object().unwrap();
    for name in schemas.keys() {
        assert!(
            text.contains(&format!("\"#/components/schemas/{name}\"")),
            "{name}"
        );
    }
    for named in text.split("\"#/components/schemas/").skip(1) {
        let name = named.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
    assert_eq!(document()["openapi"], "3.1.0");
}

/// The server answers what is described, with none but the methods that are described.
#[tokio::test]
async fn each_described_path_answers_exactly_its_methods() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    for (path, operations) in document()["paths"].as_object().unwrap() {
        let described: Vec<String> = operations
            .as_object()
            .unwrap()
            .keys()
            .map(|method| method.to_ascii_uppercase())
            .collect();
        let path = path.replace(['{', '}'], "");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let answer = send(
                to,
                format!(
                    "{method} /_emulator/v1{path} HTTP/1.1\r\nHost: {to}\r\nContent-Type: application/json\r\n\
                     Content-Length: 2\r\nConnection: close\r\n\r\n[]"
                ),
            )
            .await;
            let answers = answer.status != 405;
            assert_eq!(
                answers,
                described.iter().any(|known| known == method),
                "{method} {path}"
            );
        }
    }
}

/// A body that leaves out what is required, or has a field that is not described, is
/// refused with its name, wherever a body is taken.
#[tokio::test]
async fn each_described_body_is_refused_with_a_field_too_many() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    for (path, operations) in document()["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if operation["requestBody"].is_null() {
                continue;
            }
            let method = method.to_ascii_uppercase();
            let path = path.replace("{appid}", super::world::APPID);
            let body = r#"{"no_such_field":1}"#;
            let answer = send(
                to,
                format!(
                    "{method} /_emulator/v1{path} HTTP/1.1\r\nHost: {to}\r\nContent-Type: application/json\r\n\
                     Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                ),
            )
            .await;
            assert_eq!(answer.status, 400, "{method} {path} {}", answer.body);
            assert_eq!(
                answer.json()["field"],
                "no_such_field",
                "{method} {path} {}",
                answer.body
            );
        }
    }
}

#[test]
fn the_checker_refuses_what_is_not_as_described() {
    let schema = serde_json::json!({ "$ref": "#/components/schemas/Clock" });
    let good = serde_json::json!({ "now_unix_s": 1, "now_unix_ms": 1_000, "running": true });
    assert_eq!(check(&schema, &good), Ok(()));
    for (name, value) in [
        ("now_unix_s", Value::from(-1)),
        ("now_unix_s", Value::from("1")),
        ("running", Value::Null),
        ("more", Value::from(1)),
    ] {
        let mut bad = good.clone();
        bad[name] = value;
        assert!(check(&schema, &bad).is_err(), "{bad}");
    }
}
