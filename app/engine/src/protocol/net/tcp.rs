//! TCP connections that another thread can shut, also while they are being made.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};

/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server may take to read what it is sent.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects to the first of the addresses that answers. Each socket is shown to `watch` before it
/// connects.
///
/// # Errors
/// Of the last address, in words.
pub(crate) fn connect(
    addresses: impl IntoIterator<Item = SocketAddr>,
    mut watch: impl FnMut(&TcpStream),
) -> Result<TcpStream, String> {
    let mut reason = "the host has no address".to_owned();
    for address in addresses {
        match connect_to(address, &mut watch) {
            Ok(socket) => return Ok(socket),
            Err(error) => reason = in_words(&error),
        }
    }
    Err(reason)
}

fn connect_to(address: SocketAddr, watch: &mut impl FnMut(&TcpStream)) -> io::Result<TcpStream> {
    let domain = Domain::for_address(address);
    let socket = TcpStream::from(Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?);
    watch(&socket);
    SockRef::from(&socket).connect_timeout(&address.into(), CONNECT_TIMEOUT)?;
    socket.set_nodelay(true)?;
    socket.set_write_timeout(Some(SEND_TIMEOUT))?;
    Ok(socket)
}

fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        io::ErrorKind::TimedOut => "no answer within 10 s".into(),
        _ => error.to_string(),
    }
}

/// Whether a read or write took longer than it may.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    use io::ErrorKind::{TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut)
}

/// Why a connection was lost.
pub(crate) fn lost_reason(error: &io::Error) -> String {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    match error.kind() {
        _ if is_timeout(error) => "the server takes no more".into(),
        ConnectionReset | ConnectionAborted | BrokenPipe => "the server reset it".into(),
        UnexpectedEof => "the server closed it".into(),
        _ => error.to_string(),
    }
}
