//! Connects TCP sockets that another thread can shut down, also while they connect.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

use crate::protocol::error::ConnectError;

/// Time limit for one write.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// Silence after which the system probes whether the other end lives, the time between its probes, and
/// their number. So a connection that waits for minutes is lost a minute after its path is.
const KEEP_ALIVE: (Duration, Duration, u32) = (Duration::from_secs(20), Duration::from_secs(10), 4);
/// Longest time that sent bytes stay unacknowledged.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(60);

/// Connects to the first of `addresses` that accepts within `timeout`. Passes each socket to `on_socket` before it
/// connects.
///
/// # Errors
/// The error of the last address; [`ConnectError::NoAddress`] if there is none.
pub(crate) fn connect(
    addresses: impl IntoIterator<Item = SocketAddr>,
    timeout: Duration,
    mut on_socket: impl FnMut(&TcpStream),
) -> Result<TcpStream, ConnectError> {
    let mut last = ConnectError::NoAddress;
    for address in addresses {
        match connect_to(address, timeout, &mut on_socket) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = connect_error(error, timeout),
        }
    }
    Err(last)
}

fn connect_to(
    address: SocketAddr,
    timeout: Duration,
    on_socket: &mut impl FnMut(&TcpStream),
) -> io::Result<TcpStream> {
    let domain = Domain::for_address(address);
    let socket = TcpStream::from(Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?);
    on_socket(&socket);
    SockRef::from(&socket).connect_timeout(&address.into(), timeout)?;
    keep_alive(&socket);
    socket.set_nodelay(true)?;
    socket.set_write_timeout(Some(SEND_TIMEOUT))?;
    Ok(socket)
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

fn connect_error(error: io::Error, timeout: Duration) -> ConnectError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectError::Refused,
        io::ErrorKind::TimedOut => ConnectError::Timeout(timeout),
        _ => ConnectError::Io(error),
    }
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
