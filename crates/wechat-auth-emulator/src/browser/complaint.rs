//! What is wrong with an authorize link, and how to mend it, for the person who wrote it.

use serde::{Deserialize, Serialize};

use super::redirect::NoRedirectUri;

/// One fault of a link. The numbers are those of WeChat's own page, where it has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Complaint {
    /// The number that WeChat's page shows, where it shows one.
    pub code: Option<u32>,
    /// What is wrong, in Chinese.
    pub zh: String,
    /// What is wrong, in English.
    pub en: String,
    /// How to mend it, in Chinese.
    pub mend_zh: String,
    /// How to mend it, in English.
    pub mend_en: String,
}

impl Complaint {
    fn new(code: impl Into<Option<u32>>, zh: &str, en: &str, mend_zh: &str, mend_en: &str) -> Self {
        Self {
            code: code.into(),
            zh: zh.to_owned(),
            en: en.to_owned(),
            mend_zh: mend_zh.to_owned(),
            mend_en: mend_en.to_owned(),
        }
    }

    pub(crate) fn appid_missing() -> Self {
        Self::new(
            10012,
            "appid 不能为空",
            "the link has no appid",
            "在链接中写上 appid 参数。",
            "Put the parameter appid into the link.",
        )
    }

    pub(crate) fn appid_unknown() -> Self {
        Self::new(
            40013,
            "appid 不存在",
            "there is no app with this appid",
            "核对 appid；本模拟器认识的应用列在首页。",
            "Compare it with the apps on the index page of this emulator.",
        )
    }

    pub(crate) fn wants_an_official_account() -> Self {
        Self::new(
            10016,
            "这是网站应用的 appid，不能用于公众号网页授权",
            "this appid is a website app's, and this page is for official accounts",
            "使用公众号的 appid，或改用 /connect/qrconnect。",
            "Use an official account's appid, or the page /connect/qrconnect.",
        )
    }

    pub(crate) fn wants_a_website_app() -> Self {
        Self::new(
            None,
            "这是公众号的 appid，不能用于网站扫码登录",
            "this appid is an official account's, and this page is for website apps",
            "使用网站应用的 appid，或改用 /connect/oauth2/authorize。",
            "Use a website app's appid, or the page /connect/oauth2/authorize.",
        )
    }

    pub(crate) fn redirect_uri_missing() -> Self {
        Self::new(
            10011,
            "redirect_uri 不能为空",
            "the link has no redirect_uri",
            "在链接中写上经过 URL 编码的 redirect_uri 参数。",
            "Put the percent-encoded parameter redirect_uri into the link.",
        )
    }

    pub(crate) fn redirect_uri(why: NoRedirectUri) -> Self {
        let (zh, en, mend_zh, mend_en) = match why {
            NoRedirectUri::TooLong => (
                "redirect_uri 太长",
                "the redirect_uri is too long",
                "缩短到 2048 字节以内。",
                "Keep it within 2048 bytes.",
            ),
            NoRedirectUri::EncodedTwice => (
                "redirect_uri 被编码了两次",
                "the redirect_uri was percent-encoded twice",
                "只编码一次：解码一次后应以 http:// 或 https:// 开头。",
                "Encode it once: decoded once, it must begin with http:// or https://.",
            ),
            NoRedirectUri::NotHttp => (
                "redirect_uri 不是完整的 http 或 https 地址",
                "the redirect_uri is not an absolute http or https address",
                "写出协议和域名，例如 https://example.com/callback。",
                "Write scheme and host, for example https://example.com/callback.",
            ),
            NoRedirectUri::Malformed => (
                "redirect_uri 格式有误",
                "the redirect_uri is malformed",
                "检查域名，去掉用户名、空白、反斜杠和控制字符。",
                "Check the host; remove user names, blanks, backslashes and control characters.",
            ),
        };
        Self::new(10003, zh, en, mend_zh, mend_en)
    }

    pub(crate) fn redirect_domain(found: &str, wanted: &str) -> Self {
        Self {
            code: Some(10003),
            zh: format!("redirect_uri 的域名与后台配置不一致：链接中是 {found}"),
            en: format!("the redirect_uri leads to {found}, which is not the configured domain"),
            mend_zh: format!("改为 {wanted};主域名与子域名不能通用。"),
            mend_en: format!("Use {wanted}; a domain and its sub-domains are not the same."),
        }
    }

    pub(crate) fn response_type() -> Self {
        Self::new(
            None,
            "response_type 必须是 code",
            "response_type must be code",
            "在链接中写上 response_type=code。",
            "Write response_type=code into the link.",
        )
    }

