//! A website waits, a phone scans.

use http::{Method, Request, Response};
use wechat_auth_emulator::{Mount, QrRefusal};

use super::pages::{AUTHORIZE, QR, answer, link, location, nonce, open};
use super::world::{World, errcode, text, with, world};

const SCAN: &str = "/connect/qrconnect/scan";
const WAIT: &str = "/connect/qrconnect/wait";

/// The nonce of a website's page, which its QR code holds too.
fn waiting(world: &mut World) -> String {
    nonce(&text(open(world, &link("snsapi_login"))))
}

fn scan(world: &mut World, uuid: &str) -> Response<Vec<u8>> {
    open(world, &format!("{SCAN}?uuid={uuid}"))
}

fn wait(world: &mut World, uuid: &str) -> Response<Vec<u8>> {
    open(world, &format!("{WAIT}?uuid={uuid}"))
}

#[test]
fn a_website_waits_until_the_phone_has_scanned_and_confirmed() {
    let mut world = world();
    let uuid = waiting(&mut world);
    assert!(text(wait(&mut world, &uuid)).contains("id=\"waiting\""));
    let phone = text(scan(&mut world, &uuid));
    assert!(phone.contains("id=\"scanned\"") && phone.contains("id=\"allow\""));
    assert!(text(wait(&mut world, &uuid)).contains("id=\"scanned\""));
    let confirmed = answer(&mut world, SCAN, &uuid, "blank", "allow");
    assert_eq!(confirmed.status(), 200, "the phone itself goes nowhere");
    assert!(text(confirmed).contains("id=\"confirmed\""));
    let sent_back = wait(&mut world, &uuid);
    assert_eq!(sent_back.status(), 303);
    let back = location(&sent_back);
    assert!(back.ends_with("&state=S1"), "{back}");
    assert_eq!(
        location(&wait(&mut world, &uuid)),
        back,
        "asking again changes nothing"
    );
    let code = back.split(['=', '&']).nth(1).unwrap();
    assert_eq!(errcode(&world.exchange(code)), 0);
}

#[test]
fn a_phone_that_refuses_sends_the_website_back_with_the_state_only() {
    let mut world = world();
    let uuid = waiting(&mut world);
    scan(&mut world, &uuid);
    assert!(text(answer(&mut world, SCAN, &uuid, "", "refuse")).contains("id=\"cancelled\""));
    assert_eq!(
        location(&wait(&mut world, &uuid)),
        "http://127.0.0.1:3000/callback?state=S1"
    );
}

#[test]
fn a_website_can_be_told_to_stay_where_it_is_when_the_phone_refuses() {
    let mut world = with(|behavior| behavior.qr_refusal = QrRefusal::NoRedirect);
    let uuid = waiting(&mut world);
    scan(&mut world, &uuid);
    answer(&mut world, SCAN, &uuid, "", "refuse");
    assert!(text(wait(&mut world, &uuid)).contains("id=\"refused\""));
}

#[test]
fn a_phone_whose_page_was_closed_can_scan_again() {
    let mut world = world();
    let uuid = waiting(&mut world);
    scan(&mut world, &uuid);
    assert!(text(answer(&mut world, SCAN, &uuid, "", "close")).contains("id=\"closed\""));
    assert!(text(wait(&mut world, &uuid)).contains("id=\"waiting\""));
    assert_eq!(scan(&mut world, &uuid).status(), 200);
    assert_eq!(answer(&mut world, SCAN, &uuid, "blank", "allow").status(), 200);
}

#[test]
fn one_answer_counts_wherever_it_is_given() {
    let mut world = world();
    let uuid = waiting(&mut world);
    scan(&mut world, &uuid);
    answer(&mut world, SCAN, &uuid, "blank", "allow");
    for (place, decision) in [(SCAN, "refuse"), (SCAN, "allow"), (QR, "allow")] {
        assert_eq!(answer(&mut world, place, &uuid, "blank", decision).status(), 400);
    }
    assert_eq!(scan(&mut world, &uuid).status(), 400);
    let uuid = waiting(&mut world);
    assert!(
        answer(&mut world, QR, &uuid, "blank", "allow")
            .status()
            .is_redirection()
    );
    assert_eq!(scan(&mut world, &uuid).status(), 400);
    assert_eq!(wait(&mut world, &uuid).status(), 400);
}

