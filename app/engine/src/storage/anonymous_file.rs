//! Files without a name (`O_TMPFILE`): nothing remains of one if the program ends before it is linked.
//!
//! A short file is complete before a journal would be of use. Creating a journal, renaming the part file
//! and deleting the journal takes longer than fetching such a file. So a short file has no name until it
//! is complete; after a second, or when it is paused, it gets a name and a journal like any other. Only
//! Linux has such files.

#[cfg(target_os = "linux")]
mod os {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, OFlags, linkat};
    use rustix::io::Errno;

    /// Creates a file without a name in `folder`.
    pub fn create(folder: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        options.custom_flags(OFlags::TMPFILE.bits() as i32);
        options.open(folder)
    }

    /// Gives `file` the name `path`. Fails with `AlreadyExists` if it is taken.
    pub fn link(file: &File, path: &Path) -> io::Result<()> {
        // AT_EMPTY_PATH needs a capability before Linux 6.10. The way through /proc takes twice as
        // long.
        match linkat(file, "", CWD, path, AtFlags::EMPTY_PATH) {
            Ok(()) => return Ok(()),
            Err(Errno::EXIST) => return Err(Errno::EXIST.into()),
            Err(_) => {}
        }
        let descriptor = format!("/proc/self/fd/{}", file.as_raw_fd());
        linkat(CWD, descriptor, CWD, path, AtFlags::SYMLINK_FOLLOW)?;
        Ok(())
    }
}

#[cfg(not(target_os = "linux"))]
mod os {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    pub fn create(_: &Path) -> io::Result<File> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn link(_: &File, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

pub(super) use os::{create, link};
