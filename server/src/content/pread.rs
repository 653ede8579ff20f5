//! Positioned reads.

use std::fs::File;
use std::io;

/// Fills `buf` from `offset` on, independently of other readers of the file.
///
/// # Errors
/// `UnexpectedEof` if the file is too short, or the error of the system.
#[cfg(unix)]
pub(super) fn read_exact_at(file: &File, offset: u64, buf: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buf, offset)
}

/// Fills `buf` from `offset` on. Moves the cursor of the file, which the server does not use.
///
/// # Errors
/// `UnexpectedEof` if the file is too short, or the error of the system.
#[cfg(windows)]
pub(super) fn read_exact_at(file: &File, mut offset: u64, mut buf: &mut [u8]) -> io::Result<()> {
    while !buf.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buf, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(len) => {
                offset += len as u64;
                buf = &mut buf[len..];
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