#[test]
fn a_qr_code_lasts_as_long_as_a_consent_page() {
    let mut world = world();
    let uuid = waiting(&mut world);
    assert_eq!(wait(world.at(599), &uuid).status(), 200);
    assert_eq!(scan(&mut world, &uuid).status(), 200);
    for response in [
        wait(world.at(600), &uuid),
        scan(&mut world, &uuid),
        answer(&mut world, SCAN, &uuid, "blank", "allow"),
    ] {
        assert_eq!(response.status(), 400);
        assert!(text(response).contains("此页面已经用过或已过期"));
    }
}

#[test]
fn a_page_of_one_door_cannot_be_scanned_at_the_other() {
    let mut world = world();
    let page = nonce(&text(open(&mut world, &link("snsapi_userinfo"))));
    assert_eq!(scan(&mut world, &page).status(), 400);
    assert_eq!(wait(&mut world, &page).status(), 400);
    assert!(
        answer(&mut world, AUTHORIZE, &page, "blank", "allow")
            .status()
            .is_redirection()
    );
    for uuid in ["", "made-up", "%3Cscript%3E"] {
        assert_eq!(scan(&mut world, uuid).status(), 400);
    }
    assert_eq!(world.send(Method::POST, WAIT, "").status(), 405);
}

#[test]
fn a_website_that_looks_again_does_not_fill_the_journal() {
    let mut world = world();
    let uuid = waiting(&mut world);
    let seen = |world: &World| world.wechat.journal().count();
    let before = seen(&world);
    for _ in 0..100 {
        wait(&mut world, &uuid);
    }
    assert_eq!(seen(&world), before);
    scan(&mut world, &uuid);
    answer(&mut world, SCAN, &uuid, "blank", "allow");
    wait(&mut world, &uuid);
    assert_eq!(seen(&world), before + 3, "what happens is written down");
}

#[test]
fn a_login_half_way_is_read_back_with_the_rest() {
    let mut world = world();
    let (scanned, confirmed) = (waiting(&mut world), waiting(&mut world));
    for uuid in [&scanned, &confirmed] {
        scan(&mut world, uuid);
    }
    answer(&mut world, SCAN, &confirmed, "blank", "allow");
    let back = location(&wait(&mut world, &confirmed));
    let written = serde_json::to_string(&world.wechat).unwrap();
    world.wechat = serde_json::from_str(&written).unwrap();
    assert!(text(wait(&mut world, &scanned)).contains("id=\"scanned\""));
    assert_eq!(location(&wait(&mut world, &confirmed)), back);
}

/// The picture as a grid of dark modules, read out of the page.
fn modules(page: &str) -> (usize, Vec<bool>) {
    let svg = page.split("<svg class=\"qr\"").nth(1).expect("a QR code");
    let side: usize = svg
        .split("viewBox=\"0 0 ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let path = svg.split("path d=\"M").nth(1).unwrap().split('"').next().unwrap();
    let mut dark = vec![false; side * side];
    for module in path.split('M') {
        let (x, y) = module.strip_suffix("h1v1h-1z").unwrap().split_once(' ').unwrap();
        dark[y.parse::<usize>().unwrap() * side + x.parse::<usize>().unwrap()] = true;
    }
    (side, dark)
}

#[test]
fn the_qr_code_can_be_read_and_leads_to_the_phone_s_page() {
    let mut world = world();
    let request = Request::get(link("snsapi_login"))
        .header("host", "localhost:8787")
        .extension(Mount("/_ns/one".to_owned()))
        .body(Vec::new())
        .unwrap();
    let page = world
        .wechat
        .handle(world.now(), &request, world.peer)
        .response()
        .unwrap();
    let page = text(page);
    let (side, dark) = modules(&page);
    let scale = 4;
    let mut seen = rqrr::PreparedImage::prepare_from_greyscale(side * scale, side * scale, |x, y| {
        if dark[y / scale * side + x / scale] {
            0
        } else {
            255
        }
    });
    let grids = seen.detect_grids();
    let (_, address) = grids[0].decode().unwrap();
    assert_eq!(
        address,
        format!("http://localhost:8787/_ns/one{SCAN}?uuid={}", nonce(&page))
    );
    assert!(page.contains(&address), "and the page says it in letters");
}

#[test]
fn a_host_too_long_for_a_qr_code_gets_a_page_without_one() {
    let mut world = world();
    let request = Request::get(link("snsapi_login"))
        .header("host", "h".repeat(4_000))
        .body(Vec::new())
        .unwrap();
    let page = world
        .wechat
        .handle(world.now(), &request, world.peer)
        .response()
        .unwrap();
    let page = text(page);
    assert!(!page.contains("<svg") && page.contains("id=\"scan\""));
}
