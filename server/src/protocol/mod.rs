//! The application protocols, Lanes and HTTP, on one port.

pub(crate) mod http;

mod close_reason;
mod lanes;
mod reject;
mod transmit;

use std::time::Instant;

use lanes_shared::wire::MAGIC;

use crate::net::connection::Admission;
use crate::net::lingering_close::LINGER_TIMEOUT;
use crate::net::recv_buffer::RecvBuffer;
use crate::state::connection_guard::ConnectionGuard;
use crate::telemetry::stats::Protocol;

/// Serves a connection to its end, or rejects it if it is above the connection limit.
pub(crate) fn serve(guard: &ConnectionGuard) {
    let ConnectionGuard { state, connection } = guard;
    let mut recv = RecvBuffer::new(&connection.socket);
    let addr = connection.addr;
    let refused = match connection.admission {
        Admission::Admitted => None,
        Admission::ServerFull(_) => Some("too many connections"),
        Admission::ShareUsed(_) => Some("too many connections of one client"),
    };
    let timeout = match refused {
        None => {
            tracing::debug!("connected: {addr}");
            state.timeouts.request
        }
        Some(reason) => {
            state.log.notice(&format!("{addr} refused: {reason}"));
            LINGER_TIMEOUT
        }
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
    match (protocol, refused.is_none()) {
        (Some(Protocol::Http), true) => http::serve(state, connection, recv),
        (_, true) => lanes::serve(state, connection, recv, deadline),
        (_, false) => reject::reject(state, connection, protocol, recv),
    }
}
