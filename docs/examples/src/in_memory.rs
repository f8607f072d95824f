// ANCHOR: in_memory
use std::sync::Mutex;
use std::time::Duration;

use wechat_auth_client::{Fault, Limits, Transport, TransportError};
use wechat_auth_emulator::{Millis, Reply, WeChat};

/// WeChat without sockets: the emulator's machine, called directly. Any HTTP client is connected in the
/// same way: these two methods are all.
struct InMemory {
    wechat: Mutex<WeChat>,
    now: Millis,
}

impl Transport for InMemory {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        let mut wechat = self
            .wechat
            .lock()
            .expect("no test panics while it holds the lock");
        match wechat.handle(self.now, &request, [127, 0, 0, 1].into()) {
            Reply::Respond(response) if response.body().len() > limits.max_body => {
                Err(TransportError::maybe_sent(Fault::BodyTooLarge))
            }
            Reply::Respond(response) => Ok(response),
            // The deadline is the transport's to keep. Here nobody has to wait for it.
            Reply::NeverAnswer => Err(TransportError::maybe_sent(Fault::Timeout)),
            Reply::CutTheLine => Err(TransportError::maybe_sent(Fault::Cut)),
        }
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
// ANCHOR_END: in_memory

#[tokio::test]
async fn it_runs() {
    use wechat_auth::Account;
    use wechat_auth_client::Client;
    use wechat_auth_emulator::{App, Config};

    let mut wechat = WeChat::new(Config::new(7));
    wechat.add_app(App::new("wx1", "made-up")).unwrap();
    let now = Millis::from_unix_s(1_750_000_000);
    let transport = InMemory {
        wechat: Mutex::new(wechat),
        now,
    };
    let app = Client::new(transport).stable_token(Account::new("wx1", "made-up").unwrap());
    assert!(!app.token().await.unwrap().secret().is_empty());
}
