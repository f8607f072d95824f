//! A user token as text, for a keeper's snapshot.

use serde::{Deserialize, Serialize};

use super::{OpenId, UnionId, UserKind, UserToken, UserTokenParts};
use crate::{Secret, request};

#[derive(Serialize, Deserialize)]
struct Saved {
    access_token: String,
    refresh_token: String,
    openid: String,
    unionid: Option<String>,
    scope: String,
    snapshot_user: bool,
}

impl UserToken {
    pub(crate) fn save(&self) -> Secret {
        let parts = self.parts();
        let saved = Saved {
            access_token: parts.access_token.expose().to_owned(),
            refresh_token: parts.refresh_token.expose().to_owned(),
            openid: parts.openid.as_str().to_owned(),
            unionid: parts.unionid.as_ref().map(|unionid| unionid.as_str().to_owned()),
            scope: parts.scope.clone(),
            snapshot_user: parts.kind == UserKind::Snapshot,
        };
        String::from_utf8(request::json(&saved))
            .unwrap_or_default()
            .into()
    }

    pub(crate) fn load(saved: &Secret) -> Option<Self> {
        let saved: Saved = serde_json::from_str(saved.expose()).ok()?;
        Some(Self::from_parts(UserTokenParts {
            access_token: saved.access_token.into(),
            refresh_token: saved.refresh_token.into(),
            openid: OpenId::new(&saved.openid).ok()?,
            unionid: saved
                .unionid
                .map(|unionid| UnionId::new(&unionid))
                .transpose()
                .ok()?,
            scope: saved.scope,
            kind: if saved.snapshot_user {
                UserKind::Snapshot
            } else {
                UserKind::Person
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_token_is_the_same_token_person_or_snapshot() {
        for kind in [UserKind::Person, UserKind::Snapshot] {
            let token = UserToken::from_parts(UserTokenParts {
                access_token: "A".into(),
                refresh_token: "R".into(),
                openid: OpenId::new("oABC").unwrap(),
                unionid: Some(UnionId::new("uABC").unwrap()),
                scope: "snsapi_userinfo".to_owned(),
                kind,
            });
            assert_eq!(UserToken::load(&token.save()), Some(token));
        }
    }

    #[test]
    fn what_is_no_saved_token_is_none() {
        for text in ["", "{}", r#"{"access_token":"A"}"#] {
            assert_eq!(UserToken::load(&Secret::from(text)), None, "{text}");
        }
    }
}
