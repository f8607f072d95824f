// ANCHOR: by_hand
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use wechat_auth::keeper::{Action, FetchError, Keeper, Kept, Outcome, StableApp};
use wechat_auth::{AppToken, Tick};

/// A keeper, driven by one thread with a blocking HTTP client of any kind.
struct ByHand<S> {
    keeper: Keeper<StableApp>,
    started: Instant,
    send: S,
}

impl<S> ByHand<S>
where
    S: FnMut(http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, std::io::Error>,
{
    fn now(&self) -> Tick {
        Tick::ZERO.after(self.started.elapsed())
    }

    fn token(&mut self) -> Result<Arc<Kept<AppToken>>, FetchError> {
        loop {
            let now = self.now();
            match self.keeper.poll(now) {
                Action::Ready(token) => return Ok(token),
                Action::Failed { error, .. } => return Err(error),
                Action::Wait { until } => thread::sleep(until.since(now)),
                Action::Send { attempt, request, .. } => {
                    let answer = request.into_http().map(&mut self.send);
                    let now = self.now();
                    match &answer {
                        Ok(Ok(response)) => {
                            let mut view = http::Response::new(response.body().as_slice());
                            *view.status_mut() = response.status();
                            self.keeper.handle(now, attempt, Outcome::Response(view));
                        }
                        // When in doubt whether it left, it left.
                        Ok(Err(_)) => self.keeper.handle(now, attempt, Outcome::NoAnswer),
                        Err(_) => self.keeper.handle(now, attempt, Outcome::NotSent),
                    }
                }
            }
        }
    }
}
// ANCHOR_END: by_hand

#[test]
fn it_runs() {
    use wechat_auth::{Account, Origin};

    let fetch = StableApp::new(Account::new("wx1", "made-up").unwrap());
    let mut calls = 0;
    let mut by_hand = ByHand {
        keeper: Keeper::new(fetch, Origin::wechat(), 7),
        started: Instant::now(),
        send: |request: http::Request<Vec<u8>>| {
            assert_eq!(request.uri().path(), "/cgi-bin/stable_token");
            calls += 1;
            let body = br#"{"access_token":"70_abc","expires_in":7200}"#;
            Ok(http::Response::new(body.to_vec()))
        },
    };
    for _ in 0..1000 {
        assert_eq!(by_hand.token().unwrap().secret().expose(), "70_abc");
    }
    assert_eq!(calls, 1);
}
