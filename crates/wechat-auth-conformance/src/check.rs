use std::error::Error;

use http::Response;
use wechat_auth_client::{Fault, Reach, TransportError};

/// Whether a promise holds, and what was seen if it does not.
pub(crate) type Verdict = Result<(), String>;

/// What a transport brings.
pub(crate) type Answer = Result<Response<Vec<u8>>, TransportError>;

/// Stands in the query of every request: no error may repeat it.
pub(crate) const SECRET: &str = "MARKER-of-a-secret";

/// Ends the case with this message unless the condition holds.
macro_rules! ensure {
    ($holds:expr, $($message:tt)+) => {
        if !$holds {
            return Err(format!($($message)+));
        }
    };
}
pub(crate) use ensure;

/// There is an answer, and this is it.
pub(crate) fn answered(answer: Answer) -> Result<Response<Vec<u8>>, String> {
    answer.map_err(|error| format!("an answer was expected, not {error:?}"))
}

/// There is an answer with this body.
pub(crate) fn answered_with(body: &[u8], answer: Answer) -> Verdict {
    let got = answered(answer)?.into_body();
    ensure!(
        got == body,
        "the body is {:?}, not {:?}",
        beginning(&got),
        beginning(body)
    );
    Ok(())
}

/// There is no answer, for one of these reasons, and the error tells no secret.
pub(crate) fn failed(answer: Answer, reach: Reach, faults: &[Fault]) -> Verdict {
    let error = match answer {
        Ok(answer) => {
            return Err(format!(
                "{reach:?} {faults:?} was expected, not {} with {:?}",
                answer.status(),
                beginning(answer.body())
            ));
        }
        Err(error) => error,
    };
    ensure!(
        error.reach() == reach && faults.contains(&error.fault()),
        "{reach:?} {faults:?} was expected, not {error:?}"
    );
    tells_no_secret(&error)
}

/// The request may have arrived, and the line was cut.
pub(crate) fn was_cut(answer: Answer) -> Verdict {
    failed(answer, Reach::MaybeSent, &[Fault::Cut])
}

fn tells_no_secret(error: &TransportError) -> Verdict {
    let mut told = format!("{error:?} {error}");
    let mut cause = error.source();
    while let Some(next) = cause {
        told += &format!(" {next:?} {next}");
        cause = next.source();
    }
    let leak = told.contains("MARKER") || told.contains("127.0.0.1") || told.contains("cgi-bin");
    ensure!(!leak, "the error tells of the URL: {told}");
    Ok(())
}

fn beginning(bytes: &[u8]) -> String {
    let shown = String::from_utf8_lossy(bytes.get(..60).unwrap_or(bytes));
    format!("{shown} ({} bytes)", bytes.len())
}
