//! Why a connection ends before its client is done with it.

use std::io;

use lanes_shared::wire::{Refusal, WireError};

use super::lanes::connection::RequestError;
use crate::content::open_file::ReadError;

/// Why a conversation is over.
#[derive(Debug)]
pub(crate) enum CloseReason {
    /// The client is told why, at a message boundary.
    Refused(Refusal, String),
    /// The client is gone, or cannot be told because half a message is out.
    Gone(io::Error),
}

impl CloseReason {
    /// The client is told why.
    pub fn refused(refusal: Refusal, message: impl Into<String>) -> Self {
        Self::Refused(refusal, message.into())
    }

    /// The server is being stopped.
    pub fn stopping() -> Self {
        Self::refused(Refusal::Stopping, "the server is being stopped")
    }

    /// The same end, where words have no place.
    pub fn cut(self) -> Self {
        match self {
            Self::Refused(_, message) => Self::Gone(io::Error::other(message)),
            gone @ Self::Gone(_) => gone,
        }
    }

    /// The client asked for what makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::refused(Refusal::BadRequest, message)
    }
}

impl From<io::Error> for CloseReason {
    fn from(error: io::Error) -> Self {
        Self::Gone(error)
    }
}

impl From<RequestError> for CloseReason {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Gone(error) => Self::Gone(error),
            RequestError::Wire(error) => {
                let refusal = match error {
                    WireError::Version(_) => Refusal::Version,
                    // A length is read before the checksum that it is part of, the magic has none.
                    WireError::Damaged(_) | WireError::TooLong { .. } | WireError::NotLanes => {
                        Refusal::Damaged
                    }
                    _ => Refusal::BadRequest,
                };
                Self::refused(refusal, error.to_string())
            }
        }
    }
}

impl From<ReadError> for CloseReason {
    fn from(error: ReadError) -> Self {
        let refusal = match error {
            ReadError::Changed => Refusal::Changed,
            ReadError::Io(_) => Refusal::Unreadable,
        };
        Self::refused(refusal, error.to_string())
    }
}
