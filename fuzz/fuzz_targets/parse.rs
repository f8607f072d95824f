//! Every answer, to every endpoint: reading it never panics, and shows no secret.
//!
//! Input: a letter that picks the endpoint, an HTTP status in digits, a line end, the body. In the body,
//! `$` stands for a secret, so that a corpus file reads like the answer it is:
//!
//! ```text
//! b 200
//! {"access_token":"$","expires_in":7200}
//! ```
#![no_main]

use std::error::Error;
use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use wechat_auth::app::{
    ClearQuota, ClearQuotaByAppSecret, GetAccessToken, GetApiDomainIp, GetApiQuota, GetCallbackIp,
    GetRidInfo, GetStableAccessToken, GetTicket, TicketType,
};
use wechat_auth::login::{
    Begin, Callback, CheckUserToken, CodeGrant, GetUserInfo, OpenId, Redeemed, RedirectUri, RefreshUserToken,
    Scope, UnionId, UserKind, UserToken, UserTokenParts, WebLogin,
};
use wechat_auth::{Account, ApiError, Endpoint, Rid, Secret};

/// Long enough to look like a token wherever it turns up. The check is for its middle, because a
/// backslash in front may swallow its first letter.
const SECRET: &str = "xS3cr3tMarkS3cr3tMark";
const MIDDLE: &str = "3cr3tMarkS3cr3tMar";

fuzz_target!(|input: &[u8]| {
    let Some((which, status, body)) = split(input) else {
        return;
    };
    let mut marked = Vec::with_capacity(body.len());
    for &byte in body {
        match byte {
            b'$' => marked.extend(SECRET.as_bytes()),
            byte => marked.push(byte),
        }
    }
    let answer = Answer {
        status,
        body: &marked,
    };
    let account = || Account::new("wx0123456789abcdef", "appsecret").unwrap();
    match which {
        b'a' => answer.to(&GetAccessToken::new(account())),
        b'b' => answer.to(&GetStableAccessToken::new(account())),
        b'c' => answer.to(&GetStableAccessToken::new(account()).force_refresh()),
        b'd' => answer.to(&GetTicket::new(TicketType::JsApi)),
        b'e' => answer.to(&GetTicket::new(TicketType::WxCard)),
        b'f' => answer.to(&ClearQuota::new(account().appid().clone())),
        b'g' => answer.to(&ClearQuotaByAppSecret::new(account())),
        b'h' => answer.to(&GetApiQuota::new("/cgi-bin/message/custom/send").unwrap()),
        b'i' => answer.to(&GetRidInfo::new(
            Rid::parse("617682e0-09059ac5-34a8e2ea").unwrap(),
        )),
        b'j' => drop(answer.judged(&GetApiDomainIp::new())),
        b'k' => drop(answer.judged(&GetCallbackIp::new())),
        b'l' => answer.to(&code_grant()),
        b'm' => answer.to(&RefreshUserToken::new(account().appid(), &user())),
        b'n' => answer.to(&GetUserInfo::default()),
        _ => answer.to(&CheckUserToken),
    }
});

fn split(input: &[u8]) -> Option<(u8, u16, &[u8])> {
    let end = input.iter().position(|&byte| byte == b'\n')?;
    let (head, body) = input.split_at_checked(end)?;
    let (which, status) = head.split_first()?;
    let status = str::from_utf8(status).ok()?.trim().parse().ok()?;
    Some((*which, status, body.get(1..)?))
}

struct Answer<'a> {
    status: u16,
    body: &'a [u8],
}

impl Answer<'_> {
    /// For endpoints whose answer must not show itself either.
    fn to<E: Endpoint<Response: Debug>>(&self, endpoint: &E) {
        if let Some(value) = self.judged(endpoint) {
            hides(&format!("{value:?}"));
        }
    }

    fn judged<E: Endpoint>(&self, endpoint: &E) -> Option<E::Response> {
        let mut response = http::Response::new(self.body);
        *response.status_mut() = http::StatusCode::from_u16(self.status).ok()?;
        match endpoint.parse(response) {
            Ok(value) => Some(value),
            Err(error) => {
                shows_nothing(&error);
                None
            }
        }
    }
}

fn shows_nothing(error: &ApiError) {
    hides(&format!("{error} {error:?} {error:#?}"));
    let mut cause = error.source();
    while let Some(error) = cause {
        hides(&format!("{error} {error:?}"));
        cause = error.source();
    }
    let _ = (error.advice(), error.code());
    if let ApiError::WeChat(refusal) = error {
        assert_ne!(refusal.code(), 0, "0 is success");
        assert!(refusal.message().chars().count() <= 200);
        let _ = (
            refusal.rid().map(Rid::unix_time),
            refusal.seen_ip(),
            refusal.info(),
        );
    }
}

#[track_caller]
fn hides(shown: &str) {
    assert!(!shown.contains(MIDDLE), "a secret shows: {shown}");
}

fn code_grant() -> CodeGrant {
    let account = Account::new("wx0123456789abcdef", "appsecret").unwrap();
    let callback_at = RedirectUri::parse("https://shop.example/cb").unwrap();
    let login = WebLogin::new(account, Scope::UserInfo, callback_at);
    let mut begun = login.begin([7; 32], 1_750_000_000, Begin::new());
    let state = begun.url.as_str().split("&state=").nth(1).unwrap();
    let state = state.split('#').next().unwrap();
    let callback = Callback::from_query(&format!("code=041AbCdE&state={state}")).unwrap();
    let redeemed = begun
        .pending
        .redeem(&login, &callback, &begun.browser, 1_750_000_001);
    match redeemed.unwrap() {
        Redeemed::Exchange(grant) => grant,
        Redeemed::Repeated => unreachable!(),
    }
}

fn user() -> UserToken {
    UserToken::from_parts(UserTokenParts {
        access_token: Secret::from("held-access-token"),
        refresh_token: Secret::from("held-refresh-token"),
        openid: OpenId::new("oABC").unwrap(),
        unionid: UnionId::new("uABC").ok(),
        scope: "snsapi_userinfo".into(),
        kind: UserKind::Person,
    })
}
