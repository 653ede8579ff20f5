//! Explains the end of a connection by the loss of its way, in both protocols.

use super::error::{ConnectError, ConnectionError, ProtocolError, RequestError, WorkerError};
use crate::model::way::WayError;
use crate::scheduling::way_set::WaySeat;

/// Explains the end of a connection by that of its way, if it is lost. A failed connect is recorded: the way
/// rests if there are others.
pub(super) fn explain(error: WorkerError, seat: &WaySeat<'_>) -> WorkerError {
    let (WorkerError::Unreachable(reason) | WorkerError::Lost(reason)) = &error else {
        return error;
    };
    if !seat.has_other() || !reason.is_outage() {
        return error;
    }
    match connect_error(reason) {
        // The server has answered.
        Some(ConnectError::Refused) => return error,
        Some(ConnectError::Way(error)) => seat.set_unreachable(error),
        Some(error) => seat.set_unreachable(&WayError::System {
            name: seat.name().map(ToString::to_string).unwrap_or_default(),
            reason: error.to_string(),
        }),
        None => {}
    }
    // The retry need not be delayed as for a server that no way reaches.
    match seat.trouble() {
        Some(trouble) => WorkerError::Lost(ProtocolError::WayLost(trouble)),
        None => error,
    }
}

/// Returns the reason why no connection was made, if it is one.
fn connect_error(reason: &ProtocolError) -> Option<&ConnectError> {
    match reason {
        ProtocolError::Request(RequestError::Unreachable { reason, .. })
        | ProtocolError::Lanes(ConnectionError::Connect { reason, .. }) => Some(reason),
        _ => None,
    }
}
