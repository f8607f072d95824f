// ANCHOR: event_loop
use std::sync::Arc;

use wechat_auth::keeper::{Action, AttemptId, FetchError, Keeper, Kept, Outcome, StableApp};
use wechat_auth::{AppToken, Request, Tick};

/// What your runtime can do: start an exchange that may take until then, and look whether it has ended.
trait Sockets {
    fn start(&mut self, request: Request, until: Tick);
    fn ended(&mut self, now: Tick) -> Option<Result<http::Response<Vec<u8>>, Lost>>;
}

/// Whether WeChat may have seen the request.
enum Lost {
    NotSent,
    MaybeSent,
}

struct Tokens<S> {
    keeper: Keeper<StableApp>,
    sockets: S,
    under_way: Option<AttemptId>,
}

impl<S: Sockets> Tokens<S> {
    /// One turn of the loop. Never waits: `None` means to come back when a socket is ready, or at the
    /// keeper's `wake_at`.
    fn turn(&mut self, now: Tick) -> Option<Result<Arc<Kept<AppToken>>, FetchError>> {
        if let Some(attempt) = self.under_way
            && let Some(ended) = self.sockets.ended(now)
        {
            self.under_way = None;
            match &ended {
                Ok(response) => {
                    let mut view = http::Response::new(response.body().as_slice());
                    *view.status_mut() = response.status();
                    self.keeper.handle(now, attempt, Outcome::Response(view));
                }
                Err(Lost::NotSent) => self.keeper.handle(now, attempt, Outcome::NotSent),
                Err(Lost::MaybeSent) => self.keeper.handle(now, attempt, Outcome::NoAnswer),
            }
        }
        match self.keeper.poll(now) {
            Action::Ready(token) => Some(Ok(token)),
            Action::Failed { error, .. } => Some(Err(error)),
            Action::Wait { .. } => None,
            Action::Send {
                attempt,
                request,
                until,
                ..
            } => {
                self.under_way = Some(attempt);
                self.sockets.start(request, until);
                None
            }
        }
    }
}
// ANCHOR_END: event_loop

#[cfg(test)]
mod tests {
    use wechat_auth::{Account, Origin};

    use super::*;

    /// Loses the first request on the way, and brings every answer in the third turn.
    #[derive(Default)]
    struct Slow {
        started: u32,
        turns: u32,
    }

    impl Sockets for Slow {
        fn start(&mut self, request: Request, _: Tick) {
            assert!(request.place().ends_with("/cgi-bin/stable_token"));
            self.started += 1;
            self.turns = 0;
        }

        fn ended(&mut self, _: Tick) -> Option<Result<http::Response<Vec<u8>>, Lost>> {
            self.turns += 1;
            let body = br#"{"access_token":"70_abc","expires_in":7200}"#;
            match (self.turns, self.started) {
                (..3, _) => None,
                (_, 1) => Some(Err(Lost::NotSent)),
                (_, 2) => Some(Err(Lost::MaybeSent)),
                _ => Some(Ok(http::Response::new(body.to_vec()))),
            }
        }
    }

    #[test]
    fn it_runs() {
        let fetch = StableApp::new(Account::new("wx1", "made-up").unwrap());
        let mut tokens = Tokens {
            keeper: Keeper::new(fetch, Origin::wechat(), 7),
            sockets: Slow::default(),
            under_way: None,
        };
        let token = (0..1000)
            .find_map(|turn| tokens.turn(Tick::from_millis(turn * 100)))
            .unwrap()
            .unwrap();
        assert_eq!(token.secret().expose(), "70_abc");
        assert_eq!(tokens.sockets.started, 3);
    }
}
