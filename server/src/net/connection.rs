//! One accepted TCP connection and its counters.

use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use lanes_os::socket;

use super::client_net::ClientNet;
use crate::telemetry::byte_counter::ByteCounter;
use crate::telemetry::stats::Protocol;

/// Value of [`Connection::waiting_since`] during a request.
const BUSY: u64 = 0;
/// Value of [`Connection::waiting_since`] after an eviction.
const EVICTED: u64 = u64::MAX;

/// The decision on an accepted connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// The connection is served.
    Admitted,
    /// The server is at its limit of this many connections. The client receives the reason.
    ServerFull(usize),
    /// The client is at its share of this many connections. The client receives the reason.
    ShareUsed(usize),
}

/// One accepted TCP connection.
pub(crate) struct Connection {
    /// Number of the connection, counted from 1.
    pub id: u64,
    /// Address of the client.
    pub addr: SocketAddr,
    /// Network of the client, for per-client shares.
    pub client: ClientNet,
    pub socket: TcpStream,
    /// Decided when the connection was accepted.
    pub admission: Admission,
    /// Set once the first byte of the client identifies the protocol.
    pub protocol: OnceLock<Protocol>,
    /// Name of the open file; empty if there is none.
    pub file: Mutex<String>,
    pub accepted_at: Instant,
    /// Time since `accepted_at` at which the connection began to wait for a request, in
    /// microseconds and at least 1; [`BUSY`] during a request, [`EVICTED`] in the end.
    waiting_since: AtomicU64,
    /// True while a send buffer of the server holds bytes of a response.
    has_unsent: AtomicBool,
    sent: ByteCounter,
    /// The same for all connections of the server.
    sent_by_server: Arc<ByteCounter>,
}

impl Connection {
    /// Creates the record of a connection that was accepted just now. File bytes also count in
    /// `sent_by_server`.
    pub fn new(
        id: u64,
        addr: SocketAddr,
        socket: TcpStream,
        admission: Admission,
        sent_by_server: Arc<ByteCounter>,
    ) -> Self {
        Self {
            id,
            addr,
            client: ClientNet::of(addr.ip()),
            socket,
            admission,
            waiting_since: AtomicU64::new(1),
            has_unsent: AtomicBool::new(false),
            protocol: OnceLock::new(),
            file: Mutex::default(),
            accepted_at: Instant::now(),
            sent: ByteCounter::default(),
            sent_by_server,
        }
    }

    /// Returns whether the connection counts towards the connection limit.
    pub fn is_admitted(&self) -> bool {
        self.admission == Admission::Admitted
            && self.waiting_since.load(Ordering::Relaxed) != EVICTED
    }

    /// Records that the connection waits for a request, unless it does already.
    pub fn set_waiting(&self) {
        let now = (self.accepted_at.elapsed().as_micros() as u64).max(1);
        let relaxed = Ordering::Relaxed;
        // Fails if the connection waits already or is evicted.
        let _ = self
            .waiting_since
            .compare_exchange(BUSY, now, relaxed, relaxed);
    }

    /// Records that the connection has received a request. Returns false if it was evicted before.
    pub fn set_busy(&self) -> bool {
        let relaxed = Ordering::Relaxed;
        let change = |since| (since != EVICTED).then_some(BUSY);
        self.waiting_since
            .fetch_update(relaxed, relaxed, change)
            .is_ok()
    }

    /// Records whether a send buffer of the server holds bytes of a response.
    pub fn set_unsent(&self, has_unsent: bool) {
        self.has_unsent.store(has_unsent, Ordering::Relaxed);
    }

    /// Returns for how long the connection has waited for a request; `None` during a request.
    pub fn waiting_for(&self) -> Option<Duration> {
        let since = self.waiting_since.load(Ordering::Relaxed);
        let is_waiting = ![BUSY, EVICTED].contains(&since);
        let is_idle = is_waiting && !self.has_unsent.load(Ordering::Relaxed);
        let waited = || {
            self.accepted_at
                .elapsed()
                .saturating_sub(Duration::from_micros(since))
        };
        is_idle.then(waited)
    }

    /// Closes the connection, unless it has received a request meanwhile. Returns whether it is
    /// closed.
    pub fn evict(&self) -> bool {
        let relaxed = Ordering::Relaxed;
        let change = |since| (since != BUSY).then_some(EVICTED);
        let is_evicted = self.waiting_since.fetch_update(relaxed, relaxed, change);
        if is_evicted.is_ok() {
            // Wakes the serving thread. Fails if the client has closed the connection.
            let _ = socket::shut_down(&self.socket, Shutdown::Both);
        }
        is_evicted.is_ok()
    }

    /// Counts `bytes` of a file that were handed to the socket.
    pub fn count_sent(&self, bytes: u64) {
        if bytes > 0 {
            self.sent_by_server.add(bytes);
            self.sent.add(bytes);
        }
    }

    /// Returns the counter of file bytes that were handed to the socket.
    pub fn sent(&self) -> &ByteCounter {
        &self.sent
    }
}
