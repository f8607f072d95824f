//! The pages a browser shows. No script, nothing from elsewhere, everything escaped.

use data_encoding::BASE64;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::complaint::Complaint;
use super::request::{AuthorizeRequest, Door};
use crate::machine::{App, AppKind, Grants, Path, User};

const CSS: &str = "\
*{box-sizing:border-box}\
body{margin:0;background:#ededed;color:#191919;font:16px/1.5 system-ui,'PingFang SC','Microsoft YaHei',sans-serif}\
main{max-width:26rem;margin:0 auto;padding:1rem;background:#fff;min-height:100vh}\
main.wide{max-width:52rem}\
.not-wechat{margin:-1rem -1rem 1rem;padding:.6rem 1rem;background:#fff3cd;color:#664d03;font-weight:600}\
h1{font-size:1.25rem;margin:.5rem 0}h2{font-size:1.05rem;margin:1.5rem 0 .5rem}\
.en,small{color:#5f5f5f;font-size:.875rem}\
label.user{display:block;padding:.7rem;margin:.4rem 0;border:1px solid #d5d5d5;border-radius:.5rem;overflow-wrap:anywhere}\
label.user:has(:checked){border-color:#07803f;background:#f0faf4}\
fieldset{border:0;margin:0;padding:0}legend{padding:0}\
.actions{display:grid;gap:.6rem;margin-top:1.25rem}\
button{font:inherit;font-weight:600;padding:.7rem;border:0;border-radius:.5rem;cursor:pointer}\
button:focus-visible,input:focus-visible,a:focus-visible{outline:3px solid #1a73e8;outline-offset:2px}\
#allow{background:#07803f;color:#fff}#refuse{background:#ececec;color:#191919}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .5rem;border-bottom:1px solid #e5e5e5;vertical-align:top}\
code{overflow-wrap:anywhere}";

/// The page that asks a user.
pub(crate) fn consent(
    request: &AuthorizeRequest,
    mount: &str,
    nonce: &str,
    users: &[User],
    chosen: Option<&str>,
) -> Response<Vec<u8>> {
    let (title_zh, title_en) = match request.door {
        Door::OfficialAccount => ("网页授权", "Web authorization"),
        Door::Website => ("扫码登录", "QR login"),
    };
    let (wish_zh, wish_en) = match request.scope.grants {
        Grants::Openid => ("获取你的 openid", "learn your openid"),
        Grants::Profile => (
            "获取你的昵称、头像、地区及性别",
            "learn your nickname, picture, region and sex",
        ),
        Grants::WebsiteLogin => ("使用你的账号登录网站", "log you in to its website"),
    };
    let action = match request.door {
        Door::OfficialAccount => Path::Authorize.path(),
        Door::Website => Path::QrConnect.path(),
    };
    let body = html! {
        h1 { (title_zh) " " span.en { (title_en) } }
        p { "应用 " code id="appid" { (request.appid) } " 申请" (wish_zh) "。" br;
            span.en { "The app wants to " (wish_en) ", then sends the browser to " }
            code id="redirect-host" { (request.redirect_uri.authority()) } }
        p { small { "scope: " code id="scope" { (request.scope.text) } } }
        form method="post" action={ (mount) (action) } id="consent" {
            input type="hidden" name="nonce" value=(nonce);
            fieldset {
                legend { "选择测试用户 " span.en { "Choose a test user" } }
                @for user in users {
                    label.user for={ "user-" (user.id) } {
                        input type="radio" name="user" id={ "user-" (user.id) } value=(user.id)
                            required checked[chosen == Some(user.id.as_str())];
                        " " bdi { (shown(&user.nickname)) } " " small { (user.id) }
                        @if user.snapshot { " " small { "快照页访客 / snapshot visitor" } }
                    }
                }
            }
            div.actions {
                button type="submit" id="allow" name="decision" value="allow" { "允许 / Allow" }
                button type="submit" id="refuse" name="decision" value="refuse" { "拒绝 / Refuse" }
            }
        }
    };
    page(StatusCode::OK, title_zh, Width::Phone, &body)
}

