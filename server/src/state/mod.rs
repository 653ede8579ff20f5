//! The state that all threads of a server share.

pub(crate) mod connection_guard;

use std::collections::{BTreeMap, HashMap};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

use lanes_os::socket;
use lanes_shared::link::{self, LinkProfile, ProfileError};

use crate::config::change_callback::ChangeCallback;
use crate::config::timeouts::Timeouts;
use crate::content::digest_cache::DigestCache;
use crate::content::file_root::FileRoot;
use crate::emulation::capture::Capture;
use crate::emulation::link_policy::LinkPolicy;
use crate::emulation::session_registry::SessionRegistry;
use crate::net::client_net::ClientNet;
use crate::net::connection::{Admission, Connection};
use crate::results::collection::ResultCollection;
use crate::sync::lock;
use crate::telemetry::byte_counter::ByteCounter;
use crate::telemetry::event_log::EventLog;
use crate::telemetry::stats::{FlowStats, Peer, Stats};
use connection_guard::ConnectionGuard;

/// Time without a request after which a connection may make way for another client.
const MIN_IDLE: Duration = Duration::from_secs(1);

/// The state that all threads of a server share.
pub(crate) struct ServerState {
    pub files: FileRoot,
    pub digests: DigestCache,
    pub log: EventLog,
    /// Sessions with an emulated link.
    pub sessions: Arc<SessionRegistry>,
    pub max_connections: usize,
    /// Maximum number of connections of one client that is not on this machine.
    pub share: usize,
    pub timeouts: Timeouts,
    /// Set when the server begins to stop: the time until which transfers may continue.
    stop_deadline: OnceLock<Instant>,
    sent: Arc<ByteCounter>,
    /// Id of the latest connection.
    last_id: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    /// Open connections by id, including those being rejected.
    open: Mutex<BTreeMap<u64, Arc<Connection>>>,
    /// Signals that a connection was closed.
    closed: Condvar,
    on_change: Option<ChangeCallback>,
    /// Keeps the results of clients; `None` while the server refuses them.
    results: Mutex<Option<Arc<ResultCollection>>>,
}

impl ServerState {
    /// Creates the state of a server without connections.
    pub fn new(
        files: FileRoot,
        (policy, capture): (LinkPolicy, Option<Arc<Capture>>),
        max_connections: usize,
        timeouts: Timeouts,
        on_change: Option<ChangeCallback>,
    ) -> Self {
        let share = client_share(max_connections);
        Self {
            files,
            digests: DigestCache::default(),
            log: EventLog::default(),
            sessions: Arc::new(
                SessionRegistry::new(policy, share, timeouts.link).captured(capture),
            ),
            share,
            max_connections,
            timeouts,
            stop_deadline: OnceLock::new(),
            sent: Arc::default(),
            last_id: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            open: Mutex::default(),
            closed: Condvar::new(),
            on_change,
            results: Mutex::default(),
        }
    }

    /// Returns the list that keeps the results of clients; `None` if they are refused.
    pub fn results(&self) -> Option<Arc<ResultCollection>> {
        lock(&self.results).clone()
    }

    /// Sets the list that keeps the results of clients; `None` refuses them.
    pub fn set_results(&self, results: Option<Arc<ResultCollection>>) {
        // The previous list is dropped without the lock: it may wait for its file.
        let previous = std::mem::replace(&mut *lock(&self.results), results);
        drop(previous);
    }

    /// Returns whether the server has begun to stop.
    pub fn is_stopping(&self) -> bool {
        self.stop_deadline.get().is_some()
    }

    /// Returns whether the server stops and its transfers must end.
    pub fn is_past_stop_deadline(&self) -> bool {
        self.stop_deadline
            .get()
            .is_some_and(|deadline| Instant::now() >= *deadline)
    }

    /// Begins to stop the server.
    pub fn set_stopping(&self) {
        // The first call sets the deadline.
        let deadline = Instant::now() + self.timeouts.shutdown;
        let _ = self.stop_deadline.set(deadline);
        self.digests.stop();
        self.sessions.release_all();
    }

    /// Sets the link of clients without a profile of their own; `None` for no emulation.
    ///
    /// # Errors
    /// If a field of the profile is out of range; nothing changes then.
    pub fn set_link(&self, profile: Option<LinkProfile>) -> Result<(), ProfileError> {
        let profile = profile.unwrap_or_default();
        self.sessions.set_default_link(&profile)?;
        self.log
            .info(&format!("the link is now {}", link::profile_name(&profile)));
        Ok(())
    }

    /// Returns the number of open connections, including those being rejected.
    pub fn open_connections(&self) -> usize {
        lock(&self.open).len()
    }

