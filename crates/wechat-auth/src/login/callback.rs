use core::fmt;

use super::{LoginId, percent, state};
use crate::Secret;

/// What the browser brought back from WeChat, read and not yet believed.
///
/// A code, or the user's refusal, and always a state. Nothing of it is shown by `Debug`: the code is
/// worth a login, and a query with it does not belong into a log either. Answer a callback with a
/// redirect (303) to somewhere else and `Referrer-Policy: no-referrer`, so that the code leaves the
/// address bar.
pub struct Callback {
    pub(super) state: Secret,
    pub(super) answer: Answer,
}

/// What the user said.
pub(super) enum Answer {
    Code(Secret),
    Refused,
}

/// A browser's request line is not longer than this when it is WeChat's doing.
const MAX_QUERY: usize = 4096;
/// Codes have 32 characters today; WeCom documents up to 512 bytes.
const MAX_CODE: usize = 512;
/// At most 128 go out; the rest is room for what gets appended on the way.
const MAX_STATE: usize = 512;

impl Callback {
    /// Reads the query of the request that came to the redirect URI, without its `?`.
    ///
    /// A query with a `state` and no `code` is how WeChat says that the user refused. Parameters
    /// other than these two are passed over, whatever they hold.
    ///
    /// # Errors
    /// [`InvalidCallback`]. Nothing was looked up yet, so no login is touched.
    ///
    /// # Source
    /// Official account documentation, "Web authorisation", step 1 (documented); the refusal in its
    /// older text and for third-party platforms (documented).
    pub fn from_query(query: &str) -> Result<Self, InvalidCallback> {
        if query.len() > MAX_QUERY {
            return Err(InvalidCallback::TooLong);
        }
        let (mut code, mut state) = (Param::new("code", MAX_CODE), Param::new("state", MAX_STATE));
        for pair in query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match percent::decode(key).as_deref() {
                Some(b"code") => code.set(value)?,
                Some(b"state") => state.set(value)?,
                _ => {}
            }
        }
        match (code.value, state.value) {
            (None, None) => Err(InvalidCallback::NotACallback),
            (_, None) => Err(InvalidCallback::NoState),
            (_, Some(state)) if state.is_empty() => Err(InvalidCallback::NoState),
            (Some(code), Some(_)) if code.is_empty() => Err(InvalidCallback::EmptyCode),
            (Some(code), Some(state)) => Ok(Self {
                state,
                answer: Answer::Code(code),
            }),
            (None, Some(state)) => Ok(Self {
                state,
                answer: Answer::Refused,
            }),
        }
    }

    /// Reads the target of the request that came to the redirect URI.
    ///
    /// # Errors
    /// As [`from_query`](Self::from_query).
    pub fn from_uri(uri: &http::Uri) -> Result<Self, InvalidCallback> {
        Self::from_query(uri.query().unwrap_or_default())
    }

    /// The login this callback says it belongs to: the key under which the pending login was stored,
    /// and the part of the cookie's name.
    ///
    /// It sees through a state that a browser has changed on the way (letters in another case, text
    /// appended), so that the login is found and
    /// [`redeem`](super::PendingLogin::redeem) can say what happened.
    pub fn login_id(&self) -> LoginId {
        let state = self.state.expose();
        match state::mended(state) {
            Some(issued) => LoginId::of_state(&issued),
            None => LoginId::of_state(state),
        }
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.answer {
            Answer::Code(_) => "Callback(code)",
            Answer::Refused => "Callback(refused)",
        })
    }
}

/// One of the two parameters: once at most, bounded, and text.
struct Param {
    name: &'static str,
    max: usize,
    value: Option<Secret>,
}

impl Param {
    fn new(name: &'static str, max: usize) -> Self {
        let value = None;
        Self { name, max, value }
    }

    fn set(&mut self, encoded: &str) -> Result<(), InvalidCallback> {
        let name = self.name;
        if self.value.is_some() {
            return Err(InvalidCallback::Repeated { name });
        }
        let bytes = percent::decode(encoded).ok_or(InvalidCallback::Encoding { name })?;
        if bytes.len() > self.max {
            return Err(InvalidCallback::TooLong);
        }
        let text = String::from_utf8(bytes).map_err(|_| InvalidCallback::Encoding { name })?;
        self.value = Some(text.into());
        Ok(())
    }
}

