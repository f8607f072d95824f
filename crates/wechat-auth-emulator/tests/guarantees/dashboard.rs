//! The dashboard, over real sockets and without a browser.

use std::net::SocketAddr;
use std::process::Command;

use data_encoding::BASE64;
use serde_json::Value;
use sha2::{Digest, Sha256};
use wechat_auth_emulator::{Family, Running};

use super::wire::{Answer, emulator, get, post, post_with, send};
use super::world::{APPID, SECRET, START, classic_uri, field};

pub(super) const PAGE: &str = "/_emulator/";

/// What the page's forms carry.
pub(super) async fn token(to: SocketAddr) -> String {
    let page = get(to, PAGE).await.body;
    let token = page.split("name=\"token\" value=\"").nth(1).unwrap();
    token.split('"').next().unwrap().to_owned()
}

pub(super) fn own_headers(to: SocketAddr) -> String {
    format!("Host: {to}\r\nOrigin: http://{to}\r\nContent-Type: application/x-www-form-urlencoded\r\n")
}

/// Presses a button as the page itself does.
async fn press(to: SocketAddr, button: &str, fields: &str) -> Answer {
    let form = format!("token={}&{fields}", token(to).await);
    post_with(to, &format!("{PAGE}{button}"), &own_headers(to), &form).await
}

async fn fetch(to: SocketAddr) -> String {
    field(&get(to, &classic_uri(APPID, SECRET)).await.body, "access_token")
}

pub(super) async fn clock(emulator: &Running) -> u64 {
    emulator.handle().now().unix_s()
}

#[tokio::test]
async fn the_clock_has_its_buttons() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    fetch(to).await;
    for (button, after) in [
        ("5-minutes", 300),
        ("2-hours", 7_500),
        // 07:13:20 in Beijing: to midnight.
        ("quota-reset", 64_000),
    ] {
        let pressed = press(to, "clock", &format!("do={button}")).await;
        assert_eq!(pressed.status, 303, "{}", pressed.body);
        assert!(
            pressed.head.contains("location: /_emulator/#clock"),
            "{}",
            pressed.head
        );
        assert_eq!(clock(&emulator).await, START + after, "{button}");
    }
    fetch(to).await;
    press(to, "clock", "do=next-expiry").await;
    assert_eq!(clock(&emulator).await, START + 64_000 + 7_200);
    press(to, "clock", "do=run").await;
    assert!(get(to, PAGE).await.body.contains("运行中 / running"));
    press(to, "clock", "do=freeze").await;
    assert!(get(to, PAGE).await.body.contains("已冻结 / frozen"));
}

#[tokio::test]
async fn a_button_that_cannot_be_pressed_says_why_and_changes_nothing() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    for (button, fields, status, why) in [
        (
            "clock",
            "do=next-expiry",
            409,
            "nothing is alive that could expire",
        ),
        ("clock", "do=backwards", 400, "there is no such button"),
        (
            "faults",
            "do=add&path=nope&effect=cut",
            400,
            "path must be a path",
        ),
        (
            "faults",
            "do=add&path=%2Fx&effect=errcode&number=many",
            400,
            "errcode",
        ),
        ("faults", "do=77", 404, "no such fault"),
        (
            "users",
            "do=auto-consent&user=nobody",
            400,
            "no user with this id",
        ),
        ("tokens", "do=classic&appid=nope", 400, "no app with this appid"),
    ] {
        let refused = press(to, button, fields).await;
        assert_eq!(refused.status, status, "{fields}: {}", refused.body);
        assert!(
            refused.body.contains("id=\"error\"") && refused.body.contains(why),
            "{fields}: {}",
            refused.body
        );
    }
    assert_eq!(clock(&emulator).await, START);
    assert_eq!(emulator.handle().with(|wechat, _| wechat.faults_waiting()), 0);
}

