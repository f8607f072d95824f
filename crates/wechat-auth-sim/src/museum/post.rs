//! The way of a fetch across the stage: out to WeChat, and back.

use http::{Request, Response};
use wechat_auth::Tick;
use wechat_auth_emulator::{Effect, Fault, Millis, Reply};

use super::line::End;
use super::stage::{Event, Letter, Post, START, Sender, Stage};
use crate::player::Heard;

impl Stage {
    pub(super) fn send(&mut self, from: Sender, request: Request<Vec<u8>>, until: Tick) {
        let fate = self.line.fate(from.seat, self.now);
        let answer = match fate.end {
            End::NotSent => Post::NotSent,
            End::RequestLost => Post::Nothing,
            end => {
                let back = fate.back;
                let letter = Letter {
                    from,
                    request,
                    back,
                    end,
                    until,
                };
                return self.at(self.now.after(fate.out), Event::Arrive(letter));
            }
        };
        let at = if matches!(answer, Post::NotSent) {
            self.now.after(fate.out)
        } else {
            until
        };
        self.at(at, Event::Answer { to: from, answer });
    }

    pub(super) fn arrive(&mut self, letter: &Letter) {
        let day = self.now.since(START).as_secs() / 86_400;
        let day = usize::try_from(day).unwrap_or_default();
        self.tally
            .fetches
            .resize(self.tally.fetches.len().max(day + 1), 0);
        if let Some(fetches) = self.tally.fetches.get_mut(day) {
            *fetches += 1;
        }
        self.judged.1.clear();
        let path = letter.request.uri().path().to_owned();
        let effect = match letter.end {
            End::Status(status) => Some(Effect::html(status, "<html>busy</html>")),
            End::Errcode(errcode) => Some(Effect::Errcode {
                errcode,
                errmsg: None,
            }),
            _ => None,
        };
        if let Some(effect) = effect {
            self.wechat
                .inject(Fault::on(path, effect))
                .expect("one fault at a time");
        }
        let at = Millis(Self::unix_millis(self.now));
        let reply = self.wechat.handle(at, &letter.request, [10, 0, 0, 1].into());
        let back = self.now.after(letter.back);
        let (answer, at) = match reply {
            Reply::Respond(response) if letter.end != End::ReplyLost => (Post::Response(response), back),
            Reply::CutTheLine => (Post::Nothing, back),
            _ => (Post::Nothing, letter.until),
        };
        let to = letter.from;
        match at > letter.until && self.line.has_deadline() {
            true => self.at(
                letter.until,
                Event::Answer {
                    to,
                    answer: Post::Nothing,
                },
            ),
            false => self.at(at, Event::Answer { to, answer }),
        }
    }

    pub(super) fn answer(&mut self, to: Sender, answer: &Post) {
        if self.cancelled.contains(&(to.seat, to.attempt)) {
            return;
        }
        let Some(seat) = self.seats.get_mut(to.seat).filter(|seat| seat.lives == to.life) else {
            return;
        };
        let heard = match answer {
            Post::Response(response) => {
                let mut copy = Response::new(response.body().as_slice());
                *copy.status_mut() = response.status();
                Heard::Response(copy)
            }
            Post::Nothing => Heard::NoAnswer,
            Post::NotSent => Heard::NotSent,
        };
        seat.player.heard(self.now, to.attempt, heard);
        self.wake(to.seat, Some(to.attempt));
    }
}
