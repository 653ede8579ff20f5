//! Frames of native messaging: the length in four bytes in the order of the machine, then JSON.

use std::io::{self, Read, Write};

use serde::Serialize;

/// Longest message that is read, in bytes: the extension sends at most 100 links at once, and the window reads 8 MiB.
pub(super) const MAX_LEN: u32 = 4 << 20;

/// Reason why the conversation with the browser ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FramingError {
    /// A message is too long.
    #[error("a message of {0} bytes is too long: at most {MAX_LEN}")]
    TooLong(u32),
    /// The input ended within a message.
    #[error("the input ended within a message")]
    Truncated,
    /// Input or output failed.
    #[error("cannot talk to the browser: {0}")]
    Io(#[from] io::Error),
}

/// Reads a message; `None` at the end of the input.
///
/// # Errors
/// See [`FramingError`].
pub(super) fn read(input: &mut impl Read) -> Result<Option<Vec<u8>>, FramingError> {
    let mut len = Vec::new();
    input.take(4).read_to_end(&mut len)?;
    let Ok(len) = <[u8; 4]>::try_from(&*len) else {
        return match len.is_empty() {
            true => Ok(None),
            false => Err(FramingError::Truncated),
        };
    };
    let len = u32::from_ne_bytes(len);
    if len > MAX_LEN {
        return Err(FramingError::TooLong(len));
    }
    let mut bytes = Vec::new();
    // Grows with what arrives: the length is a stranger's word.
    input.take(len.into()).read_to_end(&mut bytes)?;
    match bytes.len() == len as usize {
        true => Ok(Some(bytes)),
        false => Err(FramingError::Truncated),
    }
}

/// Writes a message.
///
/// # Errors
/// See [`FramingError`].
pub(super) fn write(output: &mut impl Write, message: &impl Serialize) -> Result<(), FramingError> {
    let json = serde_json::to_vec(message).map_err(io::Error::from)?;
    let len = u32::try_from(json.len()).map_err(|_| FramingError::TooLong(u32::MAX))?;
    output.write_all(&[&len.to_ne_bytes(), &*json].concat())?;
    output.flush()?;
    Ok(())
}
