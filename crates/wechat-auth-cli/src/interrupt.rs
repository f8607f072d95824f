//! Ctrl-C, and what a process manager sends instead of it.

/// Listens from the moment it is made: who makes it before speaking misses nothing.
#[derive(Debug)]
pub(crate) struct Interrupt {
    #[cfg(unix)]
    signals: Option<[tokio::signal::unix::Signal; 2]>,
}

#[cfg(unix)]
impl Interrupt {
    /// A system that gives no signals ends the process in its own way.
    pub(crate) fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let both =
            signal(SignalKind::interrupt()).and_then(|int| Ok([int, signal(SignalKind::terminate())?]));
        Self { signals: both.ok() }
    }

    /// Completes when somebody wants the command to end.
    pub(crate) async fn arrives(&mut self) {
        match &mut self.signals {
            Some([int, term]) => tokio::select! {
                _ = int.recv() => {}
                _ = term.recv() => {}
            },
            None => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
impl Interrupt {
    /// There is nothing to prepare here.
    pub(crate) fn listen() -> Self {
        Self {}
    }

    /// Completes when somebody wants the command to end.
    pub(crate) async fn arrives(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
