//! A request, read once: what the endpoints look at.

use std::net::IpAddr;

use data_encoding::HEXLOWER;
use http::{Method, Request, header};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::refusal::Refusal;
use super::time::Millis;

/// Where a machine's paths begin, for the links in its pages: a path such as `/_ns/one`
/// that was taken off before the request got here. An extension of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount(pub String);

pub(crate) struct Call<'a> {
    pub(crate) now: Millis,
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) body: &'a [u8],
    pub(crate) peer: IpAddr,
    pub(crate) host: Option<&'a str>,
    /// What stands before the path in the browser's address, or empty.
    pub(crate) mount: &'a str,
    params: Vec<(String, String)>,
}

impl<'a> Call<'a> {
    pub(crate) fn read<B: AsRef<[u8]>>(now: Millis, request: &'a Request<B>, peer: IpAddr) -> Self {
        let query = request.uri().query().unwrap_or_default();
        Self {
            now,
            method: request.method(),
            path: request.uri().path(),
            query,
            body: request.body().as_ref(),
            peer,
            host: request
                .headers()
                .get(header::HOST)
                .and_then(|host| host.to_str().ok()),
            mount: request.extensions().get::<Mount>().map_or("", |mount| &mount.0),
            params: pairs(query.as_bytes()),
        }
    }

    /// The same request has the same fingerprint.
    pub(crate) fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for part in [
            self.method.as_str().as_bytes(),
            self.path.as_bytes(),
            self.query.as_bytes(),
        ] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update(self.body);
        HEXLOWER.encode(&hash.finalize())
    }

    /// A query parameter; the first of several, and an empty one counts as missing.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.raw_param(name).filter(|value| !value.is_empty())
    }

    /// A query parameter, even when it is empty.
    pub(crate) fn raw_param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The names in the query, in order.
    pub(crate) fn param_names(&self) -> impl Iterator<Item = &str> {
        self.params.iter().map(|(key, _)| key.as_str())
    }

    /// The body as a JSON object.
    ///
    /// # Errors
    ///
    /// 44002 when there is no body, 47001 when it is something else.
    pub(crate) fn json(&self) -> Result<JsonBody, Refusal> {
        if self.body.is_empty() {
            return Err(Refusal::EMPTY_POST_DATA);
        }
        match serde_json::from_slice(self.body) {
            Ok(Value::Object(fields)) => Ok(JsonBody(fields)),
            _ => Err(Refusal::DATA_FORMAT),
        }
    }

    /// The body as a form; anything else gives no fields.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        pairs(self.body)
    }
}

/// The fields of a JSON body.
#[derive(Default)]
pub(crate) struct JsonBody(Map<String, Value>);

impl JsonBody {
    /// A text field; an empty one counts as missing.
    ///
    /// # Errors
    ///
    /// 47001 when it is there and not a text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(Refusal::DATA_FORMAT),
        }
    }

    /// A yes-or-no field; a missing one means no.
    ///
    /// # Errors
    ///
    /// 47001 when it is there and neither `true` nor `false`.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Refusal::DATA_FORMAT),
        }
    }
}

/// Broken escapes and broken UTF-8 are replaced, never refused.
fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    serde_urlencoded::from_bytes(encoded).unwrap_or_default()
}
