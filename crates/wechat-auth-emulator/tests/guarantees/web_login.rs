use http::Method;
use wechat_auth_emulator::{App, Standing, Unionid, User};

use super::world::{APPID, SECRET, World, errcode, field, json, text, with, without_rid, world};

const BACK: &str = "http%3A%2F%2F127.0.0.1%3A3000%2Fcallback";

/// What an exchange brought.
pub(crate) struct LoggedIn {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) openid: String,
    pub(crate) body: String,
}

impl World {
    /// The code of a login that the user agreed to without a page.
    pub(crate) fn code(&mut self, scope: &str, user: &str) -> String {
        let door = if scope == "snsapi_login" {
            "qrconnect"
        } else {
            "oauth2/authorize"
        };
        self.wechat.set_auto_consent(Some(user)).unwrap();
        let uri = format!(
            "/connect/{door}?appid={APPID}&redirect_uri={BACK}&response_type=code&scope={scope}&state=S1"
        );
        let response = self.send(Method::GET, &uri, "");
        let location = response.headers()["location"].to_str().unwrap().to_owned();
        let query = location
            .strip_prefix("http://127.0.0.1:3000/callback?code=")
            .unwrap();
        query.strip_suffix("&state=S1").unwrap().to_owned()
    }

    pub(crate) fn exchange(&mut self, code: &str) -> String {
        self.get(&format!(
            "/sns/oauth2/access_token?appid={APPID}&secret={SECRET}&code={code}&grant_type=authorization_code"
        ))
    }

    pub(crate) fn log_in(&mut self, scope: &str, user: &str) -> LoggedIn {
        let code = self.code(scope, user);
        let body = self.exchange(&code);
        LoggedIn {
            access_token: field(&body, "access_token"),
            refresh_token: field(&body, "refresh_token"),
            openid: field(&body, "openid"),
            body,
        }
    }

    pub(crate) fn refresh(&mut self, refresh_token: &str) -> String {
        self.get(&format!(
            "/sns/oauth2/refresh_token?appid={APPID}&grant_type=refresh_token&refresh_token={refresh_token}"
        ))
    }

    fn userinfo(&mut self, token: &str, openid: &str) -> Vec<u8> {
        let uri = format!("/sns/userinfo?access_token={token}&openid={openid}&lang=zh_CN");
        self.send(Method::GET, &uri, "").into_body()
    }

    pub(crate) fn sns_auth(&mut self, token: &str, openid: &str) -> String {
        self.get(&format!("/sns/auth?access_token={token}&openid={openid}"))
    }
}

#[test]
fn an_exchange_gives_token_life_refresh_token_openid_and_scope_without_an_errcode() {
    let mut world = world();
    let login = world.log_in("snsapi_base", "xiaoming");
    let LoggedIn {
        access_token,
        refresh_token,
        openid,
        body,
    } = &login;
    assert_eq!(
        *body,
        format!(
            r#"{{"access_token":"{access_token}","expires_in":7200,"refresh_token":"{refresh_token}","openid":"{openid}","scope":"snsapi_base"}}"#
        )
    );
    assert_eq!(
        (access_token.len(), refresh_token.len(), openid.len()),
        (110, 110, 28)
    );
    assert!(openid.starts_with('o'));
}

#[test]
fn a_profile_login_names_the_unionid_too() {
    let mut world = world();
    let profile = json(&world.log_in("snsapi_userinfo", "xiaoming").body);
    let website = json(&world.log_in("snsapi_login", "xiaoming").body);
    assert_eq!(profile["unionid"], website["unionid"]);
    assert!(profile["unionid"].as_str().unwrap().starts_with('o'));
    assert!(
        json(&world.log_in("snsapi_userinfo", "blank").body)
            .get("unionid")
            .is_none()
    );
    let mut user = User::new("given", "G");
    user.unionid = Unionid::Given("oGiven".into());
    world.wechat.add_user(user).unwrap();
    assert_eq!(
        json(&world.log_in("snsapi_userinfo", "given").body)["unionid"],
        "oGiven"
    );
}

#[test]
fn the_details_that_vary_on_the_wire_can_be_chosen() {
    let mut world = with(|behavior| {
        behavior.unionid_with_base_scope = true;
        behavior.trailing_comma_in_scope = true;
    });
    let body = json(&world.log_in("snsapi_base", "xiaoming").body);
    assert_eq!(body["scope"], "snsapi_base,");
    assert!(body["unionid"].is_string());
    let mut world = with(|behavior| behavior.scope_in_exchange = false);
    assert!(
        json(&world.log_in("snsapi_base", "xiaoming").body)
            .get("scope")
            .is_none()
    );
}

#[test]
fn one_user_is_one_openid_in_an_app_and_another_in_another() {
    let mut world = world();
    let first = world.log_in("snsapi_base", "xiaoming").openid;
    assert_eq!(world.log_in("snsapi_userinfo", "xiaoming").openid, first);
    assert_ne!(world.log_in("snsapi_base", "blank").openid, first);
}

