//! Reasons for which a request of a Lanes client cannot be served.

use std::io;

use lanes_shared::packet::PacketError;
use lanes_shared::wire::{Refusal, WireError};

use super::super::close_reason::CloseReason;

/// The reason for which a request of a Lanes client cannot be served. All of them end the
/// connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    /// The connection ended, or the client sent nothing within the timeout.
    #[error("connection closed: {0}")]
    Disconnected(#[from] io::Error),
    /// The bytes are not a valid message.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The file cannot be divided into packets of the requested length.
    #[error(transparent)]
    PacketPlan(#[from] PacketError),
    /// The first request is not a hello.
    #[error("the first request must be a hello")]
    HelloExpected,
    /// A later request is a hello.
    #[error("a connection accepts only one hello")]
    SecondHello,
    /// A request needs an open file.
    #[error("no file is open")]
    NoFileOpen,
    /// A run leaves the file.
    #[error("the run exceeds the file: {count} packets from {first}, the file has {packets}")]
    RunOutOfRange {
        first: u64,
        count: u64,
        packets: u64,
    },
    /// A stream starts beyond the end of the file.
    #[error("the stream offset is beyond the end of the file: {0}")]
    OffsetOutOfRange(u64),
    /// The client sends more results than one program has.
    #[error("a connection accepts only {0} results")]
    TooManyResults(u32),
    /// The digest of the open file cannot be computed.
    #[error("cannot compute the digest: the file changed or cannot be read")]
    Digest(Refusal),
}

impl From<RequestError> for CloseReason {
    fn from(error: RequestError) -> Self {
        let refusal = match error {
            RequestError::Disconnected(error) => return Self::Disconnected(error),
            RequestError::Wire(WireError::Version(_)) => Refusal::Version,
            // A length is read before the checksum that covers it, and the magic has no checksum.
            RequestError::Wire(
                WireError::ChecksumMismatch(_) | WireError::TooLong { .. } | WireError::BadMagic,
            ) => Refusal::Corrupted,
            RequestError::Digest(refusal) => refusal,
            _ => Refusal::BadRequest,
        };
        Self::refused(refusal, &error)
    }
}
