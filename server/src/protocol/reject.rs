//! Rejects connections above the connection limit, in the protocol of the client.

use super::transmit::Transmit;
use super::{http, lanes};
use crate::net::connection::Connection;
use crate::net::lingering_close::lingering_close;
use crate::net::recv_buffer::RecvBuffer;
use crate::state::ServerState;
use crate::telemetry::stats::Protocol;

/// The reason for the rejection.
#[derive(Debug, thiserror::Error)]
#[error(
    "the server is at its limit of {limit} connections; try again later or use fewer connections"
)]
struct TooManyConnections {
    limit: usize,
}

/// Sends the reason for the rejection and closes the connection.
pub(super) fn reject(
    state: &ServerState,
    connection: &Connection,
    protocol: Option<Protocol>,
    recv: RecvBuffer<'_>,
) {
    let error = TooManyConnections {
        limit: state.max_connections,
    };
    let bytes = match protocol {
        Some(Protocol::Http) => http::rejection(recv, &error),
        Some(Protocol::Lanes) | None => lanes::rejection(&error),
    };
    let mut out = Transmit::new(state, connection);
    if out.put(&bytes).and_then(|()| out.flush()).is_ok() {
        lingering_close(&connection.socket);
    }
}
