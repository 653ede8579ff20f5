//! The thread `pace-N`: writes the granted bytes of one connection to its socket.

use super::send_buffer::{Backpressure, SendBuffer};
use super::session::Session;

/// Writes granted bytes until the buffer or the socket is closed.
pub(super) fn run(session: &Session, buffer: &SendBuffer) {
    let mut chunk = Vec::new();
    while let Some(late) = buffer.next_chunk(&mut chunk) {
        if let Some(late) = late {
            session.lateness.record(late);
        }
        match buffer.write_chunk(&chunk) {
            Ok(Backpressure::Resume) => session.resume_flow(buffer.connection.id),
            Ok(_) => {}
            Err(_) => return session.close_flow(buffer.connection.id),
        }
    }
    buffer.wake_producer();
}
