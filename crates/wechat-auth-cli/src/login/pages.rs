//! What a person sees. No script, nothing from elsewhere, nothing personal: who it was is said in the
//! terminal.

use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use maud::{DOCTYPE, PreEscaped, html};
use sha2::{Digest, Sha256};
use wechat_auth::login::LoginError;

/// Where a browser ends up. Each page has an address of its own, with nothing in it that is worth
/// keeping: opening it again does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Done,
    Refused,
    Snapshot,
    Failed,
    NotACallback,
    Forged,
    OtherBrowser,
    Expired,
    Over,
    NotFound,
    NotAllowed,
}

struct Words {
    slug: &'static str,
    status: StatusCode,
    mark: Mark,
    zh: [&'static str; 2],
    en: [&'static str; 2],
}

#[derive(Clone, Copy)]
enum Mark {
    Good,
    Neutral,
    Bad,
}

impl Page {
    const ALL: [Self; 11] = [
        Self::Done,
        Self::Refused,
        Self::Snapshot,
        Self::Failed,
        Self::NotACallback,
        Self::Forged,
        Self::OtherBrowser,
        Self::Expired,
        Self::Over,
        Self::NotFound,
        Self::NotAllowed,
    ];

    /// The page at `result/<slug>`.
    pub(crate) fn of_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|page| page.slug() == slug)
    }

    pub(crate) fn slug(self) -> &'static str {
        self.words().slug
    }

    /// Whether the command ends with it.
    pub(crate) fn is_the_end(self) -> bool {
        matches!(self, Self::Done | Self::Refused | Self::Snapshot | Self::Failed)
    }

    fn words(self) -> Words {
        let (slug, status, mark, zh, en) = match self {
            Self::Done => (
                "done",
                StatusCode::OK,
                Mark::Good,
                ["登录成功", "可以关闭此页，回到终端查看结果。"],
                [
                    "You are logged in",
                    "Close this page; the result is in the terminal.",
                ],
            ),
            Self::Refused => (
                "refused",
                StatusCode::OK,
                Mark::Neutral,
                ["你已拒绝授权", "没有取得任何信息，可以关闭此页。"],
                ["You refused", "Nothing was learned about you. Close this page."],
            ),
            Self::Snapshot => (
                "snapshot",
                StatusCode::OK,
                Mark::Neutral,
                ["这是快照页访客", "微信给出的是虚拟身份，因此没有登录任何人。"],
                [
                    "A visitor of a snapshot page",
                    "WeChat made up an identity, so nobody was logged in.",
                ],
            ),
            Self::Failed => (
                "failed",
                StatusCode::OK,
                Mark::Bad,
                ["登录失败", "原因见终端。"],
                ["The login failed", "The terminal says why."],
            ),
            Self::NotACallback => (
                "not-a-callback",
                StatusCode::BAD_REQUEST,
                Mark::Bad,
                ["这不是微信的回调", "地址里的参数不完整、重复或过长。"],
                [
                    "Not a callback of WeChat's",
                    "What the address brings is missing, doubled or too long.",
                ],
            ),
            Self::Forged => (
                "forged",
                StatusCode::BAD_REQUEST,
                Mark::Bad,
                [
                    "state 不匹配",
                    "这次登录不是从这里开始的：可能是伪造的，或是旧链接。",
                ],
                [
                    "The state is not ours",
                    "This login was not begun here: it is forged, or an old link.",
                ],
            ),
            Self::OtherBrowser => (
                "other-browser",
                StatusCode::BAD_REQUEST,
                Mark::Bad,
                ["不是同一个浏览器", "请在同一个浏览器里重新开始，并允许 Cookie。"],
                [
                    "Another browser",
                    "Start again, and stay in one browser that keeps cookies.",
                ],
            ),
            Self::Expired => (
                "expired",
                StatusCode::BAD_REQUEST,
                Mark::Bad,
                ["登录已过期", "超过了十分钟，请重新开始。"],
                [
                    "The login has expired",
                    "It took more than ten minutes. Start again.",
                ],
            ),
            Self::Over => (
                "over",
                StatusCode::BAD_REQUEST,
                Mark::Neutral,
                ["这次登录已经结束", "它已经用过另一个 code。"],
                ["This login is over", "Another code was used for it."],
            ),
            Self::NotFound => (
                "not-found",
                StatusCode::NOT_FOUND,
                Mark::Neutral,
                ["没有这个页面", "这里只处理微信登录。"],
                ["There is no such page", "Logging in is all that happens here."],
            ),
            Self::NotAllowed => (
                "not-allowed",
                StatusCode::METHOD_NOT_ALLOWED,
                Mark::Neutral,
                ["只接受 GET 请求", "请用浏览器打开。"],
                ["GET requests only", "Open it with a browser."],
            ),
        };
        Words {
            slug,
            status,
            mark,
            zh,
            en,
        }
    }

    /// The page itself; `again` is where a login begins.
    pub(crate) fn render(self, again: &str) -> Response<Full<Bytes>> {
        let words = self.words();
        let (class, sign) = match words.mark {
            Mark::Good => ("good", "✓"),
            Mark::Neutral => ("neutral", "–"),
            Mark::Bad => ("bad", "!"),
        };
        let document = html! {
            (DOCTYPE)
            html lang="zh-CN" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width,initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (words.zh[0]) " · wechat-auth" }
                    style { (PreEscaped(CSS)) }
                }
                body { main id=(words.slug) {
                    div class={ "mark " (class) } aria-hidden="true" { (sign) }
                    h1 { (words.zh[0]) }
                    p { (words.zh[1]) }
                    div.en lang="en" {
                        h2 { (words.en[0]) }
                        p { (words.en[1]) }
                    }
                    @if !self.is_the_end() {
                        a id="again" href=(again) { "重新开始 / Start again" }
                    }
                    footer { "wechat-auth login" }
                } }
            }
        };
        let mut response = Response::new(Full::from(document.into_string()));
        *response.status_mut() = words.status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        if let Ok(policy) = HeaderValue::try_from(content_security_policy()) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        if self == Self::NotAllowed {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET"));
        }
        guarded(response)
    }
}

