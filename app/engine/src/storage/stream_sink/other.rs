//! Standard output on systems other than Unix, which do not tell pipes and devices by their paths.

use std::fs::{File, FileType, OpenOptions};
use std::io;
use std::path::Path;

use crate::sync::cancel::CancelToken;

pub fn is_pipe(_: FileType) -> bool {
    false
}

pub fn is_disk(_: FileType) -> bool {
    false
}

pub fn open(path: &Path, _: &CancelToken) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}

/// Returns the standard output.
#[cfg(windows)]
pub fn stdout() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(File::from(io::stdout().as_handle().try_clone_to_owned()?))
}

#[cfg(not(windows))]
pub fn stdout() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

pub fn is_stdout(_: &Path) -> bool {
    false
}

pub fn wait_until_writable(_: &File, cancel: &CancelToken) -> io::Result<bool> {
    Ok(!cancel.is_cancelled())
}
