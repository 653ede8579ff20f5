//! Files of this user: opened without following links, created without access for others.
//!
//! A name in a folder that others can write may lead anywhere: to a link, a pipe, an endless device, a
//! file of another user. So a file that Lanes expects to be its own is looked at first, opened with
//! `O_NOFOLLOW` and `O_NONBLOCK`, and looked at again.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use super::file_identity::FileIdentity;

/// Access of a file that is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    ReadWrite,
}

/// Result of opening a file that should be one of this user.
pub(crate) enum Opened {
    /// Nothing has this name, or its folder cannot be searched: creating the file then says why.
    Missing,
    /// A link, a folder, a device, or a file that cannot be opened.
    Foreign,
    /// A regular file. Its owner, its links and its mode are not checked yet.
    Regular(File, Metadata),
}

/// Opens the regular file at `path`. Never follows a link and never waits for a pipe.
pub(crate) fn open(path: &Path, access: Access) -> Opened {
    match fs::symlink_metadata(path) {
        Err(_) => return Opened::Missing,
        Ok(meta) if meta.is_file() => {}
        Ok(_) => return Opened::Foreign,
    }
    let mut options = OpenOptions::new();
    options.read(true).write(access == Access::ReadWrite);
    no_follow(&mut options);
    match options.open(path) {
        Ok(file) => match file.metadata() {
            Ok(meta) if meta.is_file() => Opened::Regular(file, meta),
            _ => Opened::Foreign,
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Opened::Missing,
        Err(_) => Opened::Foreign,
    }
}

/// Creates the file `path` for this user only. Fails with `AlreadyExists` if anything has this name, a
/// link to nowhere too.
///
/// # Errors
/// Those of creating a file.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    for_owner(&mut options);
    options.open(path)
}

/// Opens the file `path`, or creates it for this user only. A file that exists keeps its content; its
/// mode is narrowed to its owner. A link is refused.
///
/// # Errors
/// Those of opening or creating a file.
pub(crate) fn create_or_open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    for_owner(&mut options);
    no_follow(&mut options);
    let file = options.open(path)?;
    // A file system without modes refuses this.
    let _ = restrict(&file);
    Ok(file)
}

/// Narrows the mode of a file to its owner.
///
/// # Errors
/// Those of the system.
pub(crate) fn restrict(file: &File) -> io::Result<()> {
    set_mode(file, 0o600)
}

/// Locks a file against other processes, without waiting. A file system without locks, or whose server
/// keeps none (`ENOLCK` on NFS), can be used all the same.
///
/// # Errors
/// `WouldBlock` if the file is locked.
pub(crate) fn try_lock(file: &File) -> io::Result<()> {
    match lanes_os::file::try_lock(file) {
        Err(fs::TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
        Ok(()) | Err(fs::TryLockError::Error(_)) => Ok(()),
    }
}

/// Deletes `path` if it is the file `identity` itself; leaves any other file alone.
///
/// # Errors
/// Those of deleting a file.
pub(crate) fn remove(path: &Path, identity: &FileIdentity) -> io::Result<()> {
    let removed = match FileIdentity::at(path) {
        Ok(now) if now != *identity => return Ok(()),
        Ok(_) => lanes_os::file::remove(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Returns whether anything has the name `path`, a link to nowhere too.
pub(crate) fn is_taken(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

#[cfg(not(unix))]
use other as os;
#[cfg(unix)]
use unix as os;

use os::no_follow;
pub(crate) use os::{
    default_mode, for_owner, is_owned, is_volatile, link_count, mode, owner, set_mode,
};

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn links_pipes_and_folders_are_foreign_and_open_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("file"), "x").unwrap();
        fs::create_dir(at("folder")).unwrap();
        for (name, target) in [("link", "file"), ("zero", "/dev/zero"), ("loop", "loop")] {
            std::os::unix::fs::symlink(target, at(name)).unwrap();
        }
        let made = std::process::Command::new("mkfifo")
            .arg(at("pipe"))
            .status();
        assert!(made.unwrap().success());
        for name in ["folder", "link", "zero", "loop", "pipe"] {
            for access in [Access::Read, Access::ReadWrite] {
                assert!(matches!(open(&at(name), access), Opened::Foreign), "{name}");
            }
        }
        assert!(matches!(open(&at("no"), Access::Read), Opened::Missing));
        let file = open(&at("file"), Access::Read);
        assert!(matches!(file, Opened::Regular(..)));
    }

    #[test]
    fn a_file_that_exists_keeps_its_bytes_and_is_closed_to_others() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list");
        fs::write(&path, "old").unwrap();
        set_mode(&File::open(&path).unwrap(), 0o644).unwrap();
        create_or_open(&path).unwrap();
        assert_eq!(mode(&fs::metadata(&path).unwrap()), 0o600);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert!(create_new(&path).is_err());
    }
}
