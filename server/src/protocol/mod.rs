//! The application protocols, Lanes and HTTP, on one port.

pub(crate) mod http;

mod close_reason;
mod lanes;
mod reject;
mod transmit;

use std::time::Instant;

use lanes_shared::wire::MAGIC;

use crate::net::lingering_close::LINGER_TIMEOUT;
use crate::net::recv_buffer::RecvBuffer;
use crate::state::connection_guard::ConnectionGuard;
use crate::telemetry::stats::Protocol;

/// Serves a connection to its end, or rejects it if it is above the connection limit.
pub(crate) fn serve(guard: &ConnectionGuard) {
    let ConnectionGuard { state, connection } = guard;
    let mut recv = RecvBuffer::new(&connection.socket);
    let timeout = if connection.is_admitted {
        tracing::debug!("connected: {}", connection.addr);
        state.timeouts.request
    } else {
        let addr = connection.addr;
        state
            .log
            .notice(format!("{addr} refused: too many connections"));
        LINGER_TIMEOUT
    };
    let deadline = Instant::now() + timeout;
    // No HTTP method starts with the first byte of the Lanes protocol. A client that sends nothing
    // gets a reply of the Lanes protocol.
    let protocol = match recv.peek_byte(deadline) {
        Ok(first) if first != MAGIC[0] => Some(Protocol::Http),
        Ok(_) => Some(Protocol::Lanes),
        Err(_) => None,
    };
    if let Some(protocol) = protocol {
        // Cannot fail: only this thread sets the protocol.
        let _ = connection.protocol.set(protocol);
    }
    match (protocol, connection.is_admitted) {
        (Some(Protocol::Http), true) => http::serve(state, connection, recv),
        (_, true) => lanes::serve(state, connection, recv, deadline),
        (_, false) => reject::reject(state, connection, protocol, recv),
    }
}
