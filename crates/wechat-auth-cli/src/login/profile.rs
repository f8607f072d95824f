//! Who it was.

use serde::Serialize;
use wechat_auth::ApiError;
use wechat_auth::login::{Identity, Scope, Sex, UserInfo, UserToken};

use crate::printable;

/// What is known of the user who logged in. The tokens are left out: what is printed is easily kept.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Profile {
    pub(crate) openid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unionid: Option<String>,
    scope: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
}

/// What only `snsapi_userinfo` and `snsapi_login` bring.
#[derive(Clone, Debug, Serialize)]
struct Details {
    nickname: String,
    sex: &'static str,
    language: String,
    country: String,
    province: String,
    city: String,
    headimgurl: String,
    privilege: Vec<String>,
}

impl Profile {
    /// Of the token and, where the scope allowed to ask, the profile. `None` for the visitor of a
    /// snapshot page, who is nobody.
    ///
    /// # Errors
    /// The two are about different users.
    pub(crate) fn new(
        scope: Scope,
        token: &UserToken,
        info: Option<&UserInfo>,
    ) -> Result<Option<Self>, ApiError> {
        let identity = match info {
            Some(info) => info.identity(token)?,
            None => token.identity(),
        };
        let Identity::Person { openid, unionid } = identity else {
            return Ok(None);
        };
        Ok(Some(Self {
            openid: openid.as_str().to_owned(),
            unionid: unionid.map(|unionid| unionid.as_str().to_owned()),
            scope: scope.as_str(),
            details: info.map(Details::new),
        }))
    }

    /// The name the user goes by, if that was asked.
    pub(crate) fn nickname(&self) -> Option<&str> {
        self.details.as_ref().map(|details| details.nickname.as_str())
    }

    /// One line for each thing that is known, safe for a terminal.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut known = vec![("openid", self.openid.as_str())];
        known.extend(self.unionid.as_deref().map(|unionid| ("unionid", unionid)));
        known.push(("scope", self.scope));
        if let Some(details) = &self.details {
            known.extend(details.texts());
        }
        let said = known.into_iter().filter(|(_, value)| !value.is_empty());
        said.map(|(name, value)| format!("{name}: {}", printable::line(value)))
            .collect()
    }
}

impl Details {
    fn new(info: &UserInfo) -> Self {
        Self {
            nickname: info.nickname.clone(),
            sex: match info.sex {
                Sex::Unknown => "unknown",
                Sex::Male => "male",
                Sex::Female => "female",
            },
            language: info.language.clone(),
            country: info.country.clone(),
            province: info.province.clone(),
            city: info.city.clone(),
            headimgurl: info.headimgurl.clone(),
            privilege: info.privilege.clone(),
        }
    }

    fn texts(&self) -> [(&'static str, &str); 7] {
        [
            ("nickname", &self.nickname),
            ("sex", self.sex),
            ("language", &self.language),
            ("country", &self.country),
            ("province", &self.province),
            ("city", &self.city),
            ("headimgurl", &self.headimgurl),
        ]
    }
}
