//! The path under which this program can be started again.

use std::io;
use std::path::PathBuf;

/// Returns the path of this program. That of an `AppImage` is the image: its content is mounted only while it runs.
///
/// # Errors
/// The system does not tell it.
pub(crate) fn path() -> io::Result<PathBuf> {
    match std::env::var_os("APPIMAGE") {
        Some(image) if !image.is_empty() => Ok(image.into()),
        _ => std::env::current_exe(),
    }
}
