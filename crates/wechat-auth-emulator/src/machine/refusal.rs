//! Errcodes and the texts that go with them.

use std::borrow::Cow;
use std::net::IpAddr;

use super::behavior::AllowListRefusal;
use super::quota::OverQuota;

/// A business error: HTTP 200, an errcode, and the head of an errmsg. What follows the
/// head (rid, hint) depends on the path and is added when the reply is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) errcode: i64,
    pub(crate) head: Cow<'static, str>,
}

impl Refusal {
    pub(crate) const INVALID_CREDENTIAL: Self = Self::of(40001);
    pub(crate) const INVALID_GRANT_TYPE: Self = Self::of(40002);
    pub(crate) const INVALID_OPENID: Self = Self::of(40003);
    pub(crate) const INVALID_APPID: Self = Self::of(40013);
    pub(crate) const INVALID_CODE: Self = Self::of(40029);
    pub(crate) const INVALID_REFRESH_TOKEN: Self = Self::of(40030);
    pub(crate) const INVALID_ARGS: Self = Self::of(40097);
    pub(crate) const INVALID_APPSECRET: Self = Self::of(40125);
    pub(crate) const CODE_BEEN_USED: Self = Self::of(40163);
    pub(crate) const SECRET_FROZEN: Self = Self::of(40243);
    pub(crate) const ACCESS_TOKEN_MISSING: Self = Self::of(41001);
    pub(crate) const APPID_MISSING: Self = Self::of(41002);
    pub(crate) const REFRESH_TOKEN_MISSING: Self = Self::of(41003);
    pub(crate) const APPSECRET_MISSING: Self = Self::of(41004);
    pub(crate) const CODE_MISSING: Self = Self::of(41008);
    pub(crate) const OPENID_MISSING: Self = Self::of(41009);
    pub(crate) const REFRESH_TOKEN_EXPIRED: Self = Self::of(42002);
    pub(crate) const REQUIRE_GET: Self = Self::of(43001);
    pub(crate) const REQUIRE_POST: Self = Self::of(43002);
    pub(crate) const EMPTY_POST_DATA: Self = Self::of(44002);
    pub(crate) const DATA_FORMAT: Self = Self::of(47001);
    pub(crate) const NO_MORE_CLEARS: Self = Self::of(48006);
    pub(crate) const TOKEN_FORBIDDEN: Self = Self::of(50004);
    pub(crate) const ACCOUNT_FROZEN: Self = Self::of(50007);
    pub(crate) const RID_NOT_FOUND: Self = Self::of(76001);
    pub(crate) const RID_MALFORMED: Self = Self::of(76002);
    pub(crate) const RID_OF_ANOTHER_ACCOUNT: Self = Self::of(76003);
    pub(crate) const CGI_PATH_UNKNOWN: Self = Self::of(76021);
    pub(crate) const CGI_PATH_FORBIDDEN: Self = Self::of(76022);
    /// The parameter note of the quota page gives 76003 a second meaning.
    pub(crate) const CGI_PATH_MALFORMED: Self = Self {
        errcode: 76003,
        head: Cow::Borrowed("cgi_path format error"),
    };

    /// The refusal with its usual text.
    pub(crate) const fn of(errcode: i64) -> Self {
        Self {
            errcode,
            head: Cow::Borrowed(head_of(errcode)),
        }
    }

    pub(crate) const fn with_text(errcode: i64, text: String) -> Self {
        Self {
            errcode,
            head: Cow::Owned(text),
        }
    }

    pub(crate) fn outside_the_allow_list(peer: IpAddr, kind: AllowListRefusal) -> Self {
        let peer = peer.to_canonical();
        match kind {
            AllowListRefusal::InvalidIp40164 => {
                let v6 = match peer {
                    IpAddr::V4(v4) => v4.to_ipv6_mapped(),
                    IpAddr::V6(v6) => v6,
                };
                Self::with_text(40164, format!("invalid ip {peer} ipv6 {v6}, not in whitelist"))
            }
            AllowListRefusal::NotRegistered61004 => Self::with_text(
                61004,
                format!("access clientip is not registered requestIP: {peer}"),
            ),
            AllowListRefusal::NotRegistered45035 => Self::of(45035),
        }
    }
}

impl From<OverQuota> for Refusal {
    fn from(over: OverQuota) -> Self {
        match over {
            OverQuota::Day => Self::of(45009),
            OverQuota::Minute => Self::of(45011),
        }
    }
}

/// The text of the return-code page or of replies seen; where neither has one, the
/// meaning in WeChat's manner.
const fn head_of(errcode: i64) -> &'static str {
    match errcode {
        -1 => "system error",
        40001 => "invalid credential, access_token is invalid or not latest",
        40002 => "invalid grant_type",
        40003 => "invalid openid",
        40013 => "invalid appid",
        40014 => "invalid access_token",
        40029 => "invalid code",
        40030 => "invalid refresh_token",
        40066 => "invalid url",
        40097 => "invalid args",
        40125 => "invalid appsecret",
        40163 => "code been used",
        40164 => "invalid ip, not in whitelist",
        40226 => "code blocked",
        40243 => "appsecret is frozen",
        41001 => "access_token missing",
        41002 => "appid missing",
        41003 => "refresh_token missing",
        41004 => "appsecret missing",
        41008 => "missing code",
        41009 => "missing openid",
        42001 => "access_token expired",
        42002 => "refresh_token expired",
        42003 => "code expired",
        42007 => "access_token and refresh_token exception",
        43001 => "require GET method",
        43002 => "require POST method",
        44002 => "empty post data",
        45009 => "reach max api daily quota limit",
        45011 => "api minute-quota reach limit, must slower, retry next minute",
        45035 => "access clientip is not registered, not in ip-white-list",
        47001 => "data format error",
        48001 => "api unauthorized",
        48004 => "api forbidden for irregularities",
        48006 => "forbid to clear quota because of reaching the limit",
        50002 => "user limited",
        50004 => "user not allow to use accesstoken, maybe for punishment",
        50007 => "user not allow to use accesstoken, account is frozen",
        61004 => "access clientip is not registered",
        76001 => "rid not found",
        76002 => "rid is error",
        76003 => "could not query this rid, no permission",
        76004 => "rid time is error",
        76021 => "cgi_path not found, please check",
        76022 => "could not use this cgi_path, no permission",
        89501 => "this ip is waiting for the admin to confirm",
        89503 => "this ip needs the admin to confirm",
        89506 => "this ip was refused by the admin for 24 hours",
        89507 => "this ip was refused by the admin for 1 hour",
        _ => "error",
    }
}
