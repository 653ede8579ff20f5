//! The door: takes connections in, each by the thread that serves it, and at the end waits for them all.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lanes_shared::wire::MAGIC;
use socket2::{Domain, SockRef, Socket, Type};

use super::leader_followers::{Acceptor, AcceptorPool};
use crate::net::lingering_close::LINGER_TIMEOUT;
use crate::net::recv_buffer::RecvBuffer;
use crate::protocol::http;
use crate::protocol::lanes;
use crate::state::ServerState;
use crate::state::connection_guard::ConnectionGuard;
use crate::telemetry::stats::Protocol;

/// How many connections may wait to be taken in: all that 20 downloads make at once, and more. One too many is
/// not told so, and tries again after 1 s and after 3 s. The system may allow fewer (Linux: `somaxconn`).
const BACKLOG: i32 = 4096;
/// How many connections are told at the same time that there are too many; more are just closed.
const MAX_REJECTING: usize = 16;
/// How long to wait when the system has no descriptor or thread to give.
const RESOURCE_RETRY_DELAY: Duration = Duration::from_millis(50);
/// How long connections have, once their time is up, to say that it is.
const CLOSE_GRACE: Duration = Duration::from_millis(700);

/// Listens on `addr`.
pub(crate) fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(addr),
        Type::STREAM,
        Some(socket2::Protocol::TCP),
    )?;
    // On Unix: a server that was stopped can be started again at once. On Windows the same option
    // would let two programs share the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Where connections come in.
pub(crate) struct TcpAcceptor {
    listener: TcpListener,
    addr: SocketAddr,
    state: Arc<ServerState>,
    /// Whether the system had nothing to give when it was last asked, which was said.
    is_exhausted: AtomicBool,
}

impl TcpAcceptor {
    /// The entrance of a server.
    pub fn new(listener: TcpListener, addr: SocketAddr, state: Arc<ServerState>) -> Self {
        Self {
            listener,
            addr,
            state,
            is_exhausted: AtomicBool::new(false),
        }
    }

    /// Takes one in; `None` when there is not even room to say that there is none.
    fn accept_one(&self) -> io::Result<Option<ConnectionGuard>> {
        let (socket, addr) = self.listener.accept()?;
        socket.set_nodelay(true)?;
        socket.set_write_timeout(Some(self.state.timeouts.write))?;
        SockRef::from(&socket).set_keepalive(true)?;
        let guard = self.state.admit(socket, addr, MAX_REJECTING);
        self.is_exhausted.store(false, Ordering::Relaxed);
        Ok(guard)
    }

    fn pause(&self, error: &io::Error) {
        if is_client_error(error) {
            tracing::debug!("{error}");
            return;
        }
        if !self.is_exhausted.swap(true, Ordering::Relaxed) {
            let words = format!("cannot take a connection in, trying on: {error}");
            self.state.log.warn(words);
        }
        thread::sleep(RESOURCE_RETRY_DELAY);
    }
}

impl Acceptor for TcpAcceptor {
    type Job = ConnectionGuard;

    fn accept(&self) -> Option<ConnectionGuard> {
        while !self.state.is_stopping() {
            match self.accept_one() {
                // Who came in to wake this thread was refused.
                Ok(None) => {}
                Ok(guard) => return guard,
                Err(_) if self.state.is_stopping() => {}
                Err(error) => self.pause(&error),
            }
        }
        None
    }

    fn serve(&self, guard: ConnectionGuard) {
        work(guard);
    }

    fn on_spawn_error(&self, error: io::Error) {
        self.pause(&error);
    }

    fn wake(&self) {
        wake(&self.listener, self.addr);
    }
}

/// Takes no more connections in, ends those that there are and joins their threads. The server is stopping.
pub(crate) fn close(pool: &AcceptorPool<TcpAcceptor>) {
    let entrance = pool.acceptor();
    entrance.wake();
    // Who waits for a request wakes up and says goodbye, who sends may do so for a while; who is
    // stuck in a write then is cut off.
    let state = &entrance.state;
    state.shut_down_all(Shutdown::Read);
    state.wait_until_empty(state.timeouts.shutdown + CLOSE_GRACE);
    state.shut_down_all(Shutdown::Both);
    pool.join();
}

/// Wakes who waits for a connection, so that they see that the server stops.
fn wake(listener: &TcpListener, addr: SocketAddr) {
    // Where a listening socket can be shut down this is enough, even without a free descriptor…
    let _ = SockRef::from(listener).shutdown(Shutdown::Both);
    // …and elsewhere a connection does it. One of the two is enough, so failures say nothing.
    let mut addr = addr;
    if addr.ip().is_unspecified() {
        addr.set_ip(match addr {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    let _ = TcpStream::connect_timeout(&addr, Duration::from_secs(1));
}

#[allow(clippy::needless_pass_by_value, reason = "who is done has left")]
fn work(guard: ConnectionGuard) {
    let ConnectionGuard { state, connection } = &guard;
    let mut recv = RecvBuffer::new(&connection.socket);
    let patience = if connection.served {
        tracing::debug!("connected: {}", connection.addr);
        state.timeouts.request
    } else {
        let addr = connection.addr;
        let words = format!("{addr} refused: too many connections");
        state.log.notice(words);
        LINGER_TIMEOUT
    };
    let deadline = Instant::now() + patience;
    // No method of HTTP begins as the Lanes protocol does. Who says nothing gets an answer too.
    let protocol = match recv.peek_byte(deadline) {
        Ok(first) if first != MAGIC[0] => Some(Protocol::Http),
        Ok(_) => Some(Protocol::Lanes),
        Err(_) => None,
    };
    if let Some(protocol) = protocol {
        // Nobody else sets it.
        let _ = connection.protocol.set(protocol);
    }
    match (protocol, connection.served) {
        (Some(Protocol::Http), true) => http::serve(state, connection, recv),
        (Some(Protocol::Http), false) => http::turn_away(state, connection, recv),
        (_, true) => lanes::serve(state, connection, recv, deadline),
        (_, false) => lanes::turn_away(state, connection),
    }
}

fn is_client_error(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionReset, Interrupted, InvalidInput, NotConnected,
    };
    // Setting an option of a socket whose client is gone already is InvalidInput on some systems.
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted | InvalidInput | NotConnected
    )
}
