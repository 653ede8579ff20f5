//! Writing to the standard output and the standard error.

use std::borrow::Cow;
use std::io::{self, Write as _};

/// Writes a result to the standard output, and a line feed after it.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", printable(text))?;
    out.flush()
}

/// Tells the user something on the standard error. Where that is closed there is nobody to tell.
pub(super) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", printable(text));
}

/// The text without control characters other than line feeds: names and refusals come from
/// strangers, and a terminal obeys what it is sent.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| c.is_control() && c != '\n';
    if text.contains(harmful) {
        text.replace(harmful, "\u{FFFD}").into()
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
