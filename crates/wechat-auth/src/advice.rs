use crate::advice::Advice::*;

/// What to do about an `errcode`, for a program. For a person, see [`CodeInfo`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Advice {
    /// Nothing is wrong on our side: ask again later, with back-off.
    RetryLater,
    /// Too fast: ask again in a minute at the earliest.
    SlowDown,
    /// The token is not valid (any more): replace it, compare first, and repeat the call once.
    NewToken,
    /// The day's or the month's allowance is used up: wait for the next, or clear it.
    WaitForQuota,
    /// The person who is logging in must start again; nothing is wrong with the account.
    RestartLogin,
    /// The account's configuration is wrong (appid, appsecret, permission): an administrator mends it.
    FixConfig,
    /// WeChat's console must be told something (allow-list, confirmation, ban): an operator acts.
    AskOperator,
    /// The user decided so, or is barred: nothing to retry.
    UserSaidNo,
    /// The call itself is wrong: whoever wrote it mends it.
    FixCall,
    /// A push of a third-party platform's ticket must arrive first.
    WaitForPush,
}

impl Advice {
    /// Whether the same request can never succeed before a person changes something, so that asking
    /// eagerly only burns the quota.
    pub const fn needs_a_person(self) -> bool {
        matches!(self, FixConfig | AskOperator | FixCall)
    }

    /// Whether WeChat's text may name the address it saw.
    pub(crate) const fn names_address(self) -> bool {
        matches!(self, AskOperator)
    }
}

/// One row of the table of codes: what it means and what to do, in both languages.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeInfo {
    /// WeChat's `errcode`.
    pub code: i64,
    /// What a program should do.
    pub advice: Advice,
    /// What a person should do, in English.
    pub en: &'static str,
    /// What a person should do, in Chinese.
    pub zh: &'static str,
}

impl CodeInfo {
    /// The row of `code`.
    ///
    /// ```
    /// use wechat_auth::{Advice, CodeInfo};
    ///
    /// let row = CodeInfo::of(40164).unwrap();
    /// assert_eq!(row.advice, Advice::AskOperator);
    /// assert!(row.en.contains("allow-list"));
    /// assert!(row.zh.contains("白名单"));
    /// assert_eq!(CodeInfo::of(123_456), None);
    /// ```
    pub fn of(code: i64) -> Option<&'static Self> {
        let at = TABLE.binary_search_by_key(&code, |row| row.code).ok()?;
        TABLE.get(at)
    }

    /// The row of `code` where an endpoint says it that hands out tokens: no token was sent, so none was
    /// refused, and what is wrong is the secret it was asked with.
    pub(crate) fn of_token_endpoint(code: i64) -> Option<&'static Self> {
        let no_token = SECRET_REFUSED.iter().find(|row| row.code == code);
        no_token.or_else(|| Self::of(code))
    }

    /// Every row, by ascending code.
    pub fn all() -> &'static [Self] {
        TABLE
    }
}

const fn row(code: i64, advice: Advice, en: &'static str, zh: &'static str) -> CodeInfo {
    CodeInfo { code, advice, en, zh }
}

