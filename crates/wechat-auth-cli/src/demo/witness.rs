//! What really went over the wire: the `errcode` of every answer, in order.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use wechat_auth_client::{Limits, Transport, TransportError};

/// Sends through `T`, and remembers what each answer said.
#[derive(Debug)]
pub(super) struct Witness<T> {
    through: T,
    seen: Mutex<Vec<Seen>>,
}

/// One exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) path: String,
    /// 0 where the answer has none, as WeChat's successes do.
    pub(super) errcode: i64,
}

impl<T> Witness<T> {
    pub(super) fn new(through: T) -> Self {
        let seen = Mutex::default();
        Self { through, seen }
    }

    /// What was seen since the last time this was asked.
    pub(super) fn since_last(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T: Transport> Transport for Witness<T> {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        #[derive(Default, Deserialize)]
        struct Answer {
            #[serde(default)]
            errcode: i64,
        }
        let path = request.uri().path().to_owned();
        let response = self.through.send(request, limits).await?;
        let answer: Answer = serde_json::from_slice(response.body()).unwrap_or_default();
        let errcode = answer.errcode;
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Seen { path, errcode });
        Ok(response)
    }

    async fn sleep(&self, duration: Duration) {
        self.through.sleep(duration).await;
    }
}
