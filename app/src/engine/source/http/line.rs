//! What a connection and its reader tell each other past the agent between them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::door::Door;
use super::socket::Socket;

/// The line of one worker, over which one request is under way at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    state: Arc<Mutex<State>>,
    /// Of the server that it leads to.
    door: Arc<Door>,
}

#[derive(Debug, Default)]
struct State {
    peer: Option<SocketAddr>,
    wish: usize,
    /// Bytes that were read from the socket and that the agent has not taken yet.
    buffered: usize,
    /// The socket that the request under way was sent over, if it leads to the server itself.
    direct: Option<Arc<Socket>>,
    /// Bytes that came since the last request, until the head of its answer is there.
    unanswered: Option<usize>,
    /// A connection that can be used again, and that the agent knows nothing of.
    kept: Option<Arc<Socket>>,
}

impl Line {
    /// A line to the server behind this door.
    pub fn to(door: &Arc<Door>) -> Self {
        Self {
            state: Arc::default(),
            door: Arc::clone(door),
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

    pub(super) fn leads_to(&self, socket: &Socket) {
        self.state().peer = socket.peer();
        if let Some(peer) = socket.peer() {
            self.door.reach(socket.origin(), peer);
        }
    }

    /// The agent's reads need not be woken before so many bytes are there. They must be certain to
    /// come: a read waits for them until its time is up.
    pub fn wish(&self, bytes: usize) {
        self.state().wish = bytes;
    }

    pub(super) fn wished(&self) -> usize {
        self.state().wish
    }

    /// A request is about to be made, over whichever connection.
    pub fn asks(&self) {
        let mut state = self.state();
        (state.direct, state.buffered) = (None, 0);
        state.unanswered = Some(0);
    }

    /// The head of the answer is there.
    pub fn answered(&self) {
        self.state().unanswered = None;
    }

    /// So many bytes came. Returns how many there were while the head of an answer is awaited.
    pub(super) fn came(&self, bytes: usize) -> Option<usize> {
        let mut state = self.state();
        let came = state.unanswered.as_mut()?;
        *came += bytes;
        Some(*came)
    }

    /// It is sent over this one, without a proxy between.
    pub(super) fn speaks_over(&self, socket: &Arc<Socket>) {
        self.state().direct = Some(Arc::clone(socket));
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

    pub(super) fn has_buffered(&self, bytes: usize) {
        self.state().buffered = bytes;
    }

    /// Over this connection a request may be made that has nothing to wait for.
    pub fn keep(&self, socket: Arc<Socket>) {
        self.state().kept = Some(socket);
    }

    /// The address of the connection that is kept to this scheme, host and port.
    pub(super) fn kept_peer(&self, origin: &str) -> Option<SocketAddr> {
        let state = self.state();
        let kept = state.kept.as_ref();
        kept.filter(|kept| kept.origin() == origin)?.peer()
    }

    /// The connection that is kept, if it leads there and is still open.
    pub(super) fn take_kept(&self, origin: &str) -> Option<Arc<Socket>> {
        let kept = self.state().kept.take()?;
        (kept.origin() == origin && kept.is_silent()).then_some(kept)
    }
}
