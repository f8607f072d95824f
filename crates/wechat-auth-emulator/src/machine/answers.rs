//! What the API answered last, to be given once more.

use http::{HeaderValue, Response, StatusCode, header};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::call::Fingerprint;
use super::reply::respond;
use crate::recent::Recent;

/// Answers remembered.
const REMEMBERED: usize = 1_000;

/// The last answer to each of the newest thousand requests.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Answers(Recent<Answer, REMEMBERED, Fingerprint>);

impl Answers {
    /// Remembers what the same request is answered this time.
    pub(super) fn remember(&mut self, request: Fingerprint, response: &Response<Vec<u8>>) {
        // Nearly always the answer has the length of the last one, which makes room for it.
        match self.0.get_mut(&request) {
            Some(answer) => answer.become_copy_of(response),
            None => {
                let mut answer = Answer::default();
                answer.become_copy_of(response);
                self.0.insert(request, answer);
            }
        }
    }

    pub(super) fn knows(&self, request: Fingerprint) -> bool {
        self.0.get(&request).is_some()
    }

    pub(super) fn last(&self, request: Fingerprint) -> Option<Response<Vec<u8>>> {
        let answer = self.0.get(&request)?;
        let json = || HeaderValue::from_static("application/json");
        let content_type = answer.content_type.clone().unwrap_or_else(json);
        Some(respond(StatusCode::OK, content_type, answer.body.clone()))
    }
}

#[derive(Default)]
struct Answer {
    content_type: Option<HeaderValue>,
    body: Vec<u8>,
}

impl Answer {
    fn become_copy_of(&mut self, response: &Response<Vec<u8>>) {
        self.content_type = response.headers().get(header::CONTENT_TYPE).cloned();
        self.body.clear();
        self.body.extend_from_slice(response.body());
    }
}

/// An answer as it is written: replies of the API are UTF-8.
#[derive(Serialize, Deserialize)]
struct Written {
    content_type: String,
    body: String,
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let content_type = self.content_type.as_ref().and_then(|value| value.to_str().ok());
        let written = Written {
            content_type: content_type.unwrap_or_default().to_owned(),
            body: String::from_utf8_lossy(&self.body).into_owned(),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        Ok(Self {
            content_type: HeaderValue::try_from(written.content_type).ok(),
            body: written.body.into_bytes(),
        })
    }
}
