//! The trash of the desktop.

use std::path::{Path, PathBuf};

use super::message::{Removal, Trashed};
use lanes_engine::DownloadId;

/// Error of a file that was not moved to the trash, or did not come back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrashError {
    /// The system refused.
    #[error("{0}")]
    System(trash::Error),
    /// The file is not in the trash any more.
    #[error("it is not in the trash any more: {}", .0.display())]
    Gone(PathBuf),
    /// The system has no way to take it back.
    #[cfg(target_vendor = "apple")]
    #[error("take it back in the Finder: {}", .0.display())]
    ByHand(PathBuf),
}

impl From<trash::Error> for TrashError {
    fn from(error: trash::Error) -> Self {
        Self::System(error)
    }
}

/// Set if [`restore`] can take files back.
pub(crate) const CAN_RESTORE: bool = cfg!(not(target_vendor = "apple"));

/// Moves a file to the trash. Returns the path from which it went, as the trash knows it; `None` if there
/// is no such file.
///
/// # Errors
/// [`TrashError::System`].
fn discard(path: &Path) -> Result<Option<PathBuf>, TrashError> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(None);
    };
    let known = match folder.canonicalize() {
        Ok(folder) if path.symlink_metadata().is_ok() => folder.join(name),
        _ => return Ok(None),
    };
    trash::delete(&known)?;
    Ok(Some(known))
}

/// Moves the files of downloads to the trash, up to the first that cannot be.
pub(crate) fn discard_all(files: Vec<(DownloadId, PathBuf)>) -> Trashed {
    let (mut removal, mut error) = (Removal::default(), None);
    for (id, path) in files {
        match discard(&path) {
            Ok(known) => {
                removal.ids.push(id);
                removal.trashed.extend(known);
            }
            Err(failed) => {
                error = Some(format!("{failed}: {}", path.display()));
                break;
            }
        }
    }
    Trashed { removal, error }
}

/// Takes files back from the trash to their old paths; no file is replaced.
///
/// # Errors
/// [`TrashError`]; the files before the one that failed are back.
#[cfg(not(target_vendor = "apple"))]
pub(crate) fn restore(paths: &[PathBuf]) -> Result<(), TrashError> {
    for path in paths {
        let items = trash::os_limited::list()?.into_iter();
        let newest = items
            .filter(|item| item.original_path() == *path)
            .max_by_key(|item| item.time_deleted);
        let item = newest.ok_or_else(|| TrashError::Gone(path.clone()))?;
        trash::os_limited::restore_all([item])?;
    }
    Ok(())
}

/// Reports that the system cannot take files back.
///
/// # Errors
/// [`TrashError::ByHand`].
#[cfg(target_vendor = "apple")]
pub(crate) fn restore(paths: &[PathBuf]) -> Result<(), TrashError> {
    match paths.first() {
        Some(path) => Err(TrashError::ByHand(path.clone())),
        None => Ok(()),
    }
}
