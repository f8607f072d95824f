use core::fmt;

use super::UserToken;
use crate::wire::Speaker;
use crate::{Account, ApiError, Endpoint, Grant, NoToken, Origin, Reply, Request, Secret};

/// A code on its way to being spent: the exchange of what the browser brought for a user token.
///
/// WeChat spends a code once. After a transport error nobody knows whether it was spent, so the
/// exchange is never repeated: the user starts again. Hence there is one of these for each login, and
/// it cannot be copied:
///
/// ```compile_fail,E0277
/// use wechat_auth::login::CodeGrant;
/// fn needs_clone<T: Clone>() {}
/// needs_clone::<CodeGrant>();
/// ```
///
/// Its errors are the login's: 40029 (not valid), 40163 (spent already) and 42003 (expired) advise to
/// start again, and 40226 says that WeChat blocks this user.
///
/// # Source
/// Official account documentation, "Web authorisation", step 2, `GET /sns/oauth2/access_token`
/// (documented).
#[must_use = "the user is not logged in before the code is exchanged"]
#[derive(PartialEq, Eq)]
pub struct CodeGrant {
    account: Account,
    code: Secret,
}

impl CodeGrant {
    pub(super) fn new(account: Account, code: Secret) -> Self {
        Self { account, code }
    }
}

impl Endpoint for CodeGrant {
    type Token = NoToken;
    type Response = Grant<UserToken>;

    fn request(&self, to: &Origin) -> Request {
        let query = [
            ("appid", self.account.appid().as_str()),
            ("secret", self.account.secret().expose()),
            ("code", self.code.expose()),
            ("grant_type", "authorization_code"),
        ];
        Request::get(to.api(), "/sns/oauth2/access_token", &query)
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<Grant<UserToken>, ApiError> {
        UserToken::read(&Reply::read_as(&response, Speaker::TokenEndpoint)?)
    }
}

impl fmt::Debug for CodeGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeGrant")
            .field("appid", self.account.appid())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answer, sent};
    use super::super::{Identity, Scope, UserKind};
    use super::*;
    use crate::Advice;
    use core::time::Duration;

    fn grant() -> CodeGrant {
        CodeGrant::new(Account::new("wx1", "APP+SECRET").unwrap(), "CO&DE".into())
    }

    #[test]
    fn the_code_is_exchanged_with_the_parameters_in_the_documented_order() {
        assert_eq!(
            sent(&grant()),
            "https://api.weixin.qq.com/sns/oauth2/access_token\
             ?appid=wx1&secret=APP%2BSECRET&code=CO%26DE&grant_type=authorization_code"
        );
    }

    #[test]
    fn a_whole_answer_is_read() {
        let body = r#"{"access_token":"A","expires_in":7200,"refresh_token":"R","openid":"oABC",
            "scope":"snsapi_userinfo, snsapi_base,","unionid":"u1"}"#;
        let Grant { token, expires_in } = answer(&grant(), body).unwrap();
        assert_eq!(expires_in, Duration::from_secs(7200));
        assert_eq!(token.access_token().expose(), "A");
        assert_eq!(token.refresh_token().expose(), "R");
        assert_eq!(token.identity().openid().unwrap().as_str(), "oABC");
        assert_eq!(token.identity().unionid().unwrap().as_str(), "u1");
        assert_eq!(
            token.scopes().collect::<Vec<_>>(),
            ["snsapi_userinfo", "snsapi_base"]
        );
        assert!(token.has_scope(Scope::UserInfo) && !token.has_scope(Scope::Login));
    }

    #[test]
    fn an_answer_without_scope_and_unionid_is_whole_too() {
        let body = r#"{"access_token":"A","expires_in":"7200","refresh_token":"R","openid":"oABC"}"#;
        let token = answer(&grant(), body).unwrap().token;
        assert_eq!(token.scopes().count(), 0);
        assert_eq!(token.identity().unionid(), None);
    }

    #[test]
    fn a_snapshot_user_is_nobody() {
        for flag in ["1", "\"1\"", "true"] {
            let body = format!(
                r#"{{"access_token":"A","expires_in":7200,"refresh_token":"R","openid":"oV","unionid":"uV",
                "is_snapshotuser":{flag}}}"#
            );
            let token = answer(&grant(), &body).unwrap().token;
            assert!(
                matches!(token.identity(), Identity::Snapshot { virtual_openid } if virtual_openid.as_str() == "oV")
            );
            assert_eq!(token.identity().openid(), None);
            assert_eq!(token.identity().unionid(), None);
            assert_eq!(token.into_parts().kind, UserKind::Snapshot);
        }
    }

    #[test]
    fn an_answer_without_its_secrets_its_user_or_its_end_is_refused() {
        let whole = r#"{"access_token":"A","expires_in":7200,"refresh_token":"R","openid":"oABC"}"#;
        for (cut, at) in [
            (r#""access_token":"A","#, "access_token"),
            (r#""expires_in":7200,"#, "expires_in"),
            (r#""refresh_token":"R","#, "refresh_token"),
            (r#","openid":"oABC""#, "openid"),
        ] {
            let error = answer(&grant(), &whole.replace(cut, "")).unwrap_err();
            assert_eq!(error, ApiError::malformed("missing field", at));
        }
        let odd = whole.replace("oABC", "o A");
        let error = answer(&grant(), &odd).unwrap_err();
        assert_eq!(error, ApiError::malformed("characters no openid has", "openid"));
        let odd = whole.replace("}", r#","unionid":"u\n"}"#);
        let error = answer(&grant(), &odd).unwrap_err();
        assert_eq!(error, ApiError::malformed("characters no unionid has", "unionid"));
    }

    #[test]
    fn a_bad_code_restarts_the_login_and_a_bad_credential_is_about_configuration() {
        for (code, advice) in [
            (40029, Advice::RestartLogin),
            (40163, Advice::RestartLogin),
            (42003, Advice::RestartLogin),
            (40226, Advice::UserSaidNo),
            (40125, Advice::FixConfig),
            (40001, Advice::FixConfig),
            (-1, Advice::RetryLater),
        ] {
            let body = format!(r#"{{"errcode":{code},"errmsg":"x, rid: 6aac007a-6c02c771-26bf69c4"}}"#);
            assert_eq!(answer(&grant(), &body).unwrap_err().advice(), advice, "{code}");
        }
    }
}