/// The page that says what is wrong and how to mend it.
pub(crate) fn error(status: StatusCode, complaint: &Complaint) -> Response<Vec<u8>> {
    let body = html! {
        h1 id="error" { (complaint.zh) }
        p.en lang="en" id="error-en" { (complaint.en) }
        @if let Some(code) = complaint.code {
            p { "错误码 / error code: " code id="error-code" { (code) } }
        }
        h2 { "怎么改 " span.en { "How to mend it" } }
        p id="mend" { (complaint.mend_zh) br; span.en lang="en" { (complaint.mend_en) } }
    };
    page(status, &complaint.zh, Width::Phone, &body)
}

/// Where a QR login stays that was refused, if it is not sent back.
pub(crate) fn refused() -> Response<Vec<u8>> {
    let body = html! {
        h1 id="refused" { "你已拒绝登录" }
        p.en lang="en" { "You refused. The website is not told; close this page." }
    };
    page(StatusCode::OK, "已拒绝", Width::Phone, &body)
}

/// What this is, and what to point where.
pub(crate) fn index<'a>(
    origin: &str,
    apps: impl Iterator<Item = &'a App>,
    users: &[User],
) -> Response<Vec<u8>> {
    let body = html! {
        h1 { "微信凭证模拟器 " span.en { "WeChat credential emulator" } }
        p { "把客户端的接口地址指向这里，即可在没有网络的情况下获取 access_token、登录用户。" br;
            span.en lang="en" { "Point a client's base URL here: it gets app tokens and logs users in, without a network." } }
        table {
            tr { th { "代替 / instead of" } th { "使用 / use" } }
            tr { td { code { "https://api.weixin.qq.com" } } td { code id="origin" { (origin) } } }
            tr { td { code { "https://open.weixin.qq.com" } } td { code { (origin) } } }
        }
        h2 { "应用 " span.en { "Apps" } }
        table id="apps" {
            tr { th { "appid" } th { "类型 / kind" } th { "回调域名 / redirect domain" } }
            @for app in apps {
                tr {
                    td { code { (app.appid) } }
                    td { (kind(app.kind)) @if app.sandbox { " (sandbox)" } }
                    td { (app.redirect_domain.as_deref().unwrap_or("不限 / any")) }
                }
            }
        }
        h2 { "测试用户 " span.en { "Test users" } }
        ul id="users" {
            @for user in users {
                li { code { (user.id) } " " bdi { (shown(&user.nickname)) } }
            }
        }
        h2 { "接口 " span.en { "Endpoints" } }
        table id="endpoints" {
            @for route in Path::ALL.into_iter().filter(|route| *route != Path::Index) {
                tr { td { code { (route.method().as_str()) } } td { code { (route.path()) } } }
            }
        }
        h2 { "管理接口 " span.en { "Admin API" } }
        p { code { "/_emulator/v1/" } "：" code { "openapi.json" } }
    };
    page(StatusCode::OK, "微信凭证模拟器", Width::Wide, &body)
}

const fn kind(kind: AppKind) -> &'static str {
    match kind {
        AppKind::Any => "不限 / any",
        AppKind::OfficialAccount => "公众号 / official account",
        AppKind::Website => "网站应用 / website app",
    }
}

#[derive(Clone, Copy)]
enum Width {
    Phone,
    Wide,
}

fn page(status: StatusCode, title: &str, width: Width, body: &Markup) -> Response<Vec<u8>> {
    let class = match width {
        Width::Phone => "phone",
        Width::Wide => "wide",
    };
    let document = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " · 这不是微信" }
                style { (PreEscaped(CSS)) }
            }
            body { main class=(class) {
                p.not-wechat id="not-wechat" role="note" {
                    "模拟器：这不是微信 / Emulator: This is not WeChat"
                }
                (body)
            } }
        }
    };
    let mut response = Response::new(document.into_string().into_bytes());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if let Ok(policy) = HeaderValue::try_from(content_security_policy()) {
        headers.insert(HeaderName::from_static("content-security-policy"), policy);
    }
    response
}

/// Nothing but our own style sheet. Chromium holds a form to `form-action` on every
/// redirect that follows, and the app at the other end may redirect on to a third
/// origin: so a form may lead to any http address, as a link may.
fn content_security_policy() -> String {
    let style = BASE64.encode(&Sha256::digest(CSS));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self' http: https:; \
         frame-ancestors 'none'; base-uri 'none'"
    )
}

/// Control characters as their pictures, so that a page shows what is there.
fn shown(text: &str) -> String {
    let picture = |c: char| match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(c),
        '\x7f' => '\u{2421}',
        c => c,
    };
    text.chars().map(picture).collect()
}
