//! Connects TCP sockets that another thread can shut down, also while they connect.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::protocol::error::ConnectError;

/// Time limit for one connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time limit for one write.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects to the first of `addresses` that accepts. Passes each socket to `on_socket` before it
/// connects.
///
/// # Errors
/// The error of the last address; [`ConnectError::NoAddress`] if there is none.
pub(crate) fn connect(
    addresses: impl IntoIterator<Item = SocketAddr>,
    mut on_socket: impl FnMut(&TcpStream),
) -> Result<TcpStream, ConnectError> {
    let mut last = ConnectError::NoAddress;
    for address in addresses {
        match connect_to(address, &mut on_socket) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = connect_error(error),
        }
    }
    Err(last)
}

fn connect_to(
    address: SocketAddr,
    on_socket: &mut impl FnMut(&TcpStream),
) -> io::Result<TcpStream> {
    let domain = Domain::for_address(address);
    let socket = TcpStream::from(Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?);
    on_socket(&socket);
    SockRef::from(&socket).connect_timeout(&address.into(), CONNECT_TIMEOUT)?;
    socket.set_nodelay(true)?;
    socket.set_write_timeout(Some(SEND_TIMEOUT))?;
    Ok(socket)
}

fn connect_error(error: io::Error) -> ConnectError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectError::Refused,
        io::ErrorKind::TimedOut => ConnectError::Timeout(CONNECT_TIMEOUT),
        _ => ConnectError::Io(error),
    }
}

/// Returns whether a read or write reached its timeout.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    use io::ErrorKind::{TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut)
}
