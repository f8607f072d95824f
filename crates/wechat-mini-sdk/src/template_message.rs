use core::fmt;
use std::collections::BTreeMap;

use serde::Serialize;
use wechat_auth::login::OpenId;
use wechat_auth::{ApiError, AppToken, Endpoint, Origin, Reply, Request};

use crate::Api;

// ANCHOR: template_message
/// Sends a template message (模板消息) to one follower.
///
/// A message that brought no answer may have been sent, so nothing here repeats it. Who wants to repeat it
/// gives it an [`id`](Self::with_client_msg_id) first.
///
/// # Source
/// Official page of `sendTemplateMessage`, `POST /cgi-bin/message/template/send` (documented).
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct TemplateMessage {
    touser: String,
    template_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_msg_id: Option<String>,
    data: BTreeMap<String, Value>,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
struct Value {
    value: String,
}

impl Api for TemplateMessage {
    const PATH: &'static str = "/cgi-bin/message/template/send";
}

impl Endpoint for TemplateMessage {
    type Token = AppToken;
    type Response = MessageId;

    fn request(&self, to: &Origin) -> Request {
        // Strings and a map of them always serialise.
        let body = serde_json::to_vec(self).unwrap_or_default();
        Request::post_json(to.api(), Self::PATH, &[], body)
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<MessageId, ApiError> {
        Ok(MessageId(Reply::read(&response)?.u64("msgid")?))
    }
}
// ANCHOR_END: template_message

impl TemplateMessage {
    /// To this follower, by this template of the account, and without any field yet.
    pub fn new(to: &OpenId, template_id: impl Into<String>) -> Self {
        Self {
            touser: to.as_str().to_owned(),
            template_id: template_id.into(),
            url: None,
            client_msg_id: None,
            data: BTreeMap::new(),
        }
    }

    /// The same, with what stands where the template says `{{name.DATA}}`.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let value = value.into();
        self.data.insert(name.into(), Value { value });
        self
    }

    /// The same, with the page that opens when the message is tapped.
    #[must_use]
    pub fn with_url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// The same, with an id of the caller's: WeChat sends a message with the same id to the same user once
    /// within 10 minutes (documented), so that it can be repeated in doubt.
    #[must_use]
    pub fn with_client_msg_id(mut self, id: impl Into<String>) -> Self {
        self.client_msg_id = Some(id.into());
        self
    }
}

/// A message is about a person: only the template and the number of fields are shown.
impl fmt::Debug for TemplateMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, fields) = (&self.template_id, self.data.len());
        write!(f, "TemplateMessage({id}, {fields} fields)")
    }
}

/// WeChat's number of a message: its later event, whether it arrived, names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_sixty_three_bits_survives() {
        let message = TemplateMessage::new(&OpenId::new("o6_b").unwrap(), "T1");
        let answer = br#"{"errcode":0,"errmsg":"ok","msgid":3171489871871950849}"#;
        let read = message.parse(http::Response::new(answer.as_slice()));
        assert_eq!(read, Ok(MessageId(3_171_489_871_871_950_849)));
    }
}