    /// Registers an accepted connection until the returned guard is dropped. A connection above
    /// the connection limit, or above the share of its client, is registered for rejection. Returns `None` if `max_rejecting`
    /// connections are being rejected already, or if the server stops.
    pub fn admit(
        self: &Arc<Self>,
        socket: TcpStream,
        addr: SocketAddr,
        max_rejecting: usize,
    ) -> Option<ConnectionGuard> {
        // Counted and registered under one lock, because several threads accept at the same time.
        let mut open = lock(&self.open);
        let (admitted, admission) = self.decide(&open, ClientNet::of(addr.ip()));
        let is_admitted = admission == Admission::Admitted;
        if !is_admitted && open.len() - admitted >= max_rejecting {
            tracing::debug!("connection limit reached, closed without a reply: {addr}");
            return None;
        }
        // Checked under the lock, because `shut_down_all` does not see later connections.
        if self.is_stopping() {
            return None;
        }
        let counter = if is_admitted {
            &self.accepted
        } else {
            &self.refused
        };
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let sent = Arc::clone(&self.sent);
        let connection = Arc::new(Connection::new(id, addr, socket, admission, sent));
        counter.fetch_add(1, Ordering::Relaxed);
        open.insert(id, Arc::clone(&connection));
        drop(open);
        self.notify_change();
        Some(ConnectionGuard {
            state: Arc::clone(self),
            connection,
        })
    }

    /// Decides on a new connection of a client. Also returns the number of admitted connections. If
    /// the server is full, an idle connection of a client that has more connections makes way.
    fn decide(
        &self,
        open: &BTreeMap<u64, Arc<Connection>>,
        client: ClientNet,
    ) -> (usize, Admission) {
        let admitted = || open.values().filter(|connection| connection.is_admitted());
        let count_of = |client| admitted().filter(|other| other.client == client).count();
        let count = admitted().count();
        if !client.is_loopback() && count_of(client) >= self.share {
            return (count, Admission::ShareUsed(self.share));
        }
        if count < self.max_connections {
            return (count, Admission::Admitted);
        }
        let mut counts = HashMap::new();
        admitted().for_each(|other| *counts.entry(other.client).or_insert(0) += 1);
        let own = counts.get(&client).copied().unwrap_or(0);
        let idle = admitted().filter_map(|other| {
            let waiting = other.waiting_for().filter(|time| *time >= MIN_IDLE)?;
            // Both clients may then take from each other no more.
            (counts[&other.client] > own + 1).then_some((counts[&other.client], waiting, other))
        });
        let longest = idle.max_by_key(|(count, waiting, _)| (*count, *waiting));
        match longest {
            Some((_, _, other)) if other.evict() => {
                tracing::debug!("closed while idle to make way: {}", other.addr);
                (count - 1, Admission::Admitted)
            }
            _ => (count, Admission::ServerFull(self.max_connections)),
        }
    }

    fn remove(&self, connection: &Connection) {
        lock(&self.open).remove(&connection.id);
        self.closed.notify_all();
        self.notify_change();
    }

    /// Calls the change callback. No lock may be held: the callback may ask for statistics.
    pub fn notify_change(&self) {
        if let Some(ChangeCallback(callback)) = &self.on_change {
            callback();
        }
    }

    /// Ends the waits for a request. Running transfers go on, so blocked calls are not cancelled; where a
    /// shutdown alone does not wake a thread, [`RecvBuffer`](crate::net::recv_buffer::RecvBuffer) looks for
    /// the end by itself.
    pub fn shut_down_reads(&self) {
        for connection in lock(&self.open).values() {
            // Fails if the client has closed the connection.
            let _ = connection.socket.shutdown(Shutdown::Read);
        }
    }

    /// Shuts down every open socket, and wakes the threads that are blocked in them.
    pub fn shut_down_all(&self) {
        for connection in lock(&self.open).values() {
            // Fails if the client has closed the connection.
            let _ = socket::shut_down(&connection.socket, Shutdown::Both);
        }
    }

    /// Waits until no connection is open, at most for `timeout`.
    pub fn wait_until_empty(&self, timeout: Duration) {
        // A poisoned lock only ends the wait early.
        let _ = self
            .closed
            .wait_timeout_while(lock(&self.open), timeout, |open| !open.is_empty());
    }

    /// Returns a snapshot of the server's statistics.
    pub fn stats(&self) -> Stats {
        let links = self.sessions.stats();
        let flows = links.iter().flat_map(|link| &link.flows);
        let flows: BTreeMap<u64, FlowStats> = flows.map(|flow| (flow.connection, *flow)).collect();
        let peer = |connection: &Connection| Peer {
            id: connection.id,
            addr: connection.addr,
            protocol: connection.protocol.get().copied(),
            file: lock(&connection.file).clone(),
            sent_bytes: connection.sent().total(),
            bytes_per_sec: connection.sent().per_sec(),
            age: connection.accepted_at.elapsed(),
            flow: flows.get(&connection.id).copied(),
        };
        let peers: Vec<_> = lock(&self.open)
            .values()
            .filter(|connection| connection.is_admitted())
            .map(|connection| peer(connection))
            .collect();
        Stats {
            connections: peers.len(),
            max_connections: self.max_connections,
            sent_bytes: self.sent.total(),
            bytes_per_sec: self.sent.per_sec(),
            accepted: self.accepted.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            peers,
            links,
        }
    }
}

/// Returns the maximum number of connections and of sessions of one client: three quarters of all,
/// but at least 64, which one download may use.
fn client_share(max_connections: usize) -> usize {
    (max_connections / 4 * 3).max(64).min(max_connections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_gets_three_quarters_of_the_connections_but_at_least_64() {
        for (max, share) in [(1, 1), (16, 16), (64, 64), (80, 64), (100, 75), (256, 192)] {
            assert_eq!(client_share(max), share, "{max}");
        }
    }
}