#[test]
fn a_code_is_32_letters_and_digits_and_works_once() {
    let mut world = world();
    let code = world.code("snsapi_base", "xiaoming");
    assert!(code.len() == 32 && code.bytes().all(|b| b.is_ascii_alphanumeric()));
    assert_eq!(errcode(&world.exchange(&code)), 0);
    assert_eq!(
        without_rid(&world.exchange(&code)),
        r#"{"errcode":40163,"errmsg":"code been used, rid: X"}"#
    );
    assert_eq!(world.introspect(&code).standing, Standing::Used);
}

#[test]
fn a_code_lives_five_minutes_to_the_second() {
    let mut world = world();
    let code = world.code("snsapi_base", "xiaoming");
    assert_eq!(errcode(&world.at_ms(299_999).exchange(&code)), 0);
    let code = world.at(1_000).code("snsapi_base", "xiaoming");
    assert_eq!(
        without_rid(&world.at(1_300).exchange(&code)),
        r#"{"errcode":42003,"errmsg":"code expired, rid: X"}"#
    );
}

#[test]
fn the_errcode_of_an_expired_code_can_be_40029() {
    let mut world = with(|behavior| behavior.expired_code_errcode = 40029);
    let code = world.code("snsapi_base", "xiaoming");
    assert_eq!(errcode(&world.at(300).exchange(&code)), 40029);
}

#[test]
fn a_refused_exchange_leaves_the_code_unspent() {
    let mut world = world();
    let code = world.code("snsapi_base", "xiaoming");
    let wrong = format!(
        "/sns/oauth2/access_token?appid={APPID}&secret=wrong&code={code}&grant_type=authorization_code"
    );
    assert_eq!(errcode(&world.get(&wrong)), 40125);
    assert_eq!(errcode(&world.exchange(&code)), 0);
}

#[test]
fn another_app_cannot_use_a_code_or_a_refresh_token() {
    let mut world = world();
    world.wechat.add_app(App::new("wx2", "s2")).unwrap();
    let code = world.code("snsapi_base", "xiaoming");
    let uri =
        format!("/sns/oauth2/access_token?appid=wx2&secret=s2&code={code}&grant_type=authorization_code");
    assert_eq!(errcode(&world.get(&uri)), 40029);
    let login = world.log_in("snsapi_base", "xiaoming");
    let uri = format!(
        "/sns/oauth2/refresh_token?appid=wx2&grant_type=refresh_token&refresh_token={}",
        login.refresh_token
    );
    assert_eq!(errcode(&world.get(&uri)), 40030);
}

#[test]
fn refreshing_a_live_token_keeps_its_text_and_sets_its_timer_back() {
    let mut world = world();
    let login = world.log_in("snsapi_userinfo", "xiaoming");
    let LoggedIn {
        access_token,
        refresh_token,
        openid,
        ..
    } = &login;
    assert_eq!(
        world.at_ms(7_199_999).refresh(refresh_token),
        format!(
            r#"{{"access_token":"{access_token}","expires_in":7200,"refresh_token":"{refresh_token}","openid":"{openid}","scope":"snsapi_userinfo"}}"#
        )
    );
    assert_eq!(errcode(&world.at(14_399).sns_auth(access_token, openid)), 0);
    assert_eq!(errcode(&world.at(14_400).sns_auth(access_token, openid)), 42001);
}

#[test]
fn refreshing_a_dead_token_brings_a_new_one() {
    let mut world = world();
    let login = world.log_in("snsapi_userinfo", "xiaoming");
    let body = world.at(7_200).refresh(&login.refresh_token);
    let fresh = field(&body, "access_token");
    assert_ne!(fresh, login.access_token);
    assert_eq!(field(&body, "refresh_token"), login.refresh_token);
    assert_eq!(errcode(&world.sns_auth(&fresh, &login.openid)), 0);
    assert_eq!(
        errcode(&world.sns_auth(&login.access_token, &login.openid)),
        42001
    );
}

#[test]
fn a_refresh_token_lives_30_days_from_the_login_however_often_it_is_used() {
    const MONTH: u64 = 30 * 86_400;
    let mut world = world();
    let login = world.log_in("snsapi_base", "xiaoming");
    assert_eq!(errcode(&world.at(MONTH / 2).refresh(&login.refresh_token)), 0);
    assert_eq!(
        errcode(&world.at_ms(MONTH * 1_000 - 1).refresh(&login.refresh_token)),
        0
    );
    assert_eq!(
        without_rid(&world.at(MONTH).refresh(&login.refresh_token)),
        r#"{"errcode":42002,"errmsg":"refresh_token expired, rid: X"}"#
    );
}

#[test]
fn a_profile_has_every_field_and_escaped_slashes() {
    let mut world = world();
    let login = world.log_in("snsapi_userinfo", "xiaoming");
    let body = world.userinfo(&login.access_token, &login.openid);
    let unionid = json(&login.body)["unionid"].as_str().unwrap().to_owned();
    assert_eq!(
        String::from_utf8(body).unwrap(),
        format!(
            r#"{{"openid":"{}","nickname":"小明","sex":1,"language":"zh_CN","city":"深圳","province":"广东","country":"中国","headimgurl":"https:\/\/thirdwx.qlogo.cn\/mmopen\/vi_32\/emulated\/132","privilege":[],"unionid":"{unionid}"}}"#,
            login.openid
        )
    );
}