#[tokio::test]
async fn faults_are_added_and_called_off() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let add = "do=add&path=%2Fcgi-bin%2Ftoken&effect=errcode&number=-1&times=2&appid=";
    assert_eq!(press(to, "faults", add).await.status, 303);
    let fault = get(to, "/_emulator/v1/faults").await.json()["faults"][0].clone();
    assert_eq!(
        (&fault["fault"]["errcode"], &fault["fault"]["times"]),
        (&Value::from(-1), &Value::from(2))
    );
    // A number that the effect does not have is left alone.
    press(
        to,
        "faults",
        "do=add&path=%2Fsns%2F*&effect=cut&number=-1&times=1",
    )
    .await;
    let page = get(to, PAGE).await.body;
    assert!(
        page.contains("errcode=-1") && page.contains("<code>/sns/*</code>"),
        "{page}"
    );
    press(to, "faults", &format!("do={}", fault["id"])).await;
    assert_eq!(emulator.handle().with(|wechat, _| wechat.faults_waiting()), 1);
    press(to, "faults", "do=clear").await;
    assert_eq!(emulator.handle().with(|wechat, _| wechat.faults_waiting()), 0);
}

#[tokio::test]
async fn a_user_is_told_to_agree_and_not_to() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    press(to, "users", "do=auto-consent&user=blank").await;
    let page = get(to, PAGE).await.body;
    assert!(
        page.contains("<option value=\"blank\" selected>") && page.contains("自动同意"),
        "{page}"
    );
    press(to, "users", "do=auto-consent&user=").await;
    assert!(get(to, PAGE).await.body.contains("<option value=\"\" selected>"));
}

/// x and width of the bars of one row.
fn bars<'a>(page: &'a str, row: &str) -> Vec<(&'a str, u64, u64)> {
    let picture = page.split(&format!("<b>{row}</b>")).nth(1).expect("the row");
    let picture = picture
        .split("<svg")
        .nth(1)
        .unwrap()
        .split("</svg>")
        .next()
        .unwrap();
    let bars = picture.split("<rect class=\"").skip(1);
    bars.map(|bar| {
        let number = |name: &str| {
            let after = bar.split(&format!(" {name}=\"")).nth(1).unwrap();
            after.split('"').next().unwrap().parse().unwrap()
        };
        (bar.split('"').next().unwrap(), number("x"), number("width"))
    })
    .collect()
}

#[tokio::test]
async fn lives_and_overlaps_are_drawn_to_scale() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    fetch(to).await;
    emulator
        .handle()
        .advance(std::time::Duration::from_secs(3_600))
        .unwrap();
    fetch(to).await;
    emulator.handle().foreign_refresh(APPID, Family::Stable).unwrap();
    let page = get(to, PAGE).await.body;
    // Two hours are ahead, so two hours are behind: 1000 units, 3600 s being 250.
    assert_eq!(bars(&page, "classic #2"), [("accepted", 500, 500)]);
    assert_eq!(
        bars(&page, "classic #1"),
        [("accepted", 250, 250), ("overlap", 500, 20), ("cut", 520, 230)]
    );
    assert!(page.contains("<b>classic #1</b> <small>5 min</small><br><small>已被替换 / replaced</small>"));
    assert_eq!(bars(&page, "stable #1"), [("accepted", 500, 500)]);
    assert!(page.contains("别的系统 / foreign"));
    emulator
        .handle()
        .advance(std::time::Duration::from_secs(300))
        .unwrap();
    let page = get(to, PAGE).await.body;
    assert_eq!(bars(&page, "classic #1")[0].0, "gone");
}

#[tokio::test]
async fn another_system_refreshes_at_the_press_of_a_button() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let held = fetch(to).await;
    press(to, "tokens", &format!("do=classic&appid={APPID}")).await;
    assert_eq!(emulator.handle().introspect(&held).overlap_left_s, Some(300));
}

#[tokio::test]
async fn quotas_are_shown_as_used_and_left() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    fetch(to).await;
    let page = get(to, PAGE).await.body;
    assert!(
        page.contains("value=\"1\" aria-label=\"/cgi-bin/token used\"") && page.contains("<td>1999</td>")
    );
}

