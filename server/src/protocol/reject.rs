//! Rejects connections above the connection limit, in the protocol of the client.

use super::transmit::Transmit;
use super::{http, lanes};
use crate::net::connection::{Admission, Connection};
use crate::net::lingering_close::lingering_close;
use crate::net::recv_buffer::RecvBuffer;
use crate::state::ServerState;
use crate::telemetry::stats::Protocol;

/// The reason for the rejection.
#[derive(Debug, thiserror::Error)]
enum TooManyConnections {
    #[error(
        "the server is at its limit of {0} connections; try again later or use fewer connections"
    )]
    OfServer(usize),
    #[error("the server accepts at most {0} connections of one client; use fewer connections")]
    OfClient(usize),
}

/// Sends the reason for the rejection and closes the connection.
pub(super) fn reject(
    state: &ServerState,
    connection: &Connection,
    protocol: Option<Protocol>,
    recv: RecvBuffer<'_>,
) {
    let error = match connection.admission {
        Admission::ShareUsed(share) => TooManyConnections::OfClient(share),
        _ => TooManyConnections::OfServer(state.max_connections),
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
