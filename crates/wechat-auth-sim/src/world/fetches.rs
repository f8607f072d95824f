//! Fetches on their way to WeChat and back.

use core::time::Duration;

use http::StatusCode;
use wechat_auth::Tick;
use wechat_auth_emulator::{CarriedOut, Effect};

use super::oracle::Nr;
use super::scenario::Server;
use super::story::What;
use super::{Event, World};
use crate::Heard;
use crate::invariants::Came;
use crate::network::Passage;

/// Callers go away now and then, of a thousand that lead a fetch.
const CANCELLED: u64 = 3;
/// Answers after the deadline that a careless driver passes on all the same, of a thousand.
const TOLD_LATE: u64 = 300;

/// A request on its way.
pub(super) struct InTransit {
    instance: usize,
    life: u32,
    attempt: u64,
    until: Tick,
    request: http::Request<Vec<u8>>,
    back: Option<Duration>,
}

/// News for an instance.
pub(super) struct Told {
    instance: usize,
    life: u32,
    attempt: u64,
    news: News,
}

enum News {
    Response(http::Response<Vec<u8>>, Option<Nr>),
    NotSent,
    NoAnswer,
    Abandoned,
}

impl World {
    /// A fetch leaves.
    pub(super) fn fetch(
        &mut self,
        instance: usize,
        attempt: u64,
        request: http::Request<Vec<u8>>,
        until: Tick,
    ) {
        let now = self.now;
        let forced = find(request.body(), b"\"force_refresh\":true");
        self.tell_story(instance, What::Fetches { attempt, forced });
        let it = self.it(instance);
        it.sends += 1;
        let life = it.life;
        let judged = it.watch.sends(now, attempt, until, forced);
        let in_a_day = it.watch.sends_in_a_day();
        self.report.worst_day = self.report.worst_day.max(in_a_day);
        if let Err((invariant, what)) = judged {
            self.broken(invariant, instance, what);
        }
        let told = |news| Told {
            instance,
            life,
            attempt,
            news,
        };
        if self.luck.permille(self.cancels.max(CANCELLED)) {
            let most = u64::try_from(until.since(now).as_millis()).unwrap_or(u64::MAX);
            let at = now.after(Duration::from_millis(self.luck.within(1..=most.max(1))));
            self.schedule(at, Event::Tell(Box::new(told(News::Abandoned))));
        }
        match self.network.passage(now, instance) {
            Passage::NotSent(at) => {
                self.schedule(at.min(until), Event::Tell(Box::new(told(News::NotSent))));
            }
            Passage::RequestLost => {
                let at = self.network.silence_ends(now, until);
                self.schedule(at, Event::Tell(Box::new(told(News::NoAnswer))));
            }
            Passage::Arrives { at, back } => {
                if at >= until {
                    self.schedule(until, Event::Tell(Box::new(told(News::NoAnswer))));
                }
                let fetch = InTransit {
                    instance,
                    life,
                    attempt,
                    until,
                    request,
                    back,
                };
                self.schedule(at, Event::FetchArrives(Box::new(fetch)));
            }
        }
    }

    /// WeChat gets a fetch.
    pub(super) fn fetch_arrives(&mut self, fetch: &InTransit) {
        let now = self.now;
        let fault = match self.server {
            Some((server, permille)) if self.luck.permille(permille) => Some(effect(server)),
            _ => None,
        };
        let answer = self.oracle.fetch(now, &fetch.request, fault);
        if let Some(nr) = answer.minted {
            self.tell_story(fetch.instance, What::Minted(nr));
        }
        let told = |news| {
            Event::Tell(Box::new(Told {
                instance: fetch.instance,
                life: fetch.life,
                attempt: fetch.attempt,
                news,
            }))
        };
        let returns = answer.response.zip(fetch.back.map(|back| now.after(back)));
        match returns {
            Some((response, at)) if at <= fetch.until => {
                self.schedule(at, told(News::Response(response, answer.token)));
            }
            Some((response, at)) => {
                self.schedule(fetch.until, told(News::NoAnswer));
                if self.luck.permille(TOLD_LATE) {
                    self.schedule(at, told(News::Response(response, answer.token)));
                }
            }
            None => {
                let at = self.network.silence_ends(now, fetch.until.max(now));
                self.schedule(at, told(News::NoAnswer));
            }
        }
    }

