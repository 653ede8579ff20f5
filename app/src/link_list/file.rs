//! Lists of downloads in files.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{LinkList, ListError};
use crate::bounded_text;

/// Longest list in bytes: some 500,000 links.
const MAX_LEN: usize = 64 << 20;

/// Reason why the list of a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListFileError {
    /// The file cannot be read.
    #[error("{}: {error}", .path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Reason.
        error: io::Error,
    },
    /// The file is too long.
    #[error("{}: longer than 64 MiB: split the list", .0.display())]
    TooLong(PathBuf),
    /// The file is no list.
    #[error("{}: {error}", .path.display())]
    Parse {
        /// Path of the file.
        path: PathBuf,
        /// Reason.
        error: ListError,
    },
    /// The list has no links.
    #[error("{}: no links", .0.display())]
    Empty(PathBuf),
}

/// Reads the list at `path`.
///
/// # Errors
/// See [`ListFileError`].
pub(crate) fn read(path: &Path) -> Result<LinkList, ListFileError> {
    let file = File::open(path).map_err(|error| ListFileError::Read {
        path: path.to_owned(),
        error,
    })?;
    read_from(path, file)
}

/// Reads a list from `source`, which errors call `path`.
///
/// # Errors
/// See [`ListFileError`].
pub(crate) fn read_from(path: &Path, source: impl Read) -> Result<LinkList, ListFileError> {
    let text = bounded_text::read_from(source, MAX_LEN);
    let text = text.map_err(|error| ListFileError::Read {
        path: path.to_owned(),
        error,
    })?;
    if text.len() > MAX_LEN {
        return Err(ListFileError::TooLong(path.to_owned()));
    }
    let list = super::parse(&text).map_err(|error| ListFileError::Parse {
        path: path.to_owned(),
        error,
    })?;
    match list.entries.is_empty() {
        true => Err(ListFileError::Empty(path.to_owned())),
        false => Ok(list),
    }
}
