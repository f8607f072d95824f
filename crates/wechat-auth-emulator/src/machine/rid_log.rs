//! Refused requests by rid, for `openapi/rid/get`.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::mask::{masked_body, masked_query, shortened};
use super::time::Millis;
use crate::recent::Recent;

/// Requests remembered.
const REMEMBERED: usize = 1_000;
/// A request that was refused, without its secrets.
#[derive(Serialize, Deserialize)]
pub(crate) struct Refused {
    pub(crate) appid: Option<String>,
    pub(crate) at: Millis,
    pub(crate) query: String,
    pub(crate) body: String,
    pub(crate) response: String,
    pub(crate) peer: IpAddr,
}

/// The newest thousand, at most 12 KiB each.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct RidLog(Recent<Refused, REMEMBERED>);

impl RidLog {
    pub(crate) fn remember(&mut self, rid: String, appid: Option<String>, call: &Call<'_>, response: &[u8]) {
        let refused = Refused {
            appid,
            at: call.now,
            query: masked_query(call.query),
            body: masked_body(call.body),
            response: shortened(String::from_utf8_lossy(response).into_owned()),
            peer: call.peer,
        };
        self.0.insert(rid, refused);
    }

    pub(crate) fn get(&self, rid: &str) -> Option<&Refused> {
        self.0.get(rid)
    }
}