#[tokio::test]
async fn logins_are_listed_with_what_is_left_of_their_tokens() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let back = "http%3A%2F%2F127.0.0.1%3A3000%2F";
    let link = format!(
        "/connect/oauth2/authorize?appid={APPID}&redirect_uri={back}&response_type=code&scope=snsapi_base"
    );
    get(to, &link).await;
    let code = emulator.handle().with(|wechat, _| {
        let location = wechat.journal().last().unwrap().location.clone().unwrap();
        location.split("code=").nth(1).unwrap().to_owned()
    });
    let exchange = format!(
        "/sns/oauth2/access_token?appid={APPID}&secret={SECRET}&code={code}&grant_type=authorization_code"
    );
    let exchanged = get(to, &exchange).await.body;
    let page = get(to, PAGE).await.body;
    assert!(
        page.contains(&field(&exchanged, "openid"))
            && page.contains("access_token: 2 h<")
            && page.contains("refresh_token: 30 d<"),
        "{page}"
    );
    for secret in ["access_token", "refresh_token"] {
        let secret = field(&exchanged, secret);
        assert!(!page.contains(&secret));
        assert!(get(to, "/_emulator/?secrets=show").await.body.contains(&secret));
    }
    emulator
        .handle()
        .advance(std::time::Duration::from_secs(7_200))
        .unwrap();
    let page = get(to, PAGE).await.body;
    assert!(page.contains("access_token: 已过期 / expired<") && page.contains("refresh_token: 29 d 22 h<"));
}

#[tokio::test]
async fn secrets_and_tokens_are_shown_only_when_asked_for() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let token = fetch(to).await;
    let hidden = get(to, PAGE).await.body;
    assert!(!hidden.contains(SECRET) && !hidden.contains(&token));
    assert!(hidden.contains(&format!(
        "curl -g 'http://{to}/cgi-bin/token?grant_type=client_credential&amp;appid={APPID}&amp;secret=***'"
    )));
    let shown = get(to, "/_emulator/?secrets=show").await.body;
    assert!(shown.contains(SECRET) && shown.contains(&token));
    // A button keeps what was asked for, and only that.
    let form = format!("token={}&do=5-minutes", self::token(to).await);
    let pressed = post_with(
        to,
        "/_emulator/clock?secrets=show&x=%0d%0aSet-Cookie:y",
        &own_headers(to),
        &form,
    )
    .await;
    assert!(
        pressed
            .head
            .contains("location: /_emulator/?secrets=show#clock\r\n"),
        "{}",
        pressed.head
    );
}

#[tokio::test]
async fn a_copied_command_sends_the_same_request_again() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let body = format!(
        r#"{{"grant_type":"client_credential","appid":"{APPID}","secret":"{SECRET}","x":"it's $(id) `id` \u0007"}}"#
    );
    post(to, "/cgi-bin/stable_token", &body).await;
    let raw = "\u{1b}[31m'\\\n";
    post_with(
        to,
        "/cgi-bin/stable_token?a='$(id)'",
        &format!("Host: {to}\r\n"),
        raw,
    )
    .await;
    let page = get(to, "/_emulator/?secrets=show").await.body;
    let commands: Vec<String> = page
        .split("<textarea id=\"curl-")
        .skip(1)
        .map(|rest| {
            unescaped(
                rest.split_once(">\n")
                    .unwrap()
                    .1
                    .split("</textarea>")
                    .next()
                    .unwrap(),
            )
        })
        .collect();
    assert_eq!(commands.len(), 2);
    for command in commands {
        let args = Command::new("bash")
            .args(["-c", &format!("curl() {{ printf '%s\\0' \"$@\"; }}; {command}")])
            .output()
            .unwrap();
        let args: Vec<String> = String::from_utf8(args.stdout)
            .unwrap()
            .split('\0')
            .map(str::to_owned)
            .collect();
        let sent = args.iter().position(|arg| arg == "--data-raw").unwrap() + 1;
        let header = match args[sent] == body {
            true => "content-type: application/json",
            false => "content-type:",
        };
        assert!(args.iter().any(|arg| arg == header), "{args:?}");
        assert!(args[sent] == body || args[sent] == raw, "{args:?}");
        assert!(
            args[sent + 1].starts_with(&format!("http://{to}/cgi-bin/stable_token")),
            "{args:?}"
        );
    }
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

