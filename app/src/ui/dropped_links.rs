//! Links in text files that are dropped on the window.

use std::io;
use std::path::Path;

use crate::bounded_text;

/// Longest file that is read, in bytes.
const MAX_LEN: usize = 16 << 20;
/// Beginnings of links.
const SCHEMES: [&str; 3] = ["https://", "http://", "lanes://"];

/// Error of a dropped file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkListError {
    /// It cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// Path of the file.
        path: String,
        /// Reason.
        error: io::Error,
    },
    /// It is too long.
    #[error("{0} is longer than 16 MiB")]
    TooLong(String),
    /// It has no links.
    #[error("there are no links in {0}")]
    Empty(String),
}

/// Returns whether a file may be a list of links or a saved link, by its name.
pub(crate) fn is_name(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    [".txt", ".list", ".lst", ".url", ".webloc"]
        .iter()
        .any(|end| path.ends_with(end))
}

/// Reads the links of a file, one per line.
///
/// # Errors
/// [`LinkListError`].
pub(crate) fn read(path: &Path) -> Result<String, LinkListError> {
    let shown = path.display().to_string();
    let text = match bounded_text::read(path, MAX_LEN) {
        Ok(text) if text.len() > MAX_LEN => return Err(LinkListError::TooLong(shown)),
        Ok(text) => text,
        Err(error) => return Err(LinkListError::Read { path: shown, error }),
    };
    let links: Vec<&str> = links(&text).collect();
    match links.is_empty() {
        true => Err(LinkListError::Empty(shown)),
        false => Ok(links.join("\n")),
    }
}

/// Returns the links of a text; lines that begin with `#` are comments.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let words =
        lines.flat_map(|line| line.split(|c: char| c.is_whitespace() || "<>\"".contains(c)));
    words.filter_map(|word| {
        let starts = SCHEMES.iter().filter_map(|scheme| word.find(scheme));
        starts.min().map(|at| &word[at..])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_lists_and_saved_links_are_found() {
        let found = |text| links(text).collect::<Vec<_>>();
        let list =
            "# https://h/no\nhttps://h/a https://m/a\r\n\n  out=b\nlanes://h:1/c\nplain words";
        assert_eq!(found(list), ["https://h/a", "https://m/a", "lanes://h:1/c"]);
        let saved = "[InternetShortcut]\r\nURL=https://h/a?b=http://c\r\n";
        assert_eq!(found(saved), ["https://h/a?b=http://c"]);
        let plist = "<key>URL</key>\n<string>http://h/x</string>";
        assert_eq!(found(plist), ["http://h/x"]);
        assert!(found("").is_empty());
        assert!(is_name("/tmp/Links.TXT") && !is_name("/tmp/links.txt.iso"));
    }
}
