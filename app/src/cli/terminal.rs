//! Output to the standard output and the standard error.

use std::borrow::Cow;
use std::io::{self, Write as _};

/// Writes a result and a line feed to the standard output.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", printable(text))?;
    out.flush()
}

/// Writes a message and a line feed to the standard error. Errors are ignored: if the standard error
/// is closed, there is no other place for them.
pub(super) fn print_error(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", printable(text));
}

/// Replaces control characters other than line feeds: file names and error texts come from servers,
/// and control characters would command the terminal.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| c.is_control() && c != '\n';
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
    }
}
