//! Steps 1 to 4: one token, kept.

use std::sync::Arc;
use std::time::Instant;

use wechat_auth::AppToken;
use wechat_auth::app::GetCallbackIp;
use wechat_auth::keeper::{Kept, StableApp};
use wechat_auth_client::TokenSource;
use wechat_auth_emulator::{Family, Standing};

use super::judge::{Broken, equal, holds};
use super::stage::{CALL, CLASSIC, CLASSIC_FETCH, EmulatedClock, Net, STABLE, STABLE_FETCH, Stage};
use super::witness::Seen;

const READS: u32 = 100_000;
/// A token lives for 7200 s, and the endpoint makes a new one in the last 300 s only.
const TOO_EARLY: u64 = 6_800;
const TIME_FOR_A_NEW_ONE: u64 = 6_960;

/// One stable token through its life.
pub(super) struct Stable<'a> {
    stage: &'a Stage,
    source: TokenSource<StableApp, Net, EmulatedClock>,
    held: Option<Arc<Kept<AppToken>>>,
}

impl<'a> Stable<'a> {
    pub(super) fn new(stage: &'a Stage) -> Result<Self, crate::exit::Failure> {
        let account =
            Stage::account(STABLE).map_err(|broken| crate::exit::Failure::other(broken.to_string()))?;
        let source = stage.client.stable_token(account);
        let held = None;
        Ok(Self { stage, source, held })
    }

    pub(super) async fn is_fetched(&mut self) -> Result<String, Broken> {
        let kept = self.source.token().await?;
        let known = self.stage.introspect(&kept);
        equal("fetches", self.fetches(), 1)?;
        equal("its family", known.family, Some(Family::Stable))?;
        equal("its standing", known.standing, Standing::Current)?;
        self.held = Some(kept);
        Ok(format!("fetches: 1, good for {} s", known.expires_in_s))
    }

    pub(super) async fn is_read_often(&mut self) -> Result<String, Broken> {
        let held = self.held()?;
        let before = Instant::now();
        for _ in 0..READS {
            let read = self.source.token().await?;
            holds("every read brings the same token", read.id() == held.id())?;
        }
        let took = before.elapsed();
        equal("fetches", self.fetches(), 1)?;
        Ok(format!(
            "fetches: still 1, {READS} reads in {} ms",
            took.as_millis()
        ))
    }

    pub(super) async fn is_replaced_ahead(&mut self) -> Result<String, Broken> {
        let old = self.held()?;
        self.stage.advance(TOO_EARLY)?;
        holds(
            "nothing is fetched before it is time",
            self.source.token().await?.id() == old.id(),
        )?;
        equal("fetches before it is time", self.fetches(), 1)?;

        self.stage.advance(TIME_FOR_A_NEW_ONE - TOO_EARLY)?;
        let left = self.stage.introspect(&old).expires_in_s;
        holds(
            "the old token is still alive when its successor is fetched",
            left > 0,
        )?;
        let new = self.source.token().await?;
        equal("fetches", self.fetches(), 2)?;
        holds("the token is another one", new.secret() != old.secret())?;
        equal(
            "the old one's standing",
            self.stage.introspect(&old).standing,
            Standing::Previous,
        )?;
        equal(
            "the new one's standing",
            self.stage.introspect(&new).standing,
            Standing::Current,
        )?;

        self.stage.call_with(&GetCallbackIp::new(), &old).await?;
        self.source.call(&GetCallbackIp::new()).await?;
        equal("calls", self.stage.requests(STABLE, CALL), 2)?;
        equal(
            "calls refused",
            self.stage.world().counts().refused(STABLE, CALL),
            0,
        )?;
        Ok(format!(
            "fetches: 2, the old one had {left} s left, calls with old and new accepted"
        ))
    }

    fn held(&self) -> Result<Arc<Kept<AppToken>>, Broken> {
        self.held
            .clone()
            .ok_or_else(|| Broken::new("there is no token yet"))
    }

    fn fetches(&self) -> u64 {
        self.stage.requests(STABLE, STABLE_FETCH)
    }
}

/// Two systems, one account: the oldest trouble of all.
pub(super) async fn foreign_refresh(stage: &Stage) -> Result<String, Broken> {
    let source = stage.client.classic_token(Stage::account(CLASSIC)?);
    let ours = source.token().await?;
    stage.advance(60)?;
    let refreshed = stage.world().foreign_refresh(CLASSIC, Family::Classic);
    refreshed.map_err(|error| Broken::new(error.to_string()))?;
    stage.advance(301)?;
    equal(
        "our token's standing",
        stage.introspect(&ours).standing,
        Standing::Superseded,
    )?;
    equal(
        "fetches before the call",
        stage.requests(CLASSIC, CLASSIC_FETCH),
        1,
    )?;

    stage.net.since_last();
    source.call(&GetCallbackIp::new()).await?;
    let seen = |path: &str, errcode| Seen {
        path: path.to_owned(),
        errcode,
    };
    let expected = vec![seen(CALL, 40001), seen(CLASSIC_FETCH, 0), seen(CALL, 0)];
    equal("what went over the wire", stage.net.since_last(), expected)?;

    let counts = stage.world().counts();
    equal("fetches", counts.requests(CLASSIC, CLASSIC_FETCH), 2)?;
    equal("calls", counts.requests(CLASSIC, CALL), 2)?;
    equal("calls refused", counts.refused(CLASSIC, CALL), 1)?;
    let next = source.token().await?;
    equal(
        "the next token's standing",
        stage.introspect(&next).standing,
        Standing::Current,
    )?;
    Ok("refused: 1, fetches after it: 1, failed: 0".to_owned())
}
