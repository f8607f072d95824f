//! What is sent to us and meant for the command that we run.

#[cfg(unix)]
pub(super) use self::unix::Signals;

#[cfg(unix)]
mod unix {
    use std::io::{IsTerminal, stderr, stdin, stdout};
    use std::task::Poll;

    use rustix::process::{Pid, Signal, kill_process};
    use tokio::signal::unix::{self, SignalKind, signal};

    /// Listens from the moment it is made.
    #[derive(Debug)]
    pub(in super::super) struct Signals(Vec<(unix::Signal, Signal)>);

    impl Signals {
        /// A system that gives no signals ends us in its own way.
        pub(in super::super) fn listen() -> Self {
            let known = [
                (SignalKind::interrupt(), Signal::INT),
                (SignalKind::quit(), Signal::QUIT),
                (SignalKind::terminate(), Signal::TERM),
                (SignalKind::hangup(), Signal::HUP),
            ];
            let heard = known.into_iter();
            Self(
                heard
                    .filter_map(|(kind, name)| Some((signal(kind).ok()?, name)))
                    .collect(),
            )
        }

        /// Waits for the next one and gives it to `child`.
        pub(in super::super) async fn pass_on(&mut self, child: Option<u32>) {
            let signal = std::future::poll_fn(|cx| {
                let mut heard = self.0.iter_mut();
                match heard.find_map(|(source, name)| source.poll_recv(cx).is_ready().then_some(*name)) {
                    Some(name) => Poll::Ready(name),
                    None => Poll::Pending,
                }
            })
            .await;
            let from_keyboard = [Signal::INT, Signal::QUIT].contains(&signal);
            // A terminal gives these to the child as well, and a second Ctrl-C means more than one.
            if from_keyboard && at_a_terminal() {
                return;
            }
            let child = child.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
            if let Some(child) = child {
                let _ = kill_process(child, signal);
            }
        }
    }

    fn at_a_terminal() -> bool {
        stdin().is_terminal() || stdout().is_terminal() || stderr().is_terminal()
    }
}

/// Elsewhere the console tells every process that is attached to it.
#[cfg(not(unix))]
#[derive(Debug)]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn listen() -> Self {
        Self
    }

    pub(super) async fn pass_on(&mut self, _: Option<u32>) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
