//! Any life of a token: whatever the world does, in whatever order, the machine does not panic, keeps its
//! sends apart, and knows when to wake up.
//!
//! Input: `s`, `c`, `t` or `u` (stable, classic, ticket, user token) or `b` (stable, with a budget of ten
//! sends a day), then one letter an event. A corpus
//! file reads as a story: `spg9pk` is a stable token that was asked for, granted, and refused two hours
//! later.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use wechat_auth::app::{GetTicket, TicketType};
use wechat_auth::keeper::{
    Action, AttemptId, Budget, ClassicApp, Fetch, FetchError, Issue, Keeper, Outcome, Policy, Snapshot,
    StableApp, TicketFetch, TokenId, UserRenewal,
};
use wechat_auth::login::{OpenId, UserKind, UserToken, UserTokenParts};
use wechat_auth::{Account, AppId, Grant, Origin, Secret, Tick};

fuzz_target!(|events: &[u8]| {
    let Some((kind, events)) = events.split_first() else {
        return;
    };
    let seed = events.len() as u64;
    let account = || Account::new("wx0123456789abcdef", SECRET).unwrap();
    match kind {
        b's' => World::new(StableApp::new(account()), seed).live(events),
        b'b' => World::new(StableApp::new(account()), seed)
            .with_budget(10)
            .live(events),
        b'c' => World::new(ClassicApp::new(account()), seed).live(events),
        b't' => World::new(TicketFetch::new(GetTicket::new(TicketType::JsApi)), seed).live(events),
        b'u' => {
            let (user, expires_in) = (user(), Duration::from_secs(7200));
            let fetch = UserRenewal::new(&AppId::new("wx0123456789abcdef").unwrap(), &user);
            let grant = Grant {
                token: user,
                expires_in,
            };
            World::new(fetch, seed).holding(grant).live(events);
        }
        _ => {}
    }
});

const SECRET: &str = "appS3cr3t";
const START: Tick = Tick::from_secs(1_000_000);
const MIN_SPACING: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

struct World<F: Fetch + Clone> {
    fetch: F,
    seed: u64,
    policy: Policy,
    keeper: Keeper<F>,
    now: Tick,
    /// The keeper's own latest reading: a clock that steps back stands still.
    latest: Tick,
    in_flight: Option<(AttemptId, Tick)>,
    past_attempts: Vec<AttemptId>,
    seen: Vec<TokenId>,
    sends: Vec<Tick>,
    forced: Vec<Tick>,
    /// Somebody demanded another token.
    demanded: bool,
    minted: u32,
}

impl<F: Fetch + Clone> World<F> {
    fn new(fetch: F, seed: u64) -> Self {
        Self {
            policy: fetch.policy(),
            keeper: Keeper::new(fetch.clone(), Origin::wechat(), seed),
            fetch,
            seed,
            now: START,
            latest: Tick::ZERO,
            in_flight: None,
            past_attempts: Vec::new(),
            seen: Vec::new(),
            sends: Vec::new(),
            forced: Vec::new(),
            demanded: false,
            minted: 0,
        }
    }

    fn with_budget(mut self, per_day: u32) -> Self {
        self.policy.budget = Budget {
            per_day,
            reserve: per_day / 5,
        };
        self.keeper = self.keeper.with_policy(self.policy);
        self
    }

    fn holding(mut self, grant: Grant<F::Token>) -> Self {
        self.keeper = self.keeper.holding(grant, START);
        self
    }

    fn live(mut self, events: &[u8]) {
        for &event in events.iter().take(400) {
            self.happens(event);
            self.holds();
        }
        // Once the world is well again, a token is had within ten minutes; unless only a person can bring
        // one, or WeChat's day must pass.
        self.heals();
    }

