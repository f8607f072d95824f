//! What was asked, from outside.

use serde_json::Value;
use wechat_auth_emulator::{Effect, Fault, Outcome};

use super::wire::{delete, emulator, get, post, post_with};
use super::world::{APPID, SECRET, START, classic_uri, field};

const JOURNAL: &str = "/_emulator/v1/journal";

fn exchanges(journal: &Value) -> &Vec<Value> {
    journal["exchanges"].as_array().unwrap()
}

#[tokio::test]
async fn the_journal_is_filtered_by_everything_it_holds() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    get(to, &classic_uri(APPID, SECRET)).await;
    get(to, &classic_uri(APPID, "wrong")).await;
    post(
        to,
        "/_emulator/v1/faults",
        r#"{"path":"/sns/auth","effect":"status","status":503}"#,
    )
    .await;
    get(to, "/sns/auth").await;
    get(to, "/connect/oauth2/authorize?appid=nope").await;
    for (query, ids) in [
        ("", vec![0, 1, 2, 3]),
        ("?path=/cgi-bin/token", vec![0, 1]),
        ("?errcode=40125", vec![1]),
        ("?outcome=refused", vec![1, 2, 3]),
        ("?status=503&fault=raw", vec![2]),
        ("?method=POST", vec![]),
        (&format!("?appid={APPID}&after_id=0"), vec![1]),
        ("?limit=1", vec![3]),
    ] {
        let journal = get(to, &format!("{JOURNAL}{query}")).await.json();
        let found: Vec<u64> = exchanges(&journal)
            .iter()
            .map(|e| e["id"].as_u64().unwrap())
            .collect();
        assert_eq!(found, ids, "{query}");
    }
    for (query, field) in [
        ("?statsu=1", "statsu"),
        ("?status=x", "status"),
        ("?outcome=lost", "outcome"),
        ("?secrets=1", "secrets"),
    ] {
        let refused = get(to, &format!("{JOURNAL}{query}")).await;
        assert_eq!(
            (refused.status, &refused.json()["field"]),
            (400, &Value::from(field))
        );
    }
    let complaint = &get(to, JOURNAL).await.json()["exchanges"][3]["complaint"];
    assert!(
        complaint["code"] == 40013 && complaint["mend_zh"].is_string() && complaint["mend_en"].is_string()
    );
    delete(to, JOURNAL).await;
    assert!(exchanges(&get(to, JOURNAL).await.json()).is_empty());
}

#[tokio::test]
async fn the_journal_shows_secrets_only_when_asked() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let token = field(&get(to, &classic_uri(APPID, SECRET)).await.body, "access_token");
    get(
        to,
        &format!("/cgi-bin/ticket/getticket?access_token={token}&type=jsapi"),
    )
    .await;
    let body = format!(r#"{{"grant_type":"client_credential","appid":"{APPID}","secret":"{SECRET}"}}"#);
    post(to, "/cgi-bin/stable_token", &body).await;
    emulator
        .handle()
        .with(|wechat, _| wechat.set_auto_consent(Some("xiaoming")))
        .unwrap();
    let link = format!(
        "/connect/oauth2/authorize?appid={APPID}&redirect_uri=http%3A%2F%2Fa.cn%2Fcb&response_type=code&scope=snsapi_userinfo&state=S1"
    );
    let sent_back = get(to, &link).await;
    let code = sent_back
        .head
        .split("code=")
        .nth(1)
        .unwrap()
        .get(..32)
        .unwrap()
        .to_owned();

    let ticket = emulator.handle().with(|wechat, _| {
        let exchange = wechat.journal().nth(1).unwrap().answer.clone();
        field(&exchange, "ticket")
    });
    for path in [JOURNAL.to_owned(), format!("{JOURNAL}/har")] {
        let hidden = get(to, &path).await.body;
        for secret in [SECRET, &token, &ticket] {
            assert!(!hidden.contains(secret), "{path}");
        }
        assert!(!hidden.to_ascii_lowercase().contains(&code), "{path}");
        let shown = get(to, &format!("{path}?secrets=show")).await.body;
        for secret in [SECRET, &token, &ticket] {
            assert!(shown.contains(secret), "{path}");
        }
    }
    let debug = emulator
        .handle()
        .with(|wechat, _| format!("{:?}", wechat.journal().collect::<Vec<_>>()));
    assert!(!debug.contains(SECRET) && !debug.contains(&token));
}

