//! Paths of Metalink files among links, as users paste them and as desktops pass them to a program.

use std::borrow::Cow;

use lanes_engine::metalink;
use percent_encoding::percent_decode_str;

/// Returns the path if a line is the path of a Metalink file: absolute, relative to the home
/// directory, or a `file://` link. Anything else may be a file name of a Lanes server.
pub(crate) fn metalink_path(line: &str) -> Option<Cow<'_, str>> {
    // Shells and file managers copy paths with quotes.
    let quoted = |mark: char| line.strip_prefix(mark)?.strip_suffix(mark);
    let line = quoted('"').or_else(|| quoted('\'')).unwrap_or(line);
    let path = match line.strip_prefix("file://") {
        Some(rest) => {
            let path = rest.strip_prefix("localhost").unwrap_or(rest);
            let path = percent_decode_str(path).decode_utf8().ok()?;
            // file:///C:/x
            let drive = path
                .strip_prefix('/')
                .filter(|path| begins_with_drive(path));
            drive.map(|path| path.to_owned().into()).unwrap_or(path)
        }
        None => line.into(),
    };
    let is_rooted = path.starts_with(['/', '~', '\\']) || begins_with_drive(&path);
    (is_rooted && metalink::is_name(&path)).then_some(path)
}

/// Returns whether a path starts with a Windows drive: `C:\` or `C:/`.
fn begins_with_drive(path: &str) -> bool {
    let mut letters = path.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.next() == Some(':')
        && matches!(letters.next(), Some('\\' | '/'))
}
