//! How a command ends: one line, and one of five exit codes. This is the one place where errors become
//! exit codes.

use std::fmt;
use std::process::ExitCode;

use wechat_auth::keeper::FetchError;
use wechat_auth::{ApiError, InvalidAccount, InvalidBaseUrl, Refusal, Secret};
use wechat_auth_client::{CallError, TransportError};

/// What the shell is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It is done.
    Ok = 0,
    /// Something else went wrong: a port in use, a full disk, a step of the demo that does not hold.
    Failure = 1,
    /// The command was not called as it must be.
    Usage = 2,
    /// WeChat was not reached or did not answer, the user refused, nobody came.
    NoCredential = 3,
    /// WeChat understood, and said no.
    Refused = 4,
}

/// What `--help` says about them.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failure: a port in use, output that cannot be written, a step of the demo that does not hold
  2  usage: a flag, an address or a secret that cannot be right; nothing was sent
  3  no credential to be had: WeChat was not reached or did not answer, or the user refused or never came
  4  refused by WeChat: it answered with an error code, and the line says who must act";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it was asked to, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    exit: Exit,
    line: String,
}

impl Failure {
    fn new(exit: Exit, line: impl Into<String>) -> Self {
        let line = line.into();
        Self { exit, line }
    }

    /// None of the other kinds.
    pub(crate) fn other(line: impl Into<String>) -> Self {
        Self::new(Exit::Failure, line)
    }

    /// Whoever typed the command must type another.
    pub(crate) fn usage(line: impl Into<String>) -> Self {
        Self::new(Exit::Usage, line)
    }

    /// No credential came, and it was not WeChat's word.
    pub(crate) fn no_credential(line: impl Into<String>) -> Self {
        Self::new(Exit::NoCredential, line)
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// The same, with every occurrence of `secret` gone, in each form in which it was sent: whoever
    /// answers may echo it.
    pub(crate) fn without(mut self, secret: &Secret) -> Self {
        let secret = secret.expose();
        let in_query = serde_urlencoded::to_string([("s", secret)]).unwrap_or_default();
        let in_json = serde_json::to_string(secret).unwrap_or_default();
        for form in [
            secret,
            in_query.trim_start_matches("s="),
            in_json.trim_matches('"'),
        ] {
            if form.len() >= SHORTEST_SECRET {
                self.line = self.line.replace(form, "[redacted]");
            }
        }
        self
    }
}

/// WeChat's appsecrets have 32 characters. What is shorter than this is a slip of the hand, and cutting
/// it out would only take letters from our own words.
const SHORTEST_SECRET: usize = 4;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Api(error) => error.into(),
            CallError::Transport(error) => error.into(),
            CallError::Token(error) => error.cause().clone().into(),
            other => Self::other(other.to_string()),
        }
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Api(error) => error.into(),
            other => Self::no_credential(other.to_string()),
        }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::WeChat(refusal) => Self::new(Exit::Refused, both_languages(&refusal)),
            not_wechats => Self::no_credential(not_wechats.to_string()),
        }
    }
}

fn both_languages(refusal: &Refusal) -> String {
    match refusal.info() {
        Some(info) => format!("{refusal} ({})", info.zh),
        None => refusal.to_string(),
    }
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        Self::no_credential(error.to_string())
    }
}

impl From<InvalidAccount> for Failure {
    fn from(error: InvalidAccount) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<InvalidBaseUrl> for Failure {
    fn from(error: InvalidBaseUrl) -> Self {
        Self::usage(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wechat_auth_client::Fault;

    fn answered(body: &str) -> Failure {
        let reply = http::Response::new(body.as_bytes());
        wechat_auth::Reply::read(&reply).unwrap_err().into()
    }

    #[test]
    fn only_wechats_own_word_is_a_refusal() {
        assert_eq!(
            answered(r#"{"errcode":40013,"errmsg":"invalid appid"}"#).exit(),
            Exit::Refused
        );
        for not_wechats in ["", "<html>", "[]", r#"{"errcode":"?"}"#] {
            assert_eq!(answered(not_wechats).exit(), Exit::NoCredential, "{not_wechats}");
        }
        let unreached = TransportError::not_sent(Fault::Connect);
        assert_eq!(
            Failure::from(CallError::from(unreached)).exit(),
            Exit::NoCredential
        );
    }

    #[test]
    fn a_refusal_is_explained_in_both_languages() {
        let line =
            answered(r#"{"errcode":40164,"errmsg":"invalid ip 1.2.3.4, not in whitelist"}"#).to_string();
        assert!(
            line.contains("40164") && line.contains("allow-list") && line.contains("白名单"),
            "{line}"
        );
    }

    #[test]
    fn an_echoed_secret_is_cut_out() {
        for echo in ["p+w\"1", "x p%2Bw%221 y", "{p+w\\\"1}"] {
            let failure = Failure::other(format!("you sent {echo}"));
            let line = failure.without(&"p+w\"1".into()).to_string();
            assert!(
                !line.contains("w\"1") && !line.contains("w%221") && line.contains("[redacted]"),
                "{line}"
            );
        }
    }

    #[test]
    fn a_slip_of_the_hand_takes_no_letters_from_the_explanation() {
        let line = Failure::other("check the proxy").without(&"x".into()).to_string();
        assert_eq!(line, "check the proxy");
    }
}
