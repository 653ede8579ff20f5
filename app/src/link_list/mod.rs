//! Lists of downloads as files: links, and the formats of aria2, curl and Internet Download Manager, and JSON.

mod ef2;
mod entry;
mod export;
mod file;
mod json;
mod text;

use std::ffi::OsStr;
use std::path::Path;

pub(crate) use entry::{Entry, LinkList};
pub(crate) use export::{aria2_file, json_file};
pub(crate) use file::{ListFileError, read, read_from};

/// Reason why a list cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListError {
    /// A line cannot be read.
    #[error(transparent)]
    Line(#[from] text::LineError),
    /// The export of Internet Download Manager cannot be read.
    #[error(transparent)]
    Ef2(#[from] ef2::Ef2Error),
    /// The JSON cannot be read.
    #[error(transparent)]
    Json(#[from] json::JsonError),
}

/// Returns whether a file is a list by its name. Any text may be a list of links.
pub(crate) fn is_list_name(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    let is = |known: &&str| extension.is_some_and(|text| text.eq_ignore_ascii_case(known));
    ["ef2", "json"].iter().any(is)
}

/// Parses a list. Its beginning tells the format.
///
/// # Errors
/// See [`ListError`].
fn parse(text: &str) -> Result<LinkList, ListError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.trim_start().as_bytes().first() {
        Some(b'<') => Ok(ef2::parse(text)?),
        Some(b'[' | b'{') => Ok(json::parse(text)?),
        _ => Ok(text::parse(text)?),
    }
}
