//! The socket and the read buffer of one connection. ureq hides both; through this handle the body reader
//! reads from the socket itself.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Instant;

use super::socket::Socket;
use crate::scheduling::known_address::KnownAddress;
use crate::sync;

/// State of one worker's connection, with at most one request in flight. A connection that is
/// reused by another download keeps its state.
#[derive(Debug, Clone, Default)]
pub(crate) struct SocketHandle {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Known address of the server that the connection leads to.
    known_address: Arc<KnownAddress>,
    peer: Option<SocketAddr>,
    /// The latest connection, while it exists.
    socket: Weak<Socket>,
    low_water: usize,
    /// Bytes read from the socket that ureq has not consumed.
    buffered: usize,
    /// The socket that carries the current request, if it leads to the server itself.
    direct: Option<Arc<Socket>>,
    /// Bytes received since the request, until the head of the response is complete.
    head_bytes: Option<usize>,
    /// Arrival of the first byte of an incomplete head.
    head_since: Option<Instant>,
    /// A connection without a pending response, unknown to ureq.
    idle: Option<Arc<Socket>>,
    /// Buffer for the next response head.
    head_buf: Vec<u8>,
}

impl SocketHandle {
    /// Creates the state of a connection to the server at this address.
    pub fn new(known_address: &Arc<KnownAddress>) -> Self {
        let transport = Self::default();
        transport.state().known_address = Arc::clone(known_address);
        transport
    }

    /// Returns the latest connection, while it exists.
    pub fn socket(&self) -> Option<Arc<Socket>> {
        self.state().socket.upgrade()
    }

    /// Hands the connection over `socket` to another download, which knows the server by this
    /// address.
    pub fn reassign(&self, known_address: &Arc<KnownAddress>, socket: &Arc<Socket>) {
        let mut state = self.state();
        state.low_water = 0;
        state.known_address = Arc::clone(known_address);
        state.set_socket(socket);
    }

    /// Records that the server accepted a connection.
    pub(super) fn mark_reached(&self) {
        self.state().known_address.mark_reachable();
    }

    /// Marks the connection as idle until the next request, so that the end of the download does
    /// not close it.
    pub fn mark_idle(&self) {
        if let Some(socket) = self.socket() {
            socket.set_idle(true);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }

    /// Returns the address of the server, once a connection was made.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.state().peer
    }

    /// Records the connection that the next request uses.
    pub fn set_socket(&self, socket: &Arc<Socket>) {
        self.state().set_socket(socket);
    }

    /// Sets the low-water mark of ureq's next reads. As many bytes must be certain to arrive,
    /// because a read waits for them until its timeout.
    pub fn set_low_water(&self, bytes: usize) {
        self.state().low_water = bytes;
    }

    /// Returns the low-water mark of ureq's next reads.
    pub fn low_water(&self) -> usize {
        self.state().low_water
    }

    /// Resets the state for a new request, over any connection.
    pub fn begin_request(&self) {
        let mut state = self.state();
        (state.direct, state.buffered) = (None, 0);
        (state.head_bytes, state.head_since) = (Some(0), None);
        if let Some(socket) = state.socket.upgrade() {
            socket.set_idle(false);
        }
    }

    /// Records that the head of the response is complete.
    pub fn head_complete(&self) {
        let mut state = self.state();
        (state.head_bytes, state.head_since) = (None, None);
    }

    /// Counts received bytes. Returns their number since the request while the head of its response
    /// is incomplete.
    pub(super) fn count_head_bytes(&self, bytes: usize) -> Option<usize> {
        let mut state = self.state();
        let total = state.head_bytes.as_mut()?;
        *total += bytes;
        let total = *total;
        state.head_since.get_or_insert_with(Instant::now);
        Some(total)
    }

    /// Returns the arrival of the first byte of an incomplete head. Bytes before a request, of a TLS
    /// handshake through a proxy, are no head: [`Self::restart_head`].
    pub(super) fn head_since(&self) -> Option<Instant> {
        self.state().head_since
    }

