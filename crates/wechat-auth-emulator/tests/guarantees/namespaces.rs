//! Worlds beside each other behind one socket.

use wechat_auth_emulator::NamespaceError;

use super::wire::{delete, emulator, get, post, post_with, send};
use super::world::{APPID, SECRET, START, classic_uri, errcode, field};

#[tokio::test]
async fn nothing_of_one_namespace_shows_in_another() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let token = field(
        &get(to, &format!("/_ns/one{}", classic_uri(APPID, SECRET)))
            .await
            .body,
        "access_token",
    );
    post(to, "/_ns/one/_emulator/v1/clock", r#"{"advance_s":1000}"#).await;
    post(
        to,
        "/_ns/one/_emulator/v1/faults",
        r#"{"path":"/sns/*","effect":"cut"}"#,
    )
    .await;
    post(
        to,
        "/_ns/one/_emulator/v1/apps",
        r#"{"appid":"wx-one","secret":"s"}"#,
    )
    .await;
    post(to, "/_ns/one/_emulator/v1/users", r#"{"id":"only-one"}"#).await;

    for elsewhere in ["/_ns/two", ""] {
        let call = format!("{elsewhere}/cgi-bin/getcallbackip?access_token=");
        assert_eq!(
            errcode(&get(to, &format!("{call}{token}")).await.body),
            40001,
            "another's token"
        );
        assert_eq!(
            errcode(
                &get(to, &format!("{elsewhere}{}", classic_uri("wx-one", "s")))
                    .await
                    .body
            ),
            40013
        );
        let asked = |path: &str| format!("{elsewhere}/_emulator/v1/{path}");
        assert_eq!(get(to, &asked("clock")).await.json()["now_unix_s"], START);
        assert_eq!(
            get(to, &asked("faults")).await.json()["faults"]
                .as_array()
                .unwrap()
                .len(),
            0
        );
        assert_eq!(
            get(to, &asked("apps")).await.json()["apps"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        assert!(!get(to, &asked("users")).await.body.contains("only-one"));
        let journal = get(to, &asked("journal")).await.body;
        assert!(!journal.contains("/cgi-bin/token\",\"query\":\"grant_type=client_credential&appid=wx0000"));
    }
    let same = get(
        to,
        &format!("/_ns/one/cgi-bin/getcallbackip?access_token={token}"),
    )
    .await;
    assert_eq!(errcode(&same.body), 0);
}

#[tokio::test]
async fn the_header_and_the_path_name_the_same_namespace() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let with_header = |path: &str, name: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: {to}\r\nX-Emulator-Namespace: {name}\r\nConnection: close\r\n\r\n"
        )
    };
    let token = field(
        &send(to, with_header(&classic_uri(APPID, SECRET), "one"))
            .await
            .body,
        "access_token",
    );
    let call = format!("/_ns/one/cgi-bin/getcallbackip?access_token={token}");
    assert_eq!(errcode(&get(to, &call).await.body), 0);
    assert_eq!(errcode(&send(to, with_header(&call, "one")).await.body), 0);
    assert_eq!(send(to, with_header(&call, "two")).await.status, 400);
    assert_eq!(send(to, with_header("/", "not a name")).await.status, 400);
    assert_eq!(get(to, "/_ns//").await.status, 400);
}

#[tokio::test]
async fn a_namespace_begins_as_the_emulator_did_and_gives_the_same_bytes() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let (one, two) = (
        get(to, &format!("/_ns/one{}", classic_uri(APPID, SECRET)))
            .await
            .body,
        get(to, &format!("/_ns/two{}", classic_uri(APPID, SECRET)))
            .await
            .body,
    );
    assert_eq!(one, two);
}

#[tokio::test]
async fn sixty_four_namespaces_are_enough() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    for index in 0..64 {
        emulator.handle().namespace(&format!("n{index}")).unwrap();
    }
    assert_eq!(
        emulator.handle().namespace("more").unwrap_err(),
        NamespaceError::TooMany
    );
    assert_eq!(get(to, "/_ns/more/cgi-bin/token").await.status, 409);
    assert_eq!(
        post(to, "/_emulator/v1/namespaces", r#"{"namespace":"more"}"#)
            .await
            .status,
        409
    );
    assert_eq!(delete(to, "/_emulator/v1/namespaces/n7").await.status, 200);
    assert_eq!(delete(to, "/_emulator/v1/namespaces/n7").await.status, 404);
    assert_eq!(get(to, "/_ns/more/cgi-bin/token").await.status, 200);
    assert_eq!(emulator.handle().namespaces().len(), 64);
}

#[tokio::test]
async fn a_stranger_s_request_opens_no_namespace() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    for path in ["/_ns/evil/cgi-bin/token", "/_ns/evil/_emulator/v1/clock"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
        assert!(matches!(send(to, request).await.status, 403 | 421));
    }
    assert!(emulator.handle().namespaces().is_empty());
}

#[tokio::test]
async fn pages_in_a_namespace_lead_to_pages_in_it() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let link = format!(
        "/_ns/one/connect/oauth2/authorize?appid={APPID}&redirect_uri=http%3A%2F%2F127.0.0.1%3A3000%2Fcb&response_type=code&scope=snsapi_userinfo&state=S1"
    );
    let page = get(to, &link).await.body;
    assert!(
        page.contains("action=\"/_ns/one/connect/oauth2/authorize\""),
        "{page}"
    );
    let nonce = page
        .split("name=\"nonce\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let form = format!("nonce={nonce}&user=xiaoming&decision=allow");
    let headers = format!("Host: {to}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    let sent_back = post_with(to, "/_ns/one/connect/oauth2/authorize", &headers, &form).await;
    assert_eq!(sent_back.status, 303, "{}", sent_back.body);
    let index = get(to, "/_ns/one").await.body;
    assert!(
        index.contains(&format!("<code id=\"origin\">http://{to}/_ns/one</code>")),
        "{index}"
    );
}

#[tokio::test]
async fn a_handle_of_a_namespace_moves_its_clock_only() {
    let emulator = emulator().await;
    let one = emulator.handle().namespace("one").unwrap();
    one.advance(std::time::Duration::from_secs(5)).unwrap();
    assert_eq!(one.now().unix_s(), START + 5);
    assert_eq!(emulator.handle().now().unix_s(), START);
    assert!(emulator.handle().close_namespace("one"));
    assert_eq!(emulator.handle().namespace("one").unwrap().now().unix_s(), START);
}
