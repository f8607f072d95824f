//! What is wrong with a command line, in one line.
//!
//! clap's own messages repeat what was typed; here that may be a secret that slipped into the wrong
//! place. So they are written anew from what clap knows, without anybody's values.

use std::io;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::exit::Failure;
use crate::output;

/// Shows help or version, or says what is wrong.
pub(crate) fn explain(said: &Error) -> Result<(), Failure> {
    match said.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => output::data(said.to_string().trim_end()),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // Somebody who types the bare name wants to know what there is.
            let _ = io::Write::write_all(&mut io::stderr().lock(), said.to_string().as_bytes());
            Err(Failure::usage("a command is missing"))
        }
        kind => Err(Failure::usage(format!("{}; try --help", complaint(kind, said)))),
    }
}

fn complaint(kind: ErrorKind, said: &Error) -> String {
    let about = text(said, ContextKind::InvalidArg);
    match kind {
        ErrorKind::UnknownArgument => unknown(&about),
        ErrorKind::InvalidSubcommand => "there is no such command".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("missing: {about}"),
        ErrorKind::InvalidValue if text(said, ContextKind::InvalidValue).is_empty() => {
            format!("{about} needs a value")
        }
        ErrorKind::InvalidValue => {
            let known = text(said, ContextKind::ValidValue);
            format!("{about} must be one of: {known}")
        }
        ErrorKind::ValueValidation => match std::error::Error::source(said) {
            Some(why) => format!("{about}: {why}"),
            None => format!("{about} has a value that cannot be right"),
        },
        ErrorKind::ArgumentConflict => format!("{about} is given twice, or does not go with another"),
        other => match other.as_str() {
            Some(general) if about.is_empty() => general.to_owned(),
            Some(general) => format!("{general}: {about}"),
            None => "the command line cannot be read".to_owned(),
        },
    }
}

fn unknown(argument: &str) -> String {
    let flag = argument.split('=').next().unwrap_or_default();
    let letters = flag.strip_prefix("--").unwrap_or_default();
    match letters {
        "secret" | "appsecret" | "app-secret" => {
            "there is no flag for the appsecret, because others can read flags: set WECHAT_APPSECRET, or use \
             --secret-file"
                .to_owned()
        }
        word if is_a_word(word) => format!("there is no flag {flag}"),
        _ => "there is an argument too many".to_owned(),
    }
}

/// Anything else may be a value: `--` and a secret behind it, for one.
fn is_a_word(text: &str) -> bool {
    (1..=24).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

fn text(said: &Error, kind: ContextKind) -> String {
    match said.get(kind) {
        Some(ContextValue::String(one)) => one.clone(),
        Some(ContextValue::Strings(several)) => several.join(", "),
        _ => String::new(),
    }
}
