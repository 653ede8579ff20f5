//! Violations of HTTP/3 by a server.

/// A violation of HTTP/3 by a server (RFC 9114, 8.1; RFC 9204, 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    /// A frame of this type may not stand here.
    #[error("a frame of type {0:#x} stands where it may not")]
    UnexpectedFrame(u64),
    /// The control stream does not begin with SETTINGS.
    #[error("the control stream does not begin with SETTINGS")]
    MissingSettings,
    /// A stream ends inside a frame, or a frame has a wrong length.
    #[error("a frame is cut or has a wrong length")]
    IncompleteFrame,
    /// A stream that must stay open ends, or is opened twice.
    #[error("the control stream is closed or opened twice")]
    ControlStream,
    /// The server pushes, which it was not allowed.
    #[error("the server pushes a response")]
    Push,
    /// A field section cannot be decoded.
    #[error("the header fields cannot be decoded")]
    FieldSection,
    /// The head of the response is malformed: a bad status or length.
    #[error("the response head is malformed")]
    MalformedHead,
    /// The response ends before its head is complete.
    #[error("the response has no head")]
    NoHead,
    /// A frame is longer than any honest one.
    #[error("a frame is longer than {} KiB", .0 >> 10)]
    TooLong(u64),
}

impl Violation {
    /// Returns the error code that closes the connection.
    pub fn code(self) -> u32 {
        match self {
            Self::UnexpectedFrame(_) => 0x105,
            Self::MissingSettings => 0x10a,
            Self::IncompleteFrame => 0x106,
            Self::ControlStream => 0x104,
            Self::Push => 0x108,
            Self::FieldSection => 0x200,
            Self::MalformedHead | Self::NoHead => 0x10e,
            Self::TooLong(_) => 0x107,
        }
    }
}
