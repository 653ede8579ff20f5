//! Which file on the disk a download writes: one found unfinished, or a new one.

use std::io;
use std::path::Path;

use lanes_shared::size;

use super::destination::alternatives;
use super::file::{PartFile, Paths};
use super::journal::Journal;

/// An open part file and its paths.
pub(super) struct Storage {
    pub paths: Paths,
    pub file: PartFile,
}

/// Finds what an earlier attempt at `source` left for `target` or its alternatives, unless another
/// program is at work on it. Files that nobody can vouch for are left where they are.
pub(super) fn find(source: &str, target: &Path) -> Option<(Storage, Journal)> {
    for candidate in alternatives(target) {
        let paths = Paths::new(candidate);
        if !paths.part.exists() {
            if paths.target.exists() {
                continue;
            }
            return None;
        }
        let ours = |journal: &Journal| journal.source == source;
        let Some(journal) = Journal::read(&paths.journal).filter(ours) else {
            continue;
        };
        let Ok(file) = PartFile::open(&paths.part) else {
            continue;
        };
        if file.len().is_ok_and(|len| len == journal.len) {
            return Some((Storage { paths, file }, journal));
        }
    }
    None
}

/// Makes a new part file of `len` bytes for `target`, or for the next of its alternatives of which
/// neither the file nor a part exists.
///
/// # Errors
/// In words: no room, no permission, no such folder.
pub(super) fn create(target: &Path, len: u64) -> Result<Storage, String> {
    let folder = target
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
    // Where the system cannot tell how much room there is, writing will.
    if let Ok(free) = fs4::available_space(folder)
        && free < len
    {
        return Err(format!(
            "the file needs {}, and {} has {} free; make room or choose another folder",
            size::si(len),
            folder.display(),
            size::si(free)
        ));
    }
    for candidate in alternatives(target) {
        let paths = Paths::new(candidate);
        if paths.target.exists() {
            continue;
        }
        match PartFile::create(&paths.part, len) {
            Ok(file) => return Ok(Storage { paths, file }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(write_error(&error, &paths.part)),
        }
    }
    Err(format!("every name like {} is taken", target.display()))
}

/// Why bytes cannot be written, and what to do.
pub(super) fn write_error(error: &io::Error, path: &Path) -> String {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!("the disk is full; make room and resume: {path}")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            format!("this folder does not let itself be written; choose another: {path}")
        }
        _ => format!("cannot write: {error}: {path}"),
    }
}