/// Meanings as WeChat documents them; advice is this project's own judgement.
#[rustfmt::skip]
static TABLE: &[CodeInfo] = &[
    row(-1, RetryLater, "wechat is busy: retry shortly", "微信系统繁忙：稍后重试"),
    row(40001, NewToken, "the token is wrong or was replaced: fetch a new one and repeat the call once", "凭证无效或已被新凭证取代：重新获取后重试一次"),
    row(40002, FixCall, "grant_type is wrong: mend the call", "grant_type 不正确：修改调用参数"),
    row(40003, FixCall, "the openid is unknown, or belongs to another account", "openid 不存在或属于其他账号：检查 openid 与 appid 是否对应"),
    row(40013, FixConfig, "the appid is unknown: copy it again from the console", "appid 无效：到公众平台后台核对 AppID"),
    row(40014, NewToken, "the access_token is malformed or of another account: fetch a new one and repeat the call once", "access_token 不合法或属于其他账号：重新获取后重试一次"),
    row(40029, RestartLogin, "the code is not valid: let the user log in again", "code 无效：请用户重新登录"),
    row(40030, RestartLogin, "the refresh_token is not valid: let the user log in again", "refresh_token 无效：请用户重新登录授权"),
    row(40035, FixCall, "a parameter is wrong: mend the call", "参数不合法：修改调用参数"),
    row(40066, FixCall, "the API path does not exist: mend the call", "接口路径不存在：检查 URL"),
    row(40091, WaitForPush, "the component ticket is not valid: wait for the next push", "component_verify_ticket 无效：等待下一次推送"),
    row(40094, WaitForPush, "the component credential is not valid: fetch it again after the next push", "第三方平台凭证无效：收到推送后重新获取"),
    row(40097, FixCall, "a parameter is wrong: mend the call", "参数错误：修改调用参数"),
    row(40125, FixConfig, "the appsecret is wrong: copy it again from the console, or use the newest after a reset", "AppSecret 错误：到后台核对，重置后旧的即失效"),
    row(40163, RestartLogin, "the code was spent already, often by a page reload: let the user log in again", "code 已被使用（常见于页面刷新）：请用户重新登录"),
    row(40164, AskOperator, "the caller's address is not on the IP allow-list: add it in the console; 5 to 10 minutes until it works", "调用方 IP 不在白名单：到后台添加该 IP，约 5 至 10 分钟生效"),
    row(40170, FixCall, "too many items in one call: send fewer", "参数个数超过上限：减少单次数量"),
    row(40188, FixCall, "the scope is not valid: mend the call", "scope 无效：修改调用参数"),
    row(40226, UserSaidNo, "wechat blocks this user as high-risk: no retry helps", "微信判定该用户高风险并拦截登录：重试无效"),
    row(40243, FixConfig, "the appsecret is frozen: unfreeze it in the console; about 10 minutes until it works", "AppSecret 已被冻结：到后台解冻，约 10 分钟生效"),
    row(41001, FixCall, "access_token is missing: mend the call", "缺少 access_token 参数"),
    row(41002, FixCall, "appid is missing: mend the call", "缺少 appid 参数"),
    row(41003, FixCall, "refresh_token is missing: mend the call", "缺少 refresh_token 参数"),
    row(41004, FixCall, "the secret is missing: mend the call", "缺少 secret 参数"),
    row(41008, FixCall, "code is missing: mend the call", "缺少 code 参数"),
    row(41009, FixCall, "openid is missing: mend the call", "缺少 openid 参数"),
    row(41018, FixCall, "component_appid is missing: mend the call", "缺少 component_appid 参数"),
    row(41021, FixCall, "component_access_token is missing: mend the call", "缺少 component_access_token 参数"),
    row(42001, NewToken, "the access_token expired: fetch a new one and repeat the call once", "access_token 已过期：重新获取后重试一次"),
    row(42002, RestartLogin, "the refresh_token expired: let the user log in again", "refresh_token 已过期：请用户重新登录授权"),
    row(42003, RestartLogin, "the code expired: let the user log in again", "code 已过期：请用户重新登录"),
    row(42006, NewToken, "the component_access_token expired: fetch a new one and repeat the call once", "component_access_token 已过期：重新获取后重试一次"),
    row(42007, RestartLogin, "the user changed the password, and both tokens died: let the user log in again", "用户修改密码，两个凭证均已失效：请用户重新授权"),
    row(42009, NewToken, "the temporary client token expired: fetch a new one and repeat the call once", "客户端临时凭证已过期：重新获取后重试一次"),
    row(43001, FixCall, "the call must be a GET", "需要使用 GET 请求"),
    row(43002, FixCall, "the call must be a POST", "需要使用 POST 请求"),
    row(43003, FixCall, "the call must use https", "需要使用 HTTPS 请求"),
    row(43101, UserSaidNo, "the user does not accept this message: nothing is wrong with the token", "用户拒绝接收该消息：与凭证无关"),
    row(44002, FixCall, "the body is empty: mend the call", "POST 数据为空"),
    row(45009, WaitForQuota, "the day's calls are used up: wait for the next day (Beijing time), or clear the quota", "当日调用次数已用完：等待次日（北京时间）或清零额度"),
    row(45011, SlowDown, "too many calls this minute: wait a minute", "本分钟调用过于频繁：一分钟后再试"),
    row(45035, AskOperator, "the caller's address is not on the shop's IP allow-list: add it in the console", "调用方 IP 不在小店白名单：到后台添加该 IP"),
    row(47001, FixCall, "the body does not read as JSON or XML: mend the call", "POST 数据格式错误：检查 JSON/XML"),
    row(48001, FixConfig, "the account lacks this permission, or the token is of the wrong kind", "接口未授权：检查账号权限，或是否用错了凭证种类"),
    row(48004, AskOperator, "the API was taken away for violations: see the console's notices", "接口因违规被封禁：查看后台通知"),
    row(48006, WaitForQuota, "this month's quota clearings are used up: wait for the next month", "本月清零次数已用完：等待下月"),
    row(50001, UserSaidNo, "the user did not authorise this", "用户未授权该接口"),
    row(50002, AskOperator, "the user or account is frozen or cancelled", "用户受限：可能被冻结或已注销"),
    row(50004, AskOperator, "the account may not use access tokens, perhaps as a punishment: see the console's notices", "账号被禁止使用 access_token，可能因处罚：查看后台通知"),
    row(50005, UserSaidNo, "the user does not follow the account", "用户未关注公众号"),
    row(50007, AskOperator, "the account is frozen: see the console's notices", "账号已被冻结：查看后台通知"),
    row(61003, AskOperator, "the account did not authorise this platform: let its administrator authorise", "账号未授权给该第三方平台：请管理员重新授权"),
    row(61004, AskOperator, "the caller's address is not on the platform's IP allow-list: add it in the console", "调用方 IP 未登记：到平台后台添加该 IP"),
    row(61005, WaitForPush, "the component ticket expired: wait for the next push", "component_verify_ticket 已过期：等待下一次推送"),
    row(61006, WaitForPush, "the component ticket is not valid: wait for the next push", "component_verify_ticket 无效：等待下一次推送"),
    row(61007, FixConfig, "the platform was not given this permission set: authorise again with it", "未把该权限集授权给第三方平台：重新授权"),
    row(61009, RestartLogin, "the authorisation code is not valid: let the administrator authorise again", "授权码无效：请管理员重新授权"),
    row(61010, RestartLogin, "the authorisation code expired: let the administrator authorise again", "授权码已过期：请管理员重新授权"),
    row(61011, FixConfig, "the component is not valid: check the platform's appid", "第三方平台无效：核对平台 appid"),
    row(61014, FixCall, "this API needs the component token: mend the call", "该接口需使用 component_access_token"),
    row(61015, FixCall, "this API needs the account's token and not the component's: mend the call", "该接口需使用账号的 access_token"),
    row(61023, RestartLogin, "the authoriser's refresh token is dead: let the account authorise again", "授权方 refresh_token 已失效：请账号重新授权"),
    row(61024, FixCall, "a component's token comes from api_component_token: mend the call", "第三方平台凭证需通过 api_component_token 获取"),
    row(76001, FixCall, "the rid is unknown", "rid 不存在"),
    row(76002, FixCall, "the rid is malformed", "rid 格式错误"),
    row(76003, FixCall, "the rid belongs to another account, or the path is malformed", "rid 属于其他账号，或接口路径格式错误"),
    row(76004, FixCall, "the rid is older than seven days", "rid 已超过七天"),
    row(76021, FixCall, "the API path is unknown: write it with its leading slash and without a host", "接口路径不存在：以 / 开头且不带域名"),
    row(76022, FixCall, "the API path does not belong to this token's account, or cannot be looked up", "该接口不属于当前凭证的账号，或不支持查询"),
    row(87007, RestartLogin, "the session_key is missing: let the user log in again", "session_key 不存在：请用户重新登录"),
    row(87008, FixCall, "sig_method is wrong: mend the call", "sig_method 不正确"),
    row(87009, RestartLogin, "the signature does not match: drop the session_key and let the user log in again", "签名不匹配：丢弃 session_key 并请用户重新登录"),
    row(89501, AskOperator, "a confirmation request is pending: retry after the administrator answered", "确认请求处理中：待管理员确认后重试"),
    row(89503, AskOperator, "the administrator must confirm this caller's address: see the message in wechat", "需管理员在微信中确认该 IP 的调用"),
    row(89506, AskOperator, "the administrator refused this address twice: blocked for 24 hours", "管理员两次拒绝该 IP：24 小时内不可调用"),
    row(89507, AskOperator, "the administrator refused this address: blocked for an hour", "管理员拒绝该 IP：1 小时内不可调用"),
];

