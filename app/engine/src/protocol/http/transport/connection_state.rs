//! What a connection and its reader tell each other past the agent between them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::socket::Socket;
use crate::scheduling::known_address::KnownAddress;

/// The line of one worker, over which one request is under way at a time. A worker of another download
/// may have it after that.
#[derive(Debug, Clone, Default)]
pub(crate) struct TransportState {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Of the server that it leads to.
    door: Arc<KnownAddress>,
    peer: Option<SocketAddr>,
    /// The connection that was made last, as long as there is one.
    socket: Weak<Socket>,
    wish: usize,
    /// Bytes that were read from the socket and that the agent has not taken yet.
    buffered: usize,
    /// The socket that the request under way was sent over, if it leads to the server itself.
    direct: Option<Arc<Socket>>,
    /// Bytes that came since the last request, until the head of its answer is there.
    unanswered: Option<usize>,
    /// A connection that can be used again, and that the agent knows nothing of.
    kept: Option<Arc<Socket>>,
    /// Room for the next head of an answer.
    room: Vec<u8>,
}

impl TransportState {
    /// A line to the server behind this door.
    pub fn to(door: &Arc<KnownAddress>) -> Self {
        let line = Self::default();
        line.state().door = Arc::clone(door);
        line
    }

    /// The connection that was made last, as long as there is one.
    pub fn socket(&self) -> Option<Arc<Socket>> {
        self.state().socket.upgrade()
    }

    /// It is another download's from now on, and leads over `socket` to the server behind this door.
    pub fn move_to(&self, door: &Arc<KnownAddress>, socket: &Arc<Socket>) {
        let mut state = self.state();
        state.wish = 0;
        state.door = Arc::clone(door);
        state.leads_to(socket);
    }

    /// The server has taken a connection.
    pub(crate) fn is_reached(&self) {
        self.state().door.open();
    }

    /// Nobody waits for its connection until the next request.
    pub fn rest(&self) {
        if let Some(socket) = self.socket() {
            socket.rest(true);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is kept in it that a panic could have left half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The address of the server, once a connection was made.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.state().peer
    }

    pub(crate) fn leads_to(&self, socket: &Arc<Socket>) {
        self.state().leads_to(socket);
    }

    /// The agent's reads need not be woken before so many bytes are there. They must be certain to
    /// come: a read waits for them until its time is up.
    pub fn wish(&self, bytes: usize) {
        self.state().wish = bytes;
    }

    pub(crate) fn wished(&self) -> usize {
        self.state().wish
    }

    /// A request is about to be made, over whichever connection.
    pub fn asks(&self) {
        let mut state = self.state();
        (state.direct, state.buffered) = (None, 0);
        state.unanswered = Some(0);
        if let Some(socket) = state.socket.upgrade() {
            socket.rest(false);
        }
    }

    /// The head of the answer is there.
    pub fn answered(&self) {
        self.state().unanswered = None;
    }

    /// So many bytes came. Returns how many there were while the head of an answer is awaited.
    pub(crate) fn came(&self, bytes: usize) -> Option<usize> {
        let mut state = self.state();
        let came = state.unanswered.as_mut()?;
        *came += bytes;
        Some(*came)
    }

    /// It is sent over this one, without a proxy between.
    pub(crate) fn speaks_over(&self, socket: &Arc<Socket>) {
        self.state().direct = Some(Arc::clone(socket));
    }

    /// Nothing further is wanted of the answer under way: its socket is closed with its body, or it would
    /// fill with what nobody reads and take the link from the others.
    pub fn hangs_up(&self) {
        self.state().direct = None;
    }

    /// The socket that an answer of this scheme, host and port comes over.
    pub fn direct(&self, origin: &str) -> Option<Arc<Socket>> {
        let state = self.state();
        let socket = state.direct.as_ref();
        socket.filter(|socket| socket.origin() == origin).cloned()
    }

    pub fn buffered(&self) -> usize {
        self.state().buffered
    }

    pub(crate) fn has_buffered(&self, bytes: usize) {
        self.state().buffered = bytes;
    }

    /// Over this connection a request may be made that has nothing to wait for.
    pub fn keep(&self, socket: Arc<Socket>) {
        self.state().kept = Some(socket);
    }

    /// Room for the head of an answer, and what came with it.
    pub(crate) fn take_room(&self) -> Vec<u8> {
        std::mem::take(&mut self.state().room)
    }

    /// It is needed no more.
    pub(crate) fn keep_room(&self, room: Vec<u8>) {
        self.state().room = room;
    }

    /// The address of the connection that there is to this scheme, host and port.
    pub(crate) fn peer_of(&self, origin: &str) -> Option<SocketAddr> {
        let state = self.state();
        let socket = state.kept.clone().or_else(|| state.socket.upgrade());
        socket.filter(|socket| socket.origin() == origin)?.peer()
    }

    /// The connection that is kept, if it leads there and is still open.
    pub(crate) fn take_kept(&self, origin: &str) -> Option<Arc<Socket>> {
        let kept = self.state().kept.take()?;
        (kept.origin() == origin && kept.is_silent()).then_some(kept)
    }
}

impl State {
    fn leads_to(&mut self, socket: &Arc<Socket>) {
        self.peer = socket.peer();
        self.socket = Arc::downgrade(socket);
        if let Some(peer) = self.peer {
            self.door.reach(socket.origin(), peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;
    use crate::sync::cancel::CancelToken;

    #[test]
    fn who_hangs_up_is_gone_as_soon_as_the_body_is() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = server.local_addr().unwrap();
        let (stop, patience) = (CancelToken::default(), Duration::from_secs(10));
        let socket = Socket::connect([addr], format!("http://{addr}"), &stop, patience).unwrap();
        let (mut served, _) = server.accept().unwrap();
        served.set_read_timeout(Some(patience)).unwrap();
        let (line, socket) = (TransportState::default(), Arc::new(socket));
        line.leads_to(&socket);
        line.asks();
        line.speaks_over(&socket);
        let of_the_body = line.direct(socket.origin()).unwrap();
        drop(socket);

        line.hangs_up();
        drop(of_the_body);
        assert_eq!(served.read(&mut [0]).unwrap(), 0);
    }
}
