//! The admin API under `/_emulator/v1/`: what a test in any language needs.
//!
//! One table of endpoints says everything: requests are led by it, and the OpenAPI
//! document is drawn from it.

mod apps;
mod behaviors;
mod clock;
mod faults;
mod har;
mod journal;
mod namespaces;
mod openapi;
mod state;
mod status;
mod tokens;
mod users;

use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::handle::Handle;
use super::problem::Problem;
use super::world::World;
use crate::machine::{Secrets, read_json};

const ROOT: &str = "/_emulator/v1/";
/// The one path whose bodies may be large.
pub(crate) const STATE_PATH: &str = "/_emulator/v1/state";

/// Every endpoint, by resource.
const RESOURCES: [&[Endpoint]; 11] = [
    status::ENDPOINTS,
    state::ENDPOINTS,
    clock::ENDPOINTS,
    apps::ENDPOINTS,
    users::ENDPOINTS,
    tokens::ENDPOINTS,
    faults::ENDPOINTS,
    journal::ENDPOINTS,
    behaviors::ENDPOINTS,
    namespaces::ENDPOINTS,
    openapi::ENDPOINTS,
];

/// One method of one path.
struct Endpoint {
    method: Method,
    /// Below [`ROOT`]; `{name}` stands for one segment.
    path: &'static str,
    summary: &'static str,
    /// The parameters of the query.
    query: &'static [&'static str],
    /// The schema of the request's body.
    takes: Option<&'static str>,
    /// The schema of the answer's body.
    gives: &'static str,
    run: fn(&mut Ask<'_>) -> Result<Answer, Problem>,
}

impl Endpoint {
    const fn new(
        method: Method,
        path: &'static str,
        summary: &'static str,
        gives: &'static str,
        run: fn(&mut Ask<'_>) -> Result<Answer, Problem>,
    ) -> Self {
        Self {
            method,
            path,
            summary,
            query: &[],
            takes: None,
            gives,
            run,
        }
    }

    const fn taking(mut self, schema: &'static str) -> Self {
        self.takes = Some(schema);
        self
    }

    const fn with_query(mut self, names: &'static [&'static str]) -> Self {
        self.query = names;
        self
    }

    /// The segments that stand for the names in the path, when it is this path.
    fn segments<'a>(&self, path: &'a str) -> Option<Vec<&'a str>> {
        let (mut ours, mut theirs) = (self.path.split('/'), path.split('/'));
        let mut named = Vec::new();
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return Some(named),
                (Some(name), Some(segment)) if name.starts_with('{') && !segment.is_empty() => {
                    named.push(segment);
                }
                (Some(ours), Some(theirs)) if ours == theirs => {}
                _ => return None,
            }
        }
    }
}

/// A request for an endpoint.
struct Ask<'a> {
    handle: &'a Handle,
    world: &'a mut World,
    segments: Vec<&'a str>,
    query: Map<String, Value>,
    body: &'a [u8],
}

impl Ask<'_> {
    fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        Ok(read_json(self.body)?)
    }

    /// The first named segment of the path.
    fn segment(&self) -> &str {
        self.segments.first().copied().unwrap_or_default()
    }

    /// The query as a `T`; a misspelt name is no silence.
    fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        Ok(read_json(&serde_json::to_vec(&self.query).unwrap_or_default())?)
    }
}

/// `?secrets=show` shows them.
#[derive(Clone, Copy, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum SecretsParameter {
    #[default]
    Hide,
    Show,
}

impl From<SecretsParameter> for Secrets {
    fn from(parameter: SecretsParameter) -> Self {
        match parameter {
            SecretsParameter::Hide => Self::Hide,
            SecretsParameter::Show => Self::Show,
        }
    }
}

/// The body of a success.
struct Answer(Vec<u8>);

impl Answer {
    fn json(value: &impl Serialize) -> Result<Self, Problem> {
        serde_json::to_vec(value).map(Self).map_err(|_| {
            let detail = "the answer cannot be written as JSON";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
        })
    }

    fn into_response(self) -> Response<Vec<u8>> {
        let mut response = Response::new(self.0);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            HeaderName::from_static("x-content-type-options"),
            HeaderValue::from_static("nosniff"),
        );
        response
    }
}

pub(crate) fn is_admin(path: &str) -> bool {
    path == "/_emulator" || path.starts_with("/_emulator/")
}

/// The reply to an admin request, whatever it is.
pub(crate) fn answer(handle: &Handle, request: &Request<Bytes>) -> Response<Vec<u8>> {
    match admitted(handle, request) {
        Ok(answer) => answer.into_response(),
        Err(problem) => problem.into_response(),
    }
}

fn admitted(handle: &Handle, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let path = request.uri().path().strip_prefix(ROOT).unwrap_or_default();
    let query = request.uri().query().unwrap_or_default();
    carry_out(handle, request.method(), path, query, request.body())
}

/// What one request asks; `path` is below [`ROOT`].
fn carry_out(
    handle: &Handle,
    method: &Method,
    path: &str,
    asked: &str,
    body: &[u8],
) -> Result<Answer, Problem> {
    let mut allowed = Vec::new();
    for endpoint in RESOURCES.into_iter().flatten() {
        let Some(segments) = endpoint.segments(path) else {
            continue;
        };
        if endpoint.method != *method {
            allowed.push(endpoint.method.as_str());
            continue;
        }
        let mut world = handle.lock();
        return (endpoint.run)(&mut Ask {
            handle,
            world: &mut world,
            segments,
            query: query(asked)?,
            body,
        });
    }
    Err(match allowed.is_empty() {
        true => Problem::new(StatusCode::NOT_FOUND, "there is no such admin path"),
        false => Problem::method(allowed.join(", ")),
    })
}

/// A button of the dashboard: one request, and nothing of its answer but whether it was
/// carried out.
pub(crate) fn press(handle: &Handle, method: &Method, path: &str, body: &Value) -> Result<(), Problem> {
    carry_out(handle, method, path, "", body.to_string().as_bytes()).map(drop)
}

/// A query as JSON: what looks like a whole number is one.
fn query(query: &str) -> Result<Map<String, Value>, Problem> {
    let mut fields = Map::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let value = match text.parse::<i64>() {
            Ok(number) => Value::from(number),
            Err(_) => Value::from(text),
        };
        if fields.insert(name.clone().into_owned(), value).is_some() {
            return Err(Problem::field(name, "stands there more than once"));
        }
    }
    Ok(fields)
}