#[test]
fn an_odd_nickname_goes_out_with_its_control_characters_raw_unless_told_not_to() {
    let mut damaged = world();
    let login = damaged.log_in("snsapi_userinfo", "odd");
    let body = damaged.userinfo(&login.access_token, &login.openid);
    assert!(body.contains(&0x14) && body.contains(&0x07));
    assert!(serde_json::from_slice::<serde_json::Value>(&body).is_err());

    let mut clean = with(|behavior| behavior.raw_control_characters = false);
    let login = clean.log_in("snsapi_userinfo", "odd");
    let body = clean.userinfo(&login.access_token, &login.openid);
    let profile: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        profile["nickname"],
        "<script>alert('x')</script>\u{14}\u{7}🦊\\\"&"
    );
}

#[test]
fn a_base_token_gets_no_profile() {
    let mut world = world();
    let login = world.log_in("snsapi_base", "xiaoming");
    let body = String::from_utf8(world.userinfo(&login.access_token, &login.openid)).unwrap();
    assert_eq!(
        without_rid(&body),
        r#"{"errcode":48001,"errmsg":"api unauthorized, rid: X"}"#
    );
}

#[test]
fn a_token_goes_with_its_own_openid_only() {
    let mut world = world();
    let mine = world.log_in("snsapi_userinfo", "xiaoming");
    let other = world.log_in("snsapi_userinfo", "blank");
    assert_eq!(
        world.sns_auth(&mine.access_token, &mine.openid),
        r#"{"errcode":0,"errmsg":"ok"}"#
    );
    assert_eq!(
        without_rid(&world.sns_auth(&mine.access_token, &other.openid)),
        r#"{"errcode":40003,"errmsg":"invalid openid, rid: X"}"#
    );
}

#[test]
fn a_snapshot_visitor_stays_anonymous_when_asked_for_the_profile() {
    let mut world = world();
    let silent = json(&world.log_in("snsapi_base", "snapshot").body);
    let asked = json(&world.log_in("snsapi_userinfo", "snapshot").body);
    assert_eq!(asked["is_snapshotuser"], 1);
    assert!(silent.get("is_snapshotuser").is_none());
    assert_ne!(silent["openid"], asked["openid"]);
}

#[test]
fn an_earlier_login_goes_on_working_unless_told_otherwise() {
    for (voids, expected) in [(false, 0), (true, 40001)] {
        let mut world = with(|behavior| behavior.new_login_voids_old = voids);
        let first = world.log_in("snsapi_userinfo", "xiaoming");
        world.log_in("snsapi_userinfo", "xiaoming");
        assert_eq!(
            errcode(&world.sns_auth(&first.access_token, &first.openid)),
            expected
        );
        let refresh = errcode(&world.refresh(&first.refresh_token));
        assert_eq!(refresh, if voids { 40030 } else { 0 });
    }
}

#[test]
fn introspection_knows_codes_user_tokens_and_refresh_tokens() {
    use wechat_auth_emulator::Family;
    let mut world = world();
    let code = world.code("snsapi_base", "xiaoming");
    let seen = world.at(100).introspect(&code);
    assert_eq!(
        (seen.family, seen.valid, seen.expires_in_s),
        (Some(Family::Code), true, 200)
    );
    let login = world.log_in("snsapi_base", "xiaoming");
    let seen = world.at(200).introspect(&login.access_token);
    assert_eq!(
        (seen.family, seen.valid, seen.expires_in_s),
        (Some(Family::User), true, 7_100)
    );
    let seen = world.at(7_300).introspect(&login.refresh_token);
    assert_eq!((seen.family, seen.valid), (Some(Family::Refresh), true));
    assert_eq!(world.introspect(&login.access_token).standing, Standing::Expired);
}

#[test]
fn the_oldest_of_too_many_codes_and_logins_is_forgotten() {
    let mut world = world();
    let first_code = world.code("snsapi_base", "xiaoming");
    let first = world.log_in("snsapi_base", "xiaoming");
    for _ in 0..10_000 {
        let code = world.code("snsapi_base", "xiaoming");
        world.exchange(&code);
    }
    assert_eq!(errcode(&world.exchange(&first_code)), 40029);
    assert_eq!(errcode(&world.refresh(&first.refresh_token)), 40030);
    assert_eq!(
        errcode(&world.sns_auth(&first.access_token, &first.openid)),
        40001
    );
}

#[test]
fn sns_replies_can_be_called_plain_text() {
    let mut world = with(|behavior| {
        behavior.sns_content_type = wechat_auth_emulator::ContentType::TextPlain;
    });
    let response = world.send(Method::GET, "/sns/auth", "");
    assert_eq!(response.headers()["content-type"], "text/plain");
    assert!(text(response).starts_with(r#"{"errcode":41001"#));
}
