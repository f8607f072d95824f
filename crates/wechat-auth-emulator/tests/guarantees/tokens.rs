//! Tokens that are taken back or ended, and jumps to where they end by themselves.

use super::wire::{emulator, get, post};
use super::world::{APPID, SECRET, START, classic_uri, errcode, field, world};

#[tokio::test]
async fn a_token_is_voided_or_expired_from_outside() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    for (end, standing, code) in [("void", "voided", 40001), ("expire", "expired", 42001)] {
        let token = field(&get(to, &classic_uri(APPID, SECRET)).await.body, "access_token");
        let body = format!(r#"{{"token":"{token}"}}"#);
        let ended = post(to, &format!("/_emulator/v1/tokens/{end}"), &body)
            .await
            .json();
        assert_eq!(
            (&ended["standing"], &ended["valid"]),
            (&standing.into(), &false.into())
        );
        let call = get(to, &format!("/cgi-bin/getcallbackip?access_token={token}")).await;
        assert_eq!(errcode(&call.body), code);
        let unknown = post(
            to,
            &format!("/_emulator/v1/tokens/{end}"),
            r#"{"token":"marker"}"#,
        )
        .await;
        assert_eq!((unknown.status, &unknown.json()["field"]), (400, &"token".into()));
        assert!(!unknown.body.contains("marker"));
    }
}

#[tokio::test]
async fn the_clock_jumps_to_the_next_end() {
    let emulator = emulator().await;
    let to = emulator.local_addr();
    let jump = async || post(to, "/_emulator/v1/clock", r#"{"advance_to":"next-expiry"}"#).await;
    assert_eq!(jump().await.status, 409, "nothing is alive");
    get(to, &classic_uri(APPID, SECRET)).await;
    get(to, &classic_uri(APPID, SECRET)).await;
    assert_eq!(jump().await.json()["now_unix_s"], START + 300);
    assert_eq!(jump().await.json()["now_unix_s"], START + 7_200);
    let both = post(
        to,
        "/_emulator/v1/clock",
        r#"{"advance_to":"next-expiry","advance_s":1}"#,
    )
    .await;
    assert_eq!(both.json()["field"], "advance_to");
}

#[test]
fn codes_user_tokens_and_whole_logins_can_be_ended_too() {
    let mut world = world();
    let now = world.now();
    let code = world.code("snsapi_userinfo", "xiaoming");
    assert!(world.wechat.expire(now, &code));
    assert_eq!(errcode(&world.exchange(&code)), 42003);
    let code = world.code("snsapi_userinfo", "xiaoming");
    assert!(world.wechat.void(now, &code));
    assert_eq!(errcode(&world.exchange(&code)), 40163);

    let login = world.log_in("snsapi_userinfo", "xiaoming");
    assert!(world.wechat.expire(now, &login.access_token));
    assert_eq!(
        errcode(&world.sns_auth(&login.access_token, &login.openid)),
        42001
    );
    assert_eq!(errcode(&world.refresh(&login.refresh_token)), 0);
    assert!(world.wechat.void(now, &login.refresh_token));
    assert_eq!(errcode(&world.refresh(&login.refresh_token)), 40030);
}

#[test]
fn a_voided_stable_token_is_replaced_by_the_next_fetch() {
    let mut world = world();
    let token = world.stable_token();
    let now = world.now();
    assert!(world.wechat.void(now, &token));
    assert_ne!(world.stable_token(), token);
    assert_eq!(world.call(&token), 40001);
}
