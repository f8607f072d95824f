use core::time::Duration;

/// What an endpoint that hands out a secret with a life answers: the thing, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant<T> {
    /// The token or ticket.
    pub token: T,
    /// Its remaining life, counted from when the request was *sent*: then latency makes it shorter
    /// and never longer. Seconds on the wire, a minute at least and a year at most.
    pub expires_in: Duration,
}

impl<T> Grant<T> {
    /// The same life around another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Grant<U> {
        Grant {
            token: f(self.token),
            expires_in: self.expires_in,
        }
    }
}
