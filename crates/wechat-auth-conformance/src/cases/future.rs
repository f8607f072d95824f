//! What callers expect of futures.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use wechat_auth_client::{Limits, Transport};

use crate::check::{Verdict, answered_with, ensure};
use crate::server::{Server, ok};

pub(crate) async fn a_dropped_call_leaves_nothing_behind<T: Transport>(transport: &T) -> Verdict {
    let dropped = Arc::new(AtomicBool::new(false));
    let may_answer = Arc::clone(&dropped);
    let server = Server::start(move |mut line| {
        while let Some(number) = line.request() {
            while number == 0 && !may_answer.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
            line.say(&ok(&number.to_string()));
        }
    })?;
    {
        let mut abandoned = pin!(transport.send(server.get(), Limits::default()));
        poll_fn(|cx| {
            if !server.requests().is_empty() || abandoned.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
    dropped.store(true, Ordering::SeqCst);
    for number in 1..4 {
        let answer = transport.send(server.get(), Limits::default()).await;
        answered_with(number.to_string().as_bytes(), answer)?;
    }
    ensure!(
        server.requests().len() == 4,
        "{} requests arrived for 4",
        server.requests().len()
    );
    Ok(())
}

pub(crate) async fn sleep_lasts_as_long_as_asked<T: Transport>(transport: &T) -> Verdict {
    let asked = Duration::from_millis(50);
    let began = Instant::now();
    transport.sleep(asked).await;
    ensure!(began.elapsed() >= asked, "it woke up after {:?}", began.elapsed());
    Ok(())
}
