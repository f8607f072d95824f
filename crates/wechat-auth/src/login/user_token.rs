use core::fmt;

use super::{Identity, OpenId, Scope, UnionId, UserKind};
use crate::{ApiError, Credential, Grant, Reply, Request, Secret};

/// The user token (网页授权 access_token): stands for one user who logged in, and opens `/sns/…`.
///
/// The access token and the openid go into a request together, out of this one value, so one user's
/// data can never be asked for with another's token. Whom it stands for is said by
/// [`identity`](Self::identity), and only there.
///
/// It cannot be used where an app token is asked for:
///
/// ```compile_fail,E0271
/// use wechat_auth::{AppToken, Endpoint, login::GetUserInfo};
/// fn needs_app_token<E: Endpoint<Token = AppToken>>(_: &E) {}
/// needs_app_token(&GetUserInfo::default());
/// ```
///
/// ```compile_fail,E0308
/// use wechat_auth::{AppToken, login::UserToken};
/// fn as_app_token(token: UserToken) -> AppToken {
///     token
/// }
/// ```
///
/// and an app token cannot be used where this one is:
///
/// ```compile_fail,E0308
/// use wechat_auth::{AppToken, login::UserToken};
/// fn as_user_token(token: AppToken) -> UserToken {
///     token
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct UserToken(UserTokenParts);

/// A user token taken apart, to be stored and put together again after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserTokenParts {
    /// Opens `/sns/…` for about two hours.
    pub access_token: Secret,
    /// Renews the access token, for [`REFRESH_TOKEN_LIFE`](super::REFRESH_TOKEN_LIFE).
    pub refresh_token: Secret,
    /// The user's name for this account, made up where `kind` says so.
    pub openid: OpenId,
    /// The user's name across accounts, where WeChat gave it.
    pub unionid: Option<UnionId>,
    /// The scopes as WeChat wrote them, comma-separated; empty when it did not.
    pub scope: String,
    /// Whether the user is one of a snapshot page.
    pub kind: UserKind,
}

impl UserToken {
    /// Puts a stored token together again.
    pub fn from_parts(parts: UserTokenParts) -> Self {
        Self(parts)
    }

    /// Takes the token apart.
    pub fn into_parts(self) -> UserTokenParts {
        self.0
    }

    /// Whom the token stands for.
    pub fn identity(&self) -> Identity<'_> {
        let UserTokenParts { openid, unionid, .. } = &self.0;
        match self.0.kind {
            UserKind::Person => Identity::Person {
                openid,
                unionid: unionid.as_ref(),
            },
            UserKind::Snapshot => Identity::Snapshot {
                virtual_openid: openid,
            },
        }
    }

    /// The scopes WeChat named. It may name none, so an absent scope proves nothing.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        // A trailing comma occurs.
        self.0
            .scope
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
    }

    /// Whether WeChat named this scope.
    pub fn has_scope(&self, scope: Scope) -> bool {
        self.scopes().any(|name| name == scope.as_str())
    }

    /// The access token. To authorise a request, [`authorize`](Credential::authorize) it instead.
    pub fn access_token(&self) -> &Secret {
        &self.0.access_token
    }

    /// The refresh token. It stays the same when the access token is renewed, and it is worth more.
    pub fn refresh_token(&self) -> &Secret {
        &self.0.refresh_token
    }

    pub(crate) fn parts(&self) -> &UserTokenParts {
        &self.0
    }

    /// What exchange and refresh answer alike.
    pub(super) fn read(reply: &Reply) -> Result<Grant<Self>, ApiError> {
        let parts = UserTokenParts {
            access_token: reply.secret("access_token")?,
            refresh_token: reply.secret("refresh_token")?,
            openid: OpenId::read(reply.text("openid")?)?,
            unionid: UnionId::read_optional(reply.text_or_empty("unionid"))?,
            scope: reply.text_or_empty("scope").to_owned(),
            kind: if reply.flag("is_snapshotuser") {
                UserKind::Snapshot
            } else {
                UserKind::Person
            },
        };
        Ok(Grant {
            token: Self(parts),
            expires_in: reply.expires_in()?,
        })
    }
}

impl Credential for UserToken {
    /// Puts `access_token=…&openid=…` at the front of the query.
    fn authorize(&self, request: Request) -> Request {
        request.query_first(&[
            ("access_token", self.0.access_token.expose()),
            ("openid", self.0.openid.as_str()),
        ])
    }
}

impl fmt::Debug for UserToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserToken")
            .field("kind", &self.0.kind)
            .finish_non_exhaustive()
    }
}
