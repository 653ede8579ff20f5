//! Accepts connections; the accepting thread serves the connection itself.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use super::leader_followers::{Acceptor, AcceptorPool};
use crate::protocol;
use crate::state::ServerState;
use crate::state::connection_guard::ConnectionGuard;

/// Length of the accept queue: enough for 20 downloads that open all their connections at once. The
/// SYN of one more is dropped, and the client tries again after 1 s and after 3 s. The system may
/// lower the value (Linux: `somaxconn`).
const BACKLOG: i32 = 4096;
/// Maximum number of connections that are being rejected at the same time; more are closed without a
/// reply.
const MAX_REJECTING: usize = 16;
/// Delay before the next attempt when the system is out of descriptors or threads.
const RESOURCE_RETRY_DELAY: Duration = Duration::from_millis(50);
/// Time that connections have after the shutdown timeout to send the reason and close.
const CLOSE_GRACE: Duration = Duration::from_millis(400);

/// Creates a socket that listens on `addr`.
///
/// # Errors
/// The error of the system, such as `AddrInUse`.
pub(crate) fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(addr),
        Type::STREAM,
        Some(socket2::Protocol::TCP),
    )?;
    // Allows a restart at once. On Windows the same option would let two programs share the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Accepts the connections of one listening socket.
pub(crate) struct TcpAcceptor {
    listener: TcpListener,
    addr: SocketAddr,
    state: Arc<ServerState>,
    /// True after an attempt that lacked a resource, which is logged once.
    is_exhausted: AtomicBool,
}

impl TcpAcceptor {
    /// Creates an acceptor for a socket that listens on `addr`.
    pub fn new(listener: TcpListener, addr: SocketAddr, state: Arc<ServerState>) -> Self {
        Self {
            listener,
            addr,
            state,
            is_exhausted: AtomicBool::new(false),
        }
    }

    /// Accepts one connection; `None` if it was closed without a reply.
    fn accept_one(&self) -> io::Result<Option<ConnectionGuard>> {
        let (socket, addr) = self.listener.accept()?;
        socket.set_nodelay(true)?;
        socket.set_write_timeout(Some(self.state.timeouts.write))?;
        SockRef::from(&socket).set_keepalive(true)?;
        let guard = self.state.admit(socket, addr, MAX_REJECTING);
        self.is_exhausted.store(false, Ordering::Relaxed);
        Ok(guard)
    }

    fn on_error(&self, error: &io::Error) {
        if is_client_error(error) {
            tracing::debug!("{error}");
            return;
        }
        if !self.is_exhausted.swap(true, Ordering::Relaxed) {
            let message = format!("accept failed, retrying: {error}");
            self.state.log.warn(&message);
        }
        thread::sleep(RESOURCE_RETRY_DELAY);
    }
}

impl Acceptor for TcpAcceptor {
    type Job = ConnectionGuard;

    fn accept(&self) -> Option<ConnectionGuard> {
        while !self.state.is_stopping() {
            match self.accept_one() {
                // Also the connection that `wake` makes.
                Ok(None) => {}
                Ok(guard) => return guard,
                Err(_) if self.state.is_stopping() => {}
                Err(error) => self.on_error(&error),
            }
        }
        None
    }

    fn serve(&self, guard: ConnectionGuard) {
        protocol::serve(&guard);
    }

    fn on_spawn_error(&self, error: io::Error) {
        self.on_error(&error);
    }

    fn wake(&self) {
        // Enough on systems that can shut a listening socket down, even without a free descriptor.
        let _ = SockRef::from(&self.listener).shutdown(Shutdown::Both);
        // On others, a connection wakes a thread. Only one of the two needs to succeed.
        let mut addr = self.addr;
        if addr.ip().is_unspecified() {
            addr.set_ip(match addr {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        let _ = TcpStream::connect_timeout(&addr, Duration::from_secs(1));
    }
}

/// Stops accepting, ends all connections and joins their threads. The server must be stopping.
pub(crate) fn close(pool: &AcceptorPool<TcpAcceptor>) {
    let acceptor = pool.acceptor();
    acceptor.wake();
    // Wakes threads that wait for a request. Transfers continue until the deadline; a thread that is
    // still blocked in a write then is cut off.
    let state = &acceptor.state;
    state.shut_down_reads();
    state.wait_until_empty(state.timeouts.shutdown + CLOSE_GRACE);
    state.shut_down_all();
    pool.join();
}

/// Returns whether an accept failed because the client has closed the connection.
fn is_client_error(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionReset, Interrupted, InvalidInput, NotConnected,
    };
    // Some systems report InvalidInput for a socket option after the client has gone.
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted | InvalidInput | NotConnected
    )
}