    /// Records that bytes were sent: a response begins after them.
    pub(super) fn restart_head(&self) {
        self.state().head_since = None;
    }

    /// Records that `socket` carries the request, without a proxy.
    pub fn set_direct(&self, socket: &Arc<Socket>) {
        self.state().direct = Some(Arc::clone(socket));
    }

    /// Lets the socket of the current response close with its body. Otherwise its buffer would fill
    /// with bytes that are not read, and take bandwidth from the other connections.
    pub fn close_after_body(&self) {
        self.state().direct = None;
    }

    /// Returns the socket that carries the response of this scheme, host and port.
    pub fn direct(&self, origin: &str) -> Option<Arc<Socket>> {
        let state = self.state();
        let socket = state.direct.as_ref();
        socket.filter(|socket| socket.origin() == origin).cloned()
    }

    /// Returns the number of bytes read from the socket that ureq has not consumed.
    pub fn buffered(&self) -> usize {
        self.state().buffered
    }

    /// Sets the number of bytes read from the socket that ureq has not consumed.
    pub fn set_buffered(&self, bytes: usize) {
        self.state().buffered = bytes;
    }

    /// Keeps a connection without a pending response for the next request.
    pub fn keep_idle(&self, socket: Arc<Socket>) {
        self.state().idle = Some(socket);
    }

    /// Keeps a connection over which no request was sent for the first one.
    pub fn preconnected(&self, socket: Arc<Socket>) {
        socket.set_idle(true);
        self.set_socket(&socket);
        self.keep_idle(socket);
    }

    /// Takes the buffer for a response head.
    pub fn take_head_buf(&self) -> Vec<u8> {
        std::mem::take(&mut self.state().head_buf)
    }

    /// Returns the buffer for the next response head.
    pub fn return_head_buf(&self, buf: Vec<u8>) {
        self.state().head_buf = buf;
    }

    /// Returns the peer address of the connection to this scheme, host and port, if there is one.
    pub(super) fn peer_of(&self, origin: &str) -> Option<SocketAddr> {
        let state = self.state();
        let socket = state.idle.clone().or_else(|| state.socket.upgrade());
        socket.filter(|socket| socket.origin() == origin)?.peer()
    }

    /// Takes the idle connection, if it leads to this scheme, host and port and is still open.
    pub fn take_idle(&self, origin: &str) -> Option<Arc<Socket>> {
        let idle = self.state().idle.take()?;
        (idle.origin() == origin && idle.is_reusable()).then_some(idle)
    }
}

impl State {
    fn set_socket(&mut self, socket: &Arc<Socket>) {
        self.peer = socket.peer();
        self.socket = Arc::downgrade(socket);
        if let Some(peer) = self.peer {
            self.known_address.set(socket.origin(), peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpListener;
    use std::time::Duration;

    use super::super::wait_policy::WaitPolicy;
    use super::*;
    use crate::sync::cancel::CancelToken;

    #[test]
    fn abandoned_response_closes_its_socket_with_the_body() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = server.local_addr().unwrap();
        let (cancel, timeout) = (CancelToken::default(), Duration::from_secs(10));
        let policy = WaitPolicy::default();
        let socket =
            Socket::connect([addr], format!("http://{addr}"), None, &cancel, &policy).unwrap();
        let (mut accepted, _) = server.accept().unwrap();
        accepted.set_read_timeout(Some(timeout)).unwrap();
        let (transport, socket) = (SocketHandle::default(), Arc::new(socket));
        transport.set_socket(&socket);
        transport.begin_request();
        transport.set_direct(&socket);
        let of_body = transport.direct(socket.origin()).unwrap();
        drop(socket);

        transport.close_after_body();
        drop(of_body);
        assert_eq!(accepted.read(&mut [0]).unwrap(), 0);
    }
}
