//! Files that have no name yet: nothing is left of one when the program ends before it gives it one.
//!
//! A short file is whole before a journal beside it could be of use, and to make that, to rename the file
//! and to delete both again takes longer than to fetch it. Only Linux has such files.

#[cfg(target_os = "linux")]
mod os {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, OFlags, linkat};
    use rustix::io::Errno;

    /// Makes one in a folder.
    pub fn create(folder: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        options.custom_flags(OFlags::TMPFILE.bits() as i32);
        options.open(folder)
    }

    /// Gives it a name that nothing has.
    pub fn link(file: &File, path: &Path) -> io::Result<()> {
        // Since Linux 6.10 for everybody, before for few. The way through /proc takes twice as long.
        match linkat(file, "", CWD, path, AtFlags::EMPTY_PATH) {
            Ok(()) => return Ok(()),
            Err(Errno::EXIST) => return Err(Errno::EXIST.into()),
            Err(_) => {}
        }
        let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
        linkat(CWD, unnamed, CWD, path, AtFlags::SYMLINK_FOLLOW)?;
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

pub(crate) use os::{create, link};
