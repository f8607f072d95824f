//! A request built and its answer read, without sending anything: by us, by hand with `http` and
//! `serde_json`, and by the `oauth2` crate.
//!
//! By hand means what a careful programmer writes for one endpoint: the same address, parameters and body
//! from the same parts, the same fields of the answer read into a struct, WeChat's `errcode` looked at. It
//! does less with what it has: it wipes no secret, repairs no broken JSON, takes no number written as a
//! string, bounds no field. What is measured is what all that costs.

use std::convert::Infallible;
use std::hint::black_box;

use http::header::CONTENT_TYPE;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, ExtraTokenFields, HttpRequest,
    StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use wechat_auth::app::{GetAccessToken, GetStableAccessToken};
use wechat_auth::login::{Begin, BrowserNonce, Callback, CodeGrant, Redeemed, RedirectUri, Scope, WebLogin};
use wechat_auth::{Account, Endpoint, NoToken, Origin};

/// Does the work so many times.
pub type Loop = Box<dyn FnMut(u64)>;

const BASE: &str = "https://api.weixin.qq.com";
const APPID: &str = "wx0123456789abcdef";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const CODE: &str = "061aBcD1234567890eFgHiJkLmNoPq0r";

/// Each work with its sides: by hand first, then ours.
pub fn all() -> Vec<(&'static str, Vec<(&'static str, Loop)>)> {
    let account = Account::new(APPID, SECRET).expect("an account");
    let (token, login) = (token_answer(), login_answer(""));
    vec![
        (
            "stable token",
            vec![
                ("by hand", repeated(stable_token_by_hand, token.clone())),
                (
                    "wechat-auth",
                    ours(GetStableAccessToken::new(account.clone()), token.clone()),
                ),
            ],
        ),
        (
            "classic token",
            vec![
                ("by hand", repeated(classic_token_by_hand, token.clone())),
                ("wechat-auth", ours(GetAccessToken::new(account), token)),
            ],
        ),
        (
            "code exchange",
            vec![
                ("by hand", repeated(code_exchange_by_hand, login.clone())),
                ("wechat-auth", ours(code_grant(), login)),
                ("oauth2", oauth2(login_answer(r#""token_type":"bearer","#))),
            ],
        ),
    ]
}

fn token_answer() -> String {
    let token = "x".repeat(133);
    format!(r#"{{"access_token":"70_{token}","expires_in":7200}}"#)
}

fn login_answer(more: &str) -> String {
    let (token, refresh) = ("a".repeat(107), "r".repeat(107));
    format!(
        r#"{{{more}"access_token":"70_{token}","expires_in":7200,"refresh_token":"70_{refresh}","openid":"oLVPpjqs9BhvzwPj5A-vTYAX3GLc","scope":"snsapi_userinfo","unionid":"o6_bmasdasdsad6_2sgVt7hMZOPfL"}}"#
    )
}

fn repeated(mut work: impl FnMut(&str) + 'static, answer: String) -> Loop {
    Box::new(move |times| (0..times).for_each(|_| work(black_box(&answer))))
}

fn ours<E>(endpoint: E, answer: String) -> Loop
where
    E: Endpoint<Token = NoToken> + 'static,
{
    let origin = Origin::wechat();
    let work = move |answer: &str| {
        let request = black_box(&endpoint).request(&origin).into_http();
        black_box(request.expect("a valid request"));
        let answer = endpoint.parse(http::Response::new(answer.as_bytes()));
        black_box(answer.map_err(drop).expect("a good answer"));
    };
    repeated(work, answer)
}

#[derive(Serialize)]
struct StableTokenBody<'a> {
    grant_type: &'a str,
    appid: &'a str,
    secret: &'a str,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    expires_in: Option<u64>,
    errcode: Option<i64>,
    errmsg: Option<String>,
}

fn stable_token_by_hand(answer: &str) {
    let body = StableTokenBody {
        grant_type: "client_credential",
        appid: black_box(APPID),
        secret: black_box(SECRET),
    };
    let request = http::Request::post(format!("{}/cgi-bin/stable_token", black_box(BASE)))
        .header(CONTENT_TYPE, "application/json")
        .body(serde_json::to_vec(&body).expect("strings"));
    black_box(request.expect("a valid request"));
    read_token_by_hand(answer);
}

fn classic_token_by_hand(answer: &str) {
    let query = serde_urlencoded::to_string([
        ("grant_type", "client_credential"),
        ("appid", black_box(APPID)),
        ("secret", black_box(SECRET)),
    ]);
    get_by_hand("/cgi-bin/token", &query.expect("strings"));
    read_token_by_hand(answer);
}

fn get_by_hand(path: &str, query: &str) {
    let request = http::Request::get(format!("{}{path}?{query}", black_box(BASE))).body(Vec::<u8>::new());
    black_box(request.expect("a valid request"));
}

fn read_token_by_hand(answer: &str) {
    let answer: TokenAnswer = serde_json::from_slice(answer.as_bytes()).expect("JSON");
    assert_eq!((answer.errcode.unwrap_or(0), &answer.errmsg), (0, &None));
    black_box((
        answer.access_token.expect("a token"),
        answer.expires_in.expect("a life"),
    ));
}

#[derive(Deserialize)]
struct LoginAnswer {
    access_token: Option<String>,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
    openid: Option<String>,
    scope: Option<String>,
    unionid: Option<String>,
    is_snapshotuser: Option<u8>,
    errcode: Option<i64>,
    errmsg: Option<String>,
}

fn code_exchange_by_hand(answer: &str) {
    let query = serde_urlencoded::to_string([
        ("appid", black_box(APPID)),
        ("secret", black_box(SECRET)),
        ("code", black_box(CODE)),
        ("grant_type", "authorization_code"),
    ]);
    get_by_hand("/sns/oauth2/access_token", &query.expect("strings"));
    let answer: LoginAnswer = serde_json::from_slice(answer.as_bytes()).expect("JSON");
    assert_eq!((answer.errcode.unwrap_or(0), &answer.errmsg), (0, &None));
    black_box((
        answer.access_token.expect("a token"),
        answer.expires_in.expect("a life"),
        answer.refresh_token.expect("a refresh token"),
        answer.openid.expect("an openid"),
        (answer.scope, answer.unionid, answer.is_snapshotuser),
    ));
}

/// There is no other way to a code's exchange than a login.
fn code_grant() -> CodeGrant {
    let account = Account::new(APPID, SECRET).expect("an account");
    let back = RedirectUri::parse("https://shop.example/cb").expect("a redirect_uri");
    let login = WebLogin::new(account, Scope::UserInfo, back);
    let begun = login.begin([7; 32], 0, Begin::new());
    let (_, state) = begun.url.as_str().split_once("state=").expect("a state");
    let state = state.trim_end_matches("#wechat_redirect");
    let callback = Callback::from_query(&format!("code={CODE}&state={state}")).expect("a callback");
    let browser = BrowserNonce::from_cookie(begun.browser.cookie_value());
    let mut pending = begun.pending;
    match pending.redeem(&login, &callback, &browser, 1) {
        Ok(Redeemed::Exchange(grant)) => grant,
        _ => panic!("a login in time is redeemed"),
    }
}

#[derive(Debug, Deserialize, Serialize)]
struct WeChatFields {
    openid: String,
    unionid: Option<String>,
    is_snapshotuser: Option<u8>,
}

impl ExtraTokenFields for WeChatFields {}

type WeChatTokens = StandardTokenResponse<WeChatFields, BasicTokenType>;

/// The same by RFC 6749: the parameters in a form's body, a `token_type` in the answer.
fn oauth2(answer: String) -> Loop {
    let client = oauth2::Client::<
        BasicErrorResponse,
        WeChatTokens,
        BasicTokenIntrospectionResponse,
        StandardRevocableToken,
        BasicRevocationErrorResponse,
    >::new(ClientId::new(APPID.to_owned()))
    .set_client_secret(ClientSecret::new(SECRET.to_owned()))
    .set_auth_type(AuthType::RequestBody)
    .set_token_uri(TokenUrl::new(format!("{BASE}/sns/oauth2/access_token")).expect("a URL"));
    let work = move |answer: &str| {
        let stub = |request: HttpRequest| {
            black_box(request);
            Ok::<_, Infallible>(http::Response::new(answer.as_bytes().to_vec()))
        };
        let code = AuthorizationCode::new(black_box(CODE).to_owned());
        let tokens = client.exchange_code(code).request(&stub).expect("a good answer");
        black_box((tokens.access_token(), tokens.refresh_token(), &tokens));
    };
    repeated(work, answer)
}
