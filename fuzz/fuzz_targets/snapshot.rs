//! What is read after a restart: any text is a snapshot or is refused, what is one survives being written
//! and read again, and a keeper restored from it lives on, whatever its numbers say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wechat_auth::keeper::{Action, ClassicApp, Fetch, Keeper, Outcome, Snapshot, StableApp, UserRenewal};
use wechat_auth::login::{OpenId, UserKind, UserToken, UserTokenParts};
use wechat_auth::{Account, AppId, Origin, Secret, Tick};

const NOW: Tick = Tick::from_secs(1_000_000);
const GRANT: &str = r#"{"access_token":"N","refresh_token":"R","openid":"oABC","expires_in":7200}"#;
const UNIX_MILLIS: u64 = 1_750_000_000_000;

fuzz_target!(|text: &str| {
    let Ok(snapshot) = Snapshot::decode(text) else {
        return;
    };
    let written = snapshot.encode();
    assert!(Snapshot::decode(written.expose()) == Ok(snapshot.clone()));

    let account = || Account::new("wx1", "made-up").unwrap();
    restored(StableApp::new(account()), &snapshot);
    restored(ClassicApp::new(account()), &snapshot);
    let user = UserToken::from_parts(UserTokenParts {
        access_token: Secret::from("A"),
        refresh_token: Secret::from("R"),
        openid: OpenId::new("oABC").unwrap(),
        unionid: None,
        scope: String::new(),
        kind: UserKind::Person,
    });
    restored(UserRenewal::new(&AppId::new("wx1").unwrap(), &user), &snapshot);
});

fn restored<F: Fetch>(fetch: F, snapshot: &Snapshot) {
    let Ok(mut keeper) = Keeper::restore(fetch, Origin::wechat(), 7, snapshot, NOW, UNIX_MILLIS) else {
        return;
    };
    let mut now = NOW;
    for _ in 0..20 {
        match keeper.poll(now) {
            Action::Ready(_) => {}
            Action::Wait { until } => assert!(until > now),
            Action::Failed { retry_at, .. } => assert!(retry_at > now),
            Action::Send { attempt, until, .. } => {
                assert!(until > now);
                let answer = http::Response::new(GRANT.as_bytes());
                keeper.handle(now, attempt, Outcome::Response(answer));
                continue;
            }
        }
        assert!(keeper.wake_at() > now);
        let again = keeper.snapshot(now, UNIX_MILLIS + (now.as_millis() - NOW.as_millis()));
        assert!(
            Snapshot::decode(again.encode().expose()).is_ok(),
            "what was saved reads"
        );
        if keeper.wake_at() == Tick::MAX {
            break;
        }
        now = keeper.wake_at();
    }
}
