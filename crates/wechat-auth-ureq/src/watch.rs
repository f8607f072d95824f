//! How far the request of this thread got. ureq resolves, connects and sends on the thread that called it,
//! and asks the resolver first, also for a connection from the pool.

use std::cell::Cell;
use std::net::IpAddr;

use http::Uri;
use ureq::Error;
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    /// Nothing was seen of it: a middleware took it.
    Unknown,
    /// A connection is being made; no byte of the request has left.
    Nobody,
    /// Bytes of the request have left, or were about to.
    Somebody,
}

thread_local! {
    static REACHED: Cell<Reached> = const { Cell::new(Reached::Unknown) };
}

pub(crate) fn begin() {
    REACHED.set(Reached::Unknown);
}

pub(crate) fn reached() -> Reached {
    REACHED.get()
}

fn connecting() {
    // Bytes that have left stay so, even if a middleware sends the request again.
    if reached() == Reached::Unknown {
        REACHED.set(Reached::Nobody);
    }
}

/// Sees the request before anything is done for it.
#[derive(Debug)]
pub(crate) struct WatchedResolver<R>(pub(crate) R);

impl<R: Resolver> Resolver for WatchedResolver<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        connecting();
        // ureq looks a name up in a thread of its own, to watch the time. An address needs no lookup.
        let timeout = match is_address(uri) {
            true => NextTimeout::default(),
            false => timeout,
        };
        self.0.resolve(uri, config, timeout)
    }

    /// Asked instead of `resolve` where a proxy looks the name up.
    fn empty(&self) -> ResolvedSocketAddrs {
        connecting();
        self.0.empty()
    }
}

fn is_address(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

/// Comes last in the chain: it gets connections on which proxies and TLS are agreed.
#[derive(Debug)]
pub(crate) struct WatchedConnector;

impl<In: Transport> Connector<In> for WatchedConnector {
    type Out = Watched<In>;

    fn connect(&self, _: &ConnectionDetails<'_>, made: Option<In>) -> Result<Option<Watched<In>>, Error> {
        Ok(made.map(Watched))
    }
}

#[derive(Debug)]
pub(crate) struct Watched<T>(T);

impl<T: Transport> Transport for Watched<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        REACHED.set(Reached::Somebody);
        self.0.transmit_output(amount, timeout)
    }

    fn maybe_await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.0.maybe_await_input(timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.0.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}
