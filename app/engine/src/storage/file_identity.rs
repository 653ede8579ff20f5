//! The identity of a file: what tells it from another file of the same name.

#[cfg(unix)]
use std::fs;
use std::fs::{File, Metadata};
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

/// Device and inode of a file, and the time of its creation where the file system has it. On Windows the
/// numbers of the volume and the file, or only the time of creation on a FAT file system: NTFS gives a file the
/// time of another that had its name a moment ago.
///
/// The device number of a disk changes when disks are plugged in another order, and that of NFS, btrfs
/// and overlayfs at each mount. The inode number stays on file systems that store one. A number that is
/// used again for another file comes with another time of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileIdentity {
    device: u64,
    inode: u64,
    /// Time of creation in seconds since 1970 and nanoseconds.
    born: Option<(u64, u32)>,
}

impl FileIdentity {
    /// Returns the identity of an open file with this metadata.
    #[cfg(unix)]
    pub fn of(_: &File, meta: &Metadata) -> Self {
        Self::new(lanes_os::file::numbers_of(meta), meta)
    }

    /// Returns the identity of an open file with this metadata.
    #[cfg(not(unix))]
    pub fn of(file: &File, meta: &Metadata) -> Self {
        match lanes_os::file::numbers(file) {
            Some((device, inode)) => Self {
                device,
                inode,
                born: None,
            },
            None => Self::new((0, 0), meta),
        }
    }

    fn new((device, inode): (u64, u64), meta: &Metadata) -> Self {
        let born = meta.created().ok();
        let born = born.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self {
            device,
            inode,
            born: born.map(|time| (time.as_secs(), time.subsec_nanos())),
        }
    }

    /// Returns the identity of what has the name `path`, of a link rather than what it leads to.
    ///
    /// # Errors
    /// Nothing has the name, or it cannot be looked at.
    pub fn at(path: &Path) -> io::Result<Self> {
        #[cfg(unix)]
        let identity = {
            let meta = fs::symlink_metadata(path)?;
            Self::new(lanes_os::file::numbers_of(&meta), &meta)
        };
        #[cfg(not(unix))]
        let identity = {
            let file = lanes_os::file::open_itself(path)?;
            Self::of(&file, &file.metadata()?)
        };
        Ok(identity)
    }

    /// Returns whether `path` itself, not what a link leads to, is this file now.
    pub fn is_at(&self, path: &Path) -> bool {
        Self::at(path).is_ok_and(|identity| identity == *self)
    }

    /// Returns whether `now` is the same file, perhaps after a reboot. With `is_volatile` the file
    /// system does not store the numbers.
    pub fn is_same_as(&self, now: &Self, is_volatile: bool) -> bool {
        let is_born_known = self.born.is_some() && now.born.is_some();
        let is_as_old = !is_born_known || self.born == now.born;
        let has_numbers = self.inode == now.inode && (self.device == now.device || is_born_known);
        is_as_old && (has_numbers || is_volatile)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn another_file_under_the_same_name_is_not_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("x"), dir.path().join("y"));
        fs::write(&path, "a").unwrap();
        let first = FileIdentity::at(&path).unwrap();
        assert!(first.is_at(&path));
        fs::write(&path, "longer, but the same file").unwrap();
        assert!(first.is_at(&path));
        fs::write(&other, "a").unwrap();
        fs::rename(&other, &path).unwrap();
        assert!(!first.is_at(&path));
        fs::remove_file(&path).unwrap();
        assert!(!first.is_at(&path));
    }

    #[test]
    fn a_new_device_number_is_the_same_file_only_with_the_same_time_of_creation() {
        let file = |device, inode, born| FileIdentity {
            device,
            inode,
            born,
        };
        let born = Some((5, 6));
        let then = file(1, 2, born);
        assert!(then.is_same_as(&file(9, 2, born), false));
        assert!(!then.is_same_as(&file(1, 2, Some((5, 7))), false));
        assert!(!then.is_same_as(&file(1, 3, born), false));
        assert!(then.is_same_as(&file(8, 3, born), true));
        assert!(!then.is_same_as(&file(8, 3, Some((5, 7))), true));
        let unknown = file(1, 2, None);
        assert!(unknown.is_same_as(&file(1, 2, None), false));
        assert!(!unknown.is_same_as(&file(9, 2, None), false));
    }
}
