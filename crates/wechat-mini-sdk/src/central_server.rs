use core::fmt;
use core::time::Duration;

use http::HeaderValue;
use http::header::AUTHORIZATION;
use wechat_auth::keeper::{Ask, Fetch, Force, Issue, Policy, Refresh};
use wechat_auth::{ApiError, AppId, AppToken, BaseUrl, Grant, NoToken, Origin, Reply, Request, Secret};

// ANCHOR: central_server
/// An account's token from the company's own server (中控服务器), which alone knows the appsecret.
///
/// `GET {server}/v1/app-token/{appid}` with `Authorization: Bearer {key}` answers
/// `{"appid":"wx…","access_token":"…","expires_in":600}`: the token that is current now, and for how many
/// seconds, 60 at least, the server vouches for it. That is what is left of its life, or less when the server
/// may replace it before. A refusal may have WeChat's form (`errcode`), whose advice then counts.
#[derive(Clone)]
pub struct CentralServer {
    appid: AppId,
    server: BaseUrl,
    authorization: HeaderValue,
}

impl Fetch for CentralServer {
    type Token = AppToken;
    type Needs = NoToken;

    /// Asking is free and brings the same token until the server has another. One in the same data centre
    /// answers within seconds or not at all.
    fn policy(&self) -> Policy {
        Policy {
            issue: Issue::Repeats {
                force: Force::Impossible,
            },
            refresh: Refresh::Before {
                window: Duration::from_secs(60),
                jitter: Duration::from_secs(15),
            },
            attempt_timeout: Duration::from_secs(3),
            ..Policy::stable()
        }
    }

    fn request(&self, _: Ask, _wechat: &Origin) -> Request {
        let path = format!("/v1/app-token/{}", self.appid);
        Request::get(&self.server, &path, &[]).header(AUTHORIZATION, self.authorization.clone())
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<Grant<AppToken>, ApiError> {
        let reply = Reply::read(&response)?;
        if reply.text("appid")? != self.appid.as_str() {
            let what = "another account's token";
            return Err(ApiError::Malformed { what, at: "appid" });
        }
        Ok(Grant {
            token: AppToken::new(reply.secret("access_token")?),
            expires_in: reply.expires_in()?,
        })
    }

    fn is_same(&self, held: &AppToken, got: &AppToken) -> bool {
        held == got
    }

    fn name(&self) -> String {
        format!("central {}", self.appid)
    }

    fn save(&self, token: &AppToken) -> Secret {
        token.secret().clone()
    }

    fn load(&self, saved: &Secret) -> Option<AppToken> {
        Some(AppToken::new(saved.clone()))
    }
}
// ANCHOR_END: central_server

impl CentralServer {
    /// The token of `appid`, from `server`, to which `key` proves who asks.
    ///
    /// # Errors
    /// [`InvalidKey`], which does not repeat it.
    pub fn new(appid: AppId, server: BaseUrl, key: &Secret) -> Result<Self, InvalidKey> {
        if key.is_empty() || !key.expose().bytes().all(|b| b.is_ascii_graphic()) {
            return Err(InvalidKey);
        }
        let bearer = format!("Bearer {}", key.expose());
        let mut authorization = HeaderValue::try_from(bearer).map_err(|_| InvalidKey)?;
        authorization.set_sensitive(true);
        Ok(Self {
            appid,
            server,
            authorization,
        })
    }

    /// Whose tokens these are.
    pub fn appid(&self) -> &AppId {
        &self.appid
    }
}

impl fmt::Debug for CentralServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CentralServer({} at {})", self.appid, self.server.as_str())
    }
}

/// The key cannot stand in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token server's key must be printable ASCII without blanks: copy it again")]
pub struct InvalidKey;

#[cfg(test)]
mod tests {
    use super::*;

    fn server(key: &str) -> Result<CentralServer, InvalidKey> {
        let base = BaseUrl::parse("https://tokens.internal").unwrap();
        CentralServer::new(AppId::new("wx1").unwrap(), base, &Secret::from(key))
    }

    #[test]
    fn it_is_asked_for_one_account_with_the_key_in_a_header_and_not_in_the_url() {
        let request = server("k").unwrap().request(Ask::Normal, &Origin::wechat());
        let request = request.into_http().unwrap();
        assert_eq!(request.uri(), "https://tokens.internal/v1/app-token/wx1");
        assert_eq!(request.headers()[AUTHORIZATION], "Bearer k");
    }

    #[test]
    fn another_accounts_token_is_refused_before_it_is_used() {
        let answer = |appid| format!(r#"{{"appid":"{appid}","access_token":"70_a","expires_in":600}}"#);
        let read = |body: String| server("k").unwrap().parse(http::Response::new(body.as_bytes()));
        assert!(read(answer("wx1")).is_ok());
        let Err(ApiError::Malformed { at, .. }) = read(answer("wx2")) else {
            panic!()
        };
        assert_eq!(at, "appid");
    }

    #[test]
    fn a_key_with_blanks_or_line_ends_is_refused() {
        for bad in ["", "a b", "a\n", "ü"] {
            assert_eq!(server(bad).unwrap_err(), InvalidKey, "{bad:?}");
        }
    }
}