#[tokio::test]
async fn counts_are_verified_and_near_misses_told() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    for secret in [SECRET, SECRET, "wrong"] {
        get(to, &classic_uri(APPID, secret)).await;
    }
    let verify = format!("{JOURNAL}/verify");
    for (body, status, actual) in [
        (r#"{"path":"/cgi-bin/token","count":{"exactly":3}}"#, 200, 3),
        (
            r#"{"path":"/cgi-bin/token","outcome":"answered","count":{"exactly":2}}"#,
            200,
            2,
        ),
        (
            r#"{"path":"/cgi-bin/token","errcode":0,"count":{"at_least":1,"at_most":2}}"#,
            200,
            2,
        ),
        (
            r#"{"path":"/cgi-bin/token","errcode":0,"count":{"exactly":3}}"#,
            409,
            2,
        ),
        (
            r#"{"method":"GET","path":"/cgi-bin/stable_token","count":{"at_least":1}}"#,
            409,
            0,
        ),
    ] {
        let answer = post(to, &verify, body).await;
        assert_eq!(answer.status, status, "{body}");
        assert_eq!(answer.json()["actual"], actual, "{body}");
    }
    let missed = post(
        to,
        &verify,
        r#"{"path":"/cgi-bin/token","errcode":0,"count":{"exactly":3}}"#,
    )
    .await
    .json();
    assert_eq!(missed["near_misses"][0]["differs"], "errcode");
    assert_eq!(missed["near_misses"][0]["exchange"]["errcode"], 40125);
    assert_eq!(missed["detail"], "2 requests were like this, and not exactly 3");
    assert!(!missed.to_string().contains(SECRET));
    for (body, field) in [
        (r#"{"path":"/x"}"#, "count"),
        (r#"{"count":{}}"#, "count"),
        (r#"{"count":{"exactly":1,"at_most":1}}"#, "count.exactly"),
        (r#"{"count":{"exactly":-1}}"#, "count.exactly"),
        (r#"{"pth":"/x","count":{"exactly":1}}"#, "pth"),
    ] {
        let refused = post(to, &verify, body).await;
        assert_eq!(
            (refused.status, &refused.json()["field"]),
            (400, &Value::from(field)),
            "{body}"
        );
    }
}

#[tokio::test]
async fn the_archive_is_one_that_browsers_tools_read() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    get(to, &classic_uri(APPID, SECRET)).await;
    let archive = get(to, &format!("{JOURNAL}/har")).await.json();
    let entry = &archive["log"]["entries"][0];
    assert_eq!(entry["startedDateTime"], "2023-11-14T22:13:20.000Z");
    assert_eq!(START, 1_700_000_000);
    assert_eq!(
        entry["request"]["url"],
        format!(
            "https://api.weixin.qq.com/cgi-bin/token?grant_type=client_credential&appid={APPID}&secret=***"
        )
    );
    assert_eq!(entry["response"]["status"], 200);
    for name in ["cookies", "headers", "headersSize", "bodySize", "httpVersion"] {
        assert!(
            !entry["request"][name].is_null() && !entry["response"][name].is_null(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_headers_of_a_request_are_kept_and_those_with_secrets_hidden() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let headers = "Host: localhost\r\nUser-Agent: sdk/1.0\r\nAuthorization: Bearer marker\r\nCookie: marker\r\n\
                   Proxy-Authorization: Basic marker\r\nX-Api-Key: marker\r\nReferer: http://a.cn/cb?code=marker&state=S\r\n";
    post_with(to, "/cgi-bin/stable_token", headers, "{}").await;
    let shown = get(to, JOURNAL).await;
    assert!(!shown.body.contains("marker"), "{}", shown.body);
    let header = |journal: &Value, name: &str| {
        let headers = journal["exchanges"][0]["headers"].as_array().unwrap();
        let found = headers.iter().find(|header| header["name"] == name).unwrap();
        found["value"].as_str().unwrap().to_owned()
    };
    for (name, hidden, whole) in [
        ("host", "localhost", "localhost"),
        ("user-agent", "sdk/1.0", "sdk/1.0"),
        ("authorization", "***", "Bearer marker"),
        ("cookie", "***", "marker"),
        ("proxy-authorization", "***", "Basic marker"),
        ("x-api-key", "***", "marker"),
        (
            "referer",
            "http://a.cn/cb?code=***&state=S",
            "http://a.cn/cb?code=marker&state=S",
        ),
    ] {
        assert_eq!(header(&shown.json(), name), hidden, "{name}");
        let all = get(to, &format!("{JOURNAL}?secrets=show")).await.json();
        assert_eq!(header(&all, name), whole, "{name}");
    }
    let archive = get(to, &format!("{JOURNAL}/har")).await;
    assert!(!archive.body.contains("marker"));
    let sent = &archive.json()["log"]["entries"][0]["request"]["headers"];
    assert_eq!(
        sent[1],
        serde_json::json!({"name": "user-agent", "value": "sdk/1.0"})
    );
}

#[tokio::test]
async fn headers_that_no_longer_fit_are_left_out() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let long = "x".repeat(4_000);
    let headers = format!("Host: localhost\r\nX-Long: {long}\r\nX-Longer: {long}\r\nX-Short: y\r\n");
    post_with(to, "/cgi-bin/stable_token", &headers, "{}").await;
    let exchange = emulator
        .handle()
        .with(|wechat, _| wechat.journal().next().unwrap());
    let names: Vec<&str> = exchange
        .headers
        .iter()
        .map(|header| header.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["host", "x-long", "x-short", "content-length", "connection"]
    );
}

#[tokio::test]
async fn the_journal_remembers_the_newest_thousand() {
    let mut world = super::world::world();
    for _ in 0..1_001 {
        world.get("/cgi-bin/token");
    }
    assert_eq!(world.wechat.journal().count(), 1_000);
    assert_eq!(world.wechat.journal().next().unwrap().id, 1);
    // The newest takes the room of the oldest, and nothing else of it.
    let lost = Fault::on("/cgi-bin/*", Effect::ReplyLost);
    world.wechat.inject(lost).unwrap();
    let _ = world.reply(http::Method::POST, "/cgi-bin/stable_token", "");
    let newest = world.wechat.journal().next_back().unwrap();
    assert_eq!((newest.id, newest.outcome), (1_001, Outcome::Unanswered));
    assert_eq!((newest.answer.as_str(), newest.body.as_str()), ("", ""));
    assert_eq!((newest.content_type, newest.status), (None, None));

    world.post("/cgi-bin/token", &"€".repeat(100_000));
    let body = &world.wechat.journal().next_back().unwrap().body;
    assert!(body.len() <= 4_096 && body.starts_with('€'));
}
