//! Connections that are kept, lost, or never made.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};
use wechat_auth_client::{Fault, Limits, Reach, Transport};

use crate::check::{SECRET, Verdict, answered_with, ensure, failed, was_cut};
use crate::server::{Server, get, ok};

pub(crate) async fn it_is_used_again<T: Transport>(transport: &T) -> Verdict {
    let server = Server::answers(|_| ok("fine"))?;
    for _ in 0..10 {
        answered_with(b"fine", transport.send(server.get(), Limits::default()).await)?;
    }
    // A pool may open a second one while it takes the first one back.
    ensure!(
        server.connections() <= 3,
        "{} connections for 10 calls",
        server.connections()
    );
    Ok(())
}

pub(crate) async fn one_closed_while_idle_is_told_truthfully<T: Transport>(transport: &T) -> Verdict {
    for request in [Server::get as fn(&Server) -> _, |server| {
        server.post(b"{}".to_vec())
    }] {
        let server = Server::says(ok("fine"))?;
        answered_with(b"fine", transport.send(request(&server), Limits::default()).await)?;
        let again = transport.send(request(&server), Limits::default()).await;
        let arrived = server.requests().len() - 1;
        if let Err(error) = again
            && error.reach() == Reach::NotSent
        {
            ensure!(arrived == 0, "{error:?}, but it arrived");
        } else if again.is_ok() {
            ensure!(arrived == 1, "it was answered, and arrived {arrived} times");
        } else {
            ensure!(arrived <= 1, "it arrived {arrived} times");
            was_cut(again)?;
        }
    }
    Ok(())
}

pub(crate) async fn a_request_cut_on_a_used_one_is_not_repeated<T: Transport>(transport: &T) -> Verdict {
    for request in [Server::get as fn(&Server) -> _, |server| {
        server.post(b"{}".to_vec())
    }] {
        let server = Server::start(|mut line| {
            while line.request() == Some(0) {
                line.say(&ok("fine"));
            }
        })?;
        answered_with(b"fine", transport.send(request(&server), Limits::default()).await)?;
        was_cut(transport.send(request(&server), Limits::default()).await)?;
        let arrived = server.requests().len() - 1;
        ensure!(arrived == 1, "the second request arrived {arrived} times");
    }
    Ok(())
}

pub(crate) async fn a_stray_answer_reaches_nobody<T: Transport>(transport: &T) -> Verdict {
    let server = Server::answers(|number| match number {
        0 => [ok("first"), ok("stray")].concat(),
        _ => ok("later"),
    })?;
    answered_with(b"first", transport.send(server.get(), Limits::default()).await)?;
    for _ in 0..2 {
        let later = transport.send(server.get(), Limits::default()).await;
        if let Ok(answer) = &later {
            ensure!(answer.body() != b"stray", "somebody else's answer came");
        }
        if later.is_err() {
            was_cut(later)?;
        }
    }
    Ok(())
}

pub(crate) async fn answers_go_to_those_who_asked<T: Transport>(transport: &T) -> Verdict {
    let server = Server::start(|mut line| {
        while let Some(number) = line.request() {
            // Echoes the number that the target ends with.
            line.say(&ok(&line.target(number)));
        }
    })?;
    let address = server.address();
    let calls = (0..8).map(|number| {
        let target = format!("/cgi-bin/echo?n={number}");
        let request = get(&format!("http://{address}{target}"));
        let call: super::Running<'_> = Box::pin(async move {
            answered_with(
                target.as_bytes(),
                transport.send(request, Limits::default()).await,
            )
        });
        call
    });
    crate::all(calls.collect()).await.into_iter().collect()
}

pub(crate) async fn refused_is_certainly_not_sent<T: Transport>(transport: &T) -> Verdict {
    let (_nobody_listens, address) = bound().map_err(|error| format!("no port on loopback: {error}"))?;
    let request = get(&format!("http://{address}/cgi-bin/token?secret={SECRET}"));
    let answer = transport.send(request, Limits::default()).await;
    failed(answer, Reach::NotSent, &[Fault::Connect])
}

/// A port that is taken, so that no other test listens there, and refuses.
fn bound() -> std::io::Result<(Socket, SocketAddr)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    let address = socket.local_addr()?.as_socket();
    Ok((socket, address.ok_or(std::io::ErrorKind::AddrNotAvailable)?))
}

pub(crate) async fn a_name_that_does_not_exist_is_certainly_not_sent<T: Transport>(transport: &T) -> Verdict {
    // No label of a name has more than 63 letters, so that no resolver asks anybody.
    let nowhere = "x".repeat(64);
    let request = get(&format!("http://{nowhere}.invalid/cgi-bin/token?secret={SECRET}"));
    let answer = transport.send(request, Limits::default()).await;
    failed(answer, Reach::NotSent, &[Fault::Connect])
}