/// Why a request to the redirect URI is no callback of WeChat's. None of these is worth more than a
/// page that says "please start again".
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCallback {
    /// Neither a code nor a state: somebody opened the address by hand, or a robot did.
    #[error("neither code nor state in the query: not a callback of wechat's")]
    NotACallback,
    /// No state. Every login of this crate has one, so this one was not begun here.
    #[error("no state in the callback: not begun here; let the user log in again")]
    NoState,
    /// The code is there and empty.
    #[error("an empty code in the callback: let the user log in again")]
    EmptyCode,
    /// One parameter twice: two parts of the system could read two different values.
    #[error("{name} occurs more than once in the callback: refused as forged")]
    Repeated {
        /// `code` or `state`.
        name: &'static str,
    },
    /// The value does not decode to text.
    #[error("{name} in the callback does not decode to text: let the user log in again")]
    Encoding {
        /// `code` or `state`.
        name: &'static str,
    },
    /// A query of more than 4096 bytes, or a code or state of more than 512.
    #[error("the callback is longer than any of wechat's: refused as forged")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<String, InvalidCallback> {
        Callback::from_query(query).map(|callback| match &callback.answer {
            Answer::Code(code) => format!("{}/{}", callback.state.expose(), code.expose()),
            Answer::Refused => format!("{}/refused", callback.state.expose()),
        })
    }

    #[test]
    fn code_and_state_are_read_in_any_order_and_other_parameters_passed_over() {
        assert_eq!(read("code=C&state=S"), Ok("S/C".into()));
        assert_eq!(read("entry=7&state=S&x=%ff%&code=C&&=&y"), Ok("S/C".into()));
        assert_eq!(read("code=a%2Bb+c&state=%E4%BD%A0"), Ok("你/a+b c".into()));
    }

    #[test]
    fn a_state_without_a_code_is_the_users_refusal() {
        assert_eq!(read("state=S"), Ok("S/refused".into()));
        assert_eq!(read("state=S&codes=C"), Ok("S/refused".into()));
    }

    #[test]
    fn what_wechat_never_sends_is_refused() {
        let name = "code";
        for (query, why) in [
            ("", InvalidCallback::NotACallback),
            ("x=1", InvalidCallback::NotACallback),
            ("code=C", InvalidCallback::NoState),
            ("code=C&state=", InvalidCallback::NoState),
            ("state", InvalidCallback::NoState),
            ("code=&state=S", InvalidCallback::EmptyCode),
            ("code=C&state=S&code=C", InvalidCallback::Repeated { name }),
            ("code=C&state=S&%63ode=D", InvalidCallback::Repeated { name }),
            ("code=%ff&state=S", InvalidCallback::Encoding { name }),
            ("code=%4&state=S", InvalidCallback::Encoding { name }),
            (
                "code=C&state=S&state=S",
                InvalidCallback::Repeated { name: "state" },
            ),
        ] {
            assert_eq!(read(query), Err(why), "{query}");
        }
    }

    #[test]
    fn sizes_are_bounded_to_the_byte() {
        let code = |len| format!("code={}&state=S", "c".repeat(len));
        assert!(read(&code(512)).is_ok());
        assert_eq!(read(&code(513)), Err(InvalidCallback::TooLong));
        let state = |len| format!("code=C&state={}", "s".repeat(len));
        assert!(read(&state(512)).is_ok());
        assert_eq!(read(&state(513)), Err(InvalidCallback::TooLong));
        let query = |len: usize| format!("code=C&state=S&x={}", "x".repeat(len - 17));
        assert!(read(&query(4096)).is_ok());
        assert_eq!(read(&query(4097)), Err(InvalidCallback::TooLong));
    }

    #[test]
    fn the_target_of_a_request_is_read_like_its_query() {
        let uri = http::Uri::from_static("https://a.example/cb?code=C&state=S");
        assert_eq!(format!("{:?}", Callback::from_uri(&uri)), "Ok(Callback(code))");
        let uri = http::Uri::from_static("/cb");
        assert!(matches!(
            Callback::from_uri(&uri),
            Err(InvalidCallback::NotACallback)
        ));
    }
}
