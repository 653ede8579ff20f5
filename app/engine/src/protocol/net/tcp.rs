//! Connects TCP sockets that another thread can shut down, also while they connect.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::happy_eyeballs::{self, Connected};
use crate::protocol::error::ConnectError;

/// Time limit for one connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time limit for one write.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects to the first of `addresses` that accepts (RFC 8305). Passes each socket to `watch` before it
/// connects; `None` ends the connect.
///
/// # Errors
/// The most telling error of all addresses; [`ConnectError::NoAddress`] if there is none.
pub(crate) fn connect<G>(
    addresses: impl IntoIterator<Item = SocketAddr>,
    watch: impl FnMut(&TcpStream) -> Option<G>,
) -> Result<Connected<G>, ConnectError> {
    let connected = happy_eyeballs::connect(addresses, CONNECT_TIMEOUT, watch)?;
    let stream = &connected.stream;
    let configured = stream
        .set_nodelay(true)
        .and_then(|()| stream.set_write_timeout(Some(SEND_TIMEOUT)));
    configured.map_err(ConnectError::Io)?;
    Ok(connected)
}

/// Returns whether a read or write reached its timeout.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    use io::ErrorKind::{TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut)
}
