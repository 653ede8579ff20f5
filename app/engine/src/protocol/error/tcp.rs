//! Errors of TCP connections, of both protocols.

use std::io;
use std::time::Duration;

use lanes_shared::wire::WireError;

use crate::model::way::WayError;

/// Reason why no connection to a server could be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The host name could not be resolved.
    #[error("{0}")]
    Lookup(io::Error),
    /// Resolving the host name reached its timeout.
    #[error("DNS lookup timed out")]
    LookupTimeout,
    /// The host name has no address.
    #[error("no such host")]
    NoAddress,
    /// The server refused the connection.
    #[error("connection refused")]
    Refused,
    /// The server did not answer in time.
    #[error("no answer within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The download was stopped before the connection was made.
    #[error("download stopped")]
    Stopped,
    /// The chosen network interface cannot be used.
    #[error(transparent)]
    Way(#[from] WayError),
    /// Any other error of the system.
    #[error("{0}")]
    Io(io::Error),
}

/// Reason why an established connection was lost.
#[derive(Debug, thiserror::Error)]
pub enum Disconnect {
    /// The server closed it.
    #[error("closed by the server")]
    Closed,
    /// The server reset it.
    #[error("reset by the server")]
    Reset,
    /// The server did not read within the send timeout.
    #[error("server stopped reading")]
    SendTimeout,
    /// No byte arrived within the idle timeout.
    #[error("no byte received for {} s", .0.as_secs())]
    Idle(Duration),
    /// One message arrived too slowly.
    #[error("one message took longer than {} s", .0.as_secs())]
    SlowMessage(Duration),
    /// The catalogue arrived too slowly.
    #[error("catalogue took longer than {} s", .0.as_secs())]
    SlowCatalogue(Duration),
    /// A message does not match its checksum.
    #[error("{0}")]
    Damaged(WireError),
    /// The download was stopped.
    #[error("download stopped")]
    Stopped,
    /// Any other error of the system.
    #[error("{0}")]
    Io(io::Error),
}

impl From<io::Error> for Disconnect {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{
            BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof, WouldBlock,
        };
        match error.kind() {
            WouldBlock | TimedOut => Self::SendTimeout,
            ConnectionReset | ConnectionAborted | BrokenPipe => Self::Reset,
            UnexpectedEof => Self::Closed,
            _ => Self::Io(error),
        }
    }
}
