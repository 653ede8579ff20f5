//! Lingering close: half-closes and drains so that the client can read the last response.

use std::io::Read as _;
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// Time that a client has to read the last response before the socket is closed.
pub(crate) const LINGER_TIMEOUT: Duration = Duration::from_millis(500);
/// Maximum number of bytes that are read and discarded meanwhile (1 MiB).
const MAX_DRAIN: usize = 1 << 20;

/// Shuts down the sending side of `socket` and discards what the client still sends. Closing a
/// socket with unread bytes would send a reset, which can destroy the last response.
pub(crate) fn lingering_close(mut socket: &TcpStream) {
    if socket.shutdown(Shutdown::Write).is_err() {
        return;
    }
    let deadline = Instant::now() + LINGER_TIMEOUT;
    let mut discarded = [0; 4096];
    let mut drained = 0;
    while drained < MAX_DRAIN {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || socket.set_read_timeout(Some(left)).is_err() {
            return;
        }
        match socket.read(&mut discarded) {
            Ok(0) | Err(_) => return,
            Ok(len) => drained += len,
        }
    }
}