    fn happens(&mut self, event: u8) {
        let (token, brief) = (self.token(7200), self.token(60));
        let same = token.replace(
            &format!("T{}\"", self.minted),
            &format!("T{}\"", self.minted.saturating_sub(1)),
        );
        match event {
            b'0'..=b'9' => self.passes(event),
            b'w' => self.now = self.now.max(self.keeper.wake_at().min(self.now.after(DAY))),
            b'z' => self.now = self.now.before(Duration::from_secs(5)),
            b'p' => self.poll(),
            b'g' => self.answered(200, &token, true),
            b'G' => self.answered(200, &brief, true),
            b'r' => self.answered(200, &same, false),
            b'b' => self.answered(200, r#"{"errcode":-1,"errmsg":"system error"}"#, false),
            b'q' => self.answered(
                200,
                r#"{"errcode":45009,"errmsg":"reach max api daily quota limit"}"#,
                false,
            ),
            b'l' => self.answered(
                200,
                r#"{"errcode":45011,"errmsg":"api minute-quota reach limit"}"#,
                false,
            ),
            b'x' => self.answered(200, r#"{"errcode":40125,"errmsg":"invalid appsecret"}"#, false),
            b'y' => self.answered(200, r#"{"errcode":40001,"errmsg":"invalid credential"}"#, false),
            b'i' => self.answered(
                200,
                r#"{"errcode":40030,"errmsg":"invalid refresh_token"}"#,
                false,
            ),
            b'v' => self.answered(
                200,
                r#"{"errcode":42007,"errmsg":"user changed password"}"#,
                false,
            ),
            b'h' => self.answered(502, "<html>bad gateway</html>", false),
            b'e' => self.answered(200, "", false),
            b'n' => self.became(Outcome::NotSent),
            b'm' => self.became(Outcome::NoAnswer),
            b'a' => self.became(Outcome::Abandoned),
            b'd' => self.became(Outcome::NoCredential(FetchError::NotSent)),
            b'o' => self.late(&token),
            b'f' => self.demands(),
            b'R' => self.restarts(Duration::ZERO),
            b'B' => self.restarts(Duration::from_secs(10)),
            b'k' => self.refuses(self.seen.last().copied()),
            b'E' => self.expires(self.seen.last().copied()),
            b'K' => self.refuses(self.seen.first().copied()),
            b'j' => self.refuses(
                self.seen
                    .len()
                    .checked_sub(2)
                    .and_then(|at| self.seen.get(at))
                    .copied(),
            ),
            _ => {}
        }
    }

    /// The keeper is told the time.
    fn told(&mut self) -> Tick {
        self.latest = self.latest.max(self.now);
        self.now
    }

    fn passes(&mut self, event: u8) {
        const MILLIS: [u64; 10] = [
            1, 100, 1_000, 5_000, 11_000, 30_000, 120_000, 300_000, 3_600_000, 7_200_000,
        ];
        let millis = MILLIS.get(usize::from(event - b'0')).copied().unwrap_or_default();
        self.now = self.now.after(Duration::from_millis(millis));
    }

    fn poll(&mut self) {
        let told = self.told();
        let now = self.latest;
        match self.keeper.poll(told) {
            Action::Ready(kept) => {
                let may_be_in_doubt = matches!(self.policy.issue, Issue::Mints { .. });
                assert!(
                    kept.usable_until() > now || may_be_in_doubt,
                    "a dead token was handed out"
                );
                self.seen.push(kept.id());
            }
            Action::Send {
                attempt,
                request,
                until,
                meanwhile,
            } => {
                assert!(until > now);
                if let Some((_, lapses)) = self.in_flight {
                    assert!(lapses <= now, "two fetches at a time");
                }
                if let Some(&last) = self.sends.last() {
                    assert!(
                        now.since(last) >= MIN_SPACING,
                        "sends {:?} apart",
                        now.since(last)
                    );
                }
                self.sends.push(now);
                let today = self.sends.iter().filter(|&&at| now.since(at) < DAY).count();
                assert!(
                    today <= self.policy.budget.per_day as usize,
                    "{today} sends in a day"
                );
                let sent = request.into_http().unwrap();
                if sent
                    .body()
                    .windows(20)
                    .any(|part| part == b"\"force_refresh\":true")
                {
                    self.forces(now);
                }
                if let Some(kept) = meanwhile {
                    assert!(kept.usable_until() > now, "a dead token was offered meanwhile");
                }
                self.past_attempts.push(attempt);
                self.in_flight = Some((attempt, until.after(Duration::from_secs(1))));
                // Everybody else is told to wait, or has a token; nobody is told to send as well.
                assert!(
                    !matches!(self.keeper.poll(self.now), Action::Send { .. }),
                    "two were told to send"
                );
            }
            Action::Wait { until } => assert!(until > now && until < Tick::MAX, "a wait for nothing"),
            Action::Failed { error, retry_at } => {
                assert!(retry_at > now, "an error whose retry is due");
                assert!(!format!("{error} {error:?}").contains(SECRET));
            }
        }
        let wake_at = self.keeper.wake_at();
        assert!(wake_at > now, "a wake-up in the past");
        if wake_at == Tick::MAX {
            assert!(
                self.keeper.trouble().is_some(),
                "asleep for ever, and nothing is wrong"
            );
        }
    }

    /// WeChat allows twenty a day, half a minute apart. Ten of them are for people.
    fn forces(&mut self, now: Tick) {
        if let Some(&last) = self.forced.last() {
            assert!(now.since(last) >= Duration::from_secs(30));
        }
        self.forced.push(now);
        let today = self.forced.iter().filter(|&&at| now.since(at) < DAY).count();
        assert!(
            today <= if self.demanded { 20 } else { 10 },
            "{today} forced refreshes in a day"
        );
    }

    fn demands(&mut self) {
        let told = self.told();
        self.demanded |= self.keeper.force_refresh(told).is_ok();
    }

    /// The process ends and another begins, whose wall clock may stand a little behind.
    fn restarts(&mut self, back: Duration) {
        self.now = self.told().max(self.latest);
        let unix_millis = 1_750_000_000_000 + self.now.as_millis();
        let saved = self.keeper.snapshot(self.now, unix_millis).encode();
        let saved = Snapshot::decode(saved.expose()).expect("what was saved reads");
        let fresh = self
            .keeper
            .fresh()
            .filter(|kept| kept.fresh_until() > self.now)
            .map(|kept| (kept.id(), kept.usable_until()));
        let (fetch, now) = (self.fetch.clone(), self.now);
        let unix_millis = unix_millis - back.as_millis() as u64;
        let restored = Keeper::restore(fetch, Origin::wechat(), self.seed, &saved, now, unix_millis);
        self.keeper = restored.expect("it is this account's").with_policy(self.policy);
        if fresh.is_some() && self.in_flight.is_none() {
            let usable = self.keeper.usable().map(|kept| (kept.id(), kept.usable_until()));
            assert_eq!(usable, fresh, "a restart lost a fresh token, or changed its life");
            assert!(
                back > Duration::ZERO || self.keeper.fresh().is_some(),
                "a clean restart costs a fetch"
            );
        }
        self.in_flight = None;
        self.past_attempts.clear();
        self.seen.clear();
    }

    fn answered(&mut self, status: u16, body: &str, mints: bool) {
        let Some((attempt, _)) = self.in_flight.take() else {
            return;
        };
        self.minted += u32::from(mints);
        let mut response = http::Response::new(body.as_bytes());
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
        let told = self.told();
        self.keeper.handle(told, attempt, Outcome::Response(response));
    }

    fn became(&mut self, outcome: Outcome<'_>) {
        if let Some((attempt, _)) = self.in_flight.take() {
            let told = self.told();
            self.keeper.handle(told, attempt, outcome);
        }
    }

    /// An answer to the first fetch ever, long given up: it changes nothing that is held.
    fn late(&mut self, body: &str) {
        let Some(&first) = self.past_attempts.first() else {
            return;
        };
        if self.in_flight.is_some_and(|(attempt, _)| attempt == first) {
            return;
        }
        let before = self.keeper.usable().map(|kept| kept.id());
        let response = http::Response::new(body.as_bytes());
        let told = self.told();
        self.keeper.handle(told, first, Outcome::Response(response));
        let after = self.keeper.usable().map(|kept| kept.id());
        assert!(
            after.is_none() || after == before || before.is_none(),
            "a late answer replaced a token"
        );
    }

    fn refuses(&mut self, id: Option<TokenId>) {
        let Some(id) = id else { return };
        let held = self.keeper.usable().map(|kept| kept.id());
        let told = self.told();
        self.keeper.reject(told, id);
        if held.is_some_and(|held| held != id) {
            let now = self.keeper.usable().map(|kept| kept.id());
            assert!(
                now.is_none() || now == held,
                "a report about another token replaced one"
            );
        }
    }

    fn expires(&mut self, id: Option<TokenId>) {
        let Some(id) = id else { return };
        let told = self.told();
        self.keeper.expire(told, id);
        let usable = self.keeper.usable().map(|kept| kept.id());
        assert!(usable != Some(id), "an expired token is served");
    }

    fn holds(&mut self) {
        for drained in 0.. {
            let Some(event) = self.keeper.poll_event() else {
                break;
            };
            assert!(drained < 32, "more events than are kept");
            let shown = format!("{event:?}");
            assert!(!shown.contains(SECRET) && !shown.contains("\"T"), "{shown}");
        }
        if let Some(fresh) = self.keeper.fresh() {
            let usable = self.keeper.usable().expect("what is fresh is usable");
            assert_eq!(fresh.id(), usable.id());
            assert!(fresh.fresh_until() <= fresh.usable_until());
        }
        let shown = format!("{:?}", self.keeper);
        assert!(!shown.contains(SECRET) && !shown.contains("\"T"), "{shown}");
    }

    fn heals(mut self) {
        self.now = self.latest;
        if self.policy.budget.per_day < 100 {
            return;
        }
        if self.keeper.trouble().is_some_and(needs_more_than_time) {
            return;
        }
        let deadline = self.now.after(Duration::from_secs(600));
        for _ in 0..100 {
            self.poll();
            if self.keeper.usable().is_some() {
                return;
            }
            if self.in_flight.is_some() {
                let token = self.token(7200);
                self.answered(200, &token, true);
            } else {
                self.now = self.keeper.wake_at();
            }
            assert!(
                self.now <= deadline,
                "no token ten minutes after the world was well again"
            );
        }
        panic!("a hundred steps, and no token");
    }

    /// What WeChat would answer to any of the four fetches.
    fn token(&self, expires_in: u64) -> String {
        let token = format!("\"T{}\"", self.minted);
        format!(
            r#"{{"access_token":{token},"ticket":{token},"refresh_token":"R","openid":"oABC","expires_in":{expires_in}}}"#
        )
    }
}

fn needs_more_than_time(trouble: &FetchError) -> bool {
    use wechat_auth::Advice::{RestartLogin, WaitForQuota};
    let advice = trouble.advice();
    advice.needs_a_person() || matches!(advice, RestartLogin | WaitForQuota)
}

fn user() -> UserToken {
    UserToken::from_parts(UserTokenParts {
        access_token: Secret::from("T"),
        refresh_token: Secret::from("R"),
        openid: OpenId::new("oABC").unwrap(),
        unionid: None,
        scope: String::new(),
        kind: UserKind::Person,
    })
}
