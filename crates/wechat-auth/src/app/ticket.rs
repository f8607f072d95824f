use crate::{ApiError, AppToken, Endpoint, Grant, Origin, Reply, Request, Secret};

/// Fetches the ticket that signatures are made with: for pages that use the JS-SDK, or for cards. See
/// [`jssdk`](crate::jssdk) for the signatures.
///
/// A life of 7200 s. The number of fetches is "very limited", and the limit unknown: one ticket serves
/// all pages of an account.
///
/// # Refusals worth knowing
/// 40001, 40014, 42001 (the app token is not valid any more), 48001 (the account lacks the permission),
/// 45009 (the day's fetches are used up), -1 (busy).
///
/// # Source
/// Official documentation of the JS-SDK, appendix on `jsapi_ticket`, and of cards (documented). Whether
/// another fetch ends the ticket before it is not said anywhere (assumed: it may).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GetTicket {
    kind: TicketType,
}

/// What the ticket signs. A ticket of one kind is of no use for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TicketType {
    /// `jsapi`: pages, by `wx.config`.
    JsApi,
    /// `wx_card`: cards, by `wx.addCard` and `wx.chooseCard`, and invoices.
    WxCard,
}

impl TicketType {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JsApi => "jsapi",
            Self::WxCard => "wx_card",
        }
    }
}

/// A ticket: a secret that never leaves the server, since whoever holds it can sign pages as the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket(Secret);

impl Ticket {
    /// A ticket that came from elsewhere, such as a central server.
    pub fn new(value: impl Into<Secret>) -> Self {
        Self(value.into())
    }

    /// The ticket, as WeChat sent it.
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

impl GetTicket {
    /// A ticket of this kind.
    pub const fn new(kind: TicketType) -> Self {
        Self { kind }
    }

    /// The ticket's kind.
    pub const fn kind(&self) -> TicketType {
        self.kind
    }
}

impl Endpoint for GetTicket {
    type Token = AppToken;
    type Response = Grant<Ticket>;

    fn request(&self, to: &Origin) -> Request {
        Request::get(
            to.api(),
            "/cgi-bin/ticket/getticket",
            &[("type", self.kind.as_str())],
        )
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<Self::Response, ApiError> {
        let reply = Reply::read(&response)?;
        Ok(Grant {
            token: Ticket::new(reply.secret("ticket")?),
            expires_in: reply.expires_in()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::app::testing::{advised, answered, missed, sent};
    use crate::{Advice, Credential};

    #[test]
    fn each_kind_goes_by_its_name_on_the_wire() {
        for (kind, uri) in [
            (
                TicketType::JsApi,
                "https://api.weixin.qq.com/cgi-bin/ticket/getticket?type=jsapi",
            ),
            (
                TicketType::WxCard,
                "https://api.weixin.qq.com/cgi-bin/ticket/getticket?type=wx_card",
            ),
        ] {
            assert_eq!(sent(&GetTicket::new(kind)), ["GET", uri, "", ""]);
        }
    }

    #[test]
    fn the_token_stands_before_the_type() {
        let request = GetTicket::new(TicketType::JsApi).request(&Origin::wechat());
        let http = AppToken::new("70_a").authorize(request).into_http().unwrap();
        assert_eq!(http.uri().query(), Some("access_token=70_a&type=jsapi"));
    }

    #[test]
    fn the_ticket_is_read_from_an_answer_with_an_errcode_of_zero() {
        let body = r#"{"errcode":0,"errmsg":"ok","ticket":"sM4AOVdW-_x","expires_in":7200}"#;
        let grant = answered(&GetTicket::new(TicketType::JsApi), body).unwrap();
        assert_eq!(grant.token, Ticket::new("sM4AOVdW-_x"));
        assert_eq!(grant.expires_in, Duration::from_secs(7200));
        assert!(!format!("{grant:?}").contains("sM4A"));
    }

    #[test]
    fn a_refused_token_is_to_be_replaced_and_a_missing_ticket_is_named() {
        let fetch = GetTicket::new(TicketType::JsApi);
        let refused = r#"{"errcode":40001,"errmsg":"invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r rid: 6aac005a-01bfdbee-79769285"}"#;
        assert_eq!(advised(&fetch, refused), Advice::NewToken);
        assert_eq!(
            missed(&fetch, r#"{"errcode":0,"errmsg":"ok","expires_in":7200}"#),
            "ticket"
        );
        assert_eq!(missed(&fetch, r#"{"errcode":0,"ticket":"a"}"#), "expires_in");
    }
}
