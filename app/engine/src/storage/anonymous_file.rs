//! Files without a name (`O_TMPFILE`): nothing remains of one if the program ends before it is linked.
//!
//! A part file has no name until its journal exists, so a crash never leaves a part file that nothing
//! knows. A short file has none until it is complete: creating a journal, renaming the part file and
//! deleting the journal takes longer than fetching such a file. After a second, or when it is paused, it
//! gets a name and a journal like any other. A file of unknown length cannot be resumed, so it never needs
//! a name before it is complete. Only Linux has such files; elsewhere they have a name that only this user
//! can compute (see `staged_file`).

#[cfg(target_os = "linux")]
mod os {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, OFlags, linkat};
    use rustix::io::Errno;

    /// Creates a file without a name in `folder`, with the permissions `mode` less the umask.
    pub fn create(folder: &Path, mode: u32) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).mode(mode);
        options.custom_flags(OFlags::TMPFILE.bits() as i32);
        options.open(folder)
    }

    /// Gives the open `file` the name `path`, and no other file that has taken its name meanwhile. Fails
    /// with `AlreadyExists` if it is taken.
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

    pub fn create(_: &Path, _: u32) -> io::Result<File> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn link(_: &File, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

pub(super) use os::{create, link};
