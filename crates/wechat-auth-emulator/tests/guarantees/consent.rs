//! What a person can do on the page that asks.

use http::{Method, Response};

use wechat_auth_emulator::User;

use super::pages::{AUTHORIZE, answer, link, location, nonce, open};
use super::world::{World, field, json, text, world};

fn post(world: &mut World, fields: &str) -> Response<Vec<u8>> {
    world.send(Method::POST, AUTHORIZE, fields)
}

/// An open page that asks for the profile.
fn asked(world: &mut World) -> String {
    nonce(&text(open(world, &link("snsapi_userinfo"))))
}

fn exchanged(world: &mut World, sent_back: &Response<Vec<u8>>) -> serde_json::Value {
    let code = location(sent_back).split(['=', '&']).nth(1).unwrap().to_owned();
    json(&world.exchange(&code))
}

#[test]
fn a_user_is_added_on_the_page_and_chosen_there() {
    let mut world = world();
    let nonce = asked(&mut world);
    let added = post(
        &mut world,
        &format!("nonce={nonce}&decision=add_user&new_nickname=%E5%B0%8F%E7%BA%A2"),
    );
    assert_eq!(added.status(), 200);
    let page = text(added);
    assert!(page.contains("id=\"user-user1\" value=\"user1\" required checked"));
    assert!(page.contains("<bdi>小红</bdi>"));
    assert_eq!(world.wechat.users().last().unwrap().nickname, "小红");
    // The page is not used up.
    let sent_back = post(&mut world, &format!("nonce={nonce}&user=user1&decision=allow"));
    assert!(exchanged(&mut world, &sent_back)["openid"].is_string());
}

#[test]
fn an_added_user_may_be_given_an_id() {
    let mut world = world();
    let nonce = asked(&mut world);
    let form = format!("nonce={nonce}&decision=add_user&new_id=li-si&new_nickname=");
    assert!(text(post(&mut world, &form)).contains("id=\"user-li-si\" value=\"li-si\" required checked"));
}

#[test]
fn a_user_that_cannot_be_added_is_explained_and_the_page_stays() {
    let mut world = world();
    let nonce = asked(&mut world);
    let long = "n".repeat(65);
    for (fields, en) in [
        ("new_id=xiaoming", "there is a user with this id"),
        ("new_id=%3Cb%3E", "this cannot be a user&#39;s id"),
        (&format!("new_nickname={long}"), "the nickname is too long"),
    ] {
        let refused = post(&mut world, &format!("nonce={nonce}&decision=add_user&{fields}"));
        assert_eq!(refused.status(), 400, "{fields}");
        let page = text(refused);
        let en = en.replace("&#39;", "'");
        assert!(
            page.contains("id=\"add-user-error\"") && page.contains(&en),
            "{page}"
        );
    }
    assert_eq!(world.wechat.users().len(), 4);
    let complaints = world.wechat.journal().filter(|seen| seen.complaint.is_some());
    assert_eq!(complaints.count(), 3, "the log says it too");
    assert!(
        answer(&mut world, AUTHORIZE, &nonce, "xiaoming", "allow")
            .status()
            .is_redirection()
    );
}

#[test]
fn a_thousand_users_are_enough_for_a_page_too() {
    let mut world = world();
    let nonce = asked(&mut world);
    for nth in 4..1_000 {
        world.wechat.add_user(User::new(format!("u{nth}"), "")).unwrap();
    }
    let more = post(
        &mut world,
        &format!("nonce={nonce}&decision=add_user&new_nickname="),
    );
    assert_eq!((more.status().as_u16(), world.wechat.users().len()), (400, 1_000));
}

#[test]
fn closing_the_page_tells_the_app_nothing() {
    let mut world = world();
    let nonce = asked(&mut world);
    let closed = answer(&mut world, AUTHORIZE, &nonce, "", "close");
    assert_eq!(
        (closed.status().as_u16(), closed.headers().get("location")),
        (200, None)
    );
    assert!(text(closed).contains("id=\"closed\""));
    assert_eq!(
        answer(&mut world, AUTHORIZE, &nonce, "xiaoming", "allow").status(),
        400
    );
}

#[test]
fn a_snapshot_visitor_sees_the_snapshot_page_and_stays_anonymous_or_not() {
    let mut openids = Vec::new();
    for (decision, is_snapshotuser) in [("browse_snapshot", Some(1)), ("full_service", None)] {
        let mut world = world();
        let nonce = asked(&mut world);
        // The page's own form says that it shows the step in between.
        let page = post(
            &mut world,
            &format!("nonce={nonce}&snapshot_page=show&user=snapshot&decision=allow"),
        );
        assert_eq!(page.status(), 200);
        let page = text(page);
        assert!(page.contains("id=\"snapshot\"") && page.contains("is_snapshotuser"));
        let sent_back = post(
            &mut world,
            &format!("nonce={nonce}&user=snapshot&decision={decision}"),
        );
        let exchanged = exchanged(&mut world, &sent_back);
        assert_eq!(
            exchanged
                .get("is_snapshotuser")
                .and_then(serde_json::Value::as_u64),
            is_snapshotuser
        );
        openids.push(field(&exchanged.to_string(), "openid"));
    }
    assert_ne!(openids[0], openids[1], "one is virtual");
}

#[test]
fn nobody_else_gets_a_snapshot_page() {
    let mut world = world();
    let nonce = asked(&mut world);
    let form = format!("nonce={nonce}&snapshot_page=show&user=xiaoming&decision=allow");
    assert!(post(&mut world, &form).status().is_redirection());
    let nonce = asked(&mut world);
    let form = format!("nonce={nonce}&user=xiaoming&decision=full_service");
    assert_eq!(post(&mut world, &form).status(), 400);
}

/// A browser with scripts reports it; what the page shows then is in `tests/browser`.
#[test]
fn a_link_without_its_fragment_is_reported_to_the_log_and_still_works() {
    let mut world = world();
    let page = text(open(&mut world, &link("snsapi_userinfo")));
    let nonce = nonce(&page);
    assert!(page.contains("id=\"no-fragment\" role=\"alert\" hidden"));
    let noted = post(&mut world, &format!("nonce={nonce}&decision=no_fragment"));
    assert_eq!(noted.status(), 204);
    let logged = world.wechat.journal().last().unwrap().complaint.clone().unwrap();
    assert!(logged.mend_zh.contains("#wechat_redirect") && logged.mend_en.contains("#wechat_redirect"));
    assert!(
        answer(&mut world, AUTHORIZE, &nonce, "xiaoming", "allow")
            .status()
            .is_redirection()
    );
}
