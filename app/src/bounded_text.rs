//! Reads text files that are small if they are what they should be.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Reads a text file, but not much more than `most` bytes: of a longer file the text is longer than
/// `most` and not complete.
///
/// # Errors
/// Errors of the file system; [`io::ErrorKind::InvalidData`] if the file is not UTF-8.
pub fn read(path: &Path, most: usize) -> io::Result<String> {
    read_from(File::open(path)?, most)
}

/// Reads a text like [`read`], from any source.
///
/// # Errors
/// As [`read`].
pub fn read_from(source: impl io::Read, most: usize) -> io::Result<String> {
    let mut bytes = Vec::new();
    source.take(most as u64 + 1).read_to_end(&mut bytes)?;
    let is_cut = bytes.len() > most;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        // The cut may lie within a character.
        Err(error) if is_cut => Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        Err(_) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "not a UTF-8 text",
        )),
    }
}
