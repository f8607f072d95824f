use core::time::Duration;

use super::{UserKind, UserToken, UserTokenParts};
use crate::wire::Speaker;
use crate::{ApiError, AppId, Endpoint, Grant, NoToken, Origin, Reply, Request};

/// How long a refresh token works, counted from the login that brought it: 30 days.
///
/// Refreshing does not renew it, so keep the time of the login; when it is over, the user logs in
/// again. (Tokens of mobile apps live 180 days.)
///
/// # Source
/// Open Platform documentation, "WeChat login for website apps" (documented). For official accounts an
/// older text implies that it can be renewed; the shorter reading is safe under both.
pub const REFRESH_TOKEN_LIFE: Duration = Duration::from_secs(30 * 86_400);

/// Renews a user token with its refresh token; the appsecret takes no part.
///
/// Asking twice does no harm: while the access token lives, WeChat answers with the same one and sets
/// its life back to two hours.
///
/// WeChat says less than at the login: no unionid, and nothing about snapshots. Both are taken over
/// from the token that is renewed, and an answer about somebody else is refused.
///
/// # Source
/// Official account documentation, "Web authorisation", step 3, `GET /sns/oauth2/refresh_token`
/// (documented); the unchanged token in captured replies (observed).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshUserToken {
    appid: AppId,
    held: UserToken,
}

impl RefreshUserToken {
    /// Renews `held`, which the account `appid` obtained.
    pub fn new(appid: &AppId, held: &UserToken) -> Self {
        Self {
            appid: appid.clone(),
            held: held.clone(),
        }
    }
}

impl Endpoint for RefreshUserToken {
    type Token = NoToken;
    type Response = Grant<UserToken>;

    fn request(&self, to: &Origin) -> Request {
        let query = [
            ("appid", self.appid.as_str()),
            ("grant_type", "refresh_token"),
            ("refresh_token", self.held.refresh_token().expose()),
        ];
        Request::get(to.api(), "/sns/oauth2/refresh_token", &query)
    }

    /// # Errors
    /// Also [`ApiError::Malformed`] for an answer with another user's openid or unionid.
    fn parse(&self, response: http::Response<&[u8]>) -> Result<Grant<UserToken>, ApiError> {
        let fresh = UserToken::read(&Reply::read_as(&response, Speaker::TokenEndpoint)?)?;
        let Grant { token, expires_in } = fresh;
        Ok(Grant {
            token: carried_over(self.held.parts(), token.into_parts())?,
            expires_in,
        })
    }
}

fn carried_over(held: &UserTokenParts, fresh: UserTokenParts) -> Result<UserToken, ApiError> {
    if fresh.openid != held.openid {
        return Err(ApiError::malformed("another user's", "openid"));
    }
    if fresh.unionid.is_some() && held.unionid.is_some() && fresh.unionid != held.unionid {
        return Err(ApiError::malformed("another user's", "unionid"));
    }
    Ok(UserToken::from_parts(UserTokenParts {
        unionid: fresh.unionid.or_else(|| held.unionid.clone()),
        scope: if fresh.scope.is_empty() {
            held.scope.clone()
        } else {
            fresh.scope
        },
        kind: match held.kind {
            UserKind::Snapshot => UserKind::Snapshot,
            UserKind::Person => fresh.kind,
        },
        access_token: fresh.access_token,
        refresh_token: fresh.refresh_token,
        openid: fresh.openid,
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answer, sent, token};
    use super::super::{Identity, UnionId};
    use super::*;
    use crate::Advice;

    fn refresh(held: UserTokenParts, body: &str) -> Result<UserTokenParts, ApiError> {
        let appid = AppId::new("wx1").unwrap();
        let endpoint = RefreshUserToken::new(&appid, &UserToken::from_parts(held));
        answer(&endpoint, body).map(|grant| grant.token.into_parts())
    }

    fn held() -> UserTokenParts {
        token("oABC").into_parts()
    }

    fn with_unionid(unionid: &str) -> UserTokenParts {
        let unionid = Some(UnionId::new(unionid).unwrap());
        UserTokenParts { unionid, ..held() }
    }

    const SAME_USER: &str = r#"{"access_token":"A2","expires_in":7200,"refresh_token":"R2","openid":"oABC","scope":"snsapi_base"}"#;

    #[test]
    fn the_refresh_goes_without_the_secret_and_in_the_documented_order() {
        let endpoint = RefreshUserToken::new(&AppId::new("wx1").unwrap(), &token("oABC"));
        assert_eq!(
            sent(&endpoint),
            "https://api.weixin.qq.com/sns/oauth2/refresh_token\
             ?appid=wx1&grant_type=refresh_token&refresh_token=REFRESH"
        );
    }

    #[test]
    fn tokens_and_scope_are_taken_from_the_answer() {
        let fresh = refresh(held(), SAME_USER).unwrap();
        assert_eq!(fresh.access_token.expose(), "A2");
        assert_eq!(fresh.refresh_token.expose(), "R2");
        assert_eq!(fresh.scope, "snsapi_base");
    }

    #[test]
    fn what_the_answer_leaves_out_is_kept() {
        let held = UserTokenParts {
            kind: UserKind::Snapshot,
            ..with_unionid("u1")
        };
        let silent = SAME_USER.replace(r#","scope":"snsapi_base""#, "");
        let fresh = refresh(held, &silent).unwrap();
        assert_eq!(fresh.scope, "snsapi_userinfo");
        assert_eq!(fresh.unionid.as_ref().unwrap().as_str(), "u1");
        assert_eq!(fresh.kind, UserKind::Snapshot);
    }

    #[test]
    fn what_the_answer_adds_is_taken() {
        let more = SAME_USER.replace("}", r#","unionid":"u1","is_snapshotuser":1}"#);
        let fresh = refresh(held(), &more).unwrap();
        assert_eq!(fresh.unionid.as_ref().unwrap().as_str(), "u1");
        let identity = UserToken::from_parts(fresh);
        assert!(matches!(identity.identity(), Identity::Snapshot { .. }));
    }

    #[test]
    fn another_users_token_is_refused() {
        let other = SAME_USER.replace("oABC", "oXYZ");
        assert_eq!(
            refresh(held(), &other),
            Err(ApiError::malformed("another user's", "openid"))
        );
        let other = SAME_USER.replace("}", r#","unionid":"u2"}"#);
        assert_eq!(
            refresh(with_unionid("u1"), &other),
            Err(ApiError::malformed("another user's", "unionid"))
        );
    }

    #[test]
    fn a_login_can_be_renewed_for_thirty_days() {
        assert_eq!(REFRESH_TOKEN_LIFE.as_secs(), 2_592_000);
    }

    #[test]
    fn a_dead_refresh_token_restarts_the_login() {
        for code in [40030, 42002, 42007] {
            let body = format!(r#"{{"errcode":{code},"errmsg":"invalid refresh_token"}}"#);
            assert_eq!(refresh(held(), &body).unwrap_err().advice(), Advice::RestartLogin);
        }
        let body = r#"{"errcode":40001,"errmsg":"invalid credential"}"#;
        assert_eq!(refresh(held(), body).unwrap_err().advice(), Advice::FixConfig);
    }
}
