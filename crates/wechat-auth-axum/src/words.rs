//! What a user reads of a failure, in two languages.

use crate::LoginFailure;
use crate::failure::Kind;

/// What a user should read about a failure, in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// What happened: a heading.
    pub happened: &'static str,
    /// What to do about it: a sentence or two.
    pub to_do: &'static str,
}

impl LoginFailure {
    /// In Chinese.
    pub fn zh(&self) -> Words {
        self.cause().kind().in_both().0
    }

    /// In English.
    pub fn en(&self) -> Words {
        self.cause().kind().in_both().1
    }
}

const fn both(zh: [&'static str; 2], en: [&'static str; 2]) -> (Words, Words) {
    let ([zh_happened, zh_to_do], [en_happened, en_to_do]) = (zh, en);
    let zh = Words {
        happened: zh_happened,
        to_do: zh_to_do,
    };
    let en = Words {
        happened: en_happened,
        to_do: en_to_do,
    };
    (zh, en)
}

impl Kind {
    fn in_both(self) -> (Words, Words) {
        match self {
            Self::Method => both(
                ["请直接打开登录页面", "这个地址只能用浏览器以 GET 方式打开。"],
                [
                    "Open the login as a page",
                    "This address takes GET requests from a browser only.",
                ],
            ),
            Self::NotAVisit => both(
                [
                    "请直接打开登录页面",
                    "登录不能预加载，也不能嵌在别的页面里。请点击登录按钮。",
                ],
                [
                    "Open the login as a page",
                    "A login can be neither prefetched nor embedded. Use the login button.",
                ],
            ),
            Self::NotACallback => both(
                [
                    "链接不完整",
                    "这个地址应由微信跳转过来，但参数缺失、重复或过长。请重新登录。",
                ],
                [
                    "The link is not complete",
                    "WeChat should lead to this address, but what it brings is missing, doubled or too long. \
                     Log in again.",
                ],
            ),
            Self::Unknown => both(
                [
                    "找不到这次登录",
                    "它可能早已失效，也可能不是从这里发起的。请重新登录。",
                ],
                [
                    "This login is not known",
                    "It may have ended long ago, or it was not begun here. Log in again.",
                ],
            ),
            Self::Mangled => both(
                [
                    "链接在途中被改动",
                    "浏览器或转发工具改动了链接。请重新登录，不要复制或转发登录链接。",
                ],
                [
                    "The link was changed on its way",
                    "A browser or something that forwards links changed it. Log in again, without copying or \
                     forwarding the link.",
                ],
            ),
            Self::OtherBrowser => both(
                [
                    "这次登录不属于这个浏览器",
                    "登录要在同一个浏览器里开始和完成，并且允许 Cookie。如果不是你本人在登录，关闭此页即可。",
                ],
                [
                    "This login is not this browser's",
                    "A login begins and ends in one browser that keeps cookies. If it was not you who began it, \
                     close this page.",
                ],
            ),
            Self::OtherEntryPoint => both(
                ["登录入口不一致", "这次登录是从另一个入口发起的。请重新登录。"],
                [
                    "Another way in",
                    "This login was begun at another entry point. Log in again.",
                ],
            ),
            Self::Expired => both(
                ["登录已过期", "从开始到现在超过了十分钟。请重新登录。"],
                [
                    "The login has expired",
                    "It took more than ten minutes. Log in again.",
                ],
            ),
            Self::Refused => both(
                ["你没有授权", "没有取得你的任何信息。改变主意时，可以重新登录。"],
                [
                    "You did not allow it",
                    "Nothing was learned about you. If you change your mind, log in again.",
                ],
            ),
            Self::Over => both(
                ["这次登录已经结束", "它已经用过一次。请重新登录。"],
                ["This login is over", "It was used already. Log in again."],
            ),
            Self::Snapshot => both(
                [
                    "你正在浏览网页快照",
                    "微信在快照页里给出的是虚拟身份，因此没有登录。请按微信页面上的提示使用完整服务，再登录。",
                ],
                [
                    "You are looking at a snapshot",
                    "WeChat makes up an identity there, so nobody was logged in. Switch to the full service as \
                     WeChat's page offers, then log in.",
                ],
            ),
            Self::CodeRefused => both(
                ["微信没有接受这次登录", "授权码无效、已过期或已用过。请重新登录。"],
                [
                    "WeChat did not take this login",
                    "The code is not valid, too old, or used already. Log in again.",
                ],
            ),
            Self::Blocked => both(
                [
                    "微信不允许此账号登录",
                    "微信拦截了这个账号的登录，重试没有用。请联系网站客服。",
                ],
                [
                    "WeChat does not let this account in",
                    "It blocks this account here, and trying again does not help. Ask the site's support.",
                ],
            ),
            Self::Busy => both(
                ["微信系统繁忙", "这次没有登录成功。请稍等片刻，再重新登录。"],
                [
                    "WeChat is busy",
                    "You are not logged in. Wait a moment, then log in again.",
                ],
            ),
            Self::NoAnswer => both(
                [
                    "微信没有及时应答",
                    "为了安全，同一个授权码不会发送两次。请重新登录。",
                ],
                [
                    "WeChat did not answer in time",
                    "A code is never sent twice, to be safe. Log in again.",
                ],
            ),
            Self::BadAnswer => both(
                ["与微信的连接中断", "没有收到有效的应答。请稍等片刻，再重新登录。"],
                [
                    "The line to WeChat broke",
                    "No valid answer came. Wait a moment, then log in again.",
                ],
            ),
            Self::Misconfigured => both(
                [
                    "网站的微信配置有误",
                    "这不是你的问题，重试没有用。请把下面的错误码告诉网站管理员。",
                ],
                [
                    "The site's WeChat configuration is wrong",
                    "It is not your fault, and trying again does not help. Tell the site's administrator the \
                     number below.",
                ],
            ),
            Self::Store | Self::OurSide => both(
                ["网站出了点问题", "这次没有登录成功。请稍等片刻，再重新登录。"],
                [
                    "Something broke on our side",
                    "You are not logged in. Wait a moment, then log in again.",
                ],
            ),
        }
    }
}
