//! Moves a finished file to another path, also to another file system, and never replaces a file.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use super::own_file;
use super::rename_noreplace::rename_own;
use super::target_path::{beside, folder_of};
use crate::sync::cancel::CancelToken;

/// Length of the pieces that are copied between file systems, in bytes.
const BLOCK: usize = 1 << 20;

/// Moves the file `from` to the path `to`, whose folder is created.
///
/// # Errors
/// `AlreadyExists` if `to` is taken, `Interrupted` if `cancel` is cancelled, and those of the system. The file
/// then has its old name.
pub(crate) fn move_file(from: &Path, to: &Path, cancel: &CancelToken) -> io::Result<()> {
    if !fs::metadata(from)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    fs::create_dir_all(folder_of(to))?;
    match rename_own(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy(from, to, cancel),
        result => result,
    }
}

/// Copies the file under another name, names the copy, and deletes the file.
fn copy(from: &Path, to: &Path, cancel: &CancelToken) -> io::Result<()> {
    let staged = beside(to, ".moving");
    let file = own_file::create_new(&staged)?;
    let copied = copy_into(from, file, cancel).and_then(|()| rename_own(&staged, to));
    copied.inspect_err(|_| {
        // It was created by this call.
        let _ = fs::remove_file(&staged);
    })?;
    lanes_os::file::remove(from)
}

fn copy_into(from: &Path, mut to: File, cancel: &CancelToken) -> io::Result<()> {
    let mut source = File::open(from)?;
    let meta = source.metadata()?;
    let mut block = vec![0; BLOCK];
    loop {
        if cancel.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match source.read(&mut block) {
            Ok(0) => break,
            Ok(len) => to.write_all(&block[..len])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    to.set_permissions(meta.permissions())?;
    if let Ok(modified) = meta.modified() {
        to.set_modified(modified)?;
    }
    to.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_moved_by_name_and_by_copy_and_replaces_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("a"), "file").unwrap();
        let cancel = CancelToken::default();
        move_file(&path("a"), &path("new/b"), &cancel).unwrap();
        copy(&path("new/b"), &path("c"), &cancel).unwrap();
        assert_eq!(fs::read_to_string(path("c")).unwrap(), "file");
        assert!(!path("a").exists() && !path("new/b").exists());
        fs::write(path("other"), "other").unwrap();
        for moves in [move_file, copy] {
            let error = moves(&path("c"), &path("other"), &cancel).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        }
        cancel.cancel();
        let error = copy(&path("c"), &path("d"), &cancel).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Interrupted);
        assert_eq!(fs::read_to_string(path("other")).unwrap(), "other");
        let mut left = fs::read_dir(dir.path()).unwrap().flatten();
        assert!(left.all(|entry| !entry.path().to_string_lossy().ends_with(".moving")));
    }
}
