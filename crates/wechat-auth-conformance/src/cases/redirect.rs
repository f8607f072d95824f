//! A token must not travel to where an answer points.

use wechat_auth_client::{Limits, Transport};

use crate::check::{Verdict, answered, ensure};
use crate::server::{Server, ok};

pub(crate) async fn redirects_are_not_followed<T: Transport>(transport: &T) -> Verdict {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Server::answers(|_| ok("stolen"))?;
        let location = format!("http://{}/", elsewhere.address());
        let moved =
            format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 4\r\n\r\nhere");
        let server = Server::answers(move |_| moved.clone().into())?;
        for request in [server.get(), server.post(b"{}".to_vec())] {
            let asked = request.method().clone();
            let answer = transport.send(request, Limits::default()).await;
            ensure!(
                elsewhere.connections() == 0,
                "{asked} followed {status}: {:?}",
                elsewhere.requests()
            );
            let answer = answered(answer).map_err(|why| format!("{asked} {status}: {why}"))?;
            ensure!(
                answer.status() == status,
                "{} instead of {status}",
                answer.status()
            );
            ensure!(answer.body() == b"here", "{asked} {status} lost its body");
            let told = answer.headers().get("location").map(http::HeaderValue::as_bytes);
            ensure!(
                told == Some(location.as_bytes()),
                "{asked} {status} lost its location"
            );
        }
        ensure!(
            server.requests().len() == 2,
            "{} requests arrived for 2",
            server.requests().len()
        );
    }
    Ok(())
}
