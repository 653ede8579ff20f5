//! Finds the part file to resume, or creates a new one.

use std::io;
use std::path::Path;

use super::error::StorageError;
use super::journal::Journal;
use super::part_file::{PartFile, Paths};
use super::target_path::alternatives;

/// An open part file and its paths.
pub(crate) struct PartStore {
    pub paths: Paths,
    pub file: PartFile,
}

/// Criteria for the part file to resume.
pub(crate) struct Lookup<'a> {
    /// Returns whether a part file belongs to this download.
    pub is_ours: &'a dyn Fn(&Journal) -> bool,
    /// Set to accept the part file of the target itself, even beside a finished file.
    pub beside_finished: bool,
    /// Set to delete the part file that is found.
    pub restart: bool,
}

/// Finds the part file of an earlier attempt for `target` or one of its alternatives. Part files that
/// belong to no known source are left alone.
///
/// # Errors
/// [`StorageError::InUse`]: another process downloads the file.
pub(crate) fn find(
    lookup: &Lookup<'_>,
    target: &Path,
) -> Result<Option<(PartStore, Journal)>, StorageError> {
    for candidate in alternatives(target) {
        let paths = Paths::new(candidate);
        if !paths.part.exists() {
            if paths.target.exists() && !lookup.beside_finished {
                continue;
            }
            return Ok(None);
        }
        let Some(journal) = Journal::read(&paths.journal).filter(lookup.is_ours) else {
            continue;
        };
        let file = match PartFile::open(&paths.part) {
            Ok(file) => file,
            Err(error)
                if error.kind() == io::ErrorKind::WouldBlock && !journal.is_own_process() =>
            {
                return Err(StorageError::InUse {
                    part: paths.part,
                    process: journal.process,
                });
            }
            // This process downloads it already, as the user requested. The second download takes the
            // next name.
            Err(_) => continue,
        };
        if lookup.restart {
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

/// Length in bytes up to which a file has no name until it is complete, or a second has passed.
const SHORT: u64 = 1 << 20;

/// Creates a part file of `len` bytes for `target`. A short one is anonymous at first. `was_free` is the
/// result of [`is_free`].
///
/// # Errors
/// As [`create_named`].
pub(crate) fn create(target: &Path, len: u64, was_free: bool) -> Result<PartStore, StorageError> {
    let anonymous = (len <= SHORT).then(|| PartFile::create_anonymous(folder_of(target), len));
    match anonymous {
        Some(Ok(file)) => {
            let next_free = || alternatives(target).find(|path| is_free(path));
            let name = if was_free { None } else { next_free() };
            let paths = Paths::new(name.unwrap_or_else(|| target.to_owned()));
            Ok(PartStore { paths, file })
        }
        _ => create_named(target, len),
    }
}

/// Returns whether neither `target` nor a part file of it exists.
pub(crate) fn is_free(target: &Path) -> bool {
    !target.exists() && !Paths::new(target.to_owned()).part.exists()
}

fn folder_of(target: &Path) -> &Path {
    let folder = target.parent();
    folder
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Creates a part file of `len` bytes for `target`, or for the first of its alternatives of which neither
/// the file nor a part file exists.
///
/// # Errors
/// The folder cannot be created, the disk has too little space, or writing fails.
pub(crate) fn create_named(target: &Path, len: u64) -> Result<PartStore, StorageError> {
    let folder = folder_of(target);
    std::fs::create_dir_all(folder).map_err(|error| StorageError::CreateFolder {
        folder: folder.to_owned(),
        error,
    })?;
    // If the system does not report the free space, a full disk is noticed while writing.
    if let Ok(free) = fs4::available_space(folder)
        && free < len
    {
        return Err(StorageError::NoSpace {
            folder: folder.to_owned(),
            needed: len,
            free,
        });
    }
    for candidate in alternatives(target) {
        let paths = Paths::new(candidate);
        if paths.target.exists() {
            continue;
        }
        match PartFile::create(&paths.part, len) {
            Ok(file) => return Ok(PartStore { paths, file }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(StorageError::write(error, &paths.part)),
        }
    }
    Err(StorageError::NameTaken(target.to_owned()))
}
