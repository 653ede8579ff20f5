//! Temporary files, until they get the name that others see.
//!
//! Their name ends with a code of this user's key. A file of that name was therefore created by this user's
//! Lanes, also if a crash left it empty: it is deleted and created again, and no other file ever is.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::own_file::{self, Access, Opened};
use super::target_path::beside;
use super::user_key::UserKey;
use crate::storage::file_identity::FileIdentity;

/// Length of the code in a name, in characters.
const CODE_LEN: usize = 16;

/// A file that has its staged name.
pub(crate) struct StagedFile {
    pub file: File,
    pub path: PathBuf,
    pub identity: FileIdentity,
}

impl StagedFile {
    /// Creates a file that will become `path`; its name ends with `suffix`. Locks it, and replaces what a
    /// crashed run left.
    ///
    /// # Errors
    /// `AlreadyExists` if another process writes the same file, or the name belongs to another file; and
    /// those of creating a file.
    pub fn create(path: &Path, suffix: &str) -> io::Result<Self> {
        let staged = staged_path(path, suffix);
        let file = match own_file::create_new(&staged) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                remove_remains(&staged)?;
                own_file::create_new(&staged)?
            }
            created => created?,
        };
        own_file::try_lock(&file).map_err(|_| io::Error::from(io::ErrorKind::AlreadyExists))?;
        let meta = file.metadata().inspect_err(|_| {
            // It was created a moment ago, under a name that no other program has.
            let _ = std::fs::remove_file(&staged);
        })?;
        Ok(Self {
            identity: FileIdentity::of(&file, &meta),
            file,
            path: staged,
        })
    }

    /// Deletes the file, if it still has its name.
    pub fn discard(&self) {
        // A file that cannot be deleted is replaced by the next run.
        let _ = own_file::remove(&self.path, &self.identity);
    }
}

/// Deletes the file that a crashed run left on its way to become `path`, if any.
pub(crate) fn clean_up(path: &Path, suffix: &str) {
    // A file in use, or of another user, is left alone.
    let _ = remove_remains(&staged_path(path, suffix));
}

/// Returns the name that only this user can compute.
fn staged_path(path: &Path, suffix: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    let code = UserKey::get().code("staged", name.as_encoded_bytes());
    beside(path, &format!(".{}{suffix}", &code[..CODE_LEN]))
}

/// Deletes what a crashed run left under a staged name.
fn remove_remains(path: &Path) -> io::Result<()> {
    let taken = || io::Error::from(io::ErrorKind::AlreadyExists);
    match own_file::open(path, Access::Read) {
        Opened::Missing => Ok(()),
        Opened::Foreign => Err(taken()),
        Opened::Regular(file, meta) => {
            let is_own = own_file::is_owned(&meta) || own_file::is_volatile(&file);
            if !is_own || own_file::try_lock(&file).is_err() {
                return Err(taken());
            }
            own_file::remove(path, &FileIdentity::of(&file, &meta))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_remains_of_a_crashed_run_are_replaced_and_a_file_in_use_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.lanes");
        let first = StagedFile::create(&path, ".lanes.new").unwrap();
        assert!(first.path.to_string_lossy().ends_with(".lanes.new"));
        let second = StagedFile::create(&path, ".lanes.new");
        let error = second.map(|second| second.path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists, "it is in use");
        let staged = first.path.clone();
        drop(first);
        assert!(staged.exists(), "as after a crash");
        let again = StagedFile::create(&path, ".lanes.new").unwrap();
        assert_eq!(again.path, staged);
        again.discard();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_under_the_staged_name_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.lanes");
        let staged = StagedFile::create(&path, ".lanes.new").unwrap().path;
        fs::remove_file(&staged).unwrap();
        let elsewhere = dir.path().join("elsewhere");
        fs::write(&elsewhere, "mine").unwrap();
        std::os::unix::fs::symlink(&elsewhere, &staged).unwrap();
        assert!(StagedFile::create(&path, ".lanes.new").is_err());
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "mine");
        assert!(fs::symlink_metadata(&staged).unwrap().is_symlink());
    }
}
