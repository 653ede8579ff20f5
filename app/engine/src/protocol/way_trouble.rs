//! Explains the end of a connection by the loss of its way, in both protocols.

use super::error::{ConnectError, ConnectionError, ProtocolError, RequestError, WorkerError};
use crate::model::way::WayError;
use crate::scheduling::way_set::WaySeat;

/// Explains the end of a connection by that of its way, if it is lost. A failed connect is recorded: the way
/// rests if there are others.
pub(super) fn explain(error: WorkerError, seat: &WaySeat<'_>) -> WorkerError {
    if !seat.has_other() {
        return error;
    }
    match error {
        WorkerError::Unreachable(reason) => {
            seat.set_unreachable(&way_error(&reason, seat));
            // The retry need not be delayed as for a server that no way reaches.
            match seat.trouble() {
                Some(trouble) => WorkerError::Lost(ProtocolError::WayLost(trouble)),
                None => WorkerError::Unreachable(reason),
            }
        }
        WorkerError::Lost(reason) if reason.is_outage() => match seat.trouble() {
            Some(trouble) => WorkerError::Lost(ProtocolError::WayLost(trouble)),
            None => WorkerError::Lost(reason),
        },
        error => error,
    }
}

/// Returns the error of the way in a failed connect.
fn way_error(reason: &ProtocolError, seat: &WaySeat<'_>) -> WayError {
    match reason {
        ProtocolError::Request(RequestError::Unreachable {
            reason: ConnectError::Way(error),
            ..
        })
        | ProtocolError::Lanes(ConnectionError::Connect {
            reason: ConnectError::Way(error),
            ..
        }) => error.clone(),
        reason => WayError::System {
            name: seat.name().map(ToString::to_string).unwrap_or_default(),
            reason: reason.to_string(),
        },
    }
}
