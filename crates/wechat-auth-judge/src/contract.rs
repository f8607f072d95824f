//! What the judge and a program say to each other: one JSON object a line.

use serde::{Deserialize, Serialize};

/// What the judge asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Deed {
    /// Nothing: is the program there?
    Hello,
    /// One API call that needs the app token.
    Call,
    /// The app token.
    Token,
    /// A user clicks "log in".
    Login {
        redirect_uri: &'static str,
        scope: &'static str,
    },
    /// The browser comes back.
    Callback {
        query: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        browser: Option<String>,
    },
    /// The program's own clock jumps ahead.
    Advance { seconds: u64 },
}

/// A line for the program.
#[derive(Serialize)]
pub(crate) struct Question<'a> {
    pub(crate) id: u64,
    #[serde(flatten)]
    pub(crate) deed: &'a Deed,
}

/// A line from the program. Without `ok` it is none.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Answer {
    pub(crate) ok: bool,
    #[serde(default)]
    pub(crate) unsupported: bool,
    pub(crate) error: Option<String>,
    /// Of `hello`: what the program calls itself.
    pub(crate) name: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) browser: Option<String>,
    pub(crate) openid: Option<String>,
}

/// An answer with the number of its question; a line without one is a line of the log.
#[derive(Deserialize)]
pub(crate) struct Numbered {
    pub(crate) id: u64,
    #[serde(flatten)]
    pub(crate) answer: Answer,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(deed: &Deed) -> String {
        serde_json::to_string(&Question { id: 7, deed }).unwrap()
    }

    #[test]
    fn questions_are_written_as_the_contract_says() {
        assert_eq!(line(&Deed::Call), r#"{"id":7,"do":"call"}"#);
        let back = Deed::Callback {
            query: "code=c&state=s".to_owned(),
            browser: None,
        };
        assert_eq!(
            line(&back),
            r#"{"id":7,"do":"callback","query":"code=c&state=s"}"#
        );
        assert_eq!(
            line(&Deed::Advance { seconds: 5 }),
            r#"{"id":7,"do":"advance","seconds":5}"#
        );
    }

    #[test]
    fn an_answer_may_leave_out_what_it_does_not_know_and_add_what_we_do_not() {
        let answer: Numbered = serde_json::from_str(r#"{"id":7,"ok":true,"took_ms":3}"#).unwrap();
        assert!(answer.id == 7 && answer.answer.ok && answer.answer.error.is_none());
        for line_of_the_log in [r#"{"level":"info"}"#, r#"{"id":7,"do":"call"}"#, r#"{"ok":true}"#] {
            assert!(serde_json::from_str::<Numbered>(line_of_the_log).is_err());
        }
    }
}
