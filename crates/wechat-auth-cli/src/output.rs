//! The two streams: data on stdout, talk on stderr.

use std::io::{self, Write};

use serde::Serialize;

use crate::exit::Failure;
use crate::printable;

/// Writes a line of data.
///
/// A reader who has seen enough and went away is no failure; a full disk is.
pub(crate) fn data(line: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::other(format!(
            "stdout cannot be written: {}",
            error.kind()
        ))),
        _ => Ok(()),
    }
}

/// Writes a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text =
        serde_json::to_string(value).map_err(|_| Failure::other("the result does not fit into JSON"))?;
    data(&printable::json(&text))
}

/// Says a line to whoever sits there. Nobody listening is no failure.
pub(crate) fn talk(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", printable::line(line));
}
