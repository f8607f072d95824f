use std::pin::pin;
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Waker};
use std::thread;

use wechat_auth::Endpoint;
use wechat_auth::keeper::{Fetch, Kept};
use wechat_auth_client::driver::{Async, Blocking, TokenSource};
use wechat_auth_client::{CallError, TokenError, Upstream};

use super::{EmulatorClock, Line, Wire};

/// What a story needs of a colour, so that it can be told in both. A blocking call is a future that is
/// ready when it is first polled.
pub trait Colour: Sized + Send + Sync + 'static {
    type Line: Send + Sync + 'static;

    fn token<F, U>(app: &Source<F, U, Self>) -> impl Future<Output = Answer<F>> + Send
    where
        F: Fetch + Send,
        F::Token: Send + Sync,
        U: Upstream<F::Needs>;

    fn call<F, U, E>(
        app: &Source<F, U, Self>,
        endpoint: &E,
    ) -> impl Future<Output = Result<E::Response, CallError>> + Send
    where
        F: Fetch + Send,
        F::Token: Send + Sync,
        U: Upstream<F::Needs>,
        E: Endpoint<Token = F::Token, Response: Send> + Sync;

    /// Runs `n` of the same at once and brings all results.
    fn at_once<O: Send + 'static, R: Future<Output = O> + Send + 'static>(
        n: usize,
        make: impl Fn() -> R + Send + Sync + 'static,
    ) -> impl Future<Output = Vec<O>>;
}

pub type Source<F, U, K> = TokenSource<F, <K as Colour>::Line, EmulatorClock, U, K>;
pub type Answer<F> = Result<Arc<Kept<<F as Fetch>::Token>>, TokenError>;

impl Colour for Async {
    type Line = Line;

    fn token<F, U>(app: &Source<F, U, Self>) -> impl Future<Output = Answer<F>> + Send
    where
        F: Fetch + Send,
        F::Token: Send + Sync,
        U: Upstream<F::Needs>,
    {
        app.token()
    }

    async fn call<F, U, E>(app: &Source<F, U, Self>, endpoint: &E) -> Result<E::Response, CallError>
    where
        F: Fetch + Send,
        F::Token: Send + Sync,
        U: Upstream<F::Needs>,
        E: Endpoint<Token = F::Token, Response: Send> + Sync,
    {
        app.call(endpoint).await
    }

    async fn at_once<O: Send + 'static, R: Future<Output = O> + Send + 'static>(
        n: usize,
        make: impl Fn() -> R + Send + Sync + 'static,
    ) -> Vec<O> {
        let gate = Arc::new(tokio::sync::Barrier::new(n));
        let tasks: Vec<_> = (0..n)
            .map(|_| {
                let (gate, future) = (Arc::clone(&gate), make());
                tokio::spawn(async move {
                    gate.wait().await;
                    future.await
                })
            })
            .collect();
        let mut done = Vec::new();
        for task in tasks {
            done.push(task.await.unwrap());
        }
        done
    }
}

impl Colour for Blocking {
    type Line = Wire;

    async fn token<F, U>(app: &Source<F, U, Self>) -> Answer<F>
    where
        F: Fetch + Send,
        F::Token: Send + Sync,
        U: Upstream<F::Needs>,
    {
        app.token()
    }

    async fn call<F, U, E>(app: &Source<F, U, Self>, endpoint: &E) -> Result<E::Response, CallError>
    where
        F: Fetch + Send,
        F::Token: Send + Sync,
        U: Upstream<F::Needs>,
        E: Endpoint<Token = F::Token, Response: Send> + Sync,
    {
        app.call(endpoint)
    }

    async fn at_once<O: Send + 'static, R: Future<Output = O> + Send + 'static>(
        n: usize,
        make: impl Fn() -> R + Send + Sync + 'static,
    ) -> Vec<O> {
        let gate = Barrier::new(n);
        thread::scope(|scope| {
            let one = || {
                gate.wait();
                now(make())
            };
            let threads: Vec<_> = (0..n).map(|_| scope.spawn(one)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }
}

/// What a future brings that only pretends to be one.
fn now<O>(future: impl Future<Output = O>) -> O {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("a blocking call is over when it returns"),
    }
}
