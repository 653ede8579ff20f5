//! Moves an unfinished download to another path on the same file system.

use std::fs;
use std::io;
use std::path::Path;

use super::part_paths::Paths;
use super::part_store;
use super::rename_noreplace::rename_own;
use super::target_path::{alternatives, folder_of};

/// Moves the part file and the journal at `from` to those of the target `to`, or of its first free alternative.
/// Returns the new paths.
///
/// # Errors
/// `NotFound` if there is no unfinished download of this user's Lanes, and those of a rename, as
/// `CrossesDevices`. The files then have their old names.
pub(crate) fn move_part(from: &Paths, to: &Path) -> io::Result<Paths> {
    if !part_store::is_unfinished(from) {
        return Err(io::ErrorKind::NotFound.into());
    }
    fs::create_dir_all(folder_of(to))?;
    let mut candidates = alternatives(to).map(Paths::new);
    let to = candidates.find(|paths| !paths.are_taken());
    let to = to.ok_or(io::ErrorKind::AlreadyExists)?;
    rename_own(&from.part, &to.part)?;
    rename_own(&from.journal, &to.journal).inspect_err(|_| {
        let _ = rename_own(&to.part, &from.part);
    })?;
    Ok(to)
}