    /// News reaches an instance, if it still lives the life in which it asked.
    pub(super) fn tell(&mut self, told: &Told) {
        let (now, instance) = (self.now, told.instance);
        let it = self.it(instance);
        if !it.is_up || it.life != told.life {
            return;
        }
        let came = came(&told.news);
        let awaited = it.watch.hears(now, told.attempt, came);
        let is_answer = matches!(told.news, News::Response(..));
        if !awaited && !is_answer {
            return;
        }
        if let (true, News::Response(response, Some(nr))) = (awaited, &told.news) {
            if let Some(token) = token_of(response) {
                let left = self.oracle.introspect(now, &token).expires_in_s;
                let dies = now.after(Duration::from_secs(left));
                self.it(instance).watch.holds(*nr, token, dies);
            }
            self.oracle.received(*nr);
        }
        let (outcome, token) = match &told.news {
            News::Response(response, token) => (outcome(response, *token, awaited), *token),
            News::NotSent => ("not sent", None),
            News::NoAnswer => ("no answer", None),
            News::Abandoned => ("abandoned by its caller", None),
        };
        self.tell_story(
            instance,
            What::Heard {
                attempt: told.attempt,
                outcome,
                token,
            },
        );
        let player = &mut self.it(instance).player;
        match &told.news {
            News::Response(response, _) => {
                let mut view = http::Response::new(response.body().as_slice());
                *view.status_mut() = response.status();
                player.heard(now, told.attempt, Heard::Response(view));
            }
            News::NotSent => player.heard(now, told.attempt, Heard::NotSent),
            News::NoAnswer => player.heard(now, told.attempt, Heard::NoAnswer),
            News::Abandoned => {
                player.heard(now, told.attempt, Heard::Abandoned);
                self.it(instance).abandoned += 1;
            }
        }
        self.listen(instance);
        self.serve_waiting(instance);
        self.wake_again(instance);
    }
}

fn effect(server: Server) -> Effect {
    let raw = |status, body: &[u8], carried_out| Effect::Raw {
        status,
        content_type: http::HeaderValue::from_static("text/html"),
        body: body.to_vec(),
        carried_out,
    };
    let errcode = |errcode| Effect::Errcode {
        errcode,
        errmsg: None,
    };
    match server {
        Server::Busy => errcode(-1),
        Server::SlowDown => errcode(45011),
        Server::NotAllowed => errcode(40164),
        Server::Gateway => raw(StatusCode::BAD_GATEWAY, b"<html>", CarriedOut::No),
        Server::GatewayAfterwards => raw(StatusCode::BAD_GATEWAY, b"<html>", CarriedOut::Yes),
        Server::EmptyAfterwards => raw(StatusCode::OK, b"", CarriedOut::Yes),
        Server::Hang => Effect::Hang(CarriedOut::No),
        Server::HangAfterwards => Effect::Hang(CarriedOut::Yes),
    }
}

fn came(news: &News) -> Came {
    match news {
        News::Response(_, Some(nr)) => Came::Token(*nr),
        News::Response(response, None) => match response.body() {
            body if response.status() != StatusCode::OK || body.is_empty() => Came::InDoubt,
            body if find(body, b":45009,") => Came::Quota,
            body if find(body, b":40164,") => Came::NeedsAPerson,
            _ => Came::ToNothing,
        },
        News::NotSent => Came::ToNothing,
        News::NoAnswer => Came::InDoubt,
        News::Abandoned => Came::Abandoned,
    }
}

fn outcome(response: &http::Response<Vec<u8>>, token: Option<Nr>, awaited: bool) -> &'static str {
    match (token, awaited) {
        (Some(_), true) => "brought",
        (Some(_), false) => "too late, brought",
        (None, _) if response.status() != StatusCode::OK => "a gateway's page",
        (None, _) if response.body().is_empty() => "an empty answer",
        (None, _) => "WeChat refused",
    }
}

fn token_of(response: &http::Response<Vec<u8>>) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(response.body()).ok()?;
    Some(answer.get("access_token")?.as_str()?.to_owned())
}

fn find(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}
