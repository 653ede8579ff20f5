//! Reads and writes the fields of a message, little-endian.

use super::{Header, WireError};

/// Reads fields from a payload; its errors name the kind of the message.
pub(super) struct Reader<'a> {
    pub kind: u8,
    pub rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Creates a reader of the payload that follows `header`.
    ///
    /// # Errors
    /// [`WireError::ChecksumMismatch`].
    pub fn new(header: Header, payload: &'a [u8]) -> Result<Self, WireError> {
        header.check(payload)?;
        Ok(Self {
            kind: header.kind,
            rest: payload,
        })
    }

    pub fn bytes(&mut self, len: usize) -> Result<&'a [u8], WireError> {
        let (now, later) = self
            .rest
            .split_at_checked(len)
            .ok_or(WireError::Truncated(self.kind))?;
        self.rest = later;
        Ok(now)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    pub fn u8(&mut self) -> Result<u8, WireError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn u16(&mut self) -> Result<u16, WireError> {
        self.array().map(u16::from_le_bytes)
    }

    pub fn u32(&mut self) -> Result<u32, WireError> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, WireError> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn i64(&mut self) -> Result<i64, WireError> {
        self.array().map(i64::from_le_bytes)
    }

    /// Reads a flag: exactly 0 or 1.
    pub fn flag(&mut self, field: &'static str) -> Result<bool, WireError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.invalid(field)),
        }
    }

    /// Reads a string: its length in bytes as u16, then UTF-8.
    pub fn text(&mut self, field: &'static str) -> Result<String, WireError> {
        let len = self.u16()?;
        let bytes = self.bytes(len.into())?;
        std::str::from_utf8(bytes)
            .map(str::to_owned)
            .map_err(|_| self.invalid(field))
    }

    pub fn end(&self) -> Result<(), WireError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(WireError::TrailingBytes(self.kind))
        }
    }

    pub fn invalid(&self, field: &'static str) -> WireError {
        WireError::InvalidField {
            kind: self.kind,
            field,
        }
    }
}

/// Appends a string, truncated at a character boundary to fit its length field and the message.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    let mut len = text.len().min(60_000);
    while !text.is_char_boundary(len) {
        len -= 1;
    }
    out.extend_from_slice(&(len as u16).to_le_bytes());
    out.extend_from_slice(&text.as_bytes()[..len]);
}
