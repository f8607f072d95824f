//! A request as a command for a shell.

use std::fmt::Write;

use crate::machine::{Exchange, Header};

/// What curl sends by itself, and the header whose work the address does.
const CURLS_OWN: [&str; 6] = [
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "transfer-encoding",
    "x-emulator-namespace",
];

/// The command that sends a request like this one to `origin`. What is masked in the
/// exchange is masked in the command.
pub(super) fn command(exchange: &Exchange, origin: &str) -> String {
    let query = match exchange.query.is_empty() {
        true => String::new(),
        false => format!("?{}", exchange.query),
    };
    // Without globbing: brackets and braces of an address are its own.
    let mut command = "curl -g".to_owned();
    match (exchange.method.as_str(), exchange.body.is_empty()) {
        ("GET", true) | ("POST", false) => {}
        ("HEAD", _) => command += " -I",
        (method, _) => {
            command += " -X ";
            command += &quoted(method);
        }
    }
    for Header { name, value } in &exchange.headers {
        if !CURLS_OWN.contains(&name.as_str()) {
            command += " -H ";
            command += &quoted(&format!("{name}: {value}"));
        }
    }
    if !exchange.body.is_empty() {
        if !exchange
            .headers
            .iter()
            .any(|header| header.name == "content-type")
        {
            // Or curl would make a form of it.
            command += " -H 'content-type:'";
        }
        command += " --data-raw ";
        command += &quoted(&exchange.body);
    }
    command += " ";
    command += &quoted(&format!("{origin}{}{query}", exchange.path));
    command
}

/// One word of a shell, whatever the text is: it came from outside, and will be pasted into
/// a terminal. Control characters are spelled out, as bash and zsh read them.
fn quoted(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut word = "$'".to_owned();
    for c in text.chars() {
        match c {
            '\'' | '\\' => {
                word.push('\\');
                word.push(c);
            }
            c if c.is_control() => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    // Three octal digits end by themselves; writing to a String cannot fail.
                    let _ = write!(word, "\\{byte:03o}");
                }
            }
            c => word.push(c),
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn no_text_gets_out_of_its_quotes() {
        for (text, word) in [
            ("", "''"),
            ("a b$c`d`", "'a b$c`d`'"),
            ("it's", r"'it'\''s'"),
            ("a\nb", r"$'a\012b'"),
            ("'\u{1b}[31m\\", r"$'\'\033[31m\\'"),
            ("\u{9b}1", r"$'\302\2331'"),
        ] {
            assert_eq!(quoted(text), word);
        }
    }
}
