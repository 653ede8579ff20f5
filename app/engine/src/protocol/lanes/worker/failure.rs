//! Errors of a connection as the worker reports them.

use lanes_shared::wire::Refusal;

use crate::model::outcome::FetchError;
use crate::model::source_url::ServerName;
use crate::protocol::error::{ConnectionError, ProtocolError, ProtocolViolation, WorkerError};
use crate::transfer::range_writer::RangeWriteError;

/// Classifies an error; `is_open` if the server serves this file to other connections.
pub(super) fn worker_error(
    error: ConnectionError,
    server: &ServerName,
    is_open: bool,
) -> WorkerError {
    let (refusal, message) = match error {
        ConnectionError::Connect { .. } => return WorkerError::Unreachable(error.into()),
        ConnectionError::Lost(_) | ConnectionError::Protocol(_) => {
            return WorkerError::Lost(error.into());
        }
        ConnectionError::Sink(error) => return WorkerError::Fatal(error),
        ConnectionError::Refused { refusal, message } => (refusal, message),
    };
    let server = server.clone();
    let refused = ProtocolError::Refused { server, message };
    match refusal {
        Refusal::TooManyConnections => WorkerError::Refused(refused),
        Refusal::Stopping | Refusal::Corrupted => WorkerError::Lost(refused),
        // The name is gone from the directory, but the file that the others have open is not.
        Refusal::NoSuchFile if is_open => WorkerError::Lost(refused),
        Refusal::NoSuchFile => WorkerError::Fatal(FetchError::NoSuchFile(refused.to_string())),
        Refusal::BadRequest
        | Refusal::Version
        | Refusal::Changed
        | Refusal::Unreadable
        | Refusal::KeepsNoResults => WorkerError::Fatal(FetchError::Failed(refused.to_string())),
    }
}

/// Returns the error of a packet that was not written.
pub(super) fn write_error(error: RangeWriteError) -> ConnectionError {
    match error {
        RangeWriteError::Unrequested => ProtocolViolation::Unrequested.into(),
        RangeWriteError::Write(error) => ConnectionError::Sink(error.into()),
    }
}
