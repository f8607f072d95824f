//! The first page: what this is, and what to point where.

use http::StatusCode;
use maud::html;

use super::Browsed;
use crate::machine::{AppKind, Call, Path, WeChat};
use crate::page::{Page, shown};

impl WeChat {
    /// Scheme, host and mount of this emulator, as the browser wrote them.
    pub(super) fn origin(&self, call: &Call<'_>) -> String {
        format!("http://{}{}", call.host.unwrap_or("127.0.0.1"), call.mount)
    }

    pub(super) fn index(&self, call: &Call<'_>) -> Browsed {
        let origin = self.origin(call);
        let body = html! {
            h1 { "微信凭证模拟器 " span.en { "WeChat credential emulator" } }
            p { "把客户端的接口地址指向这里，即可在没有网络的情况下获取 access_token、登录用户。" br;
                span.en lang="en" { "Point a client's base URL here: it gets app tokens and logs users in, without a network." } }
            p { a.button.yes id="dashboard" href={ (call.mount) "/_emulator/" } { "控制台 / Dashboard" } }
            table {
                tr { th { "代替 / instead of" } th { "使用 / use" } }
                tr { td { code { "https://api.weixin.qq.com" } } td { code id="origin" { (origin) } } }
                tr { td { code { "https://open.weixin.qq.com" } } td { code { (origin) } } }
            }
            h2 { "应用 " span.en { "Apps" } }
            table id="apps" {
                tr { th { "appid" } th { "类型 / kind" } th { "回调域名 / redirect domain" } }
                @for app in self.apps() {
                    tr {
                        td { code { (app.appid) } }
                        td { (kind(app.kind)) @if app.sandbox { " (sandbox)" } }
                        td { (app.redirect_domain.as_deref().unwrap_or("不限 / any")) }
                    }
                }
            }
            h2 { "测试用户 " span.en { "Test users" } }
            ul id="users" {
                @for user in self.users() {
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
        Page::wide("微信凭证模拟器").respond(StatusCode::OK, &body).into()
    }
}

pub(crate) const fn kind(kind: AppKind) -> &'static str {
    match kind {
        AppKind::Any => "不限 / any",
        AppKind::OfficialAccount => "公众号 / official account",
        AppKind::Website => "网站应用 / website app",
    }
}
