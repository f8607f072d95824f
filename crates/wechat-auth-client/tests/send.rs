//! Futures move between threads, and sources are shared by them: the compiler says so.
#![allow(dead_code, reason = "what compiles is proved")]

mod world;

use wechat_auth::app::{GetCallbackIp, TicketType};
use wechat_auth::keeper::{StableApp, TicketFetch, UserRenewal};
use wechat_auth::login::{CodeGrant, GetUserInfo};
use wechat_auth::{Endpoint, NoToken};
use wechat_auth_client::{
    CallError, Client, Clock, MonotonicClock, TokenError, TokenSource, Transport, TransportError, blocking,
};

fn send<T: Send>(_: T) {}
fn shared<T: Send + Sync + 'static>() {}

/// Over any transport and any clock, and so over every adapter.
fn every_future<T: Transport + 'static, C: Clock + 'static>(
    client: &Client<T, C>,
    app: &TokenSource<StableApp, T, C>,
    user: &TokenSource<UserRenewal, T, C>,
    code: CodeGrant,
    nothing: impl Endpoint<Token = NoToken> + Send + Sync,
) {
    let ticket = client.ticket(TicketType::JsApi, app);
    let call = GetCallbackIp::new();
    let info = GetUserInfo::default();
    send(app.token());
    send(app.call(&call));
    send(app.keep_fresh());
    send(ticket.token());
    send(ticket.keep_fresh());
    send(user.token());
    send(user.call(&info));
    send(user.keep_fresh());
    send(client.exchange(code));
    send(client.send(nothing));
}

fn every_type<T: Transport + 'static, B: blocking::Transport + 'static>() {
    shared::<Client<T>>();
    shared::<TokenSource<StableApp, T>>();
    shared::<TokenSource<TicketFetch, T, MonotonicClock, TokenSource<StableApp, T>>>();
    shared::<blocking::Client<B>>();
    shared::<blocking::TokenSource<StableApp, B>>();
    shared::<blocking::TokenSource<TicketFetch, B, MonotonicClock, blocking::TokenSource<StableApp, B>>>();
    shared::<blocking::Stop>();
    shared::<(CallError, TokenError, TransportError)>();
}

#[test]
fn futures_can_move_between_threads() {
    every_type::<world::Line, world::Wire>();
}
