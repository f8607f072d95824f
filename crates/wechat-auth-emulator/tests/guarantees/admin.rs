//! The admin API, over real sockets.

use serde_json::Value;
use wechat_auth_emulator::Emulator;

use super::wire::{Answer, emulator, get, post, post_with, raw, send};
use super::world::{APPID, SECRET, START, classic_uri, field, json};

#[tokio::test]
async fn the_clock_is_advanced_frozen_and_run_from_outside() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let clock = |answer: &Answer| json(&answer.body);
    let shown = clock(&get(to, "/_emulator/v1/clock").await);
    assert_eq!(
        (&shown["now_unix_s"], &shown["running"]),
        (&Value::from(START), &Value::from(false))
    );
    let shown = clock(&post(to, "/_emulator/v1/clock", r#"{"advance_s":7200}"#).await);
    assert_eq!(shown["now_unix_ms"], (START + 7_200) * 1_000);
    let shown = clock(&post(to, "/_emulator/v1/clock", r#"{"run":true}"#).await);
    assert_eq!(shown["running"], true);
    let shown = clock(&post(to, "/_emulator/v1/clock", r#"{"freeze":true,"advance_s":1}"#).await);
    assert_eq!(shown["running"], false);
    assert!(shown["now_unix_s"].as_u64().unwrap() > START + 7_200);
}

#[tokio::test]
async fn introspection_foreign_refresh_and_counts_from_outside() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let ours = field(&get(to, &classic_uri(APPID, SECRET)).await.body, "access_token");
    let refreshed = post(
        to,
        "/_emulator/v1/foreign-refresh",
        &format!(r#"{{"appid":"{APPID}","family":"classic"}}"#),
    )
    .await;
    assert_eq!(
        refreshed.body,
        format!(r#"{{"appid":"{APPID}","family":"classic","expires_in_s":7200}}"#)
    );
    let seen = post(
        to,
        "/_emulator/v1/tokens/introspect",
        &format!(r#"{{"token":"{ours}"}}"#),
    )
    .await;
    assert_eq!(
        seen.body,
        format!(
            r#"{{"known":true,"valid":true,"family":"classic","standing":"previous","appid":"{APPID}","why":"replaced by a newer one, and still inside the overlap","expires_in_s":7200,"overlap_left_s":300,"minted_by":"client"}}"#
        )
    );
    assert_eq!(
        get(to, "/_emulator/v1/counts").await.body,
        format!(
            r#"{{"total_requests":1,"counts":[{{"appid":"{APPID}","path":"/cgi-bin/token","requests":1,"minted":1,"refused":0}}]}}"#
        )
    );
    let health = json(&get(to, "/_emulator/v1/health").await.body);
    assert_eq!(
        (&health["status"], &health["seed"]),
        (&Value::from("ok"), &Value::from(7))
    );
}

#[tokio::test]
async fn faults_from_outside_and_a_line_that_is_cut() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let lost = r#"{"path":"/cgi-bin/token","appid":"wx0000000000000001","effect":"reply_lost"}"#;
    assert_eq!(
        post(to, "/_emulator/v1/faults", lost).await.body,
        r#"{"id":0,"faults_waiting":1}"#
    );
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {to}\r\n\r\n",
        classic_uri(APPID, SECRET)
    );
    assert_eq!(raw(to, request).await, b"");
    assert_eq!(emulator.handle().counts().minted(APPID, "/cgi-bin/token"), 1);

    let html = r#"{"path":"/cgi-bin/token","effect":"raw","status":502,"body":"<h1>bad"}"#;
    post(to, "/_emulator/v1/faults", html).await;
    let answer = get(to, &classic_uri(APPID, SECRET)).await;
    assert_eq!((answer.status, answer.body.as_str()), (502, "<h1>bad"));

    let code = r#"{"path":"/cgi-bin/token","effect":"errcode","errcode":-1,"times":9}"#;
    post(to, "/_emulator/v1/faults", code).await;
    let cleared = send(
        to,
        format!("DELETE /_emulator/v1/faults HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\r\n"),
    )
    .await;
    assert_eq!(cleared.body, r#"{"faults_waiting":0}"#);
}

#[tokio::test]
async fn nonsense_on_the_admin_api_is_a_problem_that_names_the_field() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let table = [
        ("clock", "", 400, None),
        ("clock", "[]", 400, None),
        ("clock", "{}", 400, Some("advance_s")),
        ("clock", r#"{"advance_s":-1}"#, 400, Some("advance_s")),
        ("clock", r#"{"advance_s":1.5}"#, 400, Some("advance_s")),
        ("clock", r#"{"advance_s":"1"}"#, 400, Some("advance_s")),
        (
            "clock",
            r#"{"advance_s":18446744073709551615}"#,
            400,
            Some("advance_s"),
        ),
        ("clock", r#"{"freeze":1}"#, 400, Some("freeze")),
        ("clock", r#"{"freeze":false}"#, 400, Some("freeze")),
        ("clock", r#"{"freeze":true,"run":true}"#, 400, Some("run")),
        ("clock", r#"{"run":true,"unknown":1}"#, 400, Some("unknown")),
        ("tokens/introspect", "{}", 400, Some("token")),
        ("tokens/introspect", r#"{"token":7}"#, 400, Some("token")),
        ("foreign-refresh", "{}", 400, Some("appid")),
        (
            "foreign-refresh",
            r#"{"appid":"nope","family":"classic"}"#,
            400,
            Some("appid"),
        ),
        (
            "foreign-refresh",
            r#"{"appid":"wx0000000000000001","family":"user"}"#,
            400,
            Some("family"),
        ),
        ("faults", r#"{"path":"nope","effect":"cut"}"#, 400, Some("path")),
        (
            "faults",
            r#"{"path":"/_emulator/v1/clock","effect":"cut"}"#,
            400,
            Some("path"),
        ),
        ("faults", r#"{"path":"/x","effect":"boom"}"#, 400, Some("effect")),
        (
            "faults",
            r#"{"path":"/x","effect":"errcode"}"#,
            400,
            Some("errcode"),
        ),
        (
            "faults",
            r#"{"path":"/x","effect":"raw","status":99}"#,
            400,
            Some("status"),
        ),
        (
            "faults",
            r#"{"path":"/x","effect":"raw","content_type":"a\nb"}"#,
            400,
            Some("content_type"),
        ),
        (
            "faults",
            r#"{"path":"/x","effect":"cut","times":0}"#,
            400,
            Some("times"),
        ),
        (
            "faults",
            r#"{"path":"/x","effect":"cut","carried_out":true}"#,
            400,
            Some("carried_out"),
        ),
        ("nothing", "{}", 404, None),
        ("health", "{}", 405, None),
    ];
    for (path, body, status, named) in table {
        let answer = post(to, &format!("/_emulator/v1/{path}"), body).await;
        assert_eq!(answer.status, status, "{path} {body}");
        assert!(
            answer.head.contains("content-type: application/problem+json"),
            "{path} {body}"
        );
        let problem = json(&answer.body);
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], "about:blank");
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        assert_eq!(
            problem.get("field").and_then(Value::as_str),
            named,
            "{path} {body}"
        );
    }
    let wrong_method = get(to, "/_emulator/v1/tokens/introspect").await;
    assert!(wrong_method.status == 405 && wrong_method.head.contains("allow: post"));
    assert_eq!(emulator.handle().now().unix_s(), START, "and nothing has changed");
}

#[tokio::test]
async fn a_web_page_elsewhere_cannot_use_the_admin_api() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let body = r#"{"advance_s":1}"#;
    let json_type = "Content-Type: application/json\r\n";
    let table = [
        ("Host: evil.example\r\n".to_owned() + json_type, 403),
        (format!("Host: {to}.evil.example\r\n{json_type}"), 403),
        (
            format!("Host: {to}\r\nOrigin: http://evil.example\r\n{json_type}"),
            403,
        ),
        (format!("Host: {to}\r\nOrigin: null\r\n{json_type}"), 403),
        (format!("Host: {to}\r\nContent-Type: text/plain\r\n"), 415),
        (format!("Host: {to}\r\n"), 415),
        (
            format!("Host: {to}\r\nOrigin: http://localhost:5173\r\n{json_type}"),
            200,
        ),
        (
            format!(
                "Host: localhost:{}\r\nContent-Type: Application/JSON; charset=utf-8\r\n",
                to.port()
            ),
            200,
        ),
    ];
    for (headers, status) in table {
        let answer = post_with(to, "/_emulator/v1/clock", &headers, body).await;
        assert_eq!(answer.status, status, "{headers}");
    }
    let rebound = "GET /_emulator/v1/counts HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert_eq!(send(to, rebound).await.status, 403);
    let no_host = "GET /_emulator/v1/counts HTTP/1.0\r\n\r\n";
    assert_eq!(send(to, no_host).await.status, 403);
    assert_eq!(emulator.handle().now().unix_s(), START + 2);
}

#[tokio::test]
async fn a_web_page_at_another_address_cannot_use_an_exposed_admin_api() {
    let emulator = Emulator::builder().expose().start().await.unwrap();
    let to = emulator.local_addr();
    let here = "192.0.2.7:8787";
    for (origin, status) in [
        (format!("http://{here}"), 200),
        ("http://192.0.2.8:8787".to_owned(), 403),
        ("http://192.0.2.7".to_owned(), 403),
        ("http://evil.example".to_owned(), 403),
        ("null".to_owned(), 403),
    ] {
        let headers = format!("Host: {here}\r\nOrigin: {origin}\r\nContent-Type: application/json\r\n");
        let answer = post_with(to, "/_emulator/v1/clock", &headers, r#"{"advance_s":1}"#).await;
        assert_eq!(answer.status, status, "{origin}");
    }
}
