//! Which file on the disk a download writes: one found unfinished, or a new one.

use std::io;
use std::path::Path;

use lanes_shared::size;

use super::journal::Journal;
use super::part_file::{PartFile, Paths};
use super::target_path::alternatives;

/// An open part file and its paths.
pub(crate) struct PartStore {
    pub paths: Paths,
    pub file: PartFile,
}

/// What is looked for on the disk.
pub(crate) struct Lookup<'a> {
    /// Whether an unfinished file is of this download.
    pub ours: &'a dyn Fn(&Journal) -> bool,
    /// Whether what is looked for stands under the target's own name, even beside a finished file.
    pub anything: bool,
    /// Whether what is found is deleted instead.
    pub restart: bool,
}

/// Finds what an earlier attempt left for `target` or its alternatives. Files that nobody can vouch
/// for are left where they are.
///
/// # Errors
/// When another program is at work on it, in words.
pub(crate) fn find(
    wanted: &Lookup<'_>,
    target: &Path,
) -> Result<Option<(PartStore, Journal)>, String> {
    for candidate in alternatives(target) {
        let paths = Paths::new(candidate);
        if !paths.part.exists() {
            if paths.target.exists() && !wanted.anything {
                continue;
            }
            return Ok(None);
        }
        let Some(journal) = Journal::read(&paths.journal).filter(wanted.ours) else {
            continue;
        };
        let file = match PartFile::open(&paths.part) {
            Ok(file) => file,
            Err(error)
                if error.kind() == io::ErrorKind::WouldBlock && !journal.is_own_process() =>
            {
                return Err(in_use(&journal, &paths));
            }
            // Twice in one program is what the user asked for: the second gets the next name.
            Err(_) => continue,
        };
        if wanted.restart {
            drop(file);
            paths.discard();
            return Ok(None);
        }
        if file.len().is_ok_and(|len| len == journal.len) {
            return Ok(Some((PartStore { paths, file }, journal)));
        }
    }
    Ok(None)
}

fn in_use(journal: &Journal, paths: &Paths) -> String {
    let (part, process) = (paths.part.display(), journal.process);
    format!("another Lanes (process {process}) is downloading this file: {part}")
}

/// Files up to this length have no name before they are whole, or a second has gone, in bytes.
const SHORT: u64 = 1 << 20;

/// Makes a new part file of `len` bytes for `target`, which was found to be free or (`!was_free`) not. A
/// short one gets its name later.
///
/// # Errors
/// As [`create_named`].
pub(crate) fn create(target: &Path, len: u64, was_free: bool) -> Result<PartStore, String> {
    let unnamed = (len <= SHORT).then(|| PartFile::create_anonymous(folder_of(target), len));
    match unnamed {
        Some(Ok(file)) => {
            let looked_for = || alternatives(target).find(|path| is_free(path));
            let name = if was_free { None } else { looked_for() };
            let paths = Paths::new(name.unwrap_or_else(|| target.to_owned()));
            Ok(PartStore { paths, file })
        }
        _ => create_named(target, len),
    }
}

/// Whether neither a file nor a part of one stands there.
pub(crate) fn is_free(target: &Path) -> bool {
    !target.exists() && !Paths::new(target.to_owned()).part.exists()
}

fn folder_of(target: &Path) -> &Path {
    let folder = target.parent();
    folder
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Makes a new part file of `len` bytes for `target`, or for the next of its alternatives of which
/// neither the file nor a part exists.
///
/// # Errors
/// In words: no room, no permission, no such folder.
pub(crate) fn create_named(target: &Path, len: u64) -> Result<PartStore, String> {
    let folder = folder_of(target);
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
    // Where the system cannot tell how much room there is, writing will.
    if let Ok(free) = fs4::available_space(folder)
        && free < len
    {
        return Err(format!(
            "the file needs {}, and {} has {} free; make room or choose another folder",
            size::text(len),
            folder.display(),
            size::text(free)
        ));
    }
    for candidate in alternatives(target) {
        let paths = Paths::new(candidate);
        if paths.target.exists() {
            continue;
        }
        match PartFile::create(&paths.part, len) {
            Ok(file) => return Ok(PartStore { paths, file }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(write_error(&error, &paths.part)),
        }
    }
    Err(format!("every name like {} is taken", target.display()))
}

/// Why bytes cannot be written, and what to do.
pub(crate) fn write_error(error: &io::Error, path: &Path) -> String {
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
