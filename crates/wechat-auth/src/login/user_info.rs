use core::fmt;

use super::{Identity, OpenId, UnionId, UserToken};
use crate::{ApiError, Endpoint, Origin, Reply, Request};

/// Asks for the profile of the user whose token it is. The token's scope must be `snsapi_userinfo` or
/// `snsapi_login`; WeChat answers 48001 otherwise.
///
/// # Source
/// Official account documentation, "Web authorisation", step 4, `GET /sns/userinfo` (documented).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GetUserInfo {
    /// In which language country, province and city are written.
    pub lang: Lang,
}

/// The languages WeChat writes places in.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// `zh_CN`, WeChat's default.
    #[default]
    ZhCn,
    /// `zh_TW`.
    ZhTw,
    /// `en`.
    En,
}

impl Lang {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ZhCn => "zh_CN",
            Self::ZhTw => "zh_TW",
            Self::En => "en",
        }
    }
}

impl Endpoint for GetUserInfo {
    type Token = UserToken;
    type Response = UserInfo;

    fn request(&self, to: &Origin) -> Request {
        Request::get(to.api(), "/sns/userinfo", &[("lang", self.lang.as_str())])
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<UserInfo, ApiError> {
        let reply = Reply::read(&response)?;
        let text = |field| reply.text_or_empty(field).to_owned();
        Ok(UserInfo {
            openid: OpenId::read(reply.text("openid")?)?,
            unionid: UnionId::read_optional(reply.text_or_empty("unionid"))?,
            nickname: text("nickname"),
            sex: match reply.u64("sex") {
                Ok(1) => Sex::Male,
                Ok(2) => Sex::Female,
                _ => Sex::Unknown,
            },
            language: text("language"),
            city: text("city"),
            province: text("province"),
            country: text("country"),
            headimgurl: text("headimgurl"),
            privilege: reply.strings("privilege"),
        })
    }
}

/// A user's profile. The texts are what the user typed, or empty: they may hold anything, control
/// characters included, so escape them where they are shown.
///
/// Whom it is about is said by [`identity`](Self::identity), which wants to see the token: only the
/// token knows whether the user is one of a snapshot page.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq)]
pub struct UserInfo {
    openid: OpenId,
    unionid: Option<UnionId>,
    /// The name the user goes by.
    pub nickname: String,
    /// As the user said. Since 2021 usually unknown.
    pub sex: Sex,
    /// The user's language, such as `zh_CN`.
    pub language: String,
    /// In the language asked for. Since 2021 usually empty.
    pub city: String,
    /// In the language asked for. Since 2021 usually empty.
    pub province: String,
    /// In the language asked for. Since 2021 usually empty.
    pub country: String,
    /// The picture's address, or empty. It changes when the picture does.
    pub headimgurl: String,
    /// Privileges such as `chinaunicom`.
    pub privilege: Vec<String>,
}

/// What a user said about their sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// 0, or nothing.
    Unknown,
    /// 1.
    Male,
    /// 2.
    Female,
}

impl UserInfo {
    /// Whom the profile is about, checked against the token it was asked with.
    ///
    /// # Errors
    /// [`ApiError::Malformed`] when the answer has another openid or unionid than the token: drop it,
    /// and show it to nobody.
    pub fn identity<'a>(&'a self, token: &'a UserToken) -> Result<Identity<'a>, ApiError> {
        let held = token.parts();
        if self.openid != held.openid {
            return Err(ApiError::malformed("another user's", "openid"));
        }
        if self.unionid.is_some() && held.unionid.is_some() && self.unionid != held.unionid {
            return Err(ApiError::malformed("another user's", "unionid"));
        }
        Ok(match token.identity() {
            Identity::Person { openid, unionid } => Identity::Person {
                openid,
                unionid: unionid.or(self.unionid.as_ref()),
            },
            snapshot @ Identity::Snapshot { .. } => snapshot,
        })
    }
}

impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserInfo").finish_non_exhaustive()
    }
}

/// Asks whether WeChat still accepts the user token. The answer is `Ok(())`, or WeChat's reason.
///
/// # Source
/// Official account documentation, "Web authorisation", appendix, `GET /sns/auth` (documented).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckUserToken;

impl Endpoint for CheckUserToken {
    type Token = UserToken;
    type Response = ();

