//! Sockets, and an end that lets the last page arrive.

use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use wechat_auth::login::WebLogin;
use wechat_auth_client::{Client, Clock, Transport};

use super::desk::Desk;
use super::{Address, Profile};
use crate::exit::Failure;

/// A request's header must arrive within this time.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a browser gets to fetch the page it was just sent to.
const LAST_PAGE: Duration = Duration::from_secs(3);
/// How long connections get to finish what they are sending.
const LAST_BYTES: Duration = Duration::from_secs(2);
/// How long accepting rests after it failed.
const ACCEPT_REST: Duration = Duration::from_millis(20);

/// A login server that runs.
#[must_use = "the server runs until finish() is called"]
pub(crate) struct Server {
    ended: mpsc::UnboundedReceiver<Result<Profile, Failure>>,
    shown: watch::Receiver<bool>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// How long to stay after the end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Visit {
    /// Nobody is looking at a page.
    Nobody,
    /// Somebody waits for the last page; when it was shown, this much longer, for a reload.
    Somebody(Duration),
}

impl Server {
    /// Serves `listener` in the background, and says through `notice` what it turns away.
    pub(crate) fn start<T, C>(
        (address, listener): (Address, TcpListener),
        client: Client<T, C>,
        web_login: WebLogin,
        notice: fn(&str),
    ) -> Self
    where
        T: Transport + 'static,
        C: Clock + 'static,
    {
        let (tell, ended) = mpsc::unbounded_channel();
        let desk = Arc::new(Desk::new(address, client, web_login, tell, notice));
        let shown = desk.shown.subscribe();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, desk, stopped));
        Self {
            ended,
            shown,
            stop,
            task,
        }
    }

    /// The next login that comes to an end.
    pub(crate) async fn ended(&mut self) -> Result<Profile, Failure> {
        match self.ended.recv().await {
            Some(ended) => ended,
            None => Err(Failure::other("the login server stopped")),
        }
    }

    /// Takes no more connections, and waits until those there are have what they asked for.
    pub(crate) async fn finish(mut self, visit: Visit) {
        if let Visit::Somebody(longer) = visit {
            let shown = self.shown.wait_for(|shown| *shown);
            let _ = tokio::time::timeout(LAST_PAGE, shown).await;
            tokio::time::sleep(longer).await;
        }
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

async fn serve<T, C>(listener: TcpListener, desk: Arc<Desk<T, C>>, mut stopped: oneshot::Receiver<()>)
where
    T: Transport + 'static,
    C: Clock + 'static,
{
    let graceful = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => {
                    tokio::time::sleep(ACCEPT_REST).await;
                    continue;
                }
            },
            _ = &mut stopped => break,
        };
        let desk = Arc::clone(&desk);
        let service = service_fn(move |request| {
            let desk = Arc::clone(&desk);
            async move { Ok::<_, std::convert::Infallible>(desk.answer(&request).await) }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(graceful.watch(connection));
    }
    drop(listener);
    let _ = tokio::time::timeout(LAST_BYTES, graceful.shutdown()).await;
}