#[tokio::test]
async fn what_came_in_a_request_is_text_on_the_page() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let hostile = "<script>alert(1)</script>";
    let request = format!(
        "POST /cgi-bin/stable_token?x=</textarea>{hostile} HTTP/1.1\r\nHost: {to}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{hostile}",
        hostile.len()
    );
    send(to, request).await;
    get(to, "/connect/oauth2/authorize?appid=%22%3E%3Cscript%3E").await;
    let page = get(to, "/_emulator/?secrets=show").await;
    let scripts: Vec<&str> = page.body.split("<script").skip(1).collect();
    assert_eq!(scripts.len(), 1, "one, and it is ours");
    let ours = scripts[0]
        .strip_prefix('>')
        .unwrap()
        .split("</script>")
        .next()
        .unwrap();
    let hash = BASE64.encode(&Sha256::digest(ours)).to_ascii_lowercase();
    assert!(page.head.contains(&format!(
        "script-src 'sha256-{hash}'; connect-src 'self'; form-action 'self';"
    )));
    assert!(page.head.contains("default-src 'none'; style-src 'sha256-") && !page.head.contains("unsafe"));
    assert!(page.head.contains("frame-ancestors 'none'") && page.head.contains("cache-control: no-store"));
    assert!(page.body.contains("appid 不存在") && page.body.contains("there is no app with this appid"));
    assert!(
        page.body
            .contains("&lt;script&gt;alert('x')&lt;/script&gt;\u{2414}"),
        "the odd user"
    );
}

#[tokio::test]
async fn each_namespace_has_its_own_dashboard() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let page = get(to, "/_ns/one/_emulator/").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("action=\"/_ns/one/_emulator/clock\""));
    let form = format!("token={}&do=5-minutes", token(to).await);
    let pressed = post_with(to, "/_ns/one/_emulator/clock", &own_headers(to), &form).await;
    assert!(
        pressed.head.contains("location: /_ns/one/_emulator/#clock"),
        "{}",
        pressed.head
    );
    assert_eq!(
        emulator.handle().namespace("one").unwrap().now().unix_s(),
        START + 300
    );
    assert_eq!(clock(&emulator).await, START);
    let page = get(to, PAGE).await.body;
    assert!(
        page.contains("href=\"/_ns/one/_emulator/\""),
        "each names the others"
    );
    assert!(
        get(to, "/_ns/one/")
            .await
            .body
            .contains("href=\"/_ns/one/_emulator/\"")
    );
    let without_slash = get(to, "/_ns/one/_emulator").await;
    assert_eq!(without_slash.status, 307);
    assert!(without_slash.head.contains("location: /_ns/one/_emulator/\r\n"));
}

#[tokio::test]
async fn looking_at_it_leaves_no_trace() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    for _ in 0..5 {
        get(to, PAGE).await;
    }
    assert_eq!(emulator.handle().with(|wechat, _| wechat.journal().count()), 0);
    assert_eq!(emulator.handle().counts().total_requests(), 0);
}

#[tokio::test]
async fn other_methods_are_named() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let page = post_with(to, PAGE, &own_headers(to), "").await;
    assert!(page.status == 405 && page.head.contains("allow: get"));
    let button = get(to, "/_emulator/clock").await;
    assert!(button.status == 405 && button.head.contains("allow: post"));
}

#[tokio::test]
async fn a_page_is_bounded_whatever_there_is() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    emulator.handle().with(|wechat, _| {
        for nth in 0..300 {
            let app = wechat_auth_emulator::App::new(format!("wx{nth}"), "s");
            wechat.add_app(app).unwrap();
            let user = wechat_auth_emulator::User::new(format!("u{nth}"), "n");
            wechat.add_user(user).unwrap();
            let fault = wechat_auth_emulator::Fault::on("/cgi-bin/never", wechat_auth_emulator::Effect::Cut);
            wechat.inject(fault).unwrap();
        }
    });
    let long = "x".repeat(8_000);
    for _ in 0..60 {
        get(to, &format!("/cgi-bin/token?appid={long}")).await;
    }
    let page = get(to, PAGE).await.body;
    assert!(page.len() < 1_000_000, "{}", page.len());
}
