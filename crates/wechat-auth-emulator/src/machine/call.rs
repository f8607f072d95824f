//! A request, read once: what the endpoints look at.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

use http::{HeaderMap, Method, Request, header};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::json_body::JsonBody;
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
    pub(crate) headers: &'a HeaderMap,
    params: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    json: OnceCell<Result<JsonBody<'a>, Refusal>>,
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
            headers: request.headers(),
            params: pairs(query),
            json: OnceCell::new(),
        }
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        // Its keys are fixed, so that it repeats itself.
        let mut hash = DefaultHasher::new();
        for part in [self.method.as_str(), self.path, self.query] {
            // Ends each part with a byte that is in none of them.
            part.hash(&mut hash);
        }
        hash.write(self.body);
        Fingerprint(hash.finish())
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
            .map(|(_, value)| value.as_ref())
    }

    /// The names in the query, in order.
    pub(crate) fn param_names(&self) -> impl Iterator<Item = &str> {
        self.params.iter().map(|(key, _)| key.as_ref())
    }

    /// The body as a JSON object.
    ///
    /// # Errors
    ///
    /// 44002 when there is no body, 47001 when it is something else.
    pub(crate) fn json(&self) -> Result<&JsonBody<'a>, Refusal> {
        let read = self.json.get_or_init(|| JsonBody::read(self.body));
        read.as_ref().map_err(Clone::clone)
    }

    /// The body as a form; anything else gives no fields.
    pub(crate) fn form(&self) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
        form_urlencoded::parse(self.body).collect()
    }
}

/// The same request has the same fingerprint: of two others it is the same once in 2^64.
///
/// Which number it is may change with the compiler; then answers of an older state are as
/// good as forgotten.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint(u64);

impl Serialize for Fingerprint {
    /// Hex digits: not every reader of JSON keeps so large a number.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        let number = u64::from_str_radix(&digits, 16);
        number
            .map(Self)
            .map_err(|_| D::Error::custom("expected 16 hex digits"))
    }
}

/// Broken escapes and broken UTF-8 are replaced, never refused.
fn pairs(query: &str) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    // Names and tokens are what they seem, and long. Counting looks at many bytes at once,
    // where looking for the first would not.
    let escapes = query.bytes().filter(|byte| matches!(byte, b'%' | b'+')).count();
    if escapes > 0 {
        return form_urlencoded::parse(query.as_bytes()).collect();
    }
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let named = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    named
        .map(|(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_a_form_is() {
        for query in [
            "",
            "a",
            "a=",
            "=b",
            "=",
            "&&a=b&",
            "a=b=c",
            "a=%41+b&%61=x",
            "a=%zz&b=%ff",
            "a=é&%=1",
        ] {
            let form: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
            assert_eq!(pairs(query), form, "{query}");
        }
    }
}