    pub(crate) fn scope_missing() -> Self {
        Self::new(
            10010,
            "scope 不能为空",
            "the link has no scope",
            "公众号使用 snsapi_base 或 snsapi_userinfo，网站应用使用 snsapi_login。",
            "Official accounts use snsapi_base or snsapi_userinfo, website apps snsapi_login.",
        )
    }

    pub(crate) fn scope() -> Self {
        Self::new(
            10005,
            "scope 参数错误或没有 scope 权限",
            "the scope is wrong here, or this app may not ask for it",
            "authorize 页面使用 snsapi_base 或 snsapi_userinfo，qrconnect 页面使用 snsapi_login。",
            "Use snsapi_base or snsapi_userinfo on the authorize page, snsapi_login on qrconnect.",
        )
    }

    pub(crate) fn state_too_long() -> Self {
        Self::new(
            None,
            "state 超过 128 字节",
            "the state is longer than 128 bytes",
            "缩短 state;较长的数据请保存在服务器上。",
            "Shorten it; keep longer data on the server.",
        )
    }

    pub(crate) fn state_characters() -> Self {
        Self::new(
            None,
            "state 只能包含 a-z、A-Z 和 0-9",
            "the state may hold only a-z, A-Z and 0-9",
            "换用十六进制等只含字母和数字的编码。",
            "Use an encoding of letters and digits, such as hexadecimal.",
        )
    }

    pub(crate) fn repeated(name: &str) -> Self {
        Self {
            code: None,
            zh: format!("参数 {name} 出现了不止一次"),
            en: format!("the parameter {name} stands there more than once"),
            mend_zh: "每个参数只写一次。".to_owned(),
            mend_en: "Write each parameter once.".to_owned(),
        }
    }

    pub(crate) fn order() -> Self {
        Self::new(
            None,
            "参数顺序不正确",
            "the parameters are not in the documented order",
            "依次为 appid、redirect_uri、response_type、scope、state，其余参数放在它们之后。",
            "Write appid, redirect_uri, response_type, scope, state, and whatever else after them.",
        )
    }

    pub(crate) fn stale_page() -> Self {
        Self::new(
            None,
            "此页面已经用过或已过期",
            "this page was answered already, or is too old",
            "回到应用，重新发起登录。",
            "Go back to the app and begin again.",
        )
    }

    pub(crate) fn no_choice() -> Self {
        Self::new(
            None,
            "没有选择用户，或没有选择允许还是拒绝",
            "no user was chosen, or neither Allow nor Refuse",
            "回到应用，重新发起登录。",
            "Go back to the app and begin again.",
        )
    }

    pub(crate) fn fragment_missing() -> Self {
        Self::new(
            None,
            "链接没有以 #wechat_redirect 结尾",
            "the link does not end in #wechat_redirect",
            "在链接末尾加上 #wechat_redirect，否则在微信中无法打开。",
            "Put #wechat_redirect at the end of the link; WeChat does not open it otherwise.",
        )
    }

    pub(crate) fn user_id() -> Self {
        Self::new(
            None,
            "用户 id 不合法",
            "this cannot be a user's id",
            "使用 1 到 64 个字符：A-Z、a-z、0-9、_ 和 -。",
            "Use 1 to 64 characters of A-Z, a-z, 0-9, _ and -.",
        )
    }

    pub(crate) fn user_id_taken() -> Self {
        Self::new(
            None,
            "已有这个 id 的用户",
            "there is a user with this id",
            "换一个 id，或不填。",
            "Choose another id, or none.",
        )
    }

    pub(crate) fn nickname_too_long(most: usize) -> Self {
        Self {
            code: None,
            zh: "昵称太长".to_owned(),
            en: "the nickname is too long".to_owned(),
            mend_zh: format!("缩短到 {most} 个字符以内。"),
            mend_en: format!("Keep it within {most} characters."),
        }
    }

    pub(crate) fn too_many_users() -> Self {
        Self::new(
            None,
            "用户已满",
            "there are as many users as fit",
            "重置模拟器。",
            "Reset the emulator.",
        )
    }

    pub(crate) fn not_found() -> Self {
        Self::new(
            None,
            "没有这个页面",
            "there is no such page",
            "网页授权：/connect/oauth2/authorize;扫码登录：/connect/qrconnect。",
            "Web login is at /connect/oauth2/authorize, QR login at /connect/qrconnect.",
        )
    }

    pub(crate) fn method() -> Self {
        Self::new(
            None,
            "请求方法不对",
            "this page does not answer that method",
            "在浏览器中打开链接(GET)。",
            "Open the link in a browser (GET).",
        )
    }
}
