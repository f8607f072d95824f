//! The HTTP side of the port: requests for the emulator, and a proxy's `CONNECT`.

use std::sync::Mutex;

use http::{Method, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;

use super::WECHAT_HOSTS;
use crate::server::body::ReplyBody;
use crate::server::connection::{Caller, http1_server};
use crate::server::line::Line;
use crate::server::problem::Problem;

const HTTPS: u16 = 443;

/// Answers until the line closes, or becomes a tunnel to one of WeChat's hosts.
pub(super) async fn converse(line: Line, caller: &Caller) -> Option<Upgraded> {
    let tunnel = Mutex::new(None);
    let service = service_fn(async |request: Request<Incoming>| {
        if request.method() != Method::CONNECT {
            return caller.answer(request).await;
        }
        let answer = match connect(request) {
            Ok(opening) => {
                if let Ok(mut tunnel) = tunnel.lock() {
                    *tunnel = Some(opening);
                }
                Response::new(Vec::new())
            }
            Err(problem) => problem.into_response(),
        };
        Ok(answer.map(ReplyBody::whole))
    });
    let connection = http1_server().serve_connection(TokioIo::new(line), service);
    let _ = connection.with_upgrades().await;
    let opening = tunnel.into_inner().ok().flatten()?;
    opening.await.ok()
}

/// Only names that the certificate is for: a test must not leave this machine unnoticed.
fn connect(mut request: Request<Incoming>) -> Result<OnUpgrade, Problem> {
    match leads_here(request.uri()) {
        true => Ok(hyper::upgrade::on(&mut request)),
        false => {
            let host = request.uri().host().unwrap_or_default();
            let port = request.uri().port_u16().unwrap_or(HTTPS);
            let detail = format!(
                "this proxy leads WeChat's hosts at port {HTTPS} to the emulator, and nothing to {host} at port {port}"
            );
            Err(Problem::new(StatusCode::FORBIDDEN, detail))
        }
    }
}

fn leads_here(target: &Uri) -> bool {
    let host = target.host().unwrap_or_default();
    target.port_u16() == Some(HTTPS) && WECHAT_HOSTS.iter().any(|known| host.eq_ignore_ascii_case(known))
}
