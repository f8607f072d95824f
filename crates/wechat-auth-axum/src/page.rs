use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use maud::{DOCTYPE, PreEscaped, html};

use crate::LoginFailure;
use crate::failure::Kind;

/// The page for a failure when the application has none of its own: what happened, what to do, and a link
/// that begins again, in Chinese and English. No script, nothing from elsewhere, nothing personal.
///
/// To log failures too, or to show some in another way, write a handler around it:
///
/// ```
/// use axum::response::Response;
/// use wechat_auth_axum::{LoginFailure, failure_page};
///
/// async fn sorry(failure: LoginFailure) -> Response {
///     eprintln!("a login failed: {}", failure.cause());
///     failure_page(failure).await
/// }
/// ```
pub async fn failure_page(failure: LoginFailure) -> Response {
    let kind = failure.cause().kind();
    let (zh, en) = (failure.zh(), failure.en());
    let document = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="robots" content="noindex";
                title { (zh.happened) }
                style { (PreEscaped(CSS)) }
            }
            body { main id=(id(kind)) {
                h1 { (zh.happened) }
                p { (zh.to_do) }
                div.en lang="en" {
                    h2 { (en.happened) }
                    p { (en.to_do) }
                }
                a id="again" href=(failure.begin_path()) { "重新登录 / Log in again" }
                @if let Some(reference) = failure.cause().reference() {
                    p.reference { "错误码 / error code: " code id="reference" { (reference) } }
                }
            } }
        }
    };
    let mut response = Body::from(document.into_string()).into_response();
    *response.status_mut() = kind.status();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

const fn id(kind: Kind) -> &'static str {
    match kind {
        Kind::Method => "method",
        Kind::NotAVisit => "not-a-visit",
        Kind::NotACallback => "not-a-callback",
        Kind::Unknown => "unknown-login",
        Kind::Mangled => "mangled-state",
        Kind::OtherBrowser => "other-browser",
        Kind::OtherEntryPoint => "other-entry-point",
        Kind::Expired => "expired",
        Kind::Refused => "refused",
        Kind::Over => "over",
        Kind::Snapshot => "snapshot",
        Kind::CodeRefused => "code-refused",
        Kind::Blocked => "blocked",
        Kind::Busy => "busy",
        Kind::NoAnswer => "no-answer",
        Kind::BadAnswer => "bad-answer",
        Kind::Misconfigured => "misconfigured",
        Kind::Store => "store",
        Kind::OurSide => "our-side",
    }
}

/// The hash is that of [`CSS`]; a test computes it.
const POLICY: &str = "default-src 'none'; style-src 'sha256-BfttVIuDl1FrwzOme9Hp66TLv6fiQjwEjpKAz7tnyoQ='; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

const CSS: &str = "\
*{box-sizing:border-box}\
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:#f2f2f2;color:#1a1a1a;\
font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif}\
main{width:100%;max-width:26rem;padding:2rem 1.5rem;background:#fff;border-radius:.75rem;border-top:.375rem solid #b3261e}\
#refused,#over,#snapshot{border-top-color:#6b6b6b}\
h1{margin:0;font-size:1.375rem}h2{margin:0;font-size:1.05rem}p{margin:.5rem 0 0}\
.en{margin-top:1.25rem;padding-top:1.25rem;border-top:1px solid #e5e5e5;color:#4a4a4a}\
a{display:block;margin-top:1.75rem;padding:.7rem;border-radius:.5rem;background:#07803f;color:#fff;font-weight:600;\
text-align:center;text-decoration:none}\
a:focus-visible{outline:3px solid #1a73e8;outline-offset:2px}\
.reference{margin-top:1.25rem;color:#5f5f5f;font-size:.8125rem;overflow-wrap:anywhere}";

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn the_policy_allows_the_pages_own_style_and_nothing_else() {
        let hash = data_encoding::BASE64.encode(&Sha256::digest(CSS));
        assert!(POLICY.contains(&format!("'sha256-{hash}'")), "{hash}");
    }
}
