//! Pipes and devices of Unix.

use std::fs::{File, FileType, OpenOptions};
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::sync::cancel::CancelToken;

/// Interval at which a wait looks whether the download was cancelled.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

pub fn is_pipe(kind: FileType) -> bool {
    kind.is_fifo() || kind.is_socket()
}

pub fn is_disk(kind: FileType) -> bool {
    kind.is_block_device()
}

/// Opens a device or a pipe for writing. Waits until a pipe has a reader, or `cancel` is cancelled.
///
/// # Errors
/// Those of opening a file.
pub fn open(path: &Path, cancel: &CancelToken) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    loop {
        let mut options = OpenOptions::new();
        options.write(true).custom_flags(flags.bits() as i32);
        match options.open(path) {
            // A pipe without a reader.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NXIO) => {
                if cancel.sleep(CHECK_INTERVAL) {
                    return Err(error);
                }
            }
            opened => return opened,
        }
    }
}

/// Returns the standard output.
///
/// # Errors
/// It is closed.
pub fn stdout() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// Returns whether `path` leads to the file, pipe or device that is the standard output.
pub fn is_stdout(path: &Path) -> bool {
    // Most paths are those of a file to come.
    let Ok(known) = std::fs::metadata(path) else {
        return false;
    };
    let identity = |meta: std::fs::Metadata| (meta.dev(), meta.ino());
    let stdout = stdout().and_then(|out| out.metadata());
    stdout.is_ok_and(|stdout| identity(stdout) == identity(known))
}

/// Waits until the reader takes bytes. Returns `false` if the download was cancelled.
pub fn wait_until_writable(out: &File, cancel: &CancelToken) -> io::Result<bool> {
    let timeout = Timespec::try_from(CHECK_INTERVAL).map_err(io::Error::other)?;
    while !cancel.is_cancelled() {
        let mut polled = [PollFd::new(out, PollFlags::OUT)];
        match poll(&mut polled, Some(&timeout)) {
            // A closed reader is reported by the write.
            Ok(ready) if ready > 0 => return Ok(true),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}
