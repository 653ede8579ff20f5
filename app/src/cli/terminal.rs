//! Output to the standard output and the standard error.

use std::borrow::Cow;
use std::io::{self, Write as _};

use lanes_engine::is_hidden;

/// Writes a result and a line feed to the standard output.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", printable(text))?;
    out.flush()
}

/// Writes bytes of the program itself to the standard output, as they are.
pub(super) fn print_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Writes a message and a line feed to the standard error. Errors are ignored: if the standard error
/// is closed, there is no other place for them.
pub(super) fn print_error(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", printable(text));
}

/// Writes JSON and a line feed to the standard output. Hidden characters are written as their escapes, so
/// that a reader of the JSON gets them as they are.
pub(super) fn print_json(json: &str) -> io::Result<()> {
    if !json.contains(is_hidden) {
        return print(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_hidden(c) {
            let units = c.encode_utf16(&mut [0; 2]).to_vec();
            escaped.extend(units.into_iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            escaped.push(c);
        }
    }
    print(&escaped)
}

/// Replaces control characters other than line feeds, and hidden characters: file names and error texts
/// come from servers. Control characters would command the terminal, and hidden ones make a name look
/// like another.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| (c.is_control() && c != '\n') || is_hidden(c);
    if text.contains(is_harmful) {
        text.replace(is_harmful, "\u{FFFD}").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_never_reach_the_terminal() {
        assert_eq!(
            printable("a\u{1b}[2Jb\rc\u{9b}d\n"),
            "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d\n"
        );
        assert_eq!(printable("Zürich × 2"), "Zürich × 2");
        assert_eq!(printable("a\u{202e}b\u{200b}c"), "a\u{FFFD}b\u{FFFD}c");
    }
}