    fn request(&self, to: &Origin) -> Request {
        Request::get(to.api(), "/sns/auth", &[])
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<(), ApiError> {
        Reply::read(&response).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::super::UserKind;
    use super::super::testing::{answer, target, token};
    use super::*;
    use crate::{Advice, Credential};

    const PROFILE: &str = r#"{"openid":"oABC","nickname":"Ada","sex":1,"language":"zh_CN","city":"",
        "province":"Guangdong","country":"CN","headimgurl":"https:\/\/thirdwx.qlogo.cn\/x\/132",
        "privilege":["chinaunicom"],"unionid":"u1"}"#;

    fn profile(body: &str) -> UserInfo {
        answer(&GetUserInfo::default(), body).unwrap()
    }

    #[test]
    fn token_and_openid_of_one_user_go_in_front() {
        let request = GetUserInfo { lang: Lang::En }.request(&Origin::wechat());
        assert_eq!(
            target(token("oABC").authorize(request)),
            "https://api.weixin.qq.com/sns/userinfo?access_token=ACCESS&openid=oABC&lang=en"
        );
        let request = CheckUserToken.request(&Origin::wechat());
        assert_eq!(
            target(token("oABC").authorize(request)),
            "https://api.weixin.qq.com/sns/auth?access_token=ACCESS&openid=oABC"
        );
    }

    #[test]
    fn languages_have_wechats_names() {
        assert_eq!(
            [Lang::default(), Lang::ZhTw, Lang::En].map(Lang::as_str),
            ["zh_CN", "zh_TW", "en"]
        );
    }

    #[test]
    fn a_whole_profile_is_read() {
        let info = profile(PROFILE);
        assert_eq!((&*info.nickname, info.sex), ("Ada", Sex::Male));
        assert_eq!((&*info.language, &*info.country), ("zh_CN", "CN"));
        assert_eq!((&*info.province, &*info.city), ("Guangdong", ""));
        assert_eq!(info.headimgurl, "https://thirdwx.qlogo.cn/x/132");
        assert_eq!(info.privilege, ["chinaunicom"]);
        let token = token("oABC");
        let identity = info.identity(&token).unwrap();
        assert_eq!(identity.openid().unwrap().as_str(), "oABC");
        assert_eq!(identity.unionid().unwrap().as_str(), "u1");
    }

    #[test]
    fn whatever_a_user_typed_is_no_reason_to_fail() {
        let info = profile("{\"openid\":\"o\",\"nickname\":\"a\u{7}b\",\"sex\":\"2\",\"city\":null}");
        assert_eq!((&*info.nickname, info.sex), ("a\u{7}b", Sex::Female));
        for sex in ["0", "9", "-1", "\"x\"", "null", "[]"] {
            let info = profile(&format!(r#"{{"openid":"o","sex":{sex},"privilege":"none"}}"#));
            assert_eq!((info.sex, info.privilege.len()), (Sex::Unknown, 0));
        }
    }

    #[test]
    fn a_profile_of_somebody_else_has_no_identity() {
        let info = profile(PROFILE);
        let malformed = |at| Err(ApiError::malformed("another user's", at));
        assert_eq!(info.identity(&token("oXYZ")), malformed("openid"));
        let mut parts = token("oABC").into_parts();
        parts.unionid = Some(UnionId::new("u2").unwrap());
        assert_eq!(info.identity(&UserToken::from_parts(parts)), malformed("unionid"));
    }

    #[test]
    fn the_tokens_unionid_serves_where_the_profile_has_none() {
        let info = profile(r#"{"openid":"oABC"}"#);
        let mut parts = token("oABC").into_parts();
        parts.unionid = Some(UnionId::new("u2").unwrap());
        let token = UserToken::from_parts(parts);
        assert_eq!(info.identity(&token).unwrap().unionid().unwrap().as_str(), "u2");
    }

    #[test]
    fn the_profile_of_a_snapshot_user_is_nobodys() {
        let mut parts = token("oABC").into_parts();
        parts.kind = UserKind::Snapshot;
        let token = UserToken::from_parts(parts);
        let info = profile(PROFILE);
        let identity = info.identity(&token).unwrap();
        assert_eq!((identity.openid(), identity.unionid()), (None, None));
    }

    #[test]
    fn a_refused_token_is_to_be_replaced() {
        let body = r#"{"errcode":40001,"errmsg":"invalid credential, access_token is invalid or not latest, rid: 6aac007a-6c02c771-26bf69c4"}"#;
        assert_eq!(
            answer(&GetUserInfo::default(), body).unwrap_err().advice(),
            Advice::NewToken
        );
        assert_eq!(
            answer(&CheckUserToken, body).unwrap_err().advice(),
            Advice::NewToken
        );
        assert_eq!(answer(&CheckUserToken, r#"{"errcode":0,"errmsg":"ok"}"#), Ok(()));
        let body = r#"{"errcode":40003,"errmsg":"invalid openid"}"#;
        assert_eq!(answer(&CheckUserToken, body).unwrap_err().code(), Some(40003));
    }
}
