//! What the emulator was asked, said on stderr while it runs.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use wechat_auth_emulator::{Exchange, Handle, Secrets};

use crate::output;

/// How often it looks. What a thousand requests in that time push out of the journal is not said.
const LOOK: Duration = Duration::from_millis(100);
const BEIJING_S: u64 = 8 * 3_600;

/// How much is said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// Every request.
    Everything,
    /// Only links that WeChat would refuse, with what is wrong with them and how to mend it.
    Complaints,
}

/// Follows the journals of all namespaces.
pub(super) async fn follow(handle: &Handle, said: Said) -> Infallible {
    let mut seen = BTreeMap::new();
    loop {
        look(handle, "", said, &mut seen);
        for name in handle.namespaces() {
            // It may have been closed since.
            if let Ok(namespace) = handle.namespace(&name) {
                look(&namespace, &name, said, &mut seen);
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Whatever is newer than the last that was seen; everything, when that is gone: the journal was cleared,
/// or began anew.
fn look(handle: &Handle, namespace: &str, said: Said, seen: &mut BTreeMap<String, Exchange>) {
    let last = seen.get(namespace);
    let mut new: Vec<Exchange> = handle.with(|wechat, _| {
        let newest_first = wechat.journal().rev();
        newest_first
            .take_while(|exchange| Some(exchange) != last)
            .collect()
    });
    new.reverse();
    for exchange in &new {
        if said == Said::Everything || exchange.complaint.is_some() {
            lines(exchange, namespace)
                .iter()
                .for_each(|line| output::talk(line));
        }
    }
    if let Some(newest) = new.pop() {
        seen.insert(namespace.to_owned(), newest);
    }
}

fn lines(exchange: &Exchange, namespace: &str) -> Vec<String> {
    let exchange = exchange.shown(Secrets::Hide);
    let s = exchange.at_unix_ms.unix_s().saturating_add(BEIJING_S) % 86_400;
    let mut line = format!("{:02}:{:02}:{:02} ", s / 3_600, s / 60 % 60, s % 60);
    if !namespace.is_empty() {
        line += &format!("[{namespace}] ");
    }
    line += &format!("{} {}", exchange.method, exchange.path);
    if !exchange.query.is_empty() {
        line += &format!("?{}", exchange.query);
    }
    line += &match exchange.status {
        Some(status) => format!(" -> {status}"),
        None => " -> no answer".to_owned(),
    };
    if let Some(errcode) = exchange.errcode.filter(|errcode| *errcode != 0) {
        line += &format!(", errcode {errcode}");
    }
    if let Some(fault) = &exchange.fault {
        line += &format!(", fault {fault}");
    }
    let mut lines = vec![line];
    if let Some(complaint) = &exchange.complaint {
        lines.push(format!("  {}。{}", complaint.zh, complaint.mend_zh));
        lines.push(format!("  {}. {}", complaint.en, complaint.mend_en));
    }
    lines
}
