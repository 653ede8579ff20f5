//! The end of a connection whose client is to read the last words.

use std::io::Read as _;
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// How long a refused client has to read why, before the socket closes.
pub(crate) const LINGER_TIMEOUT: Duration = Duration::from_millis(500);
/// How much of what a refused client still sends is read and thrown away, in bytes.
const MAX_DRAIN: usize = 1 << 20;

/// Closes so that the client can read what was sent: a socket closed over unread bytes would take
/// the sent ones with it.
pub(crate) fn lingering_close(mut socket: &TcpStream) {
    if socket.shutdown(Shutdown::Write).is_err() {
        return;
    }
    let deadline = Instant::now() + LINGER_TIMEOUT;
    let mut bin = [0; 4096];
    let mut drained = 0;
    while drained < MAX_DRAIN {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || socket.set_read_timeout(Some(left)).is_err() {
            return;
        }
        match socket.read(&mut bin) {
            Ok(0) | Err(_) => return,
            Ok(more) => drained += more,
        }
    }
}
