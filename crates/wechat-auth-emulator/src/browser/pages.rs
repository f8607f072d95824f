//! The pages of a login.

use http::{Response, StatusCode};
use maud::{Markup, html};

use super::complaint::Complaint;
use super::open_pages::Step;
use super::qr;
use super::request::{AuthorizeRequest, Door};
use crate::machine::{Grants, Path, User};
use crate::page::{Page, Script, Watch, shown};

/// How often a website looks whether the phone has answered: with a script, and without.
const LOOK_EVERY_MS: u32 = 1_000;
const RELOAD_EVERY_S: u32 = 5;

/// A login that waits for an answer, for its pages.
pub(crate) struct Asking<'a> {
    pub(crate) request: &'a AuthorizeRequest,
    pub(crate) nonce: &'a str,
    /// Scheme, host and mount.
    pub(crate) origin: String,
    pub(crate) mount: &'a str,
    /// Where the answer goes.
    pub(crate) action: Path,
    pub(crate) users: &'a [User],
    pub(crate) chosen: Option<&'a str>,
}

/// How a page came to be shown.
#[derive(Clone, Copy)]
pub(crate) enum Opened<'a> {
    /// By the app's link, with the fragment that it should have.
    ByTheLink,
    /// Otherwise, and perhaps because of this.
    Again(Option<&'a Complaint>),
}

impl Asking<'_> {
    fn action(&self) -> String {
        format!("{}{}", self.mount, self.action.path())
    }

    fn qr_path(&self, page: Path) -> String {
        format!("{}{}?uuid={}", self.mount, page.path(), self.nonce)
    }

    fn wish(&self) -> Markup {
        let (zh, en) = match self.request.scope.grants {
            Grants::Openid => ("获取你的 openid", "learn your openid"),
            Grants::Profile => (
                "获取你的昵称、头像、地区及性别",
                "learn your nickname, picture, region and sex",
            ),
            Grants::WebsiteLogin => ("使用你的账号登录网站", "log you in to its website"),
        };
        html! {
            p { "应用 " code id="appid" { (self.request.appid) } " 申请" (zh) "。" br;
                span.en { "The app wants to " (en) ", then sends the browser to " }
                code id="redirect-host" { (self.request.redirect_uri.authority()) } }
            p { small { "scope: " code id="scope" { (self.request.scope.text) } } }
        }
    }

    fn form(&self) -> Markup {
        html! {
            form method="post" action=(self.action()) id="consent" {
                input type="hidden" name="nonce" value=(self.nonce);
                input type="hidden" name="snapshot_page" value="show";
                fieldset {
                    legend { "选择测试用户 " span.en { "Choose a test user" } }
                    @for user in self.users {
                        label.user for={ "user-" (user.id) } {
                            input type="radio" name="user" id={ "user-" (user.id) } value=(user.id)
                                required checked[self.chosen == Some(user.id.as_str())];
                            " " bdi { (shown(&user.nickname)) } " " small { (user.id) }
                            @if user.snapshot { " " small { "快照页访客 / snapshot visitor" } }
                        }
                    }
                }
                div.actions {
                    button.yes type="submit" id="allow" name="decision" value="allow" { "允许 / Allow" }
                    button type="submit" id="refuse" name="decision" value="refuse" formnovalidate { "拒绝 / Refuse" }
                    button.plain type="submit" id="close" name="decision" value="close" formnovalidate {
                        "直接关闭页面 / Just close the page"
                    }
                }
            }
        }
    }

    /// A form of its own, so that Enter in one of its fields agrees to nothing.
    fn new_user(&self, complaint: Option<&Complaint>) -> Markup {
        html! {
            details id="add-user" open[complaint.is_some()] {
                summary id="add-user-open" { "添加测试用户 " span.en { "Add a test user" } }
                @if let Some(complaint) = complaint { (warning("add-user-error", complaint)) }
                form method="post" action=(self.action()) {
                    input type="hidden" name="nonce" value=(self.nonce);
                    div.fields {
                        label { "昵称 / nickname" input id="new-nickname" name="new_nickname" maxlength="64" autocomplete="off"; }
                        label { "id（可不填）/ id (optional)"
                            input id="new-id" name="new_id" maxlength="64" pattern="[A-Za-z0-9_\\-]+" autocomplete="off"; }
                        button type="submit" id="add-user-submit" name="decision" value="add_user" { "添加 / Add" }
                    }
                }
            }
        }
    }
}

fn warning(id: &str, complaint: &Complaint) -> Markup {
    html! {
        div.warning id=(id) role="alert" {
            p { (complaint.zh) "。" (complaint.mend_zh) }
            p.en lang="en" { (complaint.en) ". " (complaint.mend_en) }
        }
    }
}

/// The page that asks a user: on the authorize page, or on the phone that scanned.
pub(crate) fn consent(asking: &Asking<'_>, opened: Opened<'_>) -> Response<Vec<u8>> {
    let (zh, en) = match asking.request.door {
        Door::OfficialAccount => ("网页授权", "Web authorization"),
        Door::Website => ("确认登录", "Confirm the login"),
    };
    let (complaint, by_the_link) = match opened {
        Opened::ByTheLink => (None, true),
        Opened::Again(complaint) => (complaint, false),
    };
    let missing = Complaint::fragment_missing();
    let body = html! {
        h1 { (zh) " " span.en { (en) } }
        @if asking.action == Path::QrScan {
            p id="scanned" { "这是扫码的手机。" span.en { "This is the phone that scanned." } }
        }
        @if by_the_link {
            div.warning id="no-fragment" role="alert" hidden data-report=(asking.action()) {
                p { (missing.zh) "。" (missing.mend_zh) }
                p.en lang="en" { (missing.en) ". " (missing.mend_en) }
            }
        }
        (asking.wish())
        (asking.form())
        (asking.new_user(complaint))
    };
    let page = Page::phone(zh);
    let page = if by_the_link {
        page.script(Script::Fragment)
    } else {
        page
    };
    page.respond(StatusCode::OK, &body)
}

