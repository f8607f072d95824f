//! The emulator, the client, and the clock they share.

use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::legacy::{Client as HyperClient, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use wechat_auth::{Account, AppToken, BaseUrl, Credential, Endpoint, Origin, Tick};
use wechat_auth_client::{CallError, Client, Clock, Limits, Transport};
use wechat_auth_emulator::{Count, Emulator, Handle, Introspection, Running};
use wechat_auth_hyper::HyperTransport;

use super::judge::{Broken, equal};
use super::witness::Witness;
use crate::exit::Failure;

/// The accounts of the story; each step has its own, so that its numbers are its own.
pub(super) const STABLE: &str = "wxdemostable000001";
pub(super) const CLASSIC: &str = "wxdemoclassic00001";
pub(super) const CROWD: &str = "wxdemocrowd0000001";
pub(super) const LOGIN: &str = "wxdemologin0000001";
const SECRET: &str = "a-secret-of-the-demo";

/// Asks for a new app token.
pub(super) const STABLE_FETCH: &str = "/cgi-bin/stable_token";
pub(super) const CLASSIC_FETCH: &str = "/cgi-bin/token";
pub(super) const EXCHANGE: &str = "/sns/oauth2/access_token";
pub(super) const USERINFO: &str = "/sns/userinfo";
pub(super) const CALL: &str = "/cgi-bin/getcallbackip";

pub(super) type Net = Arc<Witness<HyperTransport<HttpConnector>>>;

/// Where the story plays.
pub(super) struct Stage {
    emulator: Running,
    pub(super) net: Net,
    pub(super) client: Client<Net, EmulatedClock>,
}

/// What it all came to, by the emulator's count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) fetches: u64,
    pub(super) calls: u64,
    pub(super) failed: u64,
}

impl Stage {
    pub(super) async fn build() -> Result<Self, Failure> {
        let accounts = [STABLE, CLASSIC, CROWD, LOGIN];
        let builder = accounts
            .into_iter()
            .fold(Emulator::builder(), |builder, appid| builder.app(appid, SECRET));
        let started = builder.start().await;
        let emulator =
            started.map_err(|error| Failure::other(format!("the emulator does not start: {error}")))?;
        let mut http = HttpConnector::new();
        http.set_nodelay(true);
        let hyper = HyperClient::builder(TokioExecutor::new()).build(http);
        let net = Arc::new(Witness::new(HyperTransport::new(hyper)));
        let here = BaseUrl::parse(&emulator.base_url())?;
        let client = Client::new(Arc::clone(&net))
            .with_origin(Origin::single(here))
            .with_clock(EmulatedClock(emulator.handle().clone()));
        Ok(Self {
            emulator,
            net,
            client,
        })
    }

    pub(super) fn base_url(&self) -> String {
        self.emulator.base_url()
    }

    pub(super) fn world(&self) -> &Handle {
        self.emulator.handle()
    }

    pub(super) fn account(appid: &str) -> Result<Account, Broken> {
        Account::new(appid, SECRET).map_err(|wrong| Broken::new(wrong.to_string()))
    }

    /// Lets time pass, at once.
    pub(super) fn advance(&self, seconds: u64) -> Result<(), Broken> {
        let advanced = self.world().advance(Duration::from_secs(seconds));
        advanced.map_err(|too_far| Broken::new(too_far.to_string()))
    }

    pub(super) fn requests(&self, appid: &str, path: &str) -> u64 {
        self.world().counts().requests(appid, path)
    }

    pub(super) fn total_requests(&self) -> u64 {
        self.world().counts().total_requests()
    }

    pub(super) fn introspect(&self, token: &AppToken) -> Introspection {
        self.world().introspect(token.secret().expose())
    }

    /// Makes a call with this token and no other, whatever the answer.
    pub(super) async fn call_with<E>(&self, endpoint: &E, token: &AppToken) -> Result<E::Response, CallError>
    where
        E: Endpoint<Token = AppToken>,
    {
        let request = token
            .authorize(endpoint.request(self.client.origin()))
            .into_http();
        let request = request.map_err(wechat_auth_client::TransportError::from)?;
        let response = self.net.send(request, Limits::default()).await?;
        let (head, body) = response.into_parts();
        Ok(endpoint.parse(http::Response::from_parts(head, body.as_slice()))?)
    }

    /// Adds up. Of the calls that were made for somebody, those the emulator did not carry out in the end
    /// have failed.
    pub(super) fn totals(&self) -> Result<Totals, Broken> {
        /// One in step 3 with the old token and one with the new, one in step 4, one in step 6.
        const ASKED_FOR: u64 = 4;
        let counts = self.world().counts();
        let of = |paths: &[&str], number: fn(&Count) -> u64| -> u64 {
            counts
                .iter()
                .filter(|count| paths.contains(&count.path))
                .map(number)
                .sum()
        };
        let calls = of(&[CALL, USERINFO], |count| count.requests);
        let refused = of(&[CALL, USERINFO], |count| count.refused);
        let totals = Totals {
            fetches: of(&[STABLE_FETCH, CLASSIC_FETCH, EXCHANGE], |count| count.requests),
            calls,
            failed: ASKED_FOR.saturating_sub(calls - refused),
        };
        equal("calls carried out", calls - refused, ASKED_FOR)?;
        equal("calls failed", totals.failed, 0)?;
        Ok(totals)
    }
}

/// The emulator's clock: when two hours are made to pass there, they pass for the client too.
#[derive(Debug)]
pub(super) struct EmulatedClock(Handle);

impl Clock for EmulatedClock {
    fn now(&self) -> Tick {
        Tick::from_millis(self.0.now().0)
    }
}
