//! Reasons for which the server closes a connection before the client has finished.

use std::io;
use std::net::SocketAddr;

use lanes_shared::wire::Refusal;

use crate::content::open_file::ReadError;
use crate::emulation::error::LinkError;
use crate::telemetry::event_log::EventLog;

/// The reason for which the server closes a connection before the client has finished.
#[derive(Debug, thiserror::Error)]
pub(super) enum CloseReason {
    /// The server refuses to continue. The client gets the message, at a message boundary.
    #[error("{message}")]
    Refused { refusal: Refusal, message: String },
    /// The server refuses to continue. It cannot send the reason inside a partly sent message.
    #[error("{0}")]
    Aborted(String),
    /// The connection is lost.
    #[error("{0}")]
    Disconnected(#[from] io::Error),
}

impl CloseReason {
    /// Creates a refusal with the text of `error`.
    pub fn refused(refusal: Refusal, error: &impl ToString) -> Self {
        let message = error.to_string();
        Self::Refused { refusal, message }
    }

    /// Creates the refusal of a server that stops.
    pub fn stopping() -> Self {
        Self::refused(Refusal::Stopping, &"the server is stopping")
    }

    /// Turns a refusal into an abort, for use when part of a message is sent already.
    pub fn into_abort(self) -> Self {
        match self {
            Self::Refused { message, .. } => Self::Aborted(message),
            other => other,
        }
    }

    /// Logs the end of the connection to `addr`.
    pub fn log(&self, log: &EventLog, addr: SocketAddr) {
        match self {
            Self::Refused { message, .. } | Self::Aborted(message) => {
                log.notice(&format!("{addr} aborted: {message}"));
            }
            // Not worth a line: clients disconnect all the time.
            Self::Disconnected(error) => tracing::debug!("{addr} disconnected: {error}"),
        }
    }
}

impl From<ReadError> for CloseReason {
    fn from(error: ReadError) -> Self {
        Self::refused(error.refusal(), &error)
    }
}

impl From<LinkError> for CloseReason {
    fn from(error: LinkError) -> Self {
        let refusal = match error {
            LinkError::ClientGone => return Self::Disconnected(io::ErrorKind::NotConnected.into()),
            LinkError::InvalidProfile(_) | LinkError::FixedByServer | LinkError::OtherLink => {
                Refusal::BadRequest
            }
            LinkError::TooManyConnections(_)
            | LinkError::TooManySessions(_)
            | LinkError::TooManyWarmUps(_)
            | LinkError::NoThread(_) => Refusal::TooManyConnections,
            LinkError::Stopping => Refusal::Stopping,
        };
        Self::refused(refusal, &error)
    }
}
