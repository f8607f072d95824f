use wechat_auth::login::{OpenId, UnionId};
use wechat_auth::{ApiError, AppToken, Endpoint, Origin, Reply, Request};

use crate::Api;

// ANCHOR: get_follower
/// Asks what the account may know of a user (获取用户基本信息). The answer is `None` for somebody who
/// does not follow the account.
///
/// # Source
/// Official page of `userInfo`, `GET /cgi-bin/user/info` (documented).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetFollower {
    openid: OpenId,
}

impl GetFollower {
    /// About this user.
    pub fn new(openid: OpenId) -> Self {
        Self { openid }
    }
}

impl Api for GetFollower {
    const PATH: &'static str = "/cgi-bin/user/info";
}

impl Endpoint for GetFollower {
    type Token = AppToken;
    type Response = Option<Follower>;

    fn request(&self, to: &Origin) -> Request {
        Request::get(to.api(), Self::PATH, &[("openid", self.openid.as_str())])
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<Option<Follower>, ApiError> {
        let reply = Reply::read(&response)?;
        if reply.u64("subscribe")? == 0 {
            return Ok(None);
        }
        let unionid = reply.text_or_empty("unionid");
        Ok(Some(Follower {
            openid: OpenId::new(reply.text("openid")?).map_err(|_| no_id("openid"))?,
            unionid: match unionid {
                "" => None,
                unionid => Some(UnionId::new(unionid).map_err(|_| no_id("unionid"))?),
            },
            subscribe_time: reply.u64("subscribe_time")?,
            subscribe_scene: reply.text_or_empty("subscribe_scene").to_owned(),
        }))
    }
}
// ANCHOR_END: get_follower

fn no_id(at: &'static str) -> ApiError {
    let what = "characters no id has";
    ApiError::Malformed { what, at }
}

/// Somebody who follows the account. Nickname and avatar are not there: WeChat leaves them out since
/// 2021-12-27 (documented); a web login with consent brings them.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// The user's name for this account.
    pub openid: OpenId,
    /// The user's name across the owner's accounts, where they are bound to one Open Platform account.
    pub unionid: Option<UnionId>,
    /// When the user followed, for the last time, in Unix seconds.
    pub subscribe_time: u64,
    /// How the user came, such as `ADD_SCENE_QR_CODE`; empty when WeChat does not say.
    pub subscribe_scene: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Option<Follower>, ApiError> {
        let ask = GetFollower::new(OpenId::new("o6_bmjrPTlm6_2sgVt7hMZOPfL2M").unwrap());
        ask.parse(http::Response::new(body.as_bytes()))
    }

    #[test]
    fn who_does_not_follow_is_nobody_whatever_else_is_said() {
        assert_eq!(read(r#"{"subscribe":0,"openid":"o6_b"}"#), Ok(None));
        assert_eq!(read(r#"{"subscribe":"0"}"#), Ok(None));
    }

    #[test]
    fn a_follower_without_a_unionid_is_a_follower() {
        let body = r#"{"subscribe":1,"openid":"o6_b","subscribe_time":1382694957,"unionid":""}"#;
        assert_eq!(read(body).unwrap().unwrap().unionid, None);
    }

    #[test]
    fn an_answer_that_leaves_out_what_matters_is_an_error_that_names_it() {
        for (body, at) in [
            (r#"{"openid":"o6_b"}"#, "subscribe"),
            (r#"{"subscribe":1,"subscribe_time":1}"#, "openid"),
            (r#"{"subscribe":1,"openid":"o 6","subscribe_time":1}"#, "openid"),
            (
                r#"{"subscribe":1,"openid":"o6","unionid":"ü","subscribe_time":1}"#,
                "unionid",
            ),
        ] {
            let Err(ApiError::Malformed { at: found, .. }) = read(body) else {
                panic!("{body}")
            };
            assert_eq!(found, at, "{body}");
        }
    }
}