impl From<LoginError> for Page {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Refused => Self::Refused,
            LoginError::OtherBrowser => Self::OtherBrowser,
            LoginError::Expired => Self::Expired,
            LoginError::AlreadyRedeemed => Self::Over,
            _ => Self::Forged,
        }
    }
}

/// What every answer says: keep no copy, and tell no other site where the browser came from.
pub(crate) fn guarded(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        HeaderName::from_static("x-robots-tag"),
        HeaderValue::from_static("noindex"),
    );
    response
}

fn content_security_policy() -> String {
    let style = BASE64.encode(&Sha256::digest(CSS));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

const CSS: &str = "\
*{box-sizing:border-box}\
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:#ededed;color:#191919;\
font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif}\
main{width:100%;max-width:26rem;padding:2.5rem 1.5rem 1.25rem;background:#fff;border-radius:.75rem;text-align:center}\
.mark{width:4rem;height:4rem;margin:0 auto 1rem;border-radius:50%;color:#fff;font-size:2.25rem;line-height:4rem;font-weight:700}\
.good{background:#07803f}.neutral{background:#6b6b6b}.bad{background:#b3261e}\
h1{margin:0;font-size:1.5rem}h2{margin:0;font-size:1.05rem}p{margin:.25rem 0 0}\
.en{margin-top:1.25rem;padding-top:1.25rem;border-top:1px solid #e5e5e5;color:#4a4a4a}\
a{display:inline-block;margin-top:1.5rem;padding:.6rem 1.5rem;border-radius:.5rem;background:#07803f;color:#fff;\
font-weight:600;text-decoration:none}\
a:focus-visible{outline:3px solid #1a73e8;outline-offset:2px}\
footer{margin-top:2rem;color:#5f5f5f;font-size:.8125rem}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_an_address_of_its_own() {
        for page in Page::ALL {
            assert_eq!(Page::of_slug(page.slug()), Some(page));
        }
    }

    #[test]
    fn no_page_may_be_kept_or_tell_where_it_was() {
        for page in Page::ALL {
            let response = page.render("/");
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
            assert_eq!(response.headers()[header::REFERRER_POLICY], "no-referrer");
        }
    }
}
