//! Writes the book's page of error codes from the table in the code: `just book-pages`.
//!
//! One argument: `en` or `zh`.

use std::io::{self, Write};

use wechat_auth::{Advice, CodeInfo};

fn main() -> io::Result<()> {
    let lang = match std::env::args().nth(1).as_deref() {
        Some("en") => &ENGLISH,
        Some("zh") => &CHINESE,
        _ => return Err(io::Error::other("name the language: en or zh")),
    };
    if let Some(row) = CodeInfo::all().iter().find(|row| !ADVICE.contains(&row.advice)) {
        return Err(io::Error::other(format!(
            "this page does not explain {:?}",
            row.advice
        )));
    }
    let mut page = io::stdout().lock();
    write!(page, "{}", lang.head)?;
    for advice in ADVICE {
        writeln!(page, "| `{advice:?}` | {} |", (lang.advice)(advice))?;
    }
    write!(page, "{}", lang.table)?;
    for row in CodeInfo::all() {
        writeln!(
            page,
            "| {} | `{:?}` | {} |",
            row.code,
            row.advice,
            (lang.line)(row)
        )?;
    }
    write!(page, "{}", lang.tail)
}

/// In the order of the enum.
const ADVICE: [Advice; 10] = [
    Advice::RetryLater,
    Advice::SlowDown,
    Advice::NewToken,
    Advice::WaitForQuota,
    Advice::RestartLogin,
    Advice::FixConfig,
    Advice::AskOperator,
    Advice::UserSaidNo,
    Advice::FixCall,
    Advice::WaitForPush,
];

struct Language {
    head: &'static str,
    advice: fn(Advice) -> &'static str,
    table: &'static str,
    line: fn(&CodeInfo) -> &'static str,
    tail: &'static str,
}

static ENGLISH: Language = Language {
    head: "\
# Error codes

<!-- Generated from the code: `just book-pages` writes this page, and CI compares it. -->

WeChat answers with HTTP 200 and an `errcode`. The library turns it into an `ApiError`, which says who must
act: `ApiError::advice()` for a program, `Refusal::info()` for a person, in English and in Chinese. The
meanings are WeChat's documentation; the advice is this project's own judgement.

## What a program should do

| advice | meaning |
|---|---|
",
    advice: |advice| match advice {
        Advice::RetryLater => {
            "nothing is wrong on our side: ask again later, with back-off; also for codes that are not in the table"
        }
        Advice::SlowDown => "too fast: wait a minute at least",
        Advice::NewToken => "the token is not valid any more: compare, replace it, and repeat the call once",
        Advice::WaitForQuota => "an allowance is used up: wait for the next day or month, or clear it",
        Advice::RestartLogin => "the person who logs in must start again",
        Advice::FixConfig => "the account's configuration is wrong: an administrator mends it",
        Advice::AskOperator => "WeChat's console must be told something: an operator acts",
        Advice::UserSaidNo => "the user decided so, or is barred: nothing to retry",
        Advice::FixCall => "the call itself is wrong: whoever wrote it mends it",
        Advice::WaitForPush => "a third-party platform's ticket must be pushed first",
        _ => "",
    },
    table: "
## The codes

| code | advice | what to do |
|---|---|---|
",
    line: |row| row.en,
    tail: "
## One code, two meanings

Where a token is asked for with an appsecret (`cgi-bin/token`, `cgi-bin/stable_token`,
`sns/oauth2/access_token`, `sns/oauth2/refresh_token`), no token was sent, so none can have been refused.
There 40001, 40014, 42001, 42006 and 42009 are `FixConfig`, and `Refusal::info()` says so. A wrong secret is
answered with 40125 today (observed); the documentation still says 40001.

## What else an error carries

- the head of WeChat's message: at most 200 characters, and what looks like a token in it is replaced by
  `[redacted]`;
- the `rid`, which WeChat's support asks for;
- for 40164, 45035 and 61004 the address that WeChat saw, if it names one: this is what the allow-list must
  have.

An answer that is not WeChat's is `ApiError::Status` (a gateway's page) or `ApiError::Malformed` (HTTP 200,
but not what it must be). Both are `RetryLater`.
",
};

static CHINESE: Language = Language {
    head: "\
# 错误码

<!-- 本页由代码生成：`just book-pages` 写出，CI 会比对。 -->

微信的业务错误以 HTTP 200 加 `errcode` 返回。本库把它变成 `ApiError`，并说明该由谁处理：程序看
`ApiError::advice()`，人看 `Refusal::info()`（中英文各一行）。含义来自微信官方文档，处理建议是本项目自己的判断。

## 程序该怎么做

| 建议 | 含义 |
|---|---|
",
    advice: |advice| match advice {
        Advice::RetryLater => "我方没有问题：退避后重试；不在表中的错误码也按此处理",
        Advice::SlowDown => "太快了：至少等一分钟",
        Advice::NewToken => "凭证已失效：先比对，再换新，然后把调用重试一次",
        Advice::WaitForQuota => "额度已用完：等到次日或次月，或者清零",
        Advice::RestartLogin => "正在登录的用户需要重新登录",
        Advice::FixConfig => "账号配置有误：由管理员修正",
        Advice::AskOperator => "需要在微信后台操作：由运维处理",
        Advice::UserSaidNo => "用户的决定，或用户被限制：重试无用",
        Advice::FixCall => "调用本身写错了：由开发者修正",
        Advice::WaitForPush => "需要先收到第三方平台的 ticket 推送",
        _ => "",
    },
    table: "
## 错误码表

| 错误码 | 建议 | 处理方法 |
|---|---|---|
",
    line: |row| row.zh,
    tail: "
## 同一个码，两种含义

在用 AppSecret 换取凭证的接口上（`cgi-bin/token`、`cgi-bin/stable_token`、`sns/oauth2/access_token`、
`sns/oauth2/refresh_token`），请求里没有凭证，也就谈不上凭证被拒。此时 40001、40014、42001、42006、42009
的建议是 `FixConfig`，`Refusal::info()` 也会这样说明。如今密钥错误实际返回 40125（实测），而文档仍写 40001。

## 错误里还有什么

- 微信错误信息的开头：最多 200 个字符，其中像凭证的内容会被替换为 `[redacted]`；
- `rid`，联系微信技术支持时需要它；
- 对 40164、45035、61004，如果微信给出了它看到的 IP，也会带上：白名单里要加的正是它。

不是微信给出的应答则是 `ApiError::Status`（网关的页面），或 `ApiError::Malformed`（HTTP 200，但内容不对）。两者的建议都是
`RetryLater`。
",
};
