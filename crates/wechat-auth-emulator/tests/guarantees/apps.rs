//! Apps, users and quotas, from outside.

use serde_json::Value;

use super::wire::{emulator, get, post, put};
use super::world::{APPID, SECRET, classic_uri, errcode, field};

const APPS: &str = "/_emulator/v1/apps";

#[tokio::test]
async fn an_app_is_made_listed_and_used() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let new = r#"{"appid":"wx2","secret":"marker-of-wx2","kind":"website","redirect_domain":"a.cn"}"#;
    let made = post(to, APPS, new).await;
    assert_eq!(
        (made.status, &made.json()["kind"]),
        (200, &Value::from("website"))
    );
    assert_eq!(post(to, APPS, new).await.json()["field"], "appid", "taken");
    assert_eq!(
        errcode(&get(to, &classic_uri("wx2", "marker-of-wx2")).await.body),
        0
    );
    for path in [APPS.to_owned(), format!("{APPS}/wx2")] {
        let shown = get(to, &path).await;
        assert!(shown.status == 200 && !shown.body.contains("marker-of-wx2"));
    }
    assert_eq!(get(to, &format!("{APPS}/nobody")).await.status, 404);
}

#[tokio::test]
async fn nonsense_about_an_app_names_the_field() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    for (body, field) in [
        (r#"{"secret":"s"}"#, "appid"),
        (r#"{"appid":"a b","secret":"s"}"#, "appid"),
        (r#"{"appid":"wx2"}"#, "secret"),
        (r#"{"appid":"wx2","secret":""}"#, "secret"),
        (r#"{"appid":"wx2","secret":"s","kind":"shop"}"#, "kind"),
        (
            r#"{"appid":"wx2","secret":"s","allow_list":["here"]}"#,
            "allow_list[0]",
        ),
        (r#"{"appid":"wx2","secret":"s","sandbox":"yes"}"#, "sandbox"),
    ] {
        let refused = post(to, APPS, body).await;
        assert_eq!(
            (refused.status, &refused.json()["field"]),
            (400, &Value::from(field)),
            "{body}"
        );
    }
    assert_eq!(get(to, APPS).await.json()["apps"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_secret_is_rotated_to_one_that_is_given_or_made() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let rotate = format!("{APPS}/{APPID}/secret");
    let made = field(&post(to, &rotate, "{}").await.body, "secret");
    assert_eq!(made.len(), 32);
    assert_eq!(errcode(&get(to, &classic_uri(APPID, SECRET)).await.body), 40125);
    assert_eq!(errcode(&get(to, &classic_uri(APPID, &made)).await.body), 0);
    let given = field(&post(to, &rotate, r#"{"secret":"mine"}"#).await.body, "secret");
    assert_eq!(given, "mine");
    assert_eq!(
        post(to, &rotate, r#"{"secret":""}"#).await.json()["field"],
        "secret"
    );
}

#[tokio::test]
async fn an_app_is_frozen_thawed_and_fenced_in() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let fetch = async || errcode(&get(to, &classic_uri(APPID, SECRET)).await.body);
    let freeze = format!("{APPS}/{APPID}/freeze");
    for (standing, code) in [
        ("secret_frozen", 40243),
        ("token_forbidden", 50004),
        ("account_frozen", 50007),
    ] {
        post(to, &freeze, &format!(r#"{{"standing":"{standing}"}}"#)).await;
        assert_eq!(fetch().await, code);
    }
    assert_eq!(
        post(to, &freeze, r#"{"standing":"good"}"#).await.json()["field"],
        "standing"
    );
    post(to, &format!("{APPS}/{APPID}/unfreeze"), "{}").await;
    assert_eq!(fetch().await, 0);

    let allow = format!("{APPS}/{APPID}/allow-list");
    put(to, &allow, r#"{"addresses":["10.0.0.1"]}"#).await;
    assert_eq!(fetch().await, 40164);
    assert_eq!(put(to, &allow, "{}").await.json()["field"], "addresses");
    put(to, &allow, r#"{"addresses":null}"#).await;
    assert_eq!(fetch().await, 0);
}

#[tokio::test]
async fn a_quota_is_used_up_and_comes_back_with_the_day() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let quota = format!("{APPS}/{APPID}/quota");
    let classic = |quotas: &Value| quotas["quotas"][0].clone();
    assert_eq!(
        classic(
            &post(to, &quota, r#"{"path":"/cgi-bin/token","calls":1999}"#)
                .await
                .json()
        ),
        serde_json::json!({ "path": "/cgi-bin/token", "daily_limit": 2000, "used": 1999 })
    );
    let fetch = async || errcode(&get(to, &classic_uri(APPID, SECRET)).await.body);
    assert_eq!((fetch().await, fetch().await), (0, 45009));
    let reset = get(to, &quota).await.json()["resets_at_unix_s"].clone();
    let clock = post(to, "/_emulator/v1/clock", r#"{"advance_to":"quota-reset"}"#)
        .await
        .json();
    assert_eq!(clock["now_unix_s"], reset);
    assert_eq!(fetch().await, 0);
    post(to, &quota, r#"{"path":"/cgi-bin/token"}"#).await;
    assert_eq!(fetch().await, 45009);
    assert_eq!(
        post(to, &quota, r#"{"path":"/sns/auth"}"#).await.json()["field"],
        "path"
    );
    assert_eq!(get(to, &format!("{APPS}/nobody/quota")).await.status, 404);
}

#[tokio::test]
async fn users_are_added_and_one_agrees_to_everything() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    post(
        to,
        "/_emulator/v1/users",
        r#"{"id":"lihua","nickname":"李华","unionid":{"given":"o-union"}}"#,
    )
    .await;
    let users = get(to, "/_emulator/v1/users").await.json();
    assert_eq!(users["users"][4]["nickname"], "李华");
    put(to, "/_emulator/v1/users/auto-consent", r#"{"user":"lihua"}"#).await;
    let link = format!(
        "/connect/oauth2/authorize?appid={APPID}&redirect_uri=http%3A%2F%2Fa.cn&response_type=code&scope=snsapi_userinfo"
    );
    assert_eq!(get(to, &link).await.status, 302);
    put(to, "/_emulator/v1/users/auto-consent", r#"{"user":null}"#).await;
    assert_eq!(get(to, &link).await.status, 200);
    for (body, field) in [
        (r#"{"id":"a b"}"#, "id"),
        (r#"{"id":"a","sex":3}"#, "sex"),
        (r#"{"nickname":"x"}"#, "id"),
    ] {
        assert_eq!(post(to, "/_emulator/v1/users", body).await.json()["field"], field);
    }
    let nobody = put(to, "/_emulator/v1/users/auto-consent", r#"{"user":"nobody"}"#).await;
    assert_eq!(nobody.json()["field"], "user");
}