/// The codes about tokens, where there was none. Only 40001 is documented there.
#[rustfmt::skip]
static SECRET_REFUSED: &[CodeInfo] = &[
    row(40001, FixConfig, "the appsecret is wrong: copy it again from the console, or use the newest after a reset", "AppSecret 错误：到后台核对，重置后旧的即失效"),
    row(40014, FixConfig, "wechat refuses the credential: check appid and appsecret", "凭证被拒绝：核对 AppID 与 AppSecret"),
    row(42001, FixConfig, "wechat refuses the credential: check appid and appsecret", "凭证被拒绝：核对 AppID 与 AppSecret"),
    row(42006, FixConfig, "wechat refuses the credential: check appid and appsecret", "凭证被拒绝：核对 AppID 与 AppSecret"),
    row(42009, FixConfig, "wechat refuses the credential: check appid and appsecret", "凭证被拒绝：核对 AppID 与 AppSecret"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_each_row_speaks_both_languages() {
        assert!(TABLE.is_sorted_by(|a, b| a.code < b.code));
        for row in TABLE.iter().chain(SECRET_REFUSED) {
            assert!(row.en.is_ascii() && !row.en.is_empty(), "{}", row.code);
            assert!(!row.zh.is_ascii(), "{}", row.code);
        }
    }

    #[test]
    fn exactly_the_codes_that_ask_for_a_new_token_mean_something_else_without_one() {
        let asking = TABLE.iter().filter(|row| row.advice == NewToken);
        assert!(
            asking
                .map(|row| row.code)
                .eq(SECRET_REFUSED.iter().map(|row| row.code))
        );
    }

    #[test]
    fn every_documented_code_of_wechat_has_a_row() {
        let documented = [
            -1, 40001, 40002, 40003, 40013, 40014, 40029, 40030, 40035, 40097, 40066, 40091, 40094, 40125,
            40163, 40164, 40170, 40188, 40226, 40243, 41001, 41003, 41002, 41004, 41008, 41009, 41018, 41021,
            42001, 42002, 42003, 42006, 42007, 42009, 43001, 43002, 43003, 43101, 44002, 45009, 45011, 45035,
            47001, 48001, 48004, 48006, 50001, 50002, 50004, 50005, 50007, 61003, 61004, 61005, 61006, 61007,
            61009, 61010, 61011, 61014, 61015, 61023, 61024, 76001, 76002, 76003, 76004, 76021, 76022, 87007,
            87008, 87009, 89501, 89503, 89506, 89507,
        ];
        for code in documented {
            assert!(CodeInfo::of(code).is_some(), "{code}");
        }
        assert_eq!(TABLE.len(), documented.len());
    }
}
