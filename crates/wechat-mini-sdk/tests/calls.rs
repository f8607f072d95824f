//! The SDK's calls, over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail where it stands, in its helpers too"
)]

mod world;

use serde_json::{Value, json};
use wechat_auth::login::OpenId;
use wechat_auth_emulator::Family;
use wechat_mini_sdk::{MediaType, MessageId, TemplateMessage, UploadMedia};
use world::{SHOP, Seen, World};

fn user() -> OpenId {
    OpenId::new("o6_bmjrPTlm6_2sgVt7hMZOPfL2M").unwrap()
}

#[tokio::test]
async fn a_follower_is_known_and_a_stranger_is_nobody() {
    let world = World::new().await;
    let shop = world.account(SHOP);
    let follower = shop.follower(user()).await.unwrap().unwrap();
    assert_eq!(follower.openid, user());
    assert_eq!(follower.subscribe_time, 1_382_694_957);
    assert!(follower.unionid.is_some());
    let stranger = OpenId::new("stranger").unwrap();
    assert_eq!(shop.follower(stranger).await.unwrap(), None);
}

#[tokio::test]
async fn a_template_message_arrives_as_the_official_page_writes_it() {
    let world = World::new().await;
    let message = TemplateMessage::new(&user(), "TM00015")
        .with("product", "乌龙茶 \"一\" 斤\n")
        .with("price", "¥39.8")
        .with_url("https://shop.example/orders/1?from=wechat")
        .with_client_msg_id("order-1");
    assert_eq!(
        world.account(SHOP).send(&message).await,
        Ok(MessageId(200_228_332))
    );

    let [sent] = &world.seen()[..] else {
        panic!("one request")
    };
    assert_eq!(sent.content_type, "application/json");
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    let expected = json!({
        "touser": "o6_bmjrPTlm6_2sgVt7hMZOPfL2M",
        "template_id": "TM00015",
        "url": "https://shop.example/orders/1?from=wechat",
        "client_msg_id": "order-1",
        "data": {"product": {"value": "乌龙茶 \"一\" 斤\n"}, "price": {"value": "¥39.8"}},
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_file_arrives_byte_by_byte_even_when_it_holds_the_boundary() {
    let world = World::new().await;
    let shop = world.account(SHOP);
    let nasty = b"\r\n--wechat-mini-sdk-00000000--\r\n\0\xff--wechat-mini-sdk-00000001\r\n".as_slice();
    let whole = (0..=255).cycle().take(300_000).collect::<Vec<u8>>();
    for content in [nasty, b"\r\n", &whole] {
        let cat = UploadMedia::new(MediaType::Image, "cat.png", content).unwrap();
        assert_eq!(shop.upload(&cat).await.unwrap().media_id, "MEDIA_1");
        let sent = world.seen().pop().unwrap();
        assert!(
            sent.query.ends_with("&type=image"),
            "the token first, then the type"
        );
        assert_eq!(the_file_in(&sent), content);
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_and_the_whole_upload_repeated_once() {
    let world = World::new().await;
    let shop = world.account(SHOP);
    shop.follower(user()).await.unwrap();
    world.wechat.foreign_refresh(SHOP, Family::Stable).unwrap();
    world.advance(301);

    let cat = UploadMedia::new(MediaType::Image, "cat.png", b"meow").unwrap();
    shop.upload(&cat).await.unwrap();
    let [_, refused, accepted] = &world.seen()[..] else {
        panic!("two uploads")
    };
    assert_eq!((&refused.appid, &accepted.appid), (&None, &Some(SHOP.to_owned())));
    assert_eq!(refused.body, accepted.body);
    assert_eq!(world.fetches(SHOP), 2);
}

/// Reads the body as a server does, by the boundary that the header names.
fn the_file_in(sent: &Seen) -> &[u8] {
    let boundary = sent
        .content_type
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let delimiter = format!("\r\n--{boundary}");
    let starts = |at: usize| sent.body[at..].starts_with(delimiter.as_bytes());
    let ends: Vec<usize> = (0..sent.body.len()).filter(|&at| starts(at)).collect();
    let [end] = ends[..] else {
        panic!("the content holds the boundary")
    };
    assert_eq!(&sent.body[end..], format!("{delimiter}--\r\n").as_bytes());
    let head = sent.body.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"media\"; filename=\"cat.png\"\r\n\
         Content-Type: image/png"
    );
    assert_eq!(&sent.body[..head], expected.as_bytes());
    &sent.body[head + 4..end]
}
