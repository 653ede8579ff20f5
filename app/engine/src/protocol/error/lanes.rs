//! Errors of connections to Lanes servers.

use lanes_shared::wire::{Refusal, WireError};

use super::tcp::{ConnectError, Disconnect};
use crate::model::outcome::FetchError;
use crate::model::source_url::ServerName;

/// Error of a connection to a Lanes server.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// No connection could be made.
    #[error("cannot connect to {server}: {reason}; is the server running?")]
    Connect {
        /// The server.
        server: ServerName,
        /// Why not.
        reason: ConnectError,
    },
    /// The connection was lost.
    #[error("connection to the server lost: {0}")]
    Lost(Disconnect),
    /// The server refused a request.
    #[error("{message}")]
    Refused {
        /// The kind of refusal.
        refusal: Refusal,
        /// The server's message.
        message: String,
    },
    /// The server violated the protocol.
    #[error("protocol violation by the server: {0}")]
    Protocol(ProtocolViolation),
    /// The received data could not be used.
    #[error(transparent)]
    Sink(FetchError),
}

/// The reason why a server did not keep a result.
#[derive(Debug, thiserror::Error)]
pub enum SendResultError {
    /// The user cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The server keeps no results.
    #[error("the server keeps no results at present: results must be switched on there")]
    KeepsNone,
    /// The server does not know the request.
    #[error("the server takes no results, since it runs another version: {0}")]
    Unsupported(String),
    /// The result did not reach the server.
    #[error(transparent)]
    Connection(ConnectionError),
}

impl From<ConnectionError> for SendResultError {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::Refused {
                refusal: Refusal::KeepsNoResults,
                ..
            } => Self::KeepsNone,
            // The result is valid, so it is the request that is not known.
            ConnectionError::Refused {
                refusal: Refusal::BadRequest,
                message,
            } => Self::Unsupported(message),
            error => Self::Connection(error),
        }
    }
}

impl From<WireError> for ConnectionError {
    fn from(error: WireError) -> Self {
        match error {
            WireError::ChecksumMismatch(_) => Self::Lost(Disconnect::Damaged(error)),
            _ => Self::Protocol(ProtocolViolation::Message(error)),
        }
    }
}

impl From<ProtocolViolation> for ConnectionError {
    fn from(violation: ProtocolViolation) -> Self {
        Self::Protocol(violation)
    }
}

/// Violation of the Lanes protocol by a server.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolViolation {
    /// A message or packet that was not requested.
    #[error("it sent data that was not requested")]
    Unrequested,
    /// The packet length differs from the requested one.
    #[error("its packet length differs from the requested one")]
    PacketLength,
    /// Too many packets do not match their checksums.
    #[error("too many damaged packets")]
    DamagedPackets,
    /// The digest stays pending although the server hashes nothing.
    #[error("no digest, and no progress in hashing the file")]
    DigestStalled,
    /// The catalogue exceeds the limits or repeats itself.
    #[error("catalogue exceeds the limit")]
    EndlessCatalogue,
    /// A message that cannot be decoded.
    #[error("{0}")]
    Message(WireError),
}
