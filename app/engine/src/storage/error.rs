//! Errors of files on disk.

use std::io;
use std::path::{Path, PathBuf};

use lanes_shared::packet::PacketError;
use lanes_shared::size;

use super::target_path;
use crate::model::outcome::FetchError;

/// Error in a file of a download.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    /// Another process holds the lock on the part file.
    #[error("another Lanes (process {process}) is downloading this file: {}", .part.display())]
    InUse {
        /// Path of the part file.
        part: PathBuf,
        /// Id of the process.
        process: u32,
    },
    /// The folder of the file does not exist and cannot be created.
    #[error("cannot create folder {}: {error}", .folder.display())]
    CreateFolder {
        /// Path of the folder.
        folder: PathBuf,
        /// Error of the system.
        error: io::Error,
    },
    /// The folder of the file is gone.
    #[error(
        "folder was moved or deleted during the download; move it back and resume: {}",
        .0.display()
    )]
    FolderGone(PathBuf),
    /// The file system has less free space than the file needs.
    #[error(
        "not enough disk space: the file needs {}, {} has {} free; free some space or choose another folder",
        size::text(*.needed), .folder.display(), size::text(*.free)
    )]
    NoSpace {
        /// Path of the folder.
        folder: PathBuf,
        /// Length of the file in bytes.
        needed: u64,
        /// Free space in bytes.
        free: u64,
    },
    /// The name and all its numbered alternatives exist.
    #[error("all alternatives of the file name exist: {}", .0.display())]
    NameTaken(PathBuf),
    /// The disk is full, or the quota is used up.
    #[error("disk is full; free some space and resume: {}", .0.display())]
    DiskFull(PathBuf),
    /// The folder may not be written.
    #[error("folder is not writable; choose another: {}", .0.display())]
    NotWritable(PathBuf),
    /// Written bytes did not reach the disk. The system may have dropped them.
    #[error(
        "cannot flush {}: {error}; bytes since the last journal may be lost, resume to fetch them again",
        .path.display()
    )]
    Flush {
        /// Path of the file.
        path: PathBuf,
        /// Error of the system.
        error: io::Error,
    },
    /// The file is longer than the file system or a limit of the process allows.
    #[error("file is too large for this file system or the limit of the process; choose another folder: {}", .0.display())]
    TooLarge(PathBuf),
    /// Writing failed for another reason.
    #[error("cannot write {}: {error}", .path.display())]
    Write {
        /// Path of the file.
        path: PathBuf,
        /// Error of the system.
        error: io::Error,
    },
    /// The file cannot be divided into packets of the requested length.
    #[error(transparent)]
    Packets(#[from] PacketError),
}

impl From<StorageError> for FetchError {
    fn from(error: StorageError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl StorageError {
    /// Returns the error for a failed write to `path`.
    pub fn write(error: io::Error, path: &Path) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull(path),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable(path)
            }
            io::ErrorKind::FileTooLarge => Self::TooLarge(path),
            _ if target_path::is_folder_gone(&path) => {
                Self::FolderGone(target_path::folder_of(&path).to_owned())
            }
            _ => Self::Write { path, error },
        }
    }

    /// Returns the error for a failed flush of `path`.
    pub fn flush(error: io::Error, path: &Path) -> Self {
        match Self::write(error, path) {
            Self::Write { path, error } => Self::Flush { path, error },
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_the_length_and_a_folder_that_is_gone_have_words_of_their_own() {
        let dir = tempfile::tempdir().unwrap();
        let text = |kind: io::ErrorKind, path: PathBuf| {
            let write = StorageError::write(kind.into(), &path).to_string();
            assert!(write.contains(&*dir.path().to_string_lossy()), "{write}");
            write
        };
        let too_large = text(io::ErrorKind::FileTooLarge, dir.path().join("x"));
        assert!(too_large.contains("too large") && too_large.contains("another folder"));
        let gone = text(io::ErrorKind::NotFound, dir.path().join("gone/x"));
        assert!(gone.contains("moved or deleted"), "{gone}");
        let there = text(io::ErrorKind::NotFound, dir.path().join("x"));
        assert!(there.contains("cannot write"), "{there}");
    }
}