/// The website, which shows a QR code and waits.
pub(crate) fn website(asking: &Asking<'_>, step: &Step) -> Response<Vec<u8>> {
    let scan = format!("{}{}?uuid={}", asking.origin, Path::QrScan.path(), asking.nonce);
    let body = html! {
        h1 { "扫码登录 " span.en { "QR login" } }
        (asking.wish())
        div id="qr-login" data-live aria-live="polite" {
            @match step {
                Step::Waiting => {
                    @if let Some(picture) = qr::picture(&scan) { (picture) }
                    p.step id="waiting" { b { "等待扫码" } span.en { "Waiting for a phone to scan" } }
                }
                _ => p.step id="scanned" {
                    b { "✓ 已扫码" } "请在手机上确认登录" br; span.en { "Scanned: confirm on the phone" }
                }
            }
        }
        div.actions {
            a.button.yes id="scan" href=(asking.qr_path(Path::QrScan)) target="_blank" rel="noopener" {
                "用模拟手机扫码 / Scan with the emulated phone"
            }
            noscript { a.button id="check" href=(asking.qr_path(Path::QrWait)) { "再看一次 / Check again" } }
        }
        p { small { "二维码中的地址只在本机可用：" code { (scan) } br;
            span lang="en" { "The address in the QR code works on this machine only." } } }
        details {
            summary id="answer-here" { "不扫码，直接在此回答 " span.en { "Answer here instead of scanning" } }
            (asking.form())
        }
    };
    let watch = Watch {
        address: asking.qr_path(Path::QrWait),
        every_ms: LOOK_EVERY_MS,
        reload_s: Some(RELOAD_EVERY_S),
    };
    Page::phone("扫码登录")
        .watching(watch)
        .respond(StatusCode::OK, &body)
}

/// What WeChat shows when it does not believe that the user asked for the login.
pub(crate) fn snapshot(asking: &Asking<'_>, user: &User) -> Response<Vec<u8>> {
    let body = html! {
        h1 id="snapshot" { "快照页 " span.en { "Snapshot page" } }
        p { "微信认为用户没有主动触发这次授权，于是在只读的快照页中打开应用。换取凭证时，应用得到的是虚拟的 openid、unionid 和昵称，并带有 "
            code { "is_snapshotuser: 1" } "：这不是真实用户，不能据此登录或建档。" }
        p.en lang="en" { "WeChat does not believe that the user asked for this login, and opens the app in a read-only snapshot. \
            The exchange gives a virtual openid, unionid and nickname, and " code { "is_snapshotuser: 1" }
            ": nobody to log in." }
        form method="post" action=(asking.action()) {
            input type="hidden" name="nonce" value=(asking.nonce);
            input type="hidden" name="user" value=(user.id);
            div.actions {
                button type="submit" id="browse-snapshot" name="decision" value="browse_snapshot" {
                    "继续浏览快照 / Go on in the snapshot"
                }
                button.yes type="submit" id="full-service" name="decision" value="full_service" {
                    "使用完整服务 / Use the full service"
                }
                button.plain type="submit" id="close" name="decision" value="close" {
                    "直接关闭页面 / Just close the page"
                }
            }
        }
    };
    Page::phone("快照页").respond(StatusCode::OK, &body)
}

/// The user has gone, and nobody is told.
pub(crate) fn closed(asking: &Asking<'_>) -> Response<Vec<u8>> {
    let on_the_phone = asking.action == Path::QrScan;
    let body = html! {
        h1 id="closed" { "页面已关闭" }
        p { "应用不会收到任何通知：没有 code，也没有 state。"
            @if on_the_phone { "网站仍在等待，二维码可以再扫一次。" }
            br; span.en lang="en" {
                "The app is told nothing: no code, no state."
                @if on_the_phone { " The website waits on, and the QR code can be scanned again." }
            } }
    };
    Page::phone("页面已关闭").respond(StatusCode::OK, &body)
}

/// The phone agreed.
pub(crate) fn confirmed(asking: &Asking<'_>) -> Response<Vec<u8>> {
    on_the_phone(
        asking,
        "confirmed",
        "已确认登录",
        "The login is confirmed; the website goes on.",
    )
}

/// The phone refused.
pub(crate) fn cancelled(asking: &Asking<'_>) -> Response<Vec<u8>> {
    on_the_phone(
        asking,
        "cancelled",
        "已取消登录",
        "The login is cancelled; the website is told.",
    )
}

fn on_the_phone(asking: &Asking<'_>, id: &str, zh: &str, en: &str) -> Response<Vec<u8>> {
    let body = html! {
        h1 id=(id) { (zh) }
        p.en lang="en" { (en) }
        p { a id="to-website" href=(asking.qr_path(Path::QrWait)) { "回到网站 / To the website" } }
    };
    Page::phone(zh).respond(StatusCode::OK, &body)
}

/// Where a QR login stays that was refused, if it is not sent back.
pub(crate) fn refused() -> Response<Vec<u8>> {
    let body = html! {
        h1 id="refused" { "你已拒绝登录" }
        p.en lang="en" { "You refused. The website is not told; close this page." }
    };
    Page::phone("已拒绝").respond(StatusCode::OK, &body)
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
    Page::phone(&complaint.zh).respond(status, &body)
}
