//! `openapi.json`: the admin API described, from the table that it runs on.

use http::Method;
use serde_json::{Map, Value, json};

use super::{Answer, Ask, Endpoint, RESOURCES};
use crate::server::problem::Problem;

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::new(
    Method::GET,
    "openapi.json",
    "This document",
    "OpenApi",
    serve,
)];

/// What goes over the wire, by name.
const SCHEMAS: &str = include_str!("schemas.json");

fn serve(_: &mut Ask<'_>) -> Result<Answer, Problem> {
    Answer::json(&document())
}

fn document() -> Value {
    let mut paths = Map::new();
    for endpoint in RESOURCES.into_iter().flatten() {
        let path = format!("/{}", endpoint.path);
        let operations = paths.entry(path).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(operations) = operations {
            let method = endpoint.method.as_str().to_ascii_lowercase();
            operations.insert(method, operation(endpoint));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "WeChat credential emulator: admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "For programs on the same machine. Below /_ns/NAME the same API belongs to that namespace.",
        },
        "servers": [{ "url": "/_emulator/v1" }],
        "paths": paths,
        "components": { "schemas": serde_json::from_str::<Value>(SCHEMAS).unwrap_or_default() },
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let in_path = endpoint
        .path
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let in_query = endpoint
        .query
        .iter()
        .map(|name| json!({ "name": name, "in": "query", "schema": {} }));
    let parameters: Vec<Value> = in_path.chain(in_query).collect();
    let mut operation = json!({
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": {
            "200": { "description": "Done", "content": content("application/json", endpoint.gives) },
            "default": {
                "description": "Not done, and nothing has changed",
                "content": content("application/problem+json", "Problem"),
            },
        },
    });
    if let (Some(schema), Value::Object(fields)) = (endpoint.takes, &mut operation) {
        let body = json!({ "required": true, "content": content("application/json", schema) });
        fields.insert("requestBody".to_owned(), body);
    }
    operation
}

fn content(media_type: &str, schema: &str) -> Value {
    json!({ media_type: { "schema": { "$ref": format!("#/components/schemas/{schema}") } } })
}
