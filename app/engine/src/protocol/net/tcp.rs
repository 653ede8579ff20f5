//! Connects TCP sockets that another thread can shut down, also while they connect.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

use super::happy_eyeballs::{self, Connected};
use crate::model::way::WayName;
use crate::protocol::error::ConnectError;

/// Time limit for one write.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// Silence after which the system probes whether the other end lives, the time between its probes, and
/// their number. So a connection that waits for minutes is lost a minute after its path is.
const KEEP_ALIVE: (Duration, Duration, u32) = (Duration::from_secs(20), Duration::from_secs(10), 4);
/// Longest time that sent bytes stay unacknowledged.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(60);

/// Connects to the first of `addresses` that accepts (RFC 8305), each within `timeout`, over `way` if one is
/// chosen. Passes each socket to `watch` before it connects; `None` ends the connect.
///
/// # Errors
/// The most telling error of all addresses; [`ConnectError::NoAddress`] if there is none.
pub(crate) fn connect<G>(
    addresses: impl IntoIterator<Item = SocketAddr>,
    timeout: Duration,
    way: Option<&WayName>,
    watch: impl FnMut(&TcpStream) -> Option<G>,
) -> Result<Connected<G>, ConnectError> {
    let connected = happy_eyeballs::connect(addresses, timeout, way, watch)?;
    let stream = &connected.stream;
    keep_alive(stream);
    let configured = stream
        .set_nodelay(true)
        .and_then(|()| stream.set_write_timeout(Some(SEND_TIMEOUT)));
    configured.map_err(ConnectError::Io)?;
    Ok(connected)
}

/// Makes the system notice when the other end is gone. A system that refuses goes without.
fn keep_alive(socket: &TcpStream) {
    let socket = SockRef::from(socket);
    let (time, interval, retries) = KEEP_ALIVE;
    let probes = TcpKeepalive::new()
        .with_time(time)
        .with_interval(interval)
        .with_retries(retries);
    let _ = socket.set_tcp_keepalive(&probes);
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
}

/// Returns whether a blocked read reached the timeout of its socket. A lost path ends a read with
/// `TimedOut` on Unix.
pub(crate) fn is_read_timeout(error: &io::Error) -> bool {
    match cfg!(unix) {
        true => error.kind() == io::ErrorKind::WouldBlock,
        false => is_timeout(error),
    }
}

/// Returns whether a read or write reached its timeout.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    use io::ErrorKind::{TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut)
}
